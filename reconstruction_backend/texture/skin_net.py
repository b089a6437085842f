"""A small learned judge of bare skin, on the atlas: where hair, and what is not skin, begins.

Every face lies in the same place of the atlas, so position is as telling as colour. A U-Net
(Ronneberger et al. 2015) of 60,000 weights looks at the albedo against the person's tone and at
where on the head each texel is. It runs in plain numpy: a convolution is nine matrix products.
`training/texture` made it.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float32

from reconstruction_backend.errors import InputNotFound, InvalidModel

SIZE = 256
"""Atlas size at which it looks."""
CONTRAST_BLUR = 1.5
COLOUR_SCALE, CONTRAST_SCALE = 4.0, 12.0
"""Bring colours and contrast to deviations of about one."""
LIMIT = 1.5
"""Colours are clipped to plus and minus this, so that no odd photo leads far from the training."""
LAYERS = (
    ("mix", 1), ("full", 3), ("half_a", 3), ("half_b", 3), ("quarter_a", 3), ("quarter_b", 3),
    ("eighth_a", 3), ("eighth_b", 3), ("up_quarter", 3), ("up_half", 3), ("up_full", 3), ("out", 1),
)  # fmt: skip
"""Names and kernel sizes, in order."""


@dataclass(frozen=True)
class TexelEvidence:
    """What the judge sees, on the atlas."""

    colour: Float32[np.ndarray, "S S 3"]
    """Log luminance, log(R/G) and log(B/G) of the albedo, against the person's tone."""
    confidence: Float32[np.ndarray, "S S"]
    person: Float32[np.ndarray, "S S"]
    facing: Float32[np.ndarray, "S S"]


@dataclass(frozen=True, eq=False)
class SkinNet:
    """Weights by layer: (taps, channels in, channels out) and (channels out,)."""

    weights: dict[str, Float32[np.ndarray, "_ _ _"]]
    biases: dict[str, Float32[np.ndarray, "_"]]

    def probability(self, channels: Float32[np.ndarray, "S S K"]) -> Float32[np.ndarray, "S S"]:
        """Of bare skin, per texel."""
        full = self._layer("full", self._layer("mix", _space_to_depth(channels)))
        half = self._layer("half_b", self._layer("half_a", _halved(full)))
        quarter = self._layer("quarter_b", self._layer("quarter_a", _halved(half)))
        eighth = self._layer("eighth_b", self._layer("eighth_a", _halved(quarter)))
        up = self._layer("up_quarter", np.dstack([_doubled(eighth), quarter]))
        up = self._layer("up_half", np.dstack([_doubled(up), half]))
        up = self._layer("up_full", np.dstack([_doubled(up), full]))
        logit = _depth_to_space(_convolved(up, self.weights["out"], self.biases["out"]))
        return (1 / (1 + np.exp(-np.clip(logit, -30, 30)))).astype(np.float32)

    def _layer(
        self, name: str, image: Float32[np.ndarray, "H W C"]
    ) -> Float32[np.ndarray, "H W D"]:
        return np.maximum(_convolved(image, self.weights[name], self.biases[name]), 0)


def judge_channels(
    evidence: TexelEvidence, position: Float32[np.ndarray, "S S 6"]
) -> Float32[np.ndarray, "S S 13"]:
    """The network's input; `position` holds what is fixed per head model."""
    seen = (evidence.confidence > 0).astype(np.float32)
    colour = np.clip(evidence.colour, -LIMIT, LIMIT) * seen[:, :, None]
    near = cv2.GaussianBlur(colour[:, :, 0], (0, 0), CONTRAST_BLUR)
    contrast = cv2.GaussianBlur((colour[:, :, 0] - near) ** 2, (0, 0), CONTRAST_BLUR)
    return np.dstack(
        [
            COLOUR_SCALE * colour,
            seen,
            CONTRAST_SCALE * np.sqrt(contrast),
            evidence.person,
            evidence.facing,
            position,
        ]
    ).astype(np.float32)


def reduce_evidence(evidence: TexelEvidence, size: int) -> TexelEvidence:
    """The evidence on a smaller atlas, unseen texels left out of every mean."""
    if len(evidence.confidence) == size:
        return evidence
    shape = (size, size)
    seen = (evidence.confidence > 0).astype(np.float32)
    share = cv2.resize(seen, shape, interpolation=cv2.INTER_AREA)
    colour = evidence.colour * seen[:, :, None]
    reduced = cv2.resize(colour, shape, interpolation=cv2.INTER_AREA)
    return TexelEvidence(
        reduced / np.maximum(share, 1e-3)[:, :, None],
        cv2.resize(evidence.confidence, shape, interpolation=cv2.INTER_AREA),
        cv2.resize(evidence.person, shape, interpolation=cv2.INTER_AREA),
        cv2.resize(evidence.facing, shape, interpolation=cv2.INTER_AREA),
    )


@lru_cache(maxsize=2)
def load_skin_net(path: Path) -> SkinNet:
    """Read the weights; kept for the next call. Raises InputNotFound or InvalidModel."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            return SkinNet(
                {name: archive[f"skin_{name}_weight"].astype(np.float32) for name, _ in LAYERS},
                {name: archive[f"skin_{name}_bias"].astype(np.float32) for name, _ in LAYERS},
            )
    except FileNotFoundError as error:
        raise InputNotFound(f"There is no texture model at {path}.") from error
    except (OSError, ValueError, KeyError) as error:
        raise InvalidModel(f"{path} is not a texture model: {error}.") from error


def _convolved(
    image: Float32[np.ndarray, "H W C"],
    weight: Float32[np.ndarray, "taps C D"],
    bias: Float32[np.ndarray, "D"],
) -> Float32[np.ndarray, "H W D"]:
    """Same-size convolution with a square kernel, zero beyond the border."""
    height, width, channels = image.shape
    edge = round(len(weight) ** 0.5)
    padded = np.pad(image, ((edge // 2, edge // 2), (edge // 2, edge // 2), (0, 0)))
    shifted = [
        padded[y : y + height, x : x + width].reshape(-1, channels)
        for y in range(edge)
        for x in range(edge)
    ]
    rows = np.concatenate(shifted, axis=1) @ weight.reshape(-1, weight.shape[2])
    return (rows + bias).reshape(height, width, -1)


def _halved(image: Float32[np.ndarray, "H W C"]) -> Float32[np.ndarray, "h w C"]:
    height, width, channels = image.shape
    return image.reshape(height // 2, 2, width // 2, 2, channels).mean(axis=(1, 3))


def _doubled(image: Float32[np.ndarray, "h w C"]) -> Float32[np.ndarray, "H W C"]:
    return image.repeat(2, axis=0).repeat(2, axis=1)


def _space_to_depth(image: Float32[np.ndarray, "H W C"]) -> Float32[np.ndarray, "h w D"]:
    height, width, channels = image.shape
    blocks = image.reshape(height // 2, 2, width // 2, 2, channels).transpose(0, 2, 1, 3, 4)
    return np.ascontiguousarray(blocks.reshape(height // 2, width // 2, 4 * channels))


def _depth_to_space(image: Float32[np.ndarray, "h w 4"]) -> Float32[np.ndarray, "H W"]:
    height, width, _ = image.shape
    return image.reshape(height, width, 2, 2).transpose(0, 2, 1, 3).reshape(2 * height, 2 * width)
