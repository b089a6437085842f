"""Hair from a portrait: guides and strand texture on the fitted head, or that there is no hair.

portrait, parsing, fit ─▶ picture (level square, orientations) ─▶ none: bald, covered
                             │
                             ▼ volume: silhouette, hairline, length ─▶ stubble: shaved
   starts (network,          ▼
   retrieved styles) ─▶ refined to the photo, the best of them
"""

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float, Float32

from reconstruction_backend.hair.photo.chart import Chart
from reconstruction_backend.hair.photo.growth import scalp_roots
from reconstruction_backend.hair.photo.picture import HairPicture
from reconstruction_backend.hair.photo.presence import (
    BALD_BELOW,
    COVERED_FROM,
    NoHair,
    hair_share,
    shaved,
    worn_over,
)
from reconstruction_backend.hair.photo.refine import HairStart, PhotoHair, refined
from reconstruction_backend.hair.photo.stubble import stubble
from reconstruction_backend.hair.photo.volume import hair_volume, hangs
from reconstruction_backend.hair.scalp import GRID, Scalp
from reconstruction_backend.hair.skin_distance import SkinDistance
from reconstruction_backend.head_model import SurfacePoints


def hair_from_picture(
    picture: HairPicture,
    scalp: Scalp,
    vertices_m: Float32[np.ndarray, "V 3"],
    skin: SkinDistance,
    starts: Callable[[], Sequence[HairStart]],
) -> PhotoHair | NoHair:
    """The hair that a picture shows, on its head at rest.

    `vertices_m` is that head, `skin` its distance field. `starts` is asked once it is sure that
    there is hair; every start is refined, and the one that agrees best is taken.
    """
    chart = Chart.of(scalp, vertices_m)
    scalp_m, normals = _scalp_points(scalp, vertices_m)
    nothing = _nothing(picture, chart, scalp_m, normals)
    if nothing is not None:
        return nothing
    volume = hair_volume(picture, chart, skin, scalp_m)
    roots = scalp_roots(picture, scalp, vertices_m, GRID)
    if len(roots.uv) < _FEWEST_ROOTS:
        return _bald()
    if shaved(volume, hangs(volume)):
        return stubble(picture, volume, roots)
    return refined(picture, volume, scalp, roots, skin, starts())


_FEWEST_ROOTS = 20


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


def _scalp_points(
    scalp: Scalp, vertices_m: Float[np.ndarray, "V 3"]
) -> tuple[Float32[np.ndarray, "K 3"], Float32[np.ndarray, "K 3"]]:
    """The middles of the scalp's triangles on a head, and their normals."""
    third = np.full((len(scalp.triangle), 3), 1 / 3, np.float32)
    points = SurfacePoints(scalp.triangle, third)
    place = scalp.model.surface_points(points, vertices_m)
    return place.astype(np.float32), scalp.normals(points, vertices_m)
