"""Endless hairstyles: shipped ones drawn by chance, perturbed, blended and mirrored."""

from dataclasses import is_dataclass, replace
from typing import Any, TypeVar, cast

import numpy as np

from training.hair.groom.parameters import StyleParameters
from training.hair.groom.shipped import SHIPPED

_Part = TypeVar("_Part")
_KNOWN = tuple(entry.style for entry in SHIPPED)
"""More of them are short cuts than anything else, as on photos."""
_SPREAD = 0.16
"""Deviation of every length and amount, as a share of itself."""
_SHIFT = {
    "offset_m": 0.008,
    "hem_m": 0.015,
    "to_m": 0.005,
    "sweep": 0.12,
    "forward": 0.12,
    "sides_back": 0.12,
    "height_m": 0.002,
    "recession_m": 0.004,
    "widows_peak_m": 0.003,
}
"""Deviations of what has a sign or may be nothing, in its own unit."""
_KEPT = frozenset({"taper"})
_SHARES = frozenset(
    {
        "clump",
        "curl_from",
        "curl_together",
        "flyaways",
        "fade",
        "layers",
        "lift",
        "sides_lift",
        "height",
        "loose",
        "open",
        "whorl",
        "tuck",
        "front_share",
        "cling",
        "near_share",
    }
)
_NEVER_NEGATIVE = frozenset({"height_m", "recession_m", "widows_peak_m"})
_BLEND_CHANCE, _BLEND_MOST = 0.25, 0.45
_NO_HEM_M = -0.9


def random_style(rng: np.random.Generator) -> StyleParameters:
    """A style that nobody wore before."""
    style = _KNOWN[rng.integers(len(_KNOWN))]
    if rng.random() < _BLEND_CHANCE:
        kin = [other for other in _KNOWN if _akin(style, other)]
        style = blended(style, kin[rng.integers(len(kin))], rng.uniform(0, _BLEND_MOST))
    style = perturbed(style, rng)
    return replace(style, mirrored=bool(rng.integers(2)), seed=int(rng.integers(1 << 31)))


def perturbed(
    style: StyleParameters, rng: np.random.Generator, amount: float = 1.0
) -> StyleParameters:
    """Every number moved a little; what kind of style it is stays."""
    return _perturbed(style, rng, amount)


def blended(a: StyleParameters, b: StyleParameters, share: float) -> StyleParameters:
    """`share` of the way from a to b in every number; kinds are those of a."""
    return _blended(a, b, share)


def _akin(a: StyleParameters, b: StyleParameters) -> bool:
    """Whether two styles are of the same build, so that what lies between makes sense."""
    return (
        a.tie.kind == b.tie.kind
        and (a.sections.spacing_m > 0) == (b.sections.spacing_m > 0)
        and a.sections.rows == b.sections.rows
        and (a.lengths.hem_m > _NO_HEM_M) == (b.lengths.hem_m > _NO_HEM_M)
        and (a.fringe.depth_m > 0) == (b.fringe.depth_m > 0)
        and (a.flow.radial > 0) == (b.flow.radial > 0)
        and (a.lengths.flat_m < 1) == (b.lengths.flat_m < 1)
        and (a.hairline.bald_above_m < 1) == (b.hairline.bald_above_m < 1)
        and a.texture.bundle == b.texture.bundle
    )


def _perturbed(part: _Part, rng: np.random.Generator, amount: float) -> _Part:
    changed: dict[str, Any] = {}
    for name, value in vars(part).items():
        if is_dataclass(value):
            changed[name] = _perturbed(value, rng, amount)
        elif isinstance(value, float) and name not in _KEPT and not _means_nowhere(name, value):
            changed[name] = _moved(name, value, rng, amount)
    return replace(cast(Any, part), **changed)


def _moved(name: str, value: float, rng: np.random.Generator, amount: float) -> float:
    if name in _SHIFT:
        moved = value + amount * _SHIFT[name] * rng.normal()
        return max(moved, 0.0) if name in _NEVER_NEGATIVE else moved
    moved = value * float(np.exp(amount * _SPREAD * rng.normal()))
    return min(moved, 1.0) if name in _SHARES else moved


def _blended(a: _Part, b: _Part, share: float) -> _Part:
    changed: dict[str, Any] = {}
    for name, value in vars(a).items():
        other = getattr(b, name)
        if is_dataclass(value):
            changed[name] = _blended(value, other, share)
        elif isinstance(value, float) and name not in _KEPT:
            changed[name] = float(value + share * (other - value))
    return replace(cast(Any, a), **changed)


def _means_nowhere(name: str, value: float) -> bool:
    """Cuts that lie beyond all hair stay there."""
    return (name == "hem_m" and value < _NO_HEM_M) or (
        name in ("flat_m", "bald_above_m") and value >= 1
    )
