"""MediaPipe's face networks behind numpy: detection of faces, and 478 points on an upright crop.

MediaPipe's own Face Mesh solution crops a face where its detector happens to place it, without
smoothing before it shrinks, so its points move by some 0.3 % of the eyes' distance with the margins
of the picture. Here the same graphs are run piece by piece, so that landmarks.py can choose the
crop. Networks and weights come with the mediapipe wheel (0.10.21, Apache-2.0): BlazeFace
(Bazarevsky et al. 2019) and Attention Mesh (Grishchenko et al. 2020).
"""

import os
import sys
import tempfile
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Float, Float32, UInt8

LANDMARK_COUNT = 478
MESH_INPUT_PX = 192
"""The side of the crop that the landmark network takes."""
MESH_BIAS_PX = 0.4
"""How far the network's points lie right of and below pixel centres, in pixels of its input.
Measured: the mean of landmarks of 97 portraits and of their mirror images, at three sizes, gives
0.40 +- 0.02 in x; the cause (coordinates counted from pixel corners) is the same for y."""

_DETECTION_GRAPH = """
input_stream: "image"
output_stream: "detections"
node {{
  calculator: "FaceDetection{range}RangeCpu"
  input_stream: "IMAGE:image"
  output_stream: "DETECTIONS:detections"
}}
"""
_MESH_GRAPH = """
input_stream: "image"
input_stream: "roi"
input_side_packet: "with_attention"
output_stream: "landmarks"
node {
  calculator: "FaceLandmarkCpu"
  input_stream: "IMAGE:image"
  input_stream: "ROI:roi"
  output_stream: "LANDMARKS:landmarks"
  input_side_packet: "WITH_ATTENTION:with_attention"
}
"""


@dataclass(frozen=True)
class DetectedFace:
    """One hit of the detector, in pixels of the picture that it was given."""

    box_px: Float[np.ndarray, "4"]
    """left, top, right, bottom: brows to chin."""
    eyes_px: Float[np.ndarray, "2 2"]
    """(x, y) of the subject's right eye, then the left."""
    score: float
    """0.5 to 1: how sure the detector is."""


class FaceDetectionNetwork:
    """Finds faces: `short` range the large ones, `full` range also those of a tenth of the side."""

    def __init__(self, reach: Literal["short", "full"]) -> None:
        self._graph = _open_graph(
            _DETECTION_GRAPH.format(range=reach.capitalize()), {}, {"image": _blank()}
        )

    def detect(self, image: UInt8[np.ndarray, "H W 3"]) -> list[DetectedFace]:
        """Faces in an RGB picture, in no particular order."""
        height, width = image.shape[:2]
        size = np.array([width, height])
        found = self._graph.process({"image": np.ascontiguousarray(image)}).detections or []
        faces: list[DetectedFace] = []
        for detection in found:
            box = detection.location_data.relative_bounding_box
            corners = np.array(
                [box.xmin, box.ymin, box.xmin + box.width, box.ymin + box.height]
            ) * np.tile(size, 2)
            keypoints = detection.location_data.relative_keypoints
            eyes = np.array([(keypoints[i].x, keypoints[i].y) for i in (0, 1)]) * size
            faces.append(DetectedFace(corners - 0.5, eyes - 0.5, detection.score[0]))
        return faces

    def close(self) -> None:
        """Release the graph's threads and memory."""
        self._graph.close()


class FaceMeshNetwork:
    """478 points of a face that fills an upright square crop."""

    def __init__(self) -> None:
        from mediapipe.framework.formats import rect_pb2

        whole_crop: Any = rect_pb2.NormalizedRect  # pyright: ignore[reportAttributeAccessIssue]  # made by protobuf at import
        self._whole_crop = whole_crop(x_center=0.5, y_center=0.5, width=1, height=1)
        self._graph = _open_graph(
            _MESH_GRAPH, {"with_attention": True}, {"image": _blank(), "roi": self._whole_crop}
        )

    def detect(self, crop: UInt8[np.ndarray, "192 192 3"]) -> Float32[np.ndarray, "478 3"] | None:
        """Points (x, y, relative depth) in pixels of the crop; None where there is no face."""
        found = self._graph.process({"image": crop, "roi": self._whole_crop}).landmarks
        if found is None:
            return None
        points = np.array([(p.x, p.y, p.z) for p in found.landmark], np.float32) * MESH_INPUT_PX
        points[:, :2] -= MESH_BIAS_PX
        return points

    def close(self) -> None:
        """Release the graph's threads and memory."""
        self._graph.close()


def _blank() -> UInt8[np.ndarray, "192 192 3"]:
    return np.zeros((MESH_INPUT_PX, MESH_INPUT_PX, 3), np.uint8)


def _open_graph(config: str, side_inputs: dict[str, bool], warm_up: dict[str, Any]) -> Any:
    """Start a graph and run it once, so that its first-use log lines and delays are over."""
    with native_stderr_withheld(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # protobuf's deprecations, raised by mediapipe's own code
        from mediapipe.python.solution_base import SolutionBase

        graph = SolutionBase(graph_config=config, side_inputs=side_inputs)  # pyright: ignore[reportArgumentType]  # text protos are documented
        graph.process(warm_up)
    return graph


@contextmanager
def native_stderr_withheld() -> Generator[None]:
    """Keep what C++ code writes to file descriptor 2 back, and show it only if the block fails.

    TensorFlow Lite and absl write chatter there before any setting of theirs can be reached.
    """
    sys.stderr.flush()
    with tempfile.TemporaryFile() as withheld:
        original = os.dup(2)
        os.dup2(withheld.fileno(), 2)
        try:
            yield
        except BaseException:
            withheld.seek(0)
            os.write(original, withheld.read())
            raise
        finally:
            os.dup2(original, 2)
            os.close(original)
