"""The network from six emotions to coefficients of the face: monotone by construction.

    h = s(W1 x + b1) - s(b1)        s the logistic function; W1 >= 0, so h rises from 0
    c = 1 - exp(-W2 h)              W2 >= 0, so c rises from 0 and stays below 1

Non-negative weights and rising activations make every coefficient non-decreasing in every intensity
(Sill, *Monotonic Networks*, NIPS 1997); the differences make zero intensities exactly zero. Below 1
the last layer adds up like the probabilistic sum: two emotions that use one muscle share it.
Trained by `training/emotion`; read from `models/emotion_mlp.npz`.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Float32
from numpy.lib.npyio import NpzFile

from reconstruction_backend.errors import DAMAGED_NPZ, InputNotFound, InvalidModel
from reconstruction_backend.expression.coefficients import (
    COEFFICIENT_INDEX,
    COEFFICIENT_NAMES,
    MIRRORED,
)
from reconstruction_backend.expression.emotions import EMOTIONS, EmotionIntensities, Side

FORMAT_VERSION = 1
_CONTEMPT = EMOTIONS.index("contempt")


@dataclass(frozen=True)
class EmotionMlp:
    """Weights of the network. All arrays are read-only; none but `bias` is below zero."""

    hidden_weights: Float32[np.ndarray, "H 6"]
    bias: Float32[np.ndarray, "H"]
    output_weights: Float32[np.ndarray, "58 H"]
    """Rows in the order of COEFFICIENT_NAMES."""

    @classmethod
    def load(cls, path: Path) -> "EmotionMlp":
        """Read a weights file. Raises InputNotFound or InvalidModel."""
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
                return _from_archive(archive, path)
        except FileNotFoundError as error:
            raise InputNotFound(f"There is no emotion model at {path}.") from error
        except DAMAGED_NPZ as error:
            raise InvalidModel(f"{path} is not an emotion model: {error}.") from error

    def save(self, path: Path) -> None:
        """Write the weights of the coefficients that any emotion moves."""
        used = self.output_weights.any(axis=1)
        np.savez_compressed(
            path,
            format_version=np.int32(FORMAT_VERSION),
            emotions=np.array(EMOTIONS),
            coefficient_names=np.array(COEFFICIENT_NAMES)[used],
            hidden_weights=self.hidden_weights,
            bias=self.bias,
            output_weights=self.output_weights[used],
        )

    def __call__(
        self, intensities: EmotionIntensities, contempt_side: Side = "left"
    ) -> Float32[np.ndarray, "58"]:
        """The coefficients of a mixture of emotions, each in [0, 1)."""
        vector = intensities.vector()
        if contempt_side == "right" and vector[_CONTEMPT] > 0:
            return self._with_contempt_mirrored(vector)
        return self.evaluate(vector[None])[0]

    def evaluate(self, intensities: Float[np.ndarray, "N 6"]) -> Float32[np.ndarray, "N 58"]:
        """Many mixtures at once; contempt on the subject's left."""
        resting = logistic(self.bias.astype(np.float64))
        # s(a + b) - s(b), in the form that is exactly zero at a = 0 and never below
        growth = np.expm1(intensities.astype(np.float64) @ self.hidden_weights.T)
        hidden = resting * (1 - resting) * growth / (1 + resting * growth)
        return (-np.expm1(-hidden @ self.output_weights.T)).astype(np.float32)

    def _with_contempt_mirrored(
        self, intensities: Float32[np.ndarray, "6"]
    ) -> Float32[np.ndarray, "58"]:
        """All other emotions are symmetric, so the whole face may be mirrored with contempt's."""
        return self.evaluate(intensities[None])[0, MIRRORED]


def logistic(values: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """1 / (1 + exp(-values))."""
    return 1 / (1 + np.exp(-values))


def _from_archive(archive: NpzFile, path: Path) -> EmotionMlp:
    version = int(archive["format_version"])
    if version != FORMAT_VERSION:
        raise InvalidModel(
            f"{path} has format version {version}; this program reads {FORMAT_VERSION}."
        )
    if tuple(archive["emotions"].tolist()) != EMOTIONS:
        raise InvalidModel(f"{path} knows other emotions than {', '.join(EMOTIONS)}.")
    hidden = archive["hidden_weights"].astype(np.float32)
    bias = archive["bias"].astype(np.float32)
    rows = archive["output_weights"].astype(np.float32)
    names = [str(name) for name in archive["coefficient_names"]]
    if hidden.shape != (len(bias), len(EMOTIONS)) or rows.shape != (len(names), len(bias)):
        raise InvalidModel(f"{path} has layers that do not fit together.")
    if not (np.isfinite(bias).all() and (hidden >= 0).all() and (rows >= 0).all()):
        raise InvalidModel(f"{path} has weights below zero; emotions would not be monotone.")
    output = np.zeros((len(COEFFICIENT_NAMES), len(bias)), np.float32)
    output[[COEFFICIENT_INDEX[name] for name in names]] = rows
    for array in (hidden, bias, output):
        array.setflags(write=False)
    return EmotionMlp(hidden, bias, output)
