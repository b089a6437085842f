"""Two published networks that see hair and people: what the parsing network is distilled from.

Hair: MediaPipe's hair segmentation (Tkachenka et al. 2019), a .tflite file, run in LiteRT. People:
MediaPipe's selfie segmentation, whose weights come with the mediapipe wheel. Both Apache-2.0.
"""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from reconstruction_backend.face_networks import native_stderr_withheld

HAIR_INPUT_PX = 512
HAIR_PASSES = 2
"""The hair network takes its own last mask as an input."""


class HairTeacher:
    """MediaPipe's hair segmentation in LiteRT (package ai-edge-litert)."""

    def __init__(self, path: Path) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self._network: Any = Interpreter(str(path), num_threads=1)
        self._network.allocate_tensors()

    def probability(self, image: UInt8[np.ndarray, "H W 3"]) -> Float32[np.ndarray, "H W"]:
        """Of hair, per pixel."""
        size = (HAIR_INPUT_PX, HAIR_INPUT_PX)
        given = np.zeros((1, *size, 4), np.float32)
        given[0, :, :, :3] = cv2.resize(image, size, interpolation=cv2.INTER_AREA) / 255
        for _ in range(HAIR_PASSES):
            self._network.set_tensor(self._network.get_input_details()[0]["index"], given)
            self._network.invoke()
            logits = self._network.get_tensor(self._network.get_output_details()[0]["index"])[0]
            given[0, :, :, 3] = 1 / (1 + np.exp(logits[:, :, 0] - logits[:, :, 1]))
        return cv2.resize(given[0, :, :, 3], (image.shape[1], image.shape[0]))


class PersonTeacher:
    """MediaPipe's selfie segmentation."""

    def __init__(self) -> None:
        with native_stderr_withheld():
            from mediapipe.python.solutions.selfie_segmentation import SelfieSegmentation

            self._network: Any = SelfieSegmentation(model_selection=0)
            self._network.process(np.zeros((8, 8, 3), np.uint8))  # its first-use chatter

    def probability(self, image: UInt8[np.ndarray, "H W 3"]) -> Float32[np.ndarray, "H W"]:
        """Of a person, per pixel."""
        found = self._network.process(np.ascontiguousarray(image)).segmentation_mask
        return np.asarray(found, np.float32)


def both_ways(
    teacher: HairTeacher | PersonTeacher, image: UInt8[np.ndarray, "H W 3"]
) -> Float32[np.ndarray, "H W"]:
    """The mean of a teacher's opinion of a picture and of its mirror image."""
    mirrored = teacher.probability(np.ascontiguousarray(image[:, ::-1]))[:, ::-1]
    return (teacher.probability(image) + mirrored) / 2
