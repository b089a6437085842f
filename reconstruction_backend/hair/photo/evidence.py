"""What a photo says of its hair before any strand is made.

`measures` are taken once from the picture; here they become a few answers, each with how sure it
is: what covers the head, how short cropped hair is, how it curls, how far down it goes, whether it
is tied back. `docs/hair-evidence.md` says how often they are right.

What covers the head. The thickness over the fitted skull is no measure of short hair: a photo from
the front fixes the skull's height to a centimetre, a child's worse. Cropped hair betrays itself
otherwise: it does not widen the head at its sides, where the skull is known; it has little texture,
for skin shows through; and there is little of it. A ridge regression on those gives its length.

Curls. Orientations of straight hair agree over centimetres; those of curls turn within one; coils
are too small for the filters, which are sure of nothing. Darkness alone makes filters unsure too,
but what they say then still agrees. Short hair disagrees, however straight, where it lies close.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from reconstruction_backend.hair.photo.curl import KINDS, CurlKind
from reconstruction_backend.hair.photo.measures import Bun, HairMeasures, hair_measures
from reconstruction_backend.hair.photo.picture import HairPicture

HairCover = Literal["covered", "bald", "stubble", "cropped", "hair"]
HairLength = Literal["ears", "chin", "shoulders", "beyond"]

WORN_FROM, WORN_SPREAD = 0.25, 0.06
"""Share of the head's outline that is clothes, from which a hat or a scarf is worn."""
BALD_SHARE, BALD_SPREAD = 0.06, 0.02
"""Share of hair above the brows below which a head is bald; wreaths have 0.1 and more."""
STUBBLE_BELOW_M, CROPPED_BELOW_M = 0.0035, 0.012
LENGTH_SPREAD = 0.74
"""Deviation of the logarithm of cropped hair's length on portraits that it was not fitted to."""
LONGEST_CROPPED_M = 0.04
"""Hair as long as this, or longer, is one and the same to the regression."""
STANDS_M, STANDS_TOP_M, HANGS_M = 0.009, 0.034, 0.01
"""Hair that thick at the sides or at the top, or as far below the ears, is not cropped."""
SMOOTH_GRAIN, SMOOTH_APART, SHAVEN_M = 0.01, 0.6, 0.001
"""What has less texture than that, and is no darker or brighter than the face, is a shaven scalp;
the least of hair, white and combed, has 0.015."""
WREATH_STANDS_M = 0.0065
"""Likewise at the sides of a wreath, of which there is little, however long it is."""


@dataclass(frozen=True)
class HairEvidence:
    """What a picture says. Confidences are from 0 to 1."""

    cover: HairCover
    """`stubble` is shaven, shorter than `STUBBLE_BELOW_M`; `cropped` shorter than
    `CROPPED_BELOW_M`. Receding hair and wreaths are `cropped` or `hair`, where the mask has it."""
    cover_confidence: float
    cropped_length_m: float
    """Estimated length of the hair, if it is short; `LONGEST_CROPPED_M` means that or longer."""
    kind: CurlKind
    kind_confidence: float
    kinds: tuple[float, float, float, float]
    """Probability of each of `KINDS`."""
    curl_radius_m: float
    """Of the helix about a strand's own line; 0 for straight hair."""
    length: HairLength
    """As far as it is seen: above the ears' lobes, to the chin, to the shoulders; `beyond` where
    it leaves the photo."""
    length_confidence: float
    bare_from_m: float
    """Height in the head frame above which no hair grows: of a wreath. Infinite for other hair."""
    tied_back: float
    """Probability that hair is tied: high where a bun shows. Else below a half: from the front,
    hair drawn into a tail behind the head looks like short hair that is combed and lies close."""
    bun: Bun | None
    """The bun, or the root of a high tail, that shows above or beside the head."""
    measures: HairMeasures


def hair_evidence(picture: HairPicture) -> HairEvidence:
    """Read a picture; about 10 ms."""
    measures = hair_measures(picture)
    cropped = cropped_length_m(measures)
    cover, cover_confidence = _cover(measures, cropped)
    kinds = kind_probabilities(measures)
    best = int(np.argmax(kinds))
    length, length_confidence = _length(measures)
    return HairEvidence(
        cover=cover,
        cover_confidence=cover_confidence,
        cropped_length_m=cropped,
        kind=KINDS[best],
        kind_confidence=kinds[best],
        kinds=kinds,
        curl_radius_m=_RADIUS_M[best],
        length=length,
        length_confidence=length_confidence,
        bare_from_m=measures.outline.bare_from_m,
        tied_back=_tied_back(measures, cropped, kinds),
        bun=measures.outline.bun,
        measures=measures,
    )


