"""Reading what `pack.py` wrote, on the device that renders."""

import itertools
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch

from training.image_shape.zbuffer import Mesh


@dataclass(frozen=True)
class Pack:
    """What `pack.py` wrote, on the device."""

    mesh: Mesh
    vertices: torch.Tensor
    modes: torch.Tensor
    """(S + E, V * 3): identity, then expressions."""
    shape_count: int
    expression_names: tuple[str, ...]
    part: torch.Tensor
    faceness: torch.Tensor
    occlusion: torch.Tensor
    eye_centres: torch.Tensor
    control: torch.Tensor
    landmarks: tuple[torch.Tensor, torch.Tensor]
    albedo: torch.Tensor
    """(P, 3, h, w) uint8."""
    photo: torch.Tensor
    photo_control: torch.Tensor
    skin: torch.Tensor
    yaw_rad: torch.Tensor

    @property
    def device(self) -> torch.device:
        """Where it lies."""
        return self.vertices.device

    @classmethod
    def load(cls, path: Path, device: torch.device) -> "Pack":
        """Read and unpack."""
        with np.load(path, allow_pickle=False) as archive:
            z = {key: archive[key] for key in archive.files}

        def on_device(array: np.ndarray) -> torch.Tensor:
            return torch.from_numpy(np.ascontiguousarray(array)).to(device)

        modes = [
            z[key].astype(np.float32) * z[f"{key}_scale"][:, None, None]
            for key in ("identity", "expression")
        ]
        count = len(z["vertices"])
        return cls(
            Mesh.of(
                z["triangles"].astype(np.int32),
                z["skin_corner_px"].astype(np.float32),
                count,
                device,
            ),
            on_device(z["vertices"]),
            on_device(np.concatenate(modes).reshape(-1, 3 * count)),
            len(modes[0]),
            tuple(str(name) for name in z["expression_names"]),
            on_device(z["part"].astype(np.int64)),
            on_device(z["faceness"].astype(np.float32)),
            on_device(z["occlusion"].astype(np.float32)),
            on_device(z["eye_centres"]),
            on_device(z["control_vertices"].astype(np.int64)),
            (
                on_device(z["embedding_corners"].astype(np.int64)),
                on_device(z["embedding_barycentric"].astype(np.float32)),
            ),
            on_device(_pictures(z, "albedo")),
            on_device(_pictures(z, "photo")),
            on_device(z["portrait_control"]),
            on_device(z["portrait_skin"]),
            on_device(np.radians(z["portrait_yaw"])),
        )


def _pictures(z: dict[str, np.ndarray], key: str) -> np.ndarray:
    offset = z[f"{key}_offset"]
    pictures = [
        cv2.imdecode(z[f"{key}_jpeg"][a:b], cv2.IMREAD_COLOR) for a, b in itertools.pairwise(offset)
    ]
    return np.stack(pictures)[..., ::-1].transpose(0, 3, 1, 2)
