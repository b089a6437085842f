"""A small learned judge of bare skin, on the atlas: where hair, and what is not skin, begins.

Every face lies in the same place of the atlas, so position is as telling as colour. A perceptron
looks at each texel's colour against the person's tone, at two scales of its surroundings, at the
other side of the face and at where on the head the texel is. `training/texture` made it.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float32

from reconstruction_backend.errors import InputNotFound, InvalidModel
from reconstruction_backend.texture.atlas import Atlas

SIZE = 512
"""Atlas size at which it looks."""
NEAR_BLUR, FAR_BLUR, CONTRAST_BLUR = 2.0, 8.0, 3.0
LIMIT = 3.0
"""Features are clipped to plus and minus this, so that no odd photo leads far from the training."""


@dataclass(frozen=True)
class SkinNet:
    """Weights of the perceptron; hidden layers are rectified, the last one is a logit."""

    weights: tuple[Float32[np.ndarray, "_ _"], ...]
    biases: tuple[Float32[np.ndarray, "_"], ...]
    mean: Float32[np.ndarray, "K"]
    deviation: Float32[np.ndarray, "K"]

    def probability(self, features: Float32[np.ndarray, "N K"]) -> Float32[np.ndarray, "N"]:
        """Of bare skin, per row."""
        value = (features - self.mean) / self.deviation
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            value = np.maximum(value @ weight + bias, 0)
        logit = (value @ self.weights[-1] + self.biases[-1])[:, 0]
        return (1 / (1 + np.exp(-np.clip(logit, -30, 30)))).astype(np.float32)


@dataclass(frozen=True)
class TexelEvidence:
    """What the judge sees, on the atlas of `SIZE`."""

    colour: Float32[np.ndarray, "S S 3"]
    """Log luminance, log(R/G) and log(B/G) of the albedo, against the person's tone."""
    confidence: Float32[np.ndarray, "S S"]
    person: Float32[np.ndarray, "S S"]
    facing: Float32[np.ndarray, "S S"]


def texel_features(
    evidence: TexelEvidence, position: Float32[np.ndarray, "S S 6"], atlas: Atlas
) -> Float32[np.ndarray, "S S K"]:
    """Stack the features; `position` holds what is fixed per head model."""
    colour = np.clip(evidence.colour, -LIMIT, LIMIT)
    seen = (evidence.confidence > 0).astype(np.float32)
    near, near_weight = _blurred(colour, seen, NEAR_BLUR)
    far, far_weight = _blurred(colour, seen, FAR_BLUR)
    texture = (colour[:, :, 0] - near[:, :, 0]) * seen
    contrast = np.sqrt(cv2.GaussianBlur(texture**2, (0, 0), CONTRAST_BLUR))
    across = np.sqrt(cv2.GaussianBlur(cv2.Sobel(texture, cv2.CV_32F, 1, 0) ** 2, (0, 0), 3.0))
    along = np.sqrt(cv2.GaussianBlur(cv2.Sobel(texture, cv2.CV_32F, 0, 1) ** 2, (0, 0), 3.0))
    mirror = cv2.remap(np.dstack([near, near_weight]), atlas.mirror_texel, None, cv2.INTER_LINEAR)
    stacked = np.dstack(
        [colour, near, far, contrast, across, along, near_weight, far_weight]
        + [mirror, evidence.person, evidence.facing, position]
    )
    return stacked.astype(np.float32)


def reduce_evidence(evidence: TexelEvidence, size: int) -> TexelEvidence:
    """The evidence on a smaller atlas, unseen texels left out of every mean."""
    if len(evidence.confidence) == size:
        return evidence
    shape = (size, size)
    seen = (evidence.confidence > 0).astype(np.float32)
    share = cv2.resize(seen, shape, interpolation=cv2.INTER_AREA)
    colour = np.clip(evidence.colour, -LIMIT, LIMIT) * seen[:, :, None]
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
            layers = range(int(archive["skin_net_layers"]))
            return SkinNet(
                tuple(archive[f"skin_net_weight_{i}"].astype(np.float32) for i in layers),
                tuple(archive[f"skin_net_bias_{i}"].astype(np.float32) for i in layers),
                archive["skin_net_mean"].astype(np.float32),
                archive["skin_net_deviation"].astype(np.float32),
            )
    except FileNotFoundError as error:
        raise InputNotFound(f"There is no texture model at {path}.") from error
    except (OSError, ValueError, KeyError) as error:
        raise InvalidModel(f"{path} is not a texture model: {error}.") from error


def _blurred(
    values: Float32[np.ndarray, "S S C"], weight: Float32[np.ndarray, "S S"], sigma: float
) -> tuple[Float32[np.ndarray, "S S C"], Float32[np.ndarray, "S S"]]:
    total = cv2.GaussianBlur(weight, (0, 0), sigma)
    blurred = cv2.GaussianBlur(values * weight[:, :, None], (0, 0), sigma)
    return blurred / np.maximum(total, 1e-2)[:, :, None], total