_RADIUS_M = (0.0, 0.007, 0.009, 0.0042)
"""Typical of each kind; `curl.TYPICAL` has the rest."""


def _sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-float(np.clip(value, -_FAR, _FAR))))


_FAR = 30.0


def cropped_length_m(measures: HairMeasures) -> float:
    """Length of cropped hair from how little of it there is; `LONGEST_CROPPED_M` for the rest."""
    if _smooth_as_skin(measures):
        return SHAVEN_M
    if not may_be_cropped(measures):
        return LONGEST_CROPPED_M
    log_mm = float((length_features(measures) - LENGTH_MEAN) / LENGTH_SCALE @ LENGTH_WEIGHT)
    return float(np.clip(math.exp(log_mm + LENGTH_BIAS) / 1000, 0, LONGEST_CROPPED_M))


def _smooth_as_skin(measures: HairMeasures) -> bool:
    """Of a scalp that was taken for hair. Hair in deep shade is smooth too, but apart from skin."""
    colours = measures.colours
    return 0 < colours.grain < SMOOTH_GRAIN and colours.apart < SMOOTH_APART


def may_be_cropped(measures: HairMeasures) -> bool:
    """Whether the outline leaves it open that hair is cropped."""
    outline, extent = measures.outline, measures.extent
    stands = outline.side_m > STANDS_M or outline.top_m > STANDS_TOP_M
    stands |= math.isfinite(outline.bare_from_m) and outline.side_m > WREATH_STANDS_M
    return not (stands or extent.lowest_m > HANGS_M or extent.leaves_m > 0)


def length_features(measures: HairMeasures) -> np.ndarray:
    """What the regression of cropped hair's length reads."""
    outline, colours, flow = measures.outline, measures.colours, measures.flow
    return np.array([
        np.clip(outline.side_m, 0.0, 0.02),
        np.clip(outline.top_m, -0.005, 0.03),
        np.clip(outline.band_m, 0.0, 0.06),
        np.clip(outline.uneven_m, 0.0, 0.02),
        math.log(colours.grain + 0.01),
        flow.confidence,
        flow.alike_near,
        colours.apart,
        colours.above,
        math.log(measures.extent.area_m2 + 0.002),
    ])  # fmt: skip


def _cover(measures: HairMeasures, cropped_m: float) -> tuple[HairCover, float]:
    worn = _sigmoid((measures.outline.worn - WORN_FROM) / WORN_SPREAD)
    if worn > _EVEN:
        return "covered", worn
    bald = _sigmoid((BALD_SHARE - measures.colours.above) / BALD_SPREAD)
    if bald > _EVEN:
        return "bald", bald * (1 - worn)
    shorter = [
        _sigmoid(math.log(limit / max(cropped_m, _SHORTEST_M)) / LENGTH_SPREAD * _LOGISTIC)
        for limit in (STUBBLE_BELOW_M, CROPPED_BELOW_M)
    ]
    if shorter[0] > _EVEN:
        return "stubble", shorter[0]
    if shorter[1] > _EVEN:
        return "cropped", shorter[1]
    return "hair", 1 - shorter[1]


_EVEN, _SHORTEST_M = 0.5, 1e-4
_LOGISTIC = 1.7
"""A logistic curve this steep is nearly the normal distribution's."""


def kind_probabilities(measures: HairMeasures) -> tuple[float, float, float, float]:
    """Of straight, wavy, curly and coily hair."""
    flow, side = measures.flow, measures.outline.side_m
    if flow.confidence == 0:
        return (1.0, 0.0, 0.0, 0.0)
    stands = _sigmoid((side - LIES_M) / LIES_SPREAD_M)
    coily = _sigmoid((COILY_CONFIDENCE - flow.confidence) / CONFIDENCE_SPREAD)
    coily *= _sigmoid((COILY_ALIKE - flow.alike_near) / ALIKE_SPREAD)
    curly_alike = CURLY_ALIKE - SURE_PULL * max(flow.confidence - SURE_FLOW, 0)
    curly = (1 - coily) * stands * _sigmoid((curly_alike - flow.alike_near) / ALIKE_SPREAD)
    straight = 1 - stands * _sigmoid((WAVY_ALIKE - flow.alike_near) / ALIKE_SPREAD)
    straight *= 1 - coily - curly
    return (straight, 1 - coily - curly - straight, curly, coily)


