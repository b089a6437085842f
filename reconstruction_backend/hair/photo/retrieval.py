"""The known styles that look most like a photo's hair.

    mask and orientations in the square ──coarse pictures──▶ some candidates
                                                               │ on the photo's head and camera
                                                               ▼
                                                           the nearest

A photo shows a part only: what lies beyond its frame does not count.
"""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Float32, Int64

from reconstruction_backend.errors import InvalidModel
from reconstruction_backend.hair.alignment import align
from reconstruction_backend.hair.hairstyle import HairGuides, StrandTexture
from reconstruction_backend.hair.photo.curl import FLOW_SAYS, KINDS, CurlKind, curl_of, with_curl
from reconstruction_backend.hair.photo.head_view import (
    VIEW_PX,
    HairView,
    HeadView,
    mirrored,
    skin_positions,
)
from reconstruction_backend.hair.photo.strand_drawing import FINER, draw_strands
from reconstruction_backend.hair.photo.style_space import (
    CELLS,
    DOUBLED_UNIT,
    MASK_UNIT,
    VIEW_YAWS_RAD,
    StyleSpace,
    StyleStrands,
)
from reconstruction_backend.hair.scalp import scalp_of
from reconstruction_backend.hair.skin_distance import SkinDistance
from reconstruction_backend.head_model import HeadModel

CANDIDATES = 10
"""Styles that are drawn on the photo's own head."""
ORIENTATION_WEIGHT = 0.5
"""Of disagreeing orientations against a disagreeing mask."""
CURL_WEIGHT = 0.12
"""Of each step from straight to coily."""
TIED_WEIGHT = 0.3
"""Of hair that is bound together in one and not in the other."""
BUNDLED_WEIGHT = 0.1
"""Of braids and locs: fewer wear them than an afro, which looks much like them to the filters."""
BEYOND_WEIGHT = 0.5
"""Of the share of a style that would lie above what the photo shows: few buns are cut off."""
SURE_ORIENTATION = 0.35
"""Length of the mean orientation from which a pixel's is compared."""
_CLEARANCE_M = 0.001
_DRAWN_STEP = 3
"""Every third of a style's points is enough."""
_LINE_PX = 2.5
"""Half the width of the lines that a few hundred guides are drawn with, finer pixels: 7 mm."""
_SHRUNK_PX = 2
_MM_PER_FINE_PX = 3.0


@dataclass(frozen=True)
class RetrievedStyle:
    """A style of the space on the photo's head at rest."""

    name: str
    guides: HairGuides
    texture: StrandTexture
    distance: float
    """To the photo: 0 is the same mask and the same orientations; masks that share nothing are 1
    apart."""
    tied: bool = False
    """Whether hair is bound together."""


@dataclass(frozen=True)
class PhotographedHead:
    """The head of a photo, at rest as its camera sees it."""

    model: HeadModel
    vertices_m: Float32[np.ndarray, "V 3"]
    view: HeadView
    skin: SkinDistance


def retrieve(
    space: StyleSpace,
    head: PhotographedHead,
    hair: HairView,
    kind: CurlKind,
    count: int = 1,
    tied: float = 0.0,
) -> tuple[RetrievedStyle, ...]:
    """The `count` nearest styles, nearest first, with curls of the photo's kind.

    `tied` is how probably the photo's hair is drawn back, which its mask and flow hardly tell.
    Raises InvalidModel for a head model with another scalp than the styles were made for.
    """
    bundled = np.array([each.bundle != "free" for each in space.textures])
    unlike = TIED_WEIGHT * np.abs(space.tied - np.float32(tied)) + BUNDLED_WEIGHT * bundled
    far = coarse_distances(space, hair, yaw_of(head.view), kind)
    far += unlike.astype(np.float32)[:, None]
    roots, canvas = _Roots.of(head), _Canvas.of(head, hair, kind)
    if len(roots.at_m) != space.present.shape[1]:
        raise InvalidModel(f"{head.model.name} has another scalp than the styles were made for.")
    candidates = [
        _candidate(space, index, bool(flipped), roots, canvas, kind).farther(float(unlike[index]))
        for index, flipped in _nearest(far, CANDIDATES)
    ]
    candidates.sort(key=lambda each: each.distance)
    return tuple(_settled(each, roots, head) for each in candidates[:count])


