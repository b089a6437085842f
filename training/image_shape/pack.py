"""Everything that a training machine needs in one file: the data's heads and portraits' skins.

    python -m training.image_shape.pack --data ict_facekit.npz --canonical canonical_face.obj \
        --embedding EMBEDDING --head models/cameo_head.npz --portraits DIR... --out pack.npz

Only portraits of the training split are packed. A portrait becomes an albedo atlas in the data's
UV layout (light divided out as in `portrait_skin.py`), and the photo itself with the places of some
vertices in it, so that its hair, neck and background can be warped around another head.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import trimesh
from jaxtyping import Float, Float32, Int32, UInt8

from reconstruction_backend.color import linear_from_srgb, srgb_from_linear
from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.landmarks import LandmarkDetector
from training.head_fit.calibration_data import shape_rotation
from training.head_fit.embedding import DataEmbedding, embed_canonical_face, load_canonical_face
from training.head_fit.face_data import HEAD_STOP, FaceData
from training.head_fit.generate import detect, small_portrait, split_of
from training.head_fit.portrait_skin import (
    DataTopology,
    PortraitSkin,
    data_topology,
    portrait_skin,
    smoothstep,
)
from training.head_fit.rasterizer import interpolate, rasterize
from training.head_fit.sampling import sample_points
from training.head_fit.shading import vertex_normals
from training.head_fit.shape_metric import ShapeMetric
from training.head_fit.train_regressor import RegressorTraining
from training.image_shape.crop import crop_from_photo
from training.image_shape.layout import BACKDROP_PX, BACKDROP_WIDEN

FACE_TILE_PX = 192
SKULL_TILE_PX = 64
ATLAS_SHAPE = (FACE_TILE_PX, FACE_TILE_PX + SKULL_TILE_PX)
JPEG_QUALITY = 82
CONTROL_POINTS = 96
CONTROL_FACENESS = (0.02, 0.95)
OCCLUSION_RAYS = 96
OCCLUSION_REACH_M = 0.06
RAY_START_M = 0.0008
SHADING_SHARE = 0.85
MIRRORED_SHARE = 0.8
MAX_YAW_DEG = 32.0
QUANTA = 127
COUNT_KEYS = ("albedo", "photo")


@dataclass(frozen=True)
class Atlas:
    """Which skin point each texel of the data's UV layout shows."""

    seen: np.ndarray
    corners: Int32[np.ndarray, "T 3"]
    weights: Float32[np.ndarray, "T 3"]


def atlas_px(uv: Float[np.ndarray, "K 2"]) -> Float32[np.ndarray, "K 2"]:
    """UV of the face tile (u < 1) and the skull tile (1 < u < 2) to texels of one small atlas."""
    skull = uv[:, :1] >= 1
    face = np.stack([uv[:, 0], 1 - uv[:, 1]], axis=1) * FACE_TILE_PX - 0.5
    back = np.stack([uv[:, 0] - 1, 1 - uv[:, 1]], axis=1) * SKULL_TILE_PX - 0.5
    return np.where(skull, back + np.array([FACE_TILE_PX, 0]), face).astype(np.float32)


def skin_triangles(path: Path) -> tuple[Int32[np.ndarray, "F 3"], Float32[np.ndarray, "F 3 2"]]:
    """The data's skin triangles and their corners in the atlas, texels."""
    with np.load(path, allow_pickle=False) as archive:
        polygons, polygons_uv = archive["polygons"], archive["polygons_uv"]
        uv = atlas_px(archive["uv"])
    skin = polygons.max(axis=1) < HEAD_STOP
    polygons, polygons_uv = polygons[skin], polygons_uv[skin]
    quads = polygons[:, 3] >= 0

    def split(faces: Int32[np.ndarray, "P 4"]) -> Int32[np.ndarray, "F 3"]:
        return np.concatenate(
            [faces[quads][:, [0, 1, 2]], faces[quads][:, [0, 2, 3]], faces[~quads][:, :3]]
        )

    return split(polygons).astype(np.int32), uv[split(polygons_uv)]


def build_atlas(
    triangles: Int32[np.ndarray, "F 3"], corner_px: Float32[np.ndarray, "F 3 2"]
) -> Atlas:
    """Rasterise the UV layout."""
    flat = corner_px.reshape(-1, 2)
    indices = np.arange(len(flat), dtype=np.int32).reshape(-1, 3)
    index, weights, _ = rasterize(
        flat, np.ones(len(flat), np.float32), indices, *ATLAS_SHAPE, False
    )
    seen = index >= 0
    return Atlas(seen, triangles[index[seen]], weights[seen])


