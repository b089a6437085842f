"""The product's landmark detector on a training image: MediaPipe Face Mesh with iris refinement."""

import numpy as np
from jaxtyping import Float32, UInt8

LANDMARK_COUNT = 478


class MeshDetector:
    """Keeps the detector warm. One face per image."""

    def __init__(self) -> None:
        import mediapipe  # pyright: ignore[reportMissingTypeStubs]

        self._mesh = mediapipe.solutions.face_mesh.FaceMesh(  # pyright: ignore[reportAttributeAccessIssue]
            static_image_mode=True, refine_landmarks=True, max_num_faces=1
        )

    def detect(self, image: UInt8[np.ndarray, "H W 3"]) -> Float32[np.ndarray, "478 3"] | None:
        """x, y and relative depth in pixels, pixel-centre convention; None if no face is found."""
        faces = self._mesh.process(np.ascontiguousarray(image)).multi_face_landmarks
        if not faces:
            return None
        height, width = image.shape[:2]
        points = np.array([(p.x, p.y, p.z) for p in faces[0].landmark], np.float32)
        points *= np.array([width, height, width], np.float32)
        points[:, :2] -= 0.5
        return points