def yaw_of(view: HeadView) -> float:
    """How far the head is turned from the camera, to the subject's left where positive."""
    forward = view.camera.rotation_camera_from_head[:, 2]
    return float(np.arctan2(forward[0], -forward[2]))


def coarse_distances(
    space: StyleSpace, hair: HairView, yaw_rad: float, kind: CurlKind
) -> Float32[np.ndarray, "M 2"]:
    """Of the photo to each style, and to its mirror image."""
    steps = np.array(
        [abs(KINDS.index(curl_of(each)) - KINDS.index(kind)) for each in space.textures]
    )
    columns: list[np.ndarray] = []
    for photo, yaw in ((hair, yaw_rad), (mirrored(hair), -yaw_rad)):
        nearest = int(np.abs(np.array(VIEW_YAWS_RAD) - yaw).argmin())
        mask = space.mask[:, nearest].astype(np.float32) / MASK_UNIT
        doubled = space.doubled[:, nearest].astype(np.float32) / DOUBLED_UNIT
        coarse = _coarse(photo)
        far = _distance(coarse, mask, doubled, ORIENTATION_WEIGHT * FLOW_SAYS[kind])
        columns.append(far + CURL_WEIGHT * steps)
    return np.stack(columns, axis=1).astype(np.float32)


def _coarse(hair: HairView) -> HairView:
    """In `CELLS` x `CELLS` pixels."""

    def mean(planes: Float32[np.ndarray, "*n S S"]) -> Float32[np.ndarray, "*n C C"]:
        step = planes.shape[-1] // CELLS
        blocks = planes.reshape(*planes.shape[:-2], CELLS, step, CELLS, step)
        return blocks.mean(axis=(-3, -1)).astype(np.float32)

    return HairView(mean(hair.doubled), mean(hair.mask), mean(hair.seen))


def coarse_pictures(
    mask: Float32[np.ndarray, "S S"], doubled: Float32[np.ndarray, "2 S S"]
) -> HairView:
    """A drawn style as the space keeps it; all of it is seen."""
    return _coarse(HairView(doubled, mask, np.ones_like(mask)))


def _distance(
    photo: HairView,
    mask: Float32[np.ndarray, "M C C"],
    doubled: Float32[np.ndarray, "M 2 C C"],
    orientation_weight: float,
) -> Float[np.ndarray, "M"]:
    """One less the soft intersection over union, plus the disagreement of orientations."""
    seen = photo.seen
    wanted, given = photo.mask, mask * seen
    common = np.minimum(wanted, given).sum(axis=(-2, -1))
    union = np.maximum(wanted, given).sum(axis=(-2, -1))
    first, second = np.hypot(*photo.doubled), np.hypot(doubled[:, 0], doubled[:, 1])
    weight = np.where(second > SURE_ORIENTATION, np.minimum(first, second), 0) * seen
    product = (photo.doubled * doubled).sum(axis=-3) / np.maximum(first * second, 1e-6)
    apart = (weight * (1 - product) / 2).sum(axis=(-2, -1)) / (weight.sum(axis=(-2, -1)) + 1)
    far = 1 - common / np.maximum(union, 1) + orientation_weight * apart
    return far + BEYOND_WEIGHT * _beyond(photo, mask)


def _beyond(photo: HairView, mask: Float32[np.ndarray, "M C C"]) -> Float[np.ndarray, "M"]:
    """Share of each style that lies above the photo's frame."""
    rows = photo.seen.shape[-1]
    above = (1 - photo.seen) * (np.arange(rows)[:, None] < _UPPER * rows)
    return (mask * above).sum(axis=(-2, -1)) / np.maximum(mask.sum(axis=(-2, -1)), 1)


_UPPER = 1 / 3