def bake_albedo(
    skin: PortraitSkin, topology: DataTopology, atlas: Atlas
) -> UInt8[np.ndarray, "A B 3"]:
    """The portrait's skin as `render.py` paints it, in the atlas, sRGB."""

    def at_texels(field: Float[np.ndarray, "K *c"]) -> Float32[np.ndarray, "T *c"]:
        flat = np.ascontiguousarray(field, np.float32).reshape(len(field), -1)
        values = interpolate(flat, atlas.corners, atlas.weights)
        return values.reshape(len(values), *field.shape[1:])

    own, mirrored = skin.facing, skin.facing[topology.mirror] * MIRRORED_SHARE
    share = smoothstep(own / (own + mirrored + 1e-6), 0.45, 0.65)
    shading = skin.shading**SHADING_SHARE
    total = np.zeros((len(atlas.corners), 3), np.float32)
    for pixel, light, weight in (
        (skin.pixel_px, shading, share),
        (skin.pixel_px[topology.mirror], shading[topology.mirror], 1 - share),
    ):
        colour = linear_from_srgb(sample_points(skin.image, at_texels(pixel)))
        total += colour * (at_texels(weight) / at_texels(light))[:, None]
    certain = at_texels(np.maximum(own, mirrored))[:, None]
    image = np.tile(skin.skin_linear, (*ATLAS_SHAPE, 1)).astype(np.float32)
    image[atlas.seen] = total * certain + skin.skin_linear * (1 - certain)
    return srgb_from_linear(np.clip(image, 0, 1))


def ambient_occlusion(data: FaceData) -> Float32[np.ndarray, "V"]:
    """Unblocked share of the cosine-weighted hemisphere at every vertex of the average head."""
    mesh = trimesh.Trimesh(data.vertices_m, data.triangles, process=False)
    normals = vertex_normals(data.vertices_m, data.triangles)
    rng = np.random.default_rng(0)
    blocked = np.zeros(len(normals), np.float32)
    used = np.unique(data.triangles)
    for _ in range(OCCLUSION_RAYS):
        direction = rng.normal(size=(len(used), 3))
        direction /= np.linalg.norm(direction, axis=1, keepdims=True)
        direction = normals[used] + 0.999 * direction
        direction /= np.linalg.norm(direction, axis=1, keepdims=True)
        origin = data.vertices_m[used] + RAY_START_M * normals[used]
        hit, ray, _ = mesh.ray.intersects_location(origin, direction, multiple_hits=False)
        near = np.linalg.norm(hit - origin[ray], axis=1) < OCCLUSION_REACH_M
        blocked[used[ray[near]]] += 1
    return 1 - blocked / OCCLUSION_RAYS


def control_vertices(data: FaceData, topology: DataTopology) -> Int32[np.ndarray, "C"]:
    """Vertices around the face, evenly spread: they carry a photo's surroundings along."""
    low, high = CONTROL_FACENESS
    near = np.flatnonzero((topology.faceness > low) & (topology.faceness < high))
    chosen = [int(near[0])]
    distance = np.full(len(near), np.inf)
    while len(chosen) < CONTROL_POINTS:
        step = np.linalg.norm(data.vertices_m[near] - data.vertices_m[chosen[-1]], axis=1)
        distance = np.minimum(distance, step)
        chosen.append(int(near[distance.argmax()]))
    return np.array(chosen, np.int32)


def shape_gram(head: Path) -> Float32[np.ndarray, "S S"]:
    """What errors of the data's coefficients cost, mm²: the landmark network's loss."""
    metric = ShapeMetric.of(HeadModel.load(head))
    gram = metric.normal_gram() + RegressorTraining().vertex_share * metric.vertex_gram()
    rotation = shape_rotation(head).astype(np.float64)
    return (rotation @ gram @ rotation.T).astype(np.float32)


def _quantized(
    fields: Float32[np.ndarray, "S V 3"],
) -> tuple[np.ndarray, Float32[np.ndarray, "S"]]:
    scale = np.abs(fields).max(axis=(1, 2)) / QUANTA
    return np.round(fields / scale[:, None, None]).astype(np.int8), scale


def _jpeg(image: UInt8[np.ndarray, "H W 3"]) -> UInt8[np.ndarray, "B"]:
    encoded = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1]
    return np.asarray(encoded, np.uint8).ravel()


