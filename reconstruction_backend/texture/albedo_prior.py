"""What skin looks like where the photo shows none: a learned mean with a few directions.

All in log albedo against the person's own tone, so a dark and a fair face share lips, brows, ears
and the paler neck. `training/texture` learned it from portraits; it belongs to one head model's
atlas. For another model there is none, and the tone simply runs out into the person's mean.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float, Float32

from reconstruction_backend.errors import DAMAGED_NPZ, InputNotFound, InvalidModel
from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.model_store import CAMEO_ALBEDO, CAMEO_HEAD_NAME

FITTING_SIZE = 128
"""Atlas size at which the coefficients are fitted."""
SHRINK = 12.0
"""Ridge on the coefficients, in texels of that atlas; they are in standard deviations."""
OUTLIER = 0.3
"""Log deviation at which a texel loses half of its weight: moles, beard, make-up."""
PASSES = 3


@dataclass(frozen=True)
class AlbedoPrior:
    """Maps on the atlas of one head model (P x P)."""

    mean: Float32[np.ndarray, "P P 3"]
    directions: Float32[np.ndarray, "C P P 3"]
    """One standard deviation each."""
    shade: Float32[np.ndarray, "P P"]
    """Log light that portraits have in common and harmonics do not explain: dark below the jaw."""

    def fit(
        self, log_albedo: Float32[np.ndarray, "A A 3"], weight: Float32[np.ndarray, "A A"]
    ) -> Float32[np.ndarray, "P P 3"]:
        """The prior's member nearest to what was seen, robustly; without weight, the mean.

        `log_albedo` is against the person's tone; where `weight` is zero it may be anything.
        """
        small = (FITTING_SIZE, FITTING_SIZE)
        total = cv2.resize(weight, small, interpolation=cv2.INTER_AREA)
        seen = cv2.resize(log_albedo * weight[:, :, None], small, interpolation=cv2.INTER_AREA)
        chosen = total > 0.2
        if not chosen.any():
            return self.mean
        target = seen[chosen] / total[chosen][:, None]
        target -= cv2.resize(self.mean, small, interpolation=cv2.INTER_AREA)[chosen]
        basis = np.stack(
            [cv2.resize(d, small, interpolation=cv2.INTER_AREA)[chosen] for d in self.directions]
        )
        coefficients = _ridge(basis, target, total[chosen])
        return self.mean + np.tensordot(coefficients, self.directions, axes=1).astype(np.float32)


def prior_of(model: HeadModel) -> AlbedoPrior | None:
    """The shipped prior, for the head model to whose atlas it belongs."""
    return load_albedo_prior(CAMEO_ALBEDO) if model.name == CAMEO_HEAD_NAME else None


@lru_cache(maxsize=2)
def load_albedo_prior(path: Path) -> AlbedoPrior:
    """Read the maps; kept for the next call. Raises InputNotFound or InvalidModel."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            quantum = float(archive["albedo_quantum"])
            maps = archive["albedo_maps"].astype(np.float32) * quantum
            shade = archive["shade_map"].astype(np.float32) * quantum
    except FileNotFoundError as error:
        raise InputNotFound(f"There is no albedo prior at {path}.") from error
    except DAMAGED_NPZ as error:
        raise InvalidModel(f"{path} is not an albedo prior: {error}.") from error
    return AlbedoPrior(maps[0], maps[1:], shade)


def _ridge(
    basis: Float32[np.ndarray, "C K 3"],
    target: Float32[np.ndarray, "K 3"],
    weight: Float32[np.ndarray, "K"],
) -> Float[np.ndarray, "C"]:
    """Iteratively reweighted, with a free tone that is fitted and thrown away."""
    count, texels = len(basis), len(weight)
    tone = np.zeros((3, texels, 3), np.float32)
    tone[np.arange(3), :, np.arange(3)] = 1
    rows = np.concatenate([basis, tone]).reshape(count + 3, -1)
    ridge = np.diag(np.r_[np.full(count, SHRINK), np.full(3, 1e-3)])
    residual, solution = target, np.zeros(count + 3)
    for _ in range(PASSES):
        deviation = np.linalg.norm(residual, axis=1)
        robust = np.repeat(weight / (1 + (deviation / OUTLIER) ** 2), 3)
        solution = np.linalg.solve(
            (rows * robust) @ rows.T + ridge, (rows * robust) @ target.ravel()
        )
        residual = target - (solution @ rows).reshape(texels, 3).astype(np.float32)
    return solution[:count]
