"""The scalp under dense hair: not bare skin between strands, but the hairs too many to be drawn.

A strand stands for several hairs. What shows between dense strands is the stubble of all others,
so the skin there takes the colour of the roots around it, in their own shade.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32
from scipy.spatial import KDTree

from reconstruction_backend.hair.strands import HairStrands

_NEIGHBOURS = 12
_DENSE_SHARE = 0.0018
"""Area of the roots over the skin's from which the scalp is covered as far as it ever is."""
_MOST = 0.92
_SHADED = 0.5
"""Of a root's colour: it stands in the others' shade."""
_REACH_M = 0.012
"""No tint further from the nearest root."""


@dataclass(frozen=True)
class ScalpTint:
    """What each vertex of a head takes over from the roots around it."""

    weight: Float32[np.ndarray, "V"]
    """0 where the skin keeps its colour."""
    color_linear: Float32[np.ndarray, "V 3"]


def scalp_tint(strands: HairStrands, vertices_m: Float[np.ndarray, "V 3"]) -> ScalpTint:
    """The tint of a head under strands that are rooted in it."""
    weight = np.zeros(len(vertices_m), np.float32)
    colour = np.zeros((len(vertices_m), 3), np.float32)
    if strands.count < _NEIGHBOURS:
        return ScalpTint(weight, colour)
    roots = KDTree(strands.points_m[:, 0])
    found = roots.query(vertices_m, k=_NEIGHBOURS, distance_upper_bound=2 * _REACH_M)
    distance, nearest = (np.atleast_2d(values) for values in found)
    near = np.flatnonzero(np.isfinite(distance).all(axis=1) & (distance[:, 0] < _REACH_M))
    root_area = np.pi / 4 * (strands.width_m[nearest[near], 0] ** 2).sum(axis=1)
    skin_area = np.pi * distance[near, -1] ** 2
    share = root_area / np.maximum(skin_area, 1e-12) / _DENSE_SHARE
    fade = np.clip(2 * (1 - distance[near, 0] / _REACH_M), 0, 1)
    weight[near] = _MOST * (1 - np.exp(-1.5 * share)) * fade
    colour[near] = _SHADED * strands.color_linear[nearest[near], 0].mean(axis=1)
    return ScalpTint(weight, colour)