def _nearest(far: Float32[np.ndarray, "M 2"], count: int) -> list[tuple[int, int]]:
    order = np.argsort(far, axis=None, kind="stable")[:count]
    return [(int(each) // 2, int(each) % 2) for each in order]


@dataclass(frozen=True)
class _Canvas:
    """The photo's hair, and the bare head that styles are drawn before."""

    hair: HairView
    orientation_weight: float
    fine: HeadView
    skin_depth_m: Float32[np.ndarray, "T T"]

    @classmethod
    def of(cls, head: PhotographedHead, hair: HairView, kind: CurlKind) -> "_Canvas":
        side = FINER * VIEW_PX
        fine = HeadView(head.view.camera.resized(side, side), head.view.photo_from_view)
        depth = skin_positions(fine, head.model, head.vertices_m)[1]
        return cls(hair, ORIENTATION_WEIGHT * FLOW_SAYS[kind], fine, depth)

    def distance(self, points_m: Float32[np.ndarray, "N P 3"], texture: StrandTexture) -> float:
        line = _LINE_PX + 1e3 * texture.curl_radius_m / _MM_PER_FINE_PX
        drawn = draw_strands(points_m, self.fine.camera, self.skin_depth_m, line, _SHRUNK_PX)
        weight = self.orientation_weight
        return float(_distance(self.hair, drawn.mask[None], drawn.doubled[None], weight)[0])


@dataclass(frozen=True)
class _Roots:
    """The grid on the photo's head."""

    uv: Float32[np.ndarray, "R 2"]
    mirror: Int64[np.ndarray, "R"]
    """The grid point on the other side."""
    mean_m: Float32[np.ndarray, "R 3"]
    """On the mean head."""
    at_m: Float32[np.ndarray, "R 3"]
    normals: Float32[np.ndarray, "R 3"]
    scale: float
    """The head's size over the mean head's."""
    skin: SkinDistance

    @classmethod
    def of(cls, head: PhotographedHead) -> "_Roots":
        scalp = scalp_of(head.model)
        uv, valid = scalp.grid()
        number = np.full(valid.shape, -1)
        number[valid] = np.arange(valid.sum())
        points = scalp.locate(uv)[0]
        at = head.model.surface_points(points, head.vertices_m).astype(np.float32)
        mean = head.model.surface_points(points, head.model.template_m).astype(np.float32)
        scale = float(at.std(axis=0).mean() / mean.std(axis=0).mean())
        normals = scalp.normals(points, head.vertices_m)
        return cls(uv, number[:, ::-1][valid], mean, at, normals, scale, head.skin)


@dataclass(frozen=True)
class _Candidate:
    """A style, and how far the photo is from it."""

    name: str
    strands: StyleStrands
    texture: StrandTexture
    distance: float
    tied: bool

    def farther(self, by: float) -> "_Candidate":
        """The same, less alike for another reason."""
        return replace(self, distance=self.distance + by)


def _candidate(
    space: StyleSpace, index: int, flipped: bool, roots: _Roots, canvas: _Canvas, kind: CurlKind
) -> _Candidate:
    """Scaled, moved, pushed out quickly, drawn."""
    strands, texture = space.strands(index), with_curl(space.textures[index], kind)
    if flipped:
        strands = StyleStrands(
            strands.offsets_m * np.array([-1, 1, 1], np.float32),
            roots.mirror[strands.root],
            strands.wisp,
        )
    points = roots.at_m[strands.root][:, None] + np.float32(roots.scale) * strands.offsets_m
    points = points[:, ::_DRAWN_STEP]
    points[:, 1:] = roots.skin.push_out(points[:, 1:], _CLEARANCE_M)
    return _Candidate(
        space.names[index],
        strands,
        texture,
        canvas.distance(points, texture),
        bool(space.tied[index]),
    )


def _settled(candidate: _Candidate, roots: _Roots, head: PhotographedHead) -> RetrievedStyle:
    """Laid on the head with care."""
    strands = candidate.strands
    points = roots.mean_m[strands.root][:, None] + strands.offsets_m[:, ::_DRAWN_STEP]
    guides = HairGuides(roots.uv[strands.root], points, strands.wisp)
    on_head = align(guides, head.model, head.vertices_m, head.skin)
    return RetrievedStyle(
        candidate.name, on_head, candidate.texture, candidate.distance, candidate.tied
    )
