"""Hair from a portrait: guides and strand texture on the fitted head, or that there is no hair.

portrait, parsing, fit ─▶ picture (level square, orientations)
                             │ volume: silhouette, hairline, length
   starts (network,          ▼
   retrieval, general) ─▶ field ─▶ guides grown ─▶ the start that agrees best
                             │
                             ▼
                          refined guides, strand texture
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32

from reconstruction_backend.backends import Reconstruction
from reconstruction_backend.hair.hairstyle import HairGuides, StrandTexture
from reconstruction_backend.hair.photo.agreement import Agreement, agreement, projected
from reconstruction_backend.hair.photo.chart import Chart
from reconstruction_backend.hair.photo.field import (
    SparseField,
    general_flow,
    hair_field,
    splatted,
    surface_orientation,
)
from reconstruction_backend.hair.photo.growth import Roots, grown, hanging_share, roots_of
from reconstruction_backend.hair.photo.nudging import nudged
from reconstruction_backend.hair.photo.picture import HairPicture, hair_picture
from reconstruction_backend.hair.photo.presence import (
    BALD_BELOW,
    COVERED_FROM,
    NoHair,
    hair_share,
    shaved,
    worn_over,
)
from reconstruction_backend.hair.photo.texture import hair_look, strand_texture
from reconstruction_backend.hair.photo.volume import HairVolume, hair_volume
from reconstruction_backend.hair.photo.wisps import wisps_of
from reconstruction_backend.hair.resample import lengths_m
from reconstruction_backend.hair.scalp import GRID, Scalp, scalp_of
from reconstruction_backend.hair.skin_distance import SkinDistance
from reconstruction_backend.head_model import SurfacePoints
from reconstruction_backend.parsing.result import Parsing
from reconstruction_backend.portrait import Portrait

CLEARANCE_M = 0.001
STUBBLE = StrandTexture(
    width_m=1.0e-4, taper=0.3, clump=0.0, frizz_m=0.0, flyaways=0.0, length_spread=0.25
)
"""Of a shaved head: single hairs that stand."""
STUBBLE_M = 0.003
STUBBLE_LEAN = 0.5


@dataclass(frozen=True)
class HairStart:
    """A guess of the hair that the photo does not show, on the fitted head."""

    name: str
    guides: HairGuides
    texture: StrandTexture | None = None
    """Where the start knows it; else the picture tells."""


@dataclass(frozen=True)
class PhotoHair:
    """The photo's hair on the fitted head at rest."""

    guides: HairGuides
    texture: StrandTexture
    start: str
    """Which start won: a `HairStart`'s name, a `Combing`'s, or `shaved`."""
    agreement: Agreement
    """Of the guides, drawn wide."""


def hair_from_photo(
    portrait: Portrait,
    parsing: Parsing,
    reconstruction: Reconstruction,
    starts: Sequence[HairStart] = (),
    skin: SkinDistance | None = None,
) -> PhotoHair | NoHair:
    """The hair that a portrait shows, on the reconstruction's head at rest.

    Every start is refined, and so is a general one: hair that falls off its parting. The one that
    agrees best with the photo is taken. `skin` saves measuring the head again. Raises InvalidModel
    for a head model without a scalp.
    """
    model, fit = reconstruction.head_model, reconstruction.fit
    vertices = model.neutral(fit.shape)
    scalp = scalp_of(model)
    picture = hair_picture(portrait, parsing, fit.camera, model, vertices)
    skin = SkinDistance.of(model, vertices) if skin is None else skin
    return hair_from_picture(picture, scalp, vertices, skin, starts)


