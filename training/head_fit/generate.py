"""Make calibration data: random heads with portrait skin, photographed, seen by the real detector.

    python -m training.head_fit.generate --data ict_facekit.npz --canonical canonical_face.obj \
        --portraits DIR... --out DIR --count 25000

Writes shards of truth and detections; run again with the same arguments it goes on where it
stopped. Several processes may share the folder with different --worker.
"""

import argparse
import hashlib
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float32, Int32, UInt8

from reconstruction_backend.errors import CameoError
from reconstruction_backend.head_fit.image_evidence import face_crop
from reconstruction_backend.landmarks import LandmarkDetector
from reconstruction_backend.portrait import Portrait
from training.head_fit.embedding import DataEmbedding, embed_canonical_face, load_canonical_face
from training.head_fit.face_data import FaceData
from training.head_fit.portrait_skin import DataTopology, PortraitSkin, data_topology, portrait_skin
from training.head_fit.random_heads import RandomHead, random_head
from training.head_fit.render import render_photo

SHARD_SIZE = 250
PHOTO_PX = 256
MAX_PORTRAIT_YAW_DEG = 28.0
MAX_PORTRAIT_SIDE_PX = 900
SPLIT_MODULUS = 8
TEST_BUCKET, VALIDATION_BUCKET = 0, 1
SPLIT_SHARES = (("test", 0.04), ("validation", 0.06), ("train", 0.90))
SEED = 2026


@dataclass(frozen=True)
class Sample:
    """One render's truth and detection."""

    head: RandomHead
    portrait: int
    landmarks: Float32[np.ndarray, "478 3"]
    """Detected x, y, relative depth in pixels."""
    crop: UInt8[np.ndarray, "128 128 3"]
    """What the image's network is shown."""


def detect(
    detector: LandmarkDetector, image: UInt8[np.ndarray, "H W 3"]
) -> Float32[np.ndarray, "478 3"] | None:
    """x, y and relative depth in pixels; None if no face is found, or too small a one."""
    try:
        found = detector.detect(Portrait(np.ascontiguousarray(image), focal_length_px=None))
    except CameoError:
        return None
    return np.concatenate([found.points_px, found.depth_px[:, None]], axis=1)


def split_of(path: Path) -> str:
    """Train, validation or test, by the portrait's name, so that no face is in two of them."""
    bucket = int(hashlib.sha256(path.name.encode()).hexdigest(), 16) % SPLIT_MODULUS
    return {TEST_BUCKET: "test", VALIDATION_BUCKET: "validation"}.get(bucket, "train")


def small_portrait(path: Path) -> UInt8[np.ndarray, "H W 3"]:
    """A photo in RGB, its longer side at most MAX_PORTRAIT_SIDE_PX."""
    image = cv2.imread(str(path))
    scale = min(1.0, MAX_PORTRAIT_SIDE_PX / max(image.shape[:2]))
    image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(image[..., ::-1]).astype(np.uint8)


def load_skins(
    paths: list[Path],
    detector: LandmarkDetector,
    data: FaceData,
    embedding: DataEmbedding,
    topology: DataTopology,
) -> list[PortraitSkin]:
    """The portraits that face the camera enough to lend their skin."""
    skins: list[PortraitSkin] = []
    for path in paths:
        image = small_portrait(path)
        landmarks = detect(detector, image)
        if landmarks is None:
            continue
        skin = portrait_skin(path.name, image, landmarks[:, :2], data, embedding, topology)
        if abs(skin.yaw_deg) < MAX_PORTRAIT_YAW_DEG:
            skins.append(skin)
    return skins


def generate_shard(
    seed: int,
    data: FaceData,
    topology: DataTopology,
    detector: LandmarkDetector,
    skins: list[PortraitSkin],
) -> list[Sample]:
    """SHARD_SIZE renders in which a face was found."""
    rng = np.random.default_rng(seed)
    samples: list[Sample] = []
    while len(samples) < SHARD_SIZE:
        portrait, backdrop = rng.integers(len(skins), size=2)
        head = random_head(rng, data, PHOTO_PX)
        photo = render_photo(
            rng, data, topology, head, skins[portrait], skins[backdrop].image, PHOTO_PX
        )
        landmarks = detect(detector, photo)
        if landmarks is None:
            continue
        samples.append(Sample(head, int(portrait), landmarks, face_crop(photo, landmarks[:, :2])))
    return samples


def shard_arrays(
    samples: list[Sample],
) -> dict[str, Float32[np.ndarray, "..."] | Int32[np.ndarray, "..."] | UInt8[np.ndarray, "..."]]:
    """Columns of a shard, ready for np.savez."""
    heads = [sample.head for sample in samples]
    return {
        "shape": np.stack([h.shape for h in heads]),
        "expression": np.stack([h.expression for h in heads]),
        "gaze_rad": np.stack([h.gaze_rad for h in heads]),
        "rotation_camera_from_head": np.stack([h.rotation_camera_from_head for h in heads]),
        "translation_m": np.stack([h.translation_m for h in heads]),
        "focal_length_px": np.array([h.focal_length_px for h in heads], np.float32),
        "principal_point_px": np.stack([h.principal_point_px for h in heads]),
        "portrait": np.array([sample.portrait for sample in samples], np.int32),
        "landmarks": np.stack([sample.landmarks for sample in samples]),
        "crop": np.stack([sample.crop for sample in samples]),
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="ict_facekit.npz")
    parser.add_argument("--canonical", type=Path, required=True, help="canonical_face_model.obj")
    parser.add_argument("--portraits", type=Path, nargs="+", required=True, help="folders of JPEGs")
    parser.add_argument("--per-folder", type=int, default=200, help="portraits of each folder")
    parser.add_argument("--embedding", type=Path, help="refined points (see embedding.py)")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=25_000)
    parser.add_argument("--worker", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    data = FaceData.load(arguments.data)
    embedding = (
        DataEmbedding.load(arguments.embedding)
        if arguments.embedding
        else embed_canonical_face(data, load_canonical_face(arguments.canonical))
    )
    topology = data_topology(data, embedding)
    detector = LandmarkDetector()
    paths = [
        path
        for folder in arguments.portraits
        for path in sorted(folder.glob("*.jpg"))[: arguments.per_folder]
    ]
    skins = {
        split: load_skins(
            [path for path in paths if split_of(path) == split], detector, data, embedding, topology
        )
        for split, _ in SPLIT_SHARES
    }
    for shard, split in shard_plan(arguments.count):
        target = arguments.out / f"{split}_{shard:04d}.npz"
        if shard % arguments.workers != arguments.worker or target.exists():
            continue
        samples = generate_shard(SEED + shard, data, topology, detector, skins[split])
        partial = target.with_suffix(".partial.npz")
        np.savez(partial, **shard_arrays(samples))
        partial.rename(target)
        print(target, flush=True)


def shard_plan(count: int) -> list[tuple[int, str]]:
    """Shard numbers and their splits, interleaved so that an early stop has all three."""
    shards = -(-count // SHARD_SIZE)
    plan: list[tuple[int, str]] = []
    made = {split: 0 for split, _ in SPLIT_SHARES}
    for shard in range(shards):
        split = min(SPLIT_SHARES, key=lambda item: (made[item[0]] + 0.5) / item[1])[0]
        made[split] += 1
        plan.append((shard, split))
    return plan


if __name__ == "__main__":
    main()
