"""What the network is asked for: points, directions and curvature, presence, collision.

Points and directions count by how much of the strand is seen (Zhou et al. 2018, eqs. 1 and 3): what
the photo shows should be right, the rest plausible. Their collision term (eq. 2) takes ellipsoids;
here it is the skin's distance field.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

HIDDEN_WEIGHT = 0.3
"""Of what the view does not show, against 1."""
SHORTEST_M = 0.04
"""Errors count over the strand's length plus this, so that short styles are learned as well."""
_SMALL = 1e-3


@dataclass(frozen=True)
class LossWeights:
    """Of the terms, against the points'."""

    direction: float = 0.25
    curvature: float = 0.3
    collision: float = 2.0
    presence: float = 0.15


@dataclass(frozen=True)
class SkinField:
    """The mean head's distance field as a tensor that strands are looked up in."""

    field_m: Tensor
    """(1, 1, Z, Y, X)."""
    origin_m: Tensor
    size_m: Tensor
    """From the first to the last grid point, along x, y, z."""

    def distance(self, points_m: Tensor) -> Tensor:
        """(..., 3) head-frame points to metres from the skin; beyond the grid its rim's value."""
        place = 2 * (points_m - self.origin_m) / self.size_m - 1
        found = functional.grid_sample(
            self.field_m, place.view(1, 1, 1, -1, 3), padding_mode="border", align_corners=True
        )
        return found.view(points_m.shape[:-1])


@dataclass(frozen=True)
class Strands:
    """B grooms of R strands, Q points each."""

    offsets_m: Tensor
    """(B, R, Q, 3)."""
    presence: Tensor
    """(B, R): logits where predicted, 0 or 1 where true."""


def loss_of(
    found: Strands,
    true: Strands,
    seen: Tensor,
    roots_m: Tensor,
    skin: SkinField,
    weights: LossWeights,
) -> tuple[Tensor, dict[str, float]]:
    """The sum of all terms, and each one's value. `seen` (B, R, Q): share of each point seen."""
    there = true.presence[..., None]
    weight = there * (HIDDEN_WEIGHT + (1 - HIDDEN_WEIGHT) * seen)
    total = weight.sum().clamp_min(1)
    step_true, step_found = true.offsets_m.diff(dim=2), found.offsets_m.diff(dim=2)
    length = step_true.norm(dim=3).sum(dim=2)[..., None]
    off = (found.offsets_m - true.offsets_m).square().sum(dim=3).add(_SMALL**2).sqrt() - _SMALL
    points = (weight * off / (length + SHORTEST_M)).sum() / total
    cosine = functional.cosine_similarity(step_found, step_true, dim=3, eps=1e-6)
    direction = (weight[..., 1:] * (1 - cosine)).sum() / total
    bend = (step_found.diff(dim=2) - step_true.diff(dim=2)).norm(dim=3)
    curvature = (weight[..., 2:] * bend / (length + SHORTEST_M)).sum() / total * found_points(found)
    depth = (-skin.distance(found.offsets_m + roots_m[:, None])).clamp_min(0)
    collision = (there * depth / SHORTEST_M).sum() / there.sum().clamp_min(1) / found_points(found)
    presence = functional.binary_cross_entropy_with_logits(found.presence, true.presence)
    terms = {
        "points": points,
        "direction": weights.direction * direction,
        "curvature": weights.curvature * curvature,
        "collision": weights.collision * collision,
        "presence": weights.presence * presence,
    }
    return torch.stack(list(terms.values())).sum(), {k: float(v.detach()) for k, v in terms.items()}


def found_points(strands: Strands) -> int:
    """Q."""
    return strands.offsets_m.shape[2]