COILY_CONFIDENCE, CONFIDENCE_SPREAD = 0.53, 0.03
COILY_ALIKE, CURLY_ALIKE, WAVY_ALIKE, ALIKE_SPREAD = 0.88, 0.84, 0.935, 0.015
"""Agreement of orientations within 5 mm below which hair may be coily, is curly, is wavy."""
SURE_FLOW, SURE_PULL = 0.75, 0.25
"""Hair whose flow is surer than the first waves rather than curls: how much less it may agree."""
LIES_M, LIES_SPREAD_M = 0.012, 0.002
"""Hair this close to the skull at the sides is as disordered as curls where it is straight."""


def _length(measures: HairMeasures) -> tuple[HairLength, float]:
    extent = measures.extent
    beyond = _sigmoid((extent.leaves_m - LEAVES_M) / LEAVES_SPREAD_M)
    if beyond > _EVEN:
        return "beyond", beyond
    shoulders = _sigmoid((extent.lowest_m - SHOULDERS_M) / LOWEST_SPREAD_M)
    if shoulders > _EVEN:
        return "shoulders", shoulders
    chin = _sigmoid((extent.lowest_m - BELOW_EARS_M) / LOWEST_SPREAD_M)
    return ("chin", chin) if chin > _EVEN else ("ears", 1 - chin)


LEAVES_M, LEAVES_SPREAD_M = 0.03, 0.01
BELOW_EARS_M, SHOULDERS_M, LOWEST_SPREAD_M = 0.0, 0.08, 0.01
"""Below the lobes of the ears."""


def _tied_back(
    measures: HairMeasures, cropped_m: float, kinds: tuple[float, float, float, float]
) -> float:
    outline, flow, extent = measures.outline, measures.flow, measures.extent
    if math.isfinite(outline.bare_from_m):
        return 0.0
    if outline.bun is not None and kinds[0] + kinds[1] > _EVEN:  # curls make lumps, too
        return TIED_WITH_BUN
    lies_close = _sigmoid((TIED_SIDE_M - outline.side_m) / TIED_SIDE_SPREAD_M)
    combed = _sigmoid((flow.alike_far - TIED_ALIKE) / TIED_ALIKE_SPREAD)
    hangs_not = _sigmoid((TIED_BELOW - extent.below_ears) / TIED_BELOW_SPREAD)
    not_cropped = _sigmoid((cropped_m - TIED_LENGTH_M) / TIED_LENGTH_SPREAD_M)
    return TIED_UNSEEN * lies_close * combed * hangs_not * not_cropped


TIED_WITH_BUN, TIED_UNSEEN = 0.85, 0.4
"""The probability where a bun shows, and where all else speaks for one that does not."""
TIED_SIDE_M, TIED_SIDE_SPREAD_M = 0.022, 0.003
TIED_ALIKE, TIED_ALIKE_SPREAD = 0.7, 0.05
TIED_BELOW, TIED_BELOW_SPREAD = 0.2, 0.05
TIED_LENGTH_M, TIED_LENGTH_SPREAD_M = 0.025, 0.004

LENGTH_MEAN = np.array([
    0.0054898, 0.012163, 0.028124, 0.004909, -2.8473,
    0.74639, 0.86365, 0.68607, 0.43623, -4.8625,
])  # fmt: skip
LENGTH_SCALE = np.array([
    0.0026361, 0.0078319, 0.01258, 0.0021625, 0.48188,
    0.19045, 0.17686, 0.26424, 0.137, 0.36358,
])  # fmt: skip
LENGTH_WEIGHT = np.array([
    0.32976, 0.074247, -0.029893, -0.11269, 0.30048,
    0.50636, -0.44345, -0.12192, 0.047883, 0.33377,
])  # fmt: skip
LENGTH_BIAS = 2.3323
"""Of the logarithm of the length in millimetres, as `training.hair.measure_evidence` fits them."""
