"""The network that reads shape, expression and distance from the face's pixels.

Inverted residuals with 1.2 million weights, trained by `training/image_shape`; its file is ONNX and
runs in onnxruntime on one thread. It is asked about the crop and about its mirror image, and the
answers are averaged, so that mirrored photos give mirrored heads.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from reconstruction_backend.errors import InputNotFound, InvalidModel
from reconstruction_backend.head_fit.guess import ImageGuess
from reconstruction_backend.head_fit.image_evidence import CROP_PX
from reconstruction_backend.head_fit.mirror import MirrorMaps
from reconstruction_backend.onnx_session import open_session

INPUT = "crops"
OUTPUTS = ("shape", "expression", "log_depth", "strangeness")
"""`strangeness` is the root mean square of the standardised features: their Mahalanobis distance
from the training faces' over the root of their number."""
LARGEST_SHAPE = 1.5
"""Root mean square of shape coefficients; answers for photos have 0.3 to 0.6."""


@dataclass(frozen=True)
class ImageNetwork:
    """An onnxruntime session, kept warm."""

    session: Any
    mirror: MirrorMaps
    sha256: str
    """Of the file: a calibration belongs to one network."""

    @classmethod
    def load(cls, path: Path, mirror: MirrorMaps) -> "ImageNetwork":
        """Read the ONNX file. Raises InputNotFound or InvalidModel."""
        try:
            data = path.read_bytes()
        except FileNotFoundError as error:
            raise InputNotFound(f"There is no network for the image at {path}.") from error
        session = open_session(data, path)
        given = [(each.name, each.shape[1:]) for each in session.get_inputs()]
        made = {each.name: each.shape[1:] for each in session.get_outputs()}
        sizes = {"shape": [len(mirror.shape)], "expression": [len(mirror.expression)]}
        if given != [(INPUT, [CROP_PX, CROP_PX, 3])] or set(made) != set(OUTPUTS):
            raise InvalidModel(f"{path} is an ONNX file, but not the fit's network.")
        if any(made[name] != size for name, size in sizes.items()):
            raise InvalidModel(f"{path} was made for another head model.")
        return cls(session, mirror, hashlib.sha256(data).hexdigest())

    def look(self, crop: UInt8[np.ndarray, "128 128 3"]) -> ImageGuess:
        """Average of the answers for the crop and for its mirror image."""
        both = np.stack([crop, crop[:, ::-1]])
        shape, expression, log_depth, strangeness = self.session.run(list(OUTPUTS), {INPUT: both})
        mean = (shape[0] + self.mirror.shape @ shape[1]) / 2
        size = float(np.sqrt((mean**2).mean()))
        return ImageGuess(
            mean * np.float32(min(1.0, LARGEST_SHAPE / max(size, 1e-9))),
            (expression[0] + expression[1][self.mirror.expression]) / 2,
            float(log_depth.mean()),
            float(strangeness.mean()),
        )
