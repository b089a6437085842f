"""ICT-FaceKit's light head model (MIT, USC ICT), from which cameo-head is learned.

The data set is one npz made from the published meshes (github.com/ICT-VGL/ICT-FaceKit):
`vertices_cm (N, 3)`, `polygons (P, 4)` and `polygons_uv (P, 4)` with -1 padding triangles,
`uv (T, 2)` (origin bottom-left, one unit tile per part), `identity_deltas_cm (100, N, 3)` per
standard deviation, `expression_deltas_cm (57, N, 3)` and `expression_names`.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int
from scipy.spatial import KDTree

METRES_PER_CM = 0.01
FACE = range(0, 9409)
HEAD_AND_NECK = range(9409, 11248)
MOUTH_SOCKET = range(11248, 13294)
EYE_SOCKETS = range(13294, 14062)
SKIN = range(0, 14062)
GUMS_AND_TONGUE = range(14062, 17039)
TEETH_UPPER = range(17039, 19247)
TEETH_LOWER = range(19247, 21451)
SCLERA_LEFT = range(21451, 22221)
SCLERA_RIGHT = range(23021, 23791)

IBUG68 = (
    1225, 1888, 1052, 367, 1719, 1722, 2199, 1447, 966, 3661, 4390, 3927, 3924, 2608, 3272, 4088,
    3443, 268, 493, 1914, 2044, 1401, 3615, 4240, 4114, 2734, 2509, 978, 4527, 4942, 4857, 1140,
    2075, 1147, 4269, 3360, 1507, 1542, 1537, 1528, 1518, 1511, 3742, 3751, 3756, 3721, 3725, 3732,
    5708, 5695, 2081, 0, 4275, 6200, 6213, 6346, 6461, 5518, 5957, 5841, 5702, 5711, 5533, 6216,
    6207, 6470, 5517, 5966,
)  # fmt: skip
"""The data's vertices at the 68 points of iBUG 300-W, as its authors list them."""

ARKIT_NAMES = (
    "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight",
    "cheekPuff", "cheekSquintLeft", "cheekSquintRight", "eyeBlinkLeft", "eyeBlinkRight",
    "eyeLookDownLeft", "eyeLookDownRight", "eyeLookInLeft", "eyeLookInRight", "eyeLookOutLeft",
    "eyeLookOutRight", "eyeLookUpLeft", "eyeLookUpRight", "eyeSquintLeft", "eyeSquintRight",
    "eyeWideLeft", "eyeWideRight", "jawForward", "jawLeft", "jawOpen", "jawRight", "mouthClose",
    "mouthDimpleLeft", "mouthDimpleRight", "mouthFrownLeft", "mouthFrownRight", "mouthFunnel",
    "mouthLeft", "mouthLowerDownLeft", "mouthLowerDownRight", "mouthPressLeft", "mouthPressRight",
    "mouthPucker", "mouthRight", "mouthRollLower", "mouthRollUpper", "mouthShrugLower",
    "mouthShrugUpper", "mouthSmileLeft", "mouthSmileRight", "mouthStretchLeft",
    "mouthStretchRight", "mouthUpperUpLeft", "mouthUpperUpRight", "noseSneerLeft",
    "noseSneerRight",
)  # fmt: skip
"""ARKit's blendshapes without tongueOut, which the data does not have."""

SPLIT_IN_DATA = ("browInnerUp", "cheekPuff")
MIRROR_X = np.array([-1.0, 1.0, 1.0])


@dataclass(frozen=True)
class FaceKit:
    """The data set in metres, exactly mirror-symmetric."""

    vertices_m: Float[np.ndarray, "N 3"]
    polygons: Int[np.ndarray, "P 4"]
    """Corner vertices, -1 pads triangles."""
    uv: Float[np.ndarray, "T 2"]
    polygons_uv: Int[np.ndarray, "P 4"]
    identity_m: Float[np.ndarray, "S N 3"]
    expressions_m: Float[np.ndarray, "E N 3"]
    """In the order of `ARKIT_NAMES`."""
    mirror: Int[np.ndarray, "N"]
    """The vertex on the other side; an involution."""


def load_face_kit(path: Path) -> FaceKit:
    """Read the npz of the data set and remove its residual asymmetry (under 0.06 mm)."""
    with np.load(path, allow_pickle=False) as archive:
        vertices = archive["vertices_cm"].astype(np.float64) * METRES_PER_CM
        polygons = archive["polygons"].astype(np.int64)
        polygons_uv = archive["polygons_uv"].astype(np.int64)
        identity = archive["identity_deltas_cm"].astype(np.float32) * np.float32(METRES_PER_CM)
        raw = archive["expression_deltas_cm"].astype(np.float32) * np.float32(METRES_PER_CM)
        names = archive["expression_names"].tolist()
        uv = archive["uv"].astype(np.float64)
    deltas = dict(zip(names, raw, strict=True))
    used = SCLERA_RIGHT.stop
    mirror = _mirror_map(vertices, deltas["jawOpen"], used)
    expressions = np.stack([_arkit_delta(name, deltas) for name in ARKIT_NAMES])
    return FaceKit(
        vertices_m=(vertices + vertices[mirror] * MIRROR_X) / 2,
        polygons=polygons,
        uv=uv,
        polygons_uv=polygons_uv,
        identity_m=identity,
        expressions_m=_symmetrised(expressions, mirror),
        mirror=mirror,
    )


def mirrored_name(name: str) -> str:
    """The expression on the other side of the face."""
    for side, other in (("Left", "Right"), ("Right", "Left")):
        if name.endswith(side):
            return name.removesuffix(side) + other
    return name


def _arkit_delta(
    name: str, deltas: dict[str, Float[np.ndarray, "N 3"]]
) -> Float[np.ndarray, "N 3"]:
    if name in SPLIT_IN_DATA:
        return deltas[f"{name}_L"] + deltas[f"{name}_R"]
    if name in deltas:
        return deltas[name]
    side = "Left" if name.endswith("Left") else "Right"
    return deltas[f"{name.removesuffix(side)}_{side[0]}"]


def _mirror_map(
    vertices: Float[np.ndarray, "N 3"], jaw_open: Float[np.ndarray, "N 3"], used: int
) -> Int[np.ndarray, "N"]:
    """Pair vertices by their place at rest and with the jaw open, where closed lips part.

    Only mutually nearest vertices make a pair; the rest is tried again among itself. The unused
    parts of the data mirror to themselves.
    """
    place = np.concatenate([vertices, vertices + jaw_open], axis=1)
    mirror = np.arange(len(vertices))
    left = np.arange(used)
    while len(left):
        nearest = left[KDTree(place[left]).query(place[left] * np.tile(MIRROR_X, 2))[1]]
        mirror[left] = nearest
        paired = mirror[nearest] == left
        mirror[left[~paired]] = left[~paired]
        if not paired.any():
            break
        left = left[~paired]
    return mirror


def _symmetrised(
    expressions: Float[np.ndarray, "E N 3"], mirror: Int[np.ndarray, "N"]
) -> Float[np.ndarray, "E N 3"]:
    other = [ARKIT_NAMES.index(mirrored_name(name)) for name in ARKIT_NAMES]
    flipped = expressions[other][:, mirror] * MIRROR_X.astype(np.float32)
    return (expressions + flipped) / 2