def hair_from_picture(
    picture: HairPicture,
    scalp: Scalp,
    vertices_m: Float32[np.ndarray, "V 3"],
    skin: SkinDistance,
    starts: Sequence[HairStart] = (),
) -> PhotoHair | NoHair:
    """`hair_from_photo` once the picture is cut."""
    chart = Chart.of(scalp, vertices_m)
    scalp_m, normals = _scalp_points(scalp, vertices_m)
    nothing = _nothing(picture, chart, scalp_m, normals)
    if nothing is not None:
        return nothing
    volume = hair_volume(picture, chart, skin, scalp_m)
    roots = roots_of(picture, scalp, vertices_m, volume, GRID)
    if len(roots.uv) < _FEWEST_ROOTS:
        return _bald()
    if shaved(volume, bool(hanging_share(volume).max() > 0)):
        return _stubble(picture, volume, roots)
    return _refined(picture, volume, roots, skin, starts)


def _refined(
    picture: HairPicture,
    volume: HairVolume,
    roots: Roots,
    skin: SkinDistance,
    starts: Sequence[HairStart],
) -> PhotoHair:
    orientation, look = surface_orientation(picture, volume), hair_look(picture)
    body = volume.body_depth_m
    flows: list[tuple[str, SparseField, StrandTexture | None]] = [
        (start.name, splatted(volume, start.guides.points_m), start.texture) for start in starts
    ]
    flows.append((*general_flow(volume, orientation), None))
    tries = [
        grown(picture, volume, hair_field(volume, orientation, flow), roots, look, orientation)
        for _, flow, _ in flows
    ]
    scores = [agreement(picture, projected(picture, each, body)).score for each in tries]
    best = int(np.argmax(scores))
    points = skin.push_out(nudged(picture, volume, tries[best]), CLEARANCE_M)
    points[:, 0] = roots.points_m
    guides = HairGuides(roots.uv, points, wisps_of(points))
    longest = float(np.quantile(lengths_m(points), 0.9))
    name, _, texture = flows[best]
    shown = agreement(picture, projected(picture, points, body))
    return PhotoHair(guides, texture or strand_texture(look, longest), name, shown)


def _nothing(
    picture: HairPicture,
    chart: Chart,
    scalp_m: Float32[np.ndarray, "K 3"],
    normals: Float32[np.ndarray, "K 3"],
) -> NoHair | None:
    if worn_over(picture, chart.centre_m) > COVERED_FROM:
        return NoHair("covered", "A hat or a scarf covers the hair, so the avatar has none.")
    share = hair_share(picture, scalp_m, normals)
    if share is not None and share < BALD_BELOW:
        return _bald()
    return None


def _bald() -> NoHair:
    return NoHair("bald", "The photo shows no hair on the head.")


def _stubble(picture: HairPicture, volume: HairVolume, roots: Roots) -> PhotoHair:
    """Hairs of a few millimetres, leaning down."""
    lean = roots.normals + STUBBLE_LEAN * np.array([0, -1, 0], np.float32)
    lean -= (
        _INTO
        * np.minimum(np.einsum("nd,nd->n", lean, roots.normals) - _LEAST_OUT, 0)[:, None]
        * roots.normals
    )
    lean /= np.linalg.norm(lean, axis=1, keepdims=True)
    way = np.linspace(0, STUBBLE_M, _STUBBLE_POINTS, dtype=np.float32)
    points = roots.points_m[:, None] + way[None, :, None] * lean[:, None]
    guides = HairGuides(roots.uv, points.astype(np.float32), np.zeros(len(points), np.int32))
    shown = agreement(picture, projected(picture, points, volume.body_depth_m))
    return PhotoHair(guides, STUBBLE, "shaved", shown)


_INTO, _LEAST_OUT, _STUBBLE_POINTS = 1.0, 0.4, 8
_FEWEST_ROOTS = 20


def _scalp_points(
    scalp: Scalp, vertices_m: Float[np.ndarray, "V 3"]
) -> tuple[Float32[np.ndarray, "K 3"], Float32[np.ndarray, "K 3"]]:
    """The middles of the scalp's triangles on a head, and their normals."""
    third = np.full((len(scalp.triangle), 3), 1 / 3, np.float32)
    points = SurfacePoints(scalp.triangle, third)
    place = scalp.model.surface_points(points, vertices_m)
    return place.astype(np.float32), scalp.normals(points, vertices_m)
