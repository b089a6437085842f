"""FaceNet's embedding (Schroff et al. 2015; InceptionResnetV1 on VGGFace2), and DIFD over it.

DIFD, the distance that the thesis reports: L2 between the unit embeddings of two faces, 0 to 2.
Below `SAME_PERSON` two pictures count as one person.
"""

import cv2
import numpy as np
import torch
from jaxtyping import Float32, UInt8

from evaluation.perceptual.isolated_import import import_inception_resnet
from evaluation.perceptual.weights import FACENET_FILE, read_state, weights_path
from reconstruction_backend.errors import InvalidModel

SAME_PERSON = 1.5
"""The thesis' threshold; a lenient one: unrelated embeddings are about sqrt(2) apart."""
CLASSIFIER = "logits."
INPUT_PX = 160
FACE_BOX = (45, 70, 211, 236)
"""Left, top, right, bottom of the face in an aligned crop of 256 px: brows' top to chin, as the
detectors cut that the network was trained with."""
MEAN, SPREAD = 127.5, 128.0
"""facenet-pytorch's fixed standardisation."""


class FaceEmbedder:
    """Keeps the network warm."""

    def __init__(self) -> None:
        """Raises ModelNotAvailable or InvalidModel."""
        self._network = import_inception_resnet()(pretrained=None, classify=False).eval()
        state = read_state(weights_path(FACENET_FILE))
        kept = {name: each for name, each in state.items() if not name.startswith(CLASSIFIER)}
        try:
            self._network.load_state_dict(kept)
        except RuntimeError as error:
            raise InvalidModel("FaceNet's weights do not fit its network.") from error

    def embed(self, aligned: UInt8[np.ndarray, "256 256 3"]) -> Float32[np.ndarray, "512"]:
        """The unit embedding of an aligned face."""
        left, top, right, bottom = FACE_BOX
        face = cv2.resize(
            aligned[top:bottom, left:right], (INPUT_PX, INPUT_PX), interpolation=cv2.INTER_AREA
        )
        values = (np.asarray(face, np.float32).transpose(2, 0, 1)[None] - MEAN) / SPREAD
        with torch.inference_mode():
            return self._network(torch.from_numpy(values)).numpy()[0]


def embedding_distance(a: Float32[np.ndarray, "D"], b: Float32[np.ndarray, "D"]) -> float:
    """L2; its square is 2 - 2 cos of the angle between unit embeddings."""
    return float(np.linalg.norm(a - b))
