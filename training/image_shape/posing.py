"""Heads with expression and gaze, seen by cameras, in the pixels of the network's crop."""

from dataclasses import dataclass

import torch

from training.head_fit.face_data import PART_EYE_LEFT
from training.image_shape.heads import Moments
from training.image_shape.layout import CROP_PX, CROP_SIDE, EYE_CORNERS, SUPERSAMPLING
from training.image_shape.packed import Pack
from training.image_shape.tensors import normal

CENTRE_JITTER = 0.012
LOG_SIDE_JITTER = 0.013
ANGLE_JITTER_RAD = 0.013
"""Standard deviations of the detector's square about the true one (measured on renders)."""


@dataclass(frozen=True)
class Scene:
    """Posed heads and where the crop sees them."""

    vertices: torch.Tensor
    """Head frame, metres."""
    normals: torch.Tensor
    eye_axes: torch.Tensor
    pixels: torch.Tensor
    """(B, V, 3): x, y in supersampled crop pixels, camera depth."""
    camera_m: torch.Tensor
    """Where the camera stands, head frame."""
    moments: Moments


def pose(pack: Pack, shapes: torch.Tensor, moments: Moments, jitter: bool = True) -> Scene:
    """Shape, expression, gaze; projection into the crop."""
    batch = len(shapes)
    weights = torch.cat([shapes, moments.expression], dim=1)
    vertices = (weights @ pack.modes).view(batch, -1, 3) + pack.vertices
    axes = torch.empty(batch, 2, 3, device=pack.device)
    for eye in range(2):
        mine = pack.part == PART_EYE_LEFT + eye
        turn = _gaze_rotation(moments.gaze_rad[:, eye])
        at_rest = vertices[:, mine]
        shift = at_rest.mean(dim=1) - pack.vertices[mine].mean(dim=0)
        centre = (pack.eye_centres[eye] + shift)[:, None]
        vertices[:, mine] = (at_rest - centre) @ turn.transpose(1, 2) + centre
        axes[:, eye] = turn[:, :, 2]
    camera = vertices @ moments.rotation.transpose(1, 2) + moments.translation_m[:, None]
    flat = camera[..., :2] / camera[..., 2:]
    corners, weights = pack.landmarks
    points = (flat[:, corners] * weights[..., None]).sum(dim=2)
    crop = _crop_points(flat, points, jitter) * SUPERSAMPLING + (SUPERSAMPLING - 1) / 2
    position = -(moments.rotation.transpose(1, 2) @ moments.translation_m[..., None])[..., 0]
    return Scene(
        vertices,
        pack.mesh.normals(vertices),
        axes,
        torch.cat([crop, camera[..., 2:]], dim=2).contiguous(),
        position,
        moments,
    )


def _gaze_rotation(gaze_rad: torch.Tensor) -> torch.Tensor:
    """Rodrigues' rotation by (-pitch, yaw, 0)."""
    axis = torch.stack([-gaze_rad[:, 1], gaze_rad[:, 0], torch.zeros_like(gaze_rad[:, 0])], dim=1)
    angle = axis.norm(dim=1, keepdim=True).clamp(min=1e-6)
    x, y, z = (axis / angle).unbind(dim=1)
    zero = torch.zeros_like(x)
    cross = torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], dim=1).view(-1, 3, 3)
    sine, cosine = torch.sin(angle)[..., None], torch.cos(angle)[..., None]
    return torch.eye(3, device=axis.device) + sine * cross + (1 - cosine) * (cross @ cross)


def _crop_points(flat: torch.Tensor, points: torch.Tensor, jitter: bool) -> torch.Tensor:
    """As `face_square`: slopes x/z, y/z to crop pixels, with the detector's wavering."""
    batch, device = len(flat), flat.device
    centre = points.mean(dim=1)
    across = points[:, EYE_CORNERS[1]] - points[:, EYE_CORNERS[0]]
    angle = torch.atan2(across[:, 1], across[:, 0])
    size = ((points - centre[:, None]) ** 2).sum(dim=2).mean(dim=1).sqrt()
    if jitter:
        centre = centre + size[:, None] * normal((batch, 2), device, CENTRE_JITTER)
        angle = angle + normal((batch,), device, ANGLE_JITTER_RAD)
        size = size * torch.exp(normal((batch,), device, LOG_SIDE_JITTER))
    c, s = torch.cos(angle), torch.sin(angle)
    turn = torch.stack([torch.stack([c, s], 1), torch.stack([-s, c], 1)], 1)
    scale = (CROP_PX / (CROP_SIDE * size))[:, None, None]
    return (flat - centre[:, None]) @ turn.transpose(1, 2) * scale + (CROP_PX - 1) / 2
