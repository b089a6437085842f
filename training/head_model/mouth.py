"""The authored mouth: teeth and gums on the data's jaws, and which of the data's gums give way."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from jaxtyping import Bool, Float, Int
from scipy.spatial import KDTree

from training.head_model import data
from training.head_model.affine_weights import affine_weights
from training.head_model.data import MIRROR_X, FaceKit
from training.head_model.dental_arch import LOWER, UPPER, Jaw, ToothFrame, tooth_frames
from training.head_model.gums import gum_strip
from training.head_model.teeth import GridMesh, crown

METRES = 1e-3
BITE_Y_M = -0.032
"""Between the upper and the lower gums of the data."""
STRIP_REACH_M = 0.005
"""The data's gums give way from here, inwards of the line of contacts, to the lips."""
MIDLINE_M = 1e-9
ROW_GAP = 0.04
"""Between the left and the right tooth in their chart."""
SOURCES: dict[Jaw, Int[np.ndarray, "S"]] = {
    "upper": np.arange(data.TEETH_UPPER.start, data.TEETH_UPPER.stop),
    "lower": np.arange(data.TEETH_LOWER.start, data.TEETH_LOWER.stop),
}
"""The data's vertices that carry a jaw's teeth and gums."""


@dataclass(frozen=True)
class AuthoredPart:
    """One tooth and its mirror image, or one jaw's gums."""

    part: str
    jaw: Jaw
    tooth: int | None
    """From the midline; None for gums."""
    vertices_m: Float[np.ndarray, "V 3"]
    triangles: Int[np.ndarray, "F 3"]
    unit_uv: Float[np.ndarray, "F 3 2"]
    """In the piece's own unit square: teeth left above right, gums from right to left."""
    mirror: Int[np.ndarray, "V"]
    neck: Float[np.ndarray, "V"]
    """0 at a tooth's cutting edge, 1 at the gum."""


@dataclass(frozen=True)
class AuthoredMouth:
    """All pieces in one list of vertices."""

    pieces: tuple[AuthoredPart, ...]
    weights: sp.csr_matrix
    """(V, N) over the data's vertices."""
    triangles: Int[np.ndarray, "F 3"]
    mirror: Int[np.ndarray, "V"]


def build_mouth(kit: FaceKit) -> AuthoredMouth:
    """Teeth, then gum strips, each on both sides."""
    pieces: list[AuthoredPart] = []
    for arch in (UPPER, LOWER):
        frames = tooth_frames(arch)
        pieces += [_pair_of_teeth(crown(frame), arch.jaw, i) for i, frame in enumerate(frames)]
        pieces.append(_whole_gums(gum_strip(frames, arch.jaw), arch.jaw))
    start = np.cumsum([0] + [len(piece.vertices_m) for piece in pieces])
    weights = [_carrying_weights(piece, kit) for piece in pieces]
    return AuthoredMouth(
        pieces=tuple(pieces),
        weights=sp.csr_matrix(sp.vstack(weights)),
        triangles=np.concatenate(
            [p.triangles + s for p, s in zip(pieces, start[:-1], strict=True)]
        ),
        mirror=np.concatenate([p.mirror + s for p, s in zip(pieces, start[:-1], strict=True)]),
    )


def gums_kept(kit: FaceKit, polygons: Int[np.ndarray, "K"]) -> Bool[np.ndarray, "K"]:
    """Which of the data's gum polygons the authored strips do not replace."""
    centre = np.stack([kit.vertices_m[p[p >= 0]].mean(0) for p in kit.polygons[polygons]])
    replaced = np.zeros(len(polygons), bool)
    for arch, own in ((UPPER, centre[:, 1] > BITE_Y_M), (LOWER, centre[:, 1] <= BITE_Y_M)):
        replaced |= own & (_inwards_m(tooth_frames(arch), centre) < STRIP_REACH_M)
    return ~replaced


def _inwards_m(
    frames: tuple[ToothFrame, ...], points_m: Float[np.ndarray, "K 3"]
) -> Float[np.ndarray, "K"]:
    """How far points lie inwards of the line of contacts; infinite behind the last tooth."""
    folded = points_m / METRES
    folded[:, 0] = np.abs(folded[:, 0])
    origin = np.stack([frame.origin for frame in frames])
    nearest = KDTree(origin[:, [0, 2]]).query(folded[:, [0, 2]])[1]
    offset = folded - origin[nearest]
    inwards = -(offset * np.stack([f.outward for f in frames])[nearest]).sum(1)
    along = (offset * np.stack([f.along for f in frames])[nearest]).sum(1)
    behind = (nearest == len(frames) - 1) & (along > frames[-1].half_width)
    return np.where(behind, np.inf, inwards * METRES)


def _pair_of_teeth(mesh: GridMesh, jaw: Jaw, tooth: int) -> AuthoredPart:
    """A tooth of the left half and its mirror image."""
    left = mesh.vertices * METRES
    count = len(left)
    turned = mesh.unit_uv[:, ::-1] * [-1, 1] + [1, 0]
    row = np.array([1.0, (1 - ROW_GAP) / 2])
    return AuthoredPart(
        part=f"teeth_{jaw}",
        jaw=jaw,
        tooth=tooth,
        vertices_m=np.concatenate([left, left * MIRROR_X]),
        triangles=np.concatenate([mesh.triangles, mesh.triangles[:, ::-1] + count]),
        unit_uv=np.concatenate([mesh.unit_uv * row, turned * row + [0, (1 + ROW_GAP) / 2]]),
        mirror=np.concatenate([np.arange(count) + count, np.arange(count)]),
        neck=np.tile(mesh.neck, 2),
    )


def _whole_gums(mesh: GridMesh, jaw: Jaw) -> AuthoredPart:
    """The left half's strip joined to its mirror image along the midline."""
    left = mesh.vertices * METRES
    shared = np.abs(left[:, 0]) < MIDLINE_M
    left[shared, 0] = 0
    other = np.arange(len(left))
    other[~shared] = len(left) + np.arange((~shared).sum())
    return AuthoredPart(
        part="gums",
        jaw=jaw,
        tooth=None,
        vertices_m=np.concatenate([left, left[~shared] * MIRROR_X]),
        triangles=np.concatenate([mesh.triangles, other[mesh.triangles[:, ::-1]]]),
        unit_uv=np.concatenate([mesh.unit_uv, mesh.unit_uv[:, ::-1] * [-1, 1] + [1, 0]]),
        mirror=np.concatenate([other, np.flatnonzero(~shared)]),
        neck=np.ones(len(left) + int((~shared).sum())),
    )


def _carrying_weights(piece: AuthoredPart, kit: FaceKit) -> sp.csr_matrix:
    """Weights over the data's teeth, exactly symmetric."""
    weights = affine_weights(piece.vertices_m, kit.vertices_m, SOURCES[piece.jaw])
    return sp.csr_matrix((weights + weights[piece.mirror][:, kit.mirror]) / 2)
