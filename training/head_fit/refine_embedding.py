"""Move the data's MediaPipe points to where the detector sees them on the data's own heads.

    python -m training.head_fit.refine_embedding --data ict_facekit.npz \
        --canonical canonical_face_model.obj --portraits DIR... --out embedding.npz

Round one renders heads in one plain skin colour, so that only geometry speaks, and heads with
portrait skin for brows and forehead, which plain skin does not have; round two portrait skin alone.
`generate.py` takes the result with --embedding.
"""

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float
from scipy.spatial import KDTree

from reconstruction_backend.head_fit.view import View
from reconstruction_backend.landmarks import LandmarkDetector
from training.head_fit.embedding import (
    DataEmbedding,
    bind_to_surface,
    embed_canonical_face,
    load_canonical_face,
)
from training.head_fit.face_data import FaceData
from training.head_fit.generate import PHOTO_PX, detect, load_skins
from training.head_fit.portrait_skin import PortraitSkin, data_topology
from training.head_fit.random_heads import random_head
from training.head_fit.render import posed_vertices, render_photo

MIRROR_X = np.array([-1.0, 1.0, 1.0])
DEPTH_RIDGE = 0.15
"""Offsets along the view show by parallax only and are held back."""
BROW_HEIGHT_M = (0.048, 0.058)
"""Between these heights plain skin hands over to portrait skin."""
CAUTION = 1.3
"""Portrait skin was laid by the points themselves, so it shows a part of their error only."""


@dataclass(frozen=True)
class Refinement:
    """What the rounds share."""

    data: FaceData
    detector: LandmarkDetector
    portraits: list[Path]
    renders: int


def mean_offsets(
    task: Refinement, embedding: DataEmbedding, plain: bool, seed: int
) -> Float[np.ndarray, "468 3"]:
    """The offset of every point, metres in the head frame, that best explains its detections."""
    rng = np.random.default_rng(seed)
    topology = data_topology(task.data, embedding)
    skins = load_skins(task.portraits, task.detector, task.data, embedding, topology)
    count = len(embedding.corners)
    normal, right = np.zeros((count, 3, 3)), np.zeros((count, 3))
    for i in range(task.renders):
        head = random_head(rng, task.data, PHOTO_PX)
        skin = _plain(skins[i % len(skins)]) if plain else skins[i % len(skins)]
        photo = render_photo(rng, task.data, topology, head, skin, skins[0].image, PHOTO_PX)
        found = detect(task.detector, photo)
        if found is None:
            continue
        view = View(
            head.rotation_camera_from_head.astype(np.float64),
            head.translation_m.astype(np.float64),
            head.focal_length_px,
            head.principal_point_px.astype(np.float64),
        )
        camera = view.camera_points(embedding.points(posed_vertices(task.data, head)[0]))
        pixels = camera[:, :2] / camera[:, 2:] * view.focal_length_px + view.principal_point_px
        moves = np.repeat(view.rotation.T[:, None], count, axis=1)
        jacobian = view.pixel_jacobian(camera, moves)[..., :2]
        weight = view.metres_per_pixel**2
        normal += weight * np.einsum("ank,bnk->nab", jacobian, jacobian)
        right += weight * np.einsum("ank,nk->na", jacobian, found[:count, :2] - pixels)
    ridge = DEPTH_RIDGE * np.trace(normal, axis1=1, axis2=2).mean() / 3
    return np.linalg.solve(normal + ridge * np.eye(3), right[..., None])[..., 0]


def _plain(skin: PortraitSkin) -> PortraitSkin:
    """The same person's colour without any feature."""
    return replace(skin, facing=np.zeros_like(skin.facing))


def refined(
    task: Refinement, embedding: DataEmbedding, canonical: Float[np.ndarray, "468 3"]
) -> DataEmbedding:
    """Two rounds, mirror-symmetric."""
    other = np.asarray(KDTree(canonical * MIRROR_X).query(canonical)[1])
    for last in (False, True):
        points = embedding.points(task.data.vertices_m)
        offset = mean_offsets(task, embedding, plain=False, seed=2 * last)
        if not last:
            geometry = mean_offsets(task, embedding, plain=True, seed=1)
            low, high = BROW_HEIGHT_M
            above = np.clip((points[:, 1:2] - low) / (high - low), 0, 1)
            offset = above * CAUTION * offset + (1 - above) * geometry
        offset = (offset + offset[other] * MIRROR_X) / 2
        print(f"points moved by {1000 * np.linalg.norm(offset, axis=1).mean():.2f} mm", flush=True)
        embedding = bind_to_surface(task.data, points + offset)
    return embedding


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="ict_facekit.npz")
    parser.add_argument("--canonical", type=Path, required=True, help="canonical_face_model.obj")
    parser.add_argument("--portraits", type=Path, nargs="+", required=True, help="folders of JPEGs")
    parser.add_argument("--per-folder", type=int, default=6, help="portraits of each folder")
    parser.add_argument("--renders", type=int, default=250, help="per round and kind of skin")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    data = FaceData.load(arguments.data)
    canonical = load_canonical_face(arguments.canonical)
    paths = [
        path
        for folder in arguments.portraits
        for path in sorted(folder.glob("*.jpg"))[: arguments.per_folder]
    ]
    with LandmarkDetector() as detector:
        task = Refinement(data, detector, paths, arguments.renders)
        refined(task, embed_canonical_face(data, canonical), canonical).save(arguments.out)


if __name__ == "__main__":
    main()
