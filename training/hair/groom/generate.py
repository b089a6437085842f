"""From style parameters to a hairstyle on the mean head."""

from functools import lru_cache

import numpy as np
from jaxtyping import Float32

from reconstruction_backend.hair.hairstyle import HairGuides, Hairstyle
from reconstruction_backend.hair.resample import resampled
from reconstruction_backend.hair.skin_distance import SkinDistance
from reconstruction_backend.head_model import HeadModel
from training.hair.groom import combing_kernels as kernels
from training.hair.groom.fields import GuidePlan, plan_guides
from training.hair.groom.mirroring import mirrored_guides
from training.hair.groom.parameters import StyleParameters
from training.hair.groom.sections import cornrows
from training.hair.groom.ties import tied

POINTS = 24
_LONG_POINTS = 32
_LONG_M = 0.25
_STEP_M = 0.003
_MOST_STEPS = 200


def generate(parameters: StyleParameters, model: HeadModel) -> Hairstyle:
    """Groom the model's template. Raises InvalidModel for a model without a scalp."""
    skin = template_skin(model)
    if parameters.sections.rows:
        guides = cornrows(parameters, model, skin)
    else:
        plan = plan_guides(parameters, model)
        walked = walk(plan, skin)
        if parameters.tie.kind != "none":
            guides = tied(parameters, plan, walked, skin)
        else:
            guides = _as_guides(plan, walked)
    if parameters.mirrored:
        guides = mirrored_guides(guides)
    return Hairstyle(parameters.name, guides, parameters.texture)


@lru_cache(maxsize=2)
def template_skin(model: HeadModel) -> SkinDistance:
    """The distance field of a model's mean head."""
    return SkinDistance.of(model, model.template_m)


def walk(plan: GuidePlan, skin: SkinDistance) -> Float32[np.ndarray, "G S 3"]:
    """Comb the planned guides."""
    longest = float(plan.own[:, kernels.LENGTH].max())
    steps = int(np.clip(longest / _STEP_M, POINTS, _MOST_STEPS))
    out = np.empty((len(plan.roots.uv), steps + 1, 3), np.float32)
    kernels.comb(
        skin.field_m,
        skin.origin_m,
        np.float32(skin.cell_m),
        plan.roots.at_m,
        plan.first,
        plan.own,
        plan.shared,
        steps,
        out,
    )
    return out


def _as_guides(plan: GuidePlan, walked: Float32[np.ndarray, "G S 3"]) -> HairGuides:
    lengths = np.linalg.norm(np.diff(walked, axis=1), axis=2).sum(axis=1)
    points = _LONG_POINTS if np.quantile(lengths, 0.9) > _LONG_M else POINTS
    return HairGuides(
        plan.roots.uv.astype(np.float32),
        resampled(walked, points),
        plan.wisp.astype(np.int32),
    )