def geometry_arrays(data: FaceData, path: Path, topology: DataTopology) -> dict[str, np.ndarray]:
    """The data, with unused vertices dropped and modes in bytes; skin triangles first."""
    used = np.unique(data.triangles)
    index = np.full(len(data.vertices_m), -1, np.int32)
    index[used] = np.arange(len(used))
    skin, corner_px = skin_triangles(path)
    rest = data.triangles[data.triangle_part != 0]
    identity, identity_scale = _quantized(data.identity_m[:, used])
    expression, expression_scale = _quantized(data.expression_m[:, used])
    faceness = np.zeros(len(used), np.float32)
    faceness[index[:HEAD_STOP]] = topology.faceness
    return {
        "vertices": data.vertices_m[used],
        "identity": identity,
        "identity_scale": identity_scale,
        "expression": expression,
        "expression_scale": expression_scale,
        "expression_names": np.array(data.expression_names),
        "triangles": index[np.concatenate([skin, rest])].astype(np.uint16),
        "skin_corner_px": corner_px.astype(np.float16),
        "part": data.vertex_part[used].astype(np.int8),
        "faceness": faceness.astype(np.float16),
        "occlusion": ambient_occlusion(data)[used].astype(np.float16),
        "eye_centres": data.eye_centres_m,
        "used": used.astype(np.int32),
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="ict_facekit.npz")
    parser.add_argument("--canonical", type=Path, required=True, help="canonical_face_model.obj")
    parser.add_argument("--embedding", type=Path, help="refined points (see refine_embedding.py)")
    parser.add_argument("--head", type=Path, required=True, help="cameo_head.npz")
    parser.add_argument("--portraits", type=Path, nargs="+", required=True)
    parser.add_argument("--split", default="train", choices=("train", "validation", "test"))
    parser.add_argument("--limit", type=int, default=10_000)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    data = FaceData.load(arguments.data)
    embedding = (
        DataEmbedding.load(arguments.embedding)
        if arguments.embedding
        else embed_canonical_face(data, load_canonical_face(arguments.canonical))
    )
    topology = data_topology(data, embedding)
    atlas = build_atlas(*skin_triangles(arguments.data))
    arrays = geometry_arrays(data, arguments.data, topology)
    where = np.full(len(data.vertices_m), -1, np.int32)
    where[arrays["used"]] = np.arange(len(arrays["used"]))
    control = control_vertices(data, topology)
    columns: dict[str, list[np.ndarray]] = {
        key: [] for key in ("albedo", "photo", "control", "skin", "yaw")
    }
    detector = LandmarkDetector()
    paths = [p for folder in arguments.portraits for p in sorted(folder.glob("*.jpg"))]
    for path in [p for p in paths if split_of(p) == arguments.split][: arguments.limit]:
        image = small_portrait(path)
        landmarks = detect(detector, image)
        if landmarks is None:
            continue
        skin = portrait_skin(path.name, image, landmarks[:, :2], data, embedding, topology)
        if abs(skin.yaw_deg) > MAX_YAW_DEG:
            continue
        photo_map = crop_from_photo(landmarks[:, :2], BACKDROP_PX, BACKDROP_WIDEN)
        shrink = float(np.linalg.norm(photo_map[0, :2]))
        smooth = cv2.GaussianBlur(image, (0, 0), 0.4 / shrink) if shrink < 0.8 else image
        photo = cv2.warpAffine(
            smooth,
            photo_map,
            (BACKDROP_PX, BACKDROP_PX),
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        columns["albedo"].append(_jpeg(bake_albedo(skin, topology, atlas)))
        columns["photo"].append(_jpeg(np.asarray(photo, np.uint8)))
        columns["control"].append(skin.pixel_px[control] @ photo_map[:, :2].T + photo_map[:, 2])
        columns["skin"].append(skin.skin_linear)
        columns["yaw"].append(np.array(skin.yaw_deg))
    for key in COUNT_KEYS:
        arrays[f"{key}_offset"] = np.r_[0, np.cumsum([len(b) for b in columns[key]])]
        arrays[f"{key}_jpeg"] = np.concatenate(columns[key])
    for key in ("control", "skin", "yaw"):
        arrays[f"portrait_{key}"] = np.array(columns[key], np.float32)
    arrays["shape_gram_mm2"] = shape_gram(arguments.head)
    arrays["control_vertices"] = where[control]
    arrays["embedding_corners"] = where[embedding.corners]
    arrays["embedding_barycentric"] = embedding.barycentric
    np.savez_compressed(arguments.out, **arrays)
    size = arguments.out.stat().st_size / 1e6
    print(f"{len(columns['yaw'])} portraits, {size:.1f} MB")


if __name__ == "__main__":
    main()
