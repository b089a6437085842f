"""The parsing stage in reading order.

portrait, landmarks ─ square around the head ─ network ─ edges refined ─ Parsing
"""

from pathlib import Path

import cv2
import numpy as np

from reconstruction_backend.face_crop import cut_square, picture_from_crop
from reconstruction_backend.landmarks import FaceLandmarks
from reconstruction_backend.parsing.crop import GREY, surroundings
from reconstruction_backend.parsing.network import CAMEO_PARSING, INPUT_PX, ParsingNetwork
from reconstruction_backend.parsing.refine import refined
from reconstruction_backend.parsing.result import Parsing
from reconstruction_backend.portrait import Portrait


class PortraitParser:
    """Keeps the network warm."""

    def __init__(self, network: Path = CAMEO_PARSING) -> None:
        """Load it. Raises ModelNotAvailable or InvalidModel."""
        self._network = ParsingNetwork(network)

    def parse(self, portrait: Portrait, landmarks: FaceLandmarks) -> Parsing:
        """Tell background, skin, hair, clothes and glasses of the largest face's person apart."""
        square = surroundings(landmarks.points_px)
        cut = cut_square(portrait.image, square, INPUT_PX, GREY)
        probabilities = self._network.probabilities(cut)
        to_square = cv2.invertAffineTransform(picture_from_crop(square, INPUT_PX))
        image = np.ascontiguousarray(portrait.image)
        return Parsing(refined(image, cut, probabilities, np.asarray(to_square)))
