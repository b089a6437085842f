"""The parsing network behind numpy: a square of colours to the probabilities of five classes.

A U-Net of inverted residuals with 1.2 million weights, distilled by `training/parsing`; its file is
ONNX and runs in onnxruntime on one thread.
"""

from pathlib import Path

import numpy as np
from jaxtyping import Float32, UInt8

from reconstruction_backend.errors import InvalidModel, ModelNotAvailable
from reconstruction_backend.model_store import MODELS_FOLDER
from reconstruction_backend.onnx_session import open_session
from reconstruction_backend.parsing.result import CLASSES

CAMEO_PARSING = MODELS_FOLDER / "cameo_parsing.onnx"
INPUT_PX = 256
"""The side of the square that the network takes."""
INPUT, OUTPUT = "colours", "probabilities"


class ParsingNetwork:
    """An onnxruntime session, kept warm."""

    def __init__(self, path: Path = CAMEO_PARSING) -> None:
        """Raises ModelNotAvailable where the file is missing, InvalidModel where it is another."""
        if not path.is_file():
            raise ModelNotAvailable(f"The parsing network is missing: there is no {path}.")
        self._session = open_session(path.read_bytes(), path)
        self._check(path)

    def probabilities(self, square: UInt8[np.ndarray, "S S 3"]) -> Float32[np.ndarray, "5 S S"]:
        """Of `CLASSES` in turn, for each pixel of an RGB square of `INPUT_PX`.

        The mean over the square and its mirror image: nearer to the truth than either, and the same
        for both sides of a face.
        """
        mirrored = self._once(square[:, ::-1])[:, :, ::-1]
        return (self._once(square) + mirrored) / 2

    def _once(self, square: UInt8[np.ndarray, "S S 3"]) -> Float32[np.ndarray, "5 S S"]:
        colours = square.transpose(2, 0, 1)[None].astype(np.float32) / np.float32(127.5) - 1
        return np.asarray(self._session.run([OUTPUT], {INPUT: colours})[0])[0]

    def _check(self, path: Path) -> None:
        given = [(each.name, each.shape) for each in self._session.get_inputs()]
        made = [(each.name, each.shape) for each in self._session.get_outputs()]
        size = [INPUT_PX, INPUT_PX]
        if given != [(INPUT, [1, 3, *size])] or made != [(OUTPUT, [1, len(CLASSES), *size])]:
            raise InvalidModel(f"{path} is an ONNX file, but no parsing network of this version.")
