"""The colour of hair: pigments, grey strands, roots and tips, and what a photo showed of it.

melanin ─▶ each strand's concentration ─▶ along the strand ─▶ linear RGB ─▶ tint, measured field
           (varies from strand to         (darker roots,
            strand and over the head)      lighter tips)
"""

import re
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Float32, Int64

from reconstruction_backend.color import linear_from_srgb
from reconstruction_backend.errors import InvalidOption
from reconstruction_backend.hair.melanin import UNPIGMENTED_LINEAR, Melanin, fit_pigments

_LIGHTEST = 0.85
"""No strand reflects more than this."""
_STREAK_CELLS = (14, 40)
"""Along an edge of the scalp's square: locks, and strands in them, are alike."""
_MOST_DEVIATION = 1.5
"""Of the logarithm of a strand's pigment."""
_STREAK_SHARE = 0.45
"""Of the variation that neighbours share; the rest is each strand's own."""
_ROOT_LENGTH = 0.25
"""Share of a strand's length over which a root's darkness fades to 1/e."""
_HAIRS_PER_STRAND = 6
"""A head has 100,000 hairs; no strand stands for white ones alone where few are white."""
_GREY_SPREAD = 0.12
"""Deviation of the brightness of unpigmented strands (natural logarithm)."""


@dataclass(frozen=True, eq=False)
class HairColour:
    """What strands are coloured by. The same strands come out for the same seed."""

    melanin: Melanin
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)
    """Factors on linear RGB: dye, or what pigments do not explain."""
    grey: float = 0.0
    """Share of strands without pigment, 0 to 1."""
    root_darkening: float = 0.25
    """How much more pigment is at the root, as a share."""
    tip_lightening: float = 0.25
    """How much less pigment is at the tip, as a share."""
    spread: float = 0.22
    """Deviation of brightness between strands (natural logarithm), by more and less pigment."""
    measured: Float32[np.ndarray, "V U K 3"] | None = None
    """Natural logarithm of factors on linear RGB over the scalp's square (v, u) and from root to
    tip (K): highlights, streaks, ombre, as a photo showed them."""

    def of_strands(
        self, root_uv: Float32[np.ndarray, "N 2"], points: int, seed: int = 0
    ) -> Float32[np.ndarray, "N P 3"]:
        """Linear RGB of `points` points from root to tip."""
        random = np.random.default_rng(seed).random((len(root_uv), 3), np.float32)
        own = np.sqrt(1 - _STREAK_SHARE) * _normal(random[:, 0])
        shared = np.sqrt(_STREAK_SHARE) * _streaks(root_uv, seed)
        deviation = self.spread / self.melanin.steepness() * (own + shared)
        deviation = np.clip(deviation, -_MOST_DEVIATION, _MOST_DEVIATION)
        amount = np.exp(deviation)[:, None] * self._along(points)
        colour = self.melanin.linear(amount)
        white = self._white_share(random[:, 1])[:, None, None].astype(np.float32)
        brightness = np.exp(_GREY_SPREAD * _normal(random[:, 2]))[:, None, None]
        colour += white * (brightness * UNPIGMENTED_LINEAR - colour)
        colour *= np.array(self.tint, np.float32)
        if self.measured is not None:
            colour *= np.exp(_sampled(self.measured, root_uv, points))
        return np.clip(colour, 0, _LIGHTEST).astype(np.float32)

    def mean_linear(self) -> Float32[np.ndarray, "3"]:
        """Of all strands together, half-way along; without what was measured of places."""
        mixed = (1 - self.grey) * self.melanin.linear() + self.grey * UNPIGMENTED_LINEAR
        return (mixed * self.tint).astype(np.float32)

    def _white_share(self, uniform: Float32[np.ndarray, "N"]) -> Float[np.ndarray, "N"]:
        """Of the hairs that each strand stands for: near the binomial distribution."""
        deviation = np.sqrt(self.grey * (1 - self.grey) / _HAIRS_PER_STRAND)
        return np.clip(self.grey + deviation * _normal(uniform), 0, 1)

    def _along(self, points: int) -> Float[np.ndarray, "P"]:
        """Pigment from root to tip over that half-way along."""
        t = np.linspace(0, 1, points)
        amount = self._profile(t) / self._profile(np.array([0.5]))
        return np.maximum(amount, 0)

    def _profile(self, t: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n"]:
        root = self.root_darkening * np.exp(-t / _ROOT_LENGTH)
        return (1 + root) * (1 - self.tip_lightening * t**2)


def _normal(uniform: Float32[np.ndarray, "N"]) -> Float[np.ndarray, "N"]:
    """Nearly normal deviates, at most 2.2 deviations out (logistic, cut off)."""
    safe = np.clip(uniform, 0.02, 0.98)
    return np.log(safe / (1 - safe)) / 1.75


def _streaks(root_uv: Float32[np.ndarray, "N 2"], seed: int) -> Float[np.ndarray, "N"]:
    """Smooth noise over the scalp, of about unit deviation."""
    from scipy.ndimage import map_coordinates  # the web process reads colours, and loads no scipy

    uv = np.nan_to_num(root_uv, nan=0.5)
    at = np.stack([uv[:, 1], uv[:, 0]])
    total = np.zeros(len(uv))
    for cells in _STREAK_CELLS:
        noise = np.random.default_rng([seed, cells]).normal(0, 1.5, (cells, cells))
        total += map_coordinates(noise, at * (cells - 1), order=1, mode="nearest")
    return total / np.sqrt(len(_STREAK_CELLS))


def _sampled(
    field: Float32[np.ndarray, "V U K 3"], root_uv: Float32[np.ndarray, "N 2"], points: int
) -> Float32[np.ndarray, "N P 3"]:
    """Trilinear values of a measured field along strands."""
    rows, columns, knots = field.shape[:3]
    uv = np.clip(np.nan_to_num(root_uv, nan=0.5), 0, 1)
    v, down = _between(uv[:, 1], rows)
    u, right = _between(uv[:, 0], columns)
    down, right = down[:, None, None], right[:, None, None]
    after = (np.minimum(v + 1, rows - 1), np.minimum(u + 1, columns - 1))
    above = field[v, u] * (1 - right) + field[v, after[1]] * right
    below = field[after[0], u] * (1 - right) + field[after[0], after[1]] * right
    at_root = above * (1 - down) + below * down
    knot, share = _between(np.linspace(0, 1, points, dtype=np.float32), knots)
    share = share[:, None]
    after_knot = np.minimum(knot + 1, knots - 1)
    return at_root[:, knot] * (1 - share) + at_root[:, after_knot] * share


def _between(
    place: Float32[np.ndarray, "N"], count: int
) -> tuple[Int64[np.ndarray, "N"], Float32[np.ndarray, "N"]]:
    """The last of `count` numbers spread over [0, 1] at or before each place, and the share of the
    way on."""
    at = place * np.float32(count - 1)
    low = np.minimum(at.astype(np.int64), max(count - 2, 0))
    return low, at - low.astype(np.float32)


def _natural(eumelanin: float, pheomelanin: float = 0.0, grey: float = 0.0) -> HairColour:
    return HairColour(Melanin(eumelanin, pheomelanin), grey=grey)


def _dyed(red: int, green: int, blue: int) -> HairColour:
    """An sRGB colour that covers everything but a little of the roots."""
    return replace(colour_of_srgb(red, green, blue), root_darkening=0.35, tip_lightening=0.1)


def colour_of_srgb(red: int, green: int, blue: int) -> HairColour:
    """Hair whose mean is this sRGB colour (bytes)."""
    linear = linear_from_srgb(np.array([red, green, blue], np.uint8))
    fit = fit_pigments(linear, with_grey=False)
    return HairColour(fit.melanin, fit.tint)


PRESETS: dict[str, HairColour] = {
    "black": _natural(5.0),
    "soft-black": _natural(1.7),
    "dark-brown": _natural(0.80, 0.10),
    "brown": _natural(0.42, 0.10),
    "chestnut": _natural(0.32, 0.32),
    "light-brown": _natural(0.20, 0.10),
    # the fit's blonds are greener than most, its reds less red
    "dark-blond": colour_of_srgb(142, 110, 76),
    "blond": colour_of_srgb(184, 147, 102),
    "light-blond": colour_of_srgb(206, 176, 134),
    "platinum": colour_of_srgb(222, 209, 186),
    "strawberry-blond": colour_of_srgb(168, 122, 84),
    "ginger": colour_of_srgb(150, 86, 48),
    "red": colour_of_srgb(118, 54, 30),
    "auburn": colour_of_srgb(80, 40, 26),
    "salt-and-pepper": _natural(1.3, 0.05, 0.40),
    "grey": _natural(0.7, 0.0, 0.70),
    "white": _natural(0.3, 0.0, 1.0),
    "burgundy": _dyed(92, 18, 36),
    "copper": _dyed(186, 84, 34),
    "pink": _dyed(226, 120, 160),
    "purple": _dyed(104, 58, 140),
    "blue": _dyed(38, 78, 160),
    "teal": _dyed(24, 124, 128),
    "green": _dyed(58, 128, 70),
}
"""By name; the natural ones by their pigments, from dark to light, then grey, then dyes."""

_HEX = re.compile(r"#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})")


def parse_hair_colour(text: str) -> HairColour:
    """A preset's name or #rrggbb in sRGB. Raises InvalidOption for anything else."""
    wanted = text.strip().lower()
    if wanted in PRESETS:
        return PRESETS[wanted]
    found = _HEX.fullmatch(wanted)
    if found is None:
        raise InvalidOption(
            f"{text!r} is no hair colour; write #rrggbb or one of {', '.join(PRESETS)}."
        )
    red, green, blue = (int(pair, 16) for pair in found.groups())
    return colour_of_srgb(red, green, blue)
