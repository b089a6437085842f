"""Every start's strands refined to the photo; the one that agrees best with it is taken.

start ─▶ to the silhouette ─▶ grown in the field (photo's angles, else the start's) ─▶ agreement
                                                            the best ─▶ nudged over the mask
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from jaxtyping import Float32, Int32

from reconstruction_backend.hair.hairstyle import HairGuides, StrandTexture
from reconstruction_backend.hair.photo.agreement import Agreement, agreement, projected
from reconstruction_backend.hair.photo.curl import FLOW_SAYS, curl_of
from reconstruction_backend.hair.photo.field import (
    SurfaceOrientation,
    hair_field,
    splatted,
    surface_orientation,
)
from reconstruction_backend.hair.photo.growth import Roots, grown, on_roots
from reconstruction_backend.hair.photo.nudging import nudged
from reconstruction_backend.hair.photo.picture import PIXEL_M, HairPicture, pixels_of
from reconstruction_backend.hair.photo.silhouette import to_ends, to_silhouette
from reconstruction_backend.hair.photo.volume import HairVolume
from reconstruction_backend.hair.scalp import Scalp
from reconstruction_backend.hair.skin_distance import SkinDistance

CLEARANCE_M = 0.001


@dataclass(frozen=True)
class HairStart:
    """A guess of the whole hair, on the fitted head."""

    name: str
    guides: HairGuides
    texture: StrandTexture
    tied: bool = False
    """Whether hair is bound together: then its ends lie where the photo cannot tell of them."""
    unlike: float = 0.0
    """What speaks against it besides the picture, in units of the intersection over union."""


@dataclass(frozen=True)
class PhotoHair:
    """The photo's hair on the fitted head at rest."""

    guides: HairGuides
    texture: StrandTexture
    start: str
    """Which start won: a `HairStart`'s name, or `shaved`."""
    agreement: Agreement
    """Of the guides, drawn wide."""


def refined(
    picture: HairPicture,
    volume: HairVolume,
    scalp: Scalp,
    roots: Roots,
    skin: SkinDistance,
    starts: Sequence[HairStart],
) -> PhotoHair:
    """The best of at least one start, as guides no nearer to the skin than `CLEARANCE_M`."""
    orientation = surface_orientation(picture, volume)
    rooms = {reach: _shrunk(picture, reach) for reach in {_curl_reach(each) for each in starts}}
    tries = [_tried(picture, rooms, volume, orientation, scalp, roots, each) for each in starts]
    best = max(tries, key=lambda each: each.score)
    points = nudged(rooms[_curl_reach(best.start)], volume, best.points_m)
    points = skin.push_out(points, CLEARANCE_M)
    points[:, 0] = best.roots.points_m
    shown = agreement(picture, projected(picture, points, volume.body_depth_m))
    guides = HairGuides(best.roots.uv, points, best.wisp)
    return PhotoHair(guides, best.start.texture, best.start.name, shown)


@dataclass(frozen=True)
class _Try:
    """What became of one start."""

    start: HairStart
    roots: Roots
    wisp: Int32[np.ndarray, "N"]
    points_m: Float32[np.ndarray, "N P 3"]
    score: float


def _tried(
    picture: HairPicture,
    rooms: Mapping[int, HairPicture],
    volume: HairVolume,
    orientation: SurfaceOrientation,
    scalp: Scalp,
    roots: Roots,
    start: HairStart,
) -> _Try:
    own, guides = on_roots(start.guides, roots, scalp, volume)
    strands = to_silhouette(guides.points_m, volume)
    if not start.tied:
        strands = to_ends(strands, volume)
    field = hair_field(volume, orientation, splatted(volume, strands))
    points = grown(rooms[_curl_reach(start)], volume, field, strands, orientation)
    shown = agreement(picture, projected(picture, points, volume.body_depth_m))
    says = FLOW_SAYS[curl_of(start.texture)] / _DEGREES_PER_UNION
    score = shown.iou - says * shown.angle_deg - _BEYOND * _share_beyond(picture, points)
    return _Try(start, own, guides.wisp, points, score - start.unlike)


def _curl_reach(start: HairStart) -> int:
    """How far curls reach beyond their guides, pixels."""
    texture = start.texture
    if texture.curl_radius_m == 0:
        return 0
    return round(_REACH * (texture.curl_radius_m + texture.stray_m) / PIXEL_M)


def _shrunk(picture: HairPicture, by_px: int) -> HairPicture:
    """The picture with so much less hair along its edges: the room of guides whose strands curl."""
    if by_px == 0:
        return picture
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * by_px + 1, 2 * by_px + 1))
    hair = cv2.erode(picture.hair, kernel)
    skin = np.minimum(cv2.dilate(picture.skin, kernel), picture.skin + picture.hair - hair)
    return replace(picture, hair=hair.astype(np.float32), skin=skin.astype(np.float32))


_REACH = 0.8
_DEGREES_PER_UNION = 200.0
"""Twenty degrees of straight hair weigh as much as a tenth of the union."""
_BEYOND = 0.5
"""Weight of the share of hair above the photo's frame: few buns are cut off."""


def _share_beyond(picture: HairPicture, points_m: Float32[np.ndarray, "N P 3"]) -> float:
    """Share of points above the photo's upper edge."""
    pixels, _ = pixels_of(picture, points_m.astype(np.float64))
    x, y = np.rint(pixels).astype(int).clip(0, len(picture.hair) - 1).transpose(2, 0, 1)
    top = np.where(picture.seen.any(axis=0), picture.seen.argmax(axis=0), 0)
    return float((y < top[x]).mean())
