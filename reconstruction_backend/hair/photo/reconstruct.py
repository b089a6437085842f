"""Hair from a portrait: guides and strand texture on the fitted head, or that there is no hair.

portrait, parsing, fit ─▶ picture (level square, orientations) ─▶ evidence: bald, covered
                             │
                             ▼ volume: silhouette, hairline, length ─▶ stubble: shaved
   starts (network,          ▼
   retrieved styles) ─▶ refined to the photo, the best of them
"""

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float, Float32

from reconstruction_backend.hair.photo.chart import Chart
from reconstruction_backend.hair.photo.evidence import HairEvidence, hair_evidence
from reconstruction_backend.hair.photo.growth import scalp_roots
from reconstruction_backend.hair.photo.picture import HairPicture
from reconstruction_backend.hair.photo.presence import NoHair, no_hair
from reconstruction_backend.hair.photo.refine import HairStart, PhotoHair, refined
from reconstruction_backend.hair.photo.stubble import stubble
from reconstruction_backend.hair.photo.volume import hair_volume
from reconstruction_backend.hair.scalp import GRID, Scalp
from reconstruction_backend.hair.skin_distance import SkinDistance
from reconstruction_backend.head_model import SurfacePoints


def hair_from_picture(
    picture: HairPicture,
    scalp: Scalp,
    vertices_m: Float32[np.ndarray, "V 3"],
    skin: SkinDistance,
    starts: Callable[[HairEvidence], Sequence[HairStart]],
) -> PhotoHair | NoHair:
    """The hair that a picture shows, on its head at rest.

    `vertices_m` is that head, `skin` its distance field. `starts` is asked once it is sure that
    there is hair; every start is refined, and the one that agrees best is taken.
    """
    evidence = hair_evidence(picture)
    if evidence.cover in ("bald", "covered"):
        return no_hair(evidence.cover)
    chart = Chart.of(scalp, vertices_m)
    volume = hair_volume(picture, chart, skin, _scalp_points(scalp, vertices_m))
    roots = scalp_roots(picture, scalp, vertices_m, GRID)
    roots = roots.kept(roots.points_m[:, 1] < evidence.bare_from_m)
    if len(roots.uv) < _FEWEST_ROOTS:
        return no_hair("bald")
    if evidence.cover in ("stubble", "cropped"):
        return stubble(picture, volume, roots, evidence.cropped_length_m)
    return refined(picture, volume, scalp, roots, skin, starts(evidence))


_FEWEST_ROOTS = 20


def _scalp_points(scalp: Scalp, vertices_m: Float[np.ndarray, "V 3"]) -> Float32[np.ndarray, "K 3"]:
    """The middles of the scalp's triangles on a head."""
    third = np.full((len(scalp.triangle), 3), 1 / 3, np.float32)
    points = SurfacePoints(scalp.triangle, third)
    return scalp.model.surface_points(points, vertices_m).astype(np.float32)
