"""Albedo: the portraits' skin, varied, and the colours of mouth and eyes."""

import numpy as np
import torch
from torch.nn import functional

from training.head_fit.face_data import (
    PART_EYE_LEFT,
    PART_EYE_SOCKET,
    PART_GUMS,
    PART_SOCKET,
    PART_TEETH,
)
from training.head_fit.render import (
    GUMS_COLOUR,
    IRIS_COLOURS,
    IRIS_RADIUS_M,
    LID_RIM_TINT,
    MOUTH_COLOUR,
    SCLERA_COLOUR,
    SCLERA_OVER_SKIN,
    TEETH_COLOUR,
)
from training.image_shape.packed import Pack
from training.image_shape.posing import Scene
from training.image_shape.tensors import linear_from_srgb, normal, smoothstep, uniform

GLASSES_EYES_PX = ((69.0, 53.0), (123.0, 53.0))
"""Where the eyes lie in the atlas."""


def vertex_colours(pack: Pack, scene: Scene, skin: torch.Tensor) -> torch.Tensor:
    """(B, V, 3) linear albedo of what is not skin: mouth, teeth, eyes."""
    batch, device = len(skin), pack.device
    colour = torch.zeros(batch, len(pack.part), 3, device=device)

    def constant(value: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(value.astype(np.float32)).to(device)

    colour[:, pack.part == PART_SOCKET] = constant(MOUTH_COLOUR)
    colour[:, pack.part == PART_EYE_SOCKET] = (skin * constant(LID_RIM_TINT))[:, None]
    colour[:, pack.part == PART_GUMS] = constant(GUMS_COLOUR)
    brightness = uniform((batch, 1, 1), device, 0.7, 1.15)
    colour[:, pack.part == PART_TEETH] = constant(TEETH_COLOUR) * brightness
    choice = torch.randint(len(IRIS_COLOURS), (batch,), device=device)
    iris = constant(IRIS_COLOURS)[choice] * torch.exp(normal((batch, 3), device, 0.3))
    pupil = uniform((batch, 1), device, 0.25, 0.5)
    white = constant(SCLERA_COLOUR) * (SCLERA_OVER_SKIN * skin.mean(dim=1)).clamp(max=1)[:, None]
    for eye in range(2):
        mine = pack.part == PART_EYE_LEFT + eye
        points = scene.vertices[:, mine]
        offset = points - points.mean(dim=1, keepdim=True)
        axis = scene.eye_axes[:, eye]
        along = (offset @ axis[..., None])[..., 0]
        across = (offset - along[..., None] * axis[:, None]).norm(dim=2)
        radius = torch.where(along > 0, across / IRIS_RADIUS_M, 9.0)
        inside = (1 - smoothstep(radius, 0.9, 1.1))[..., None]
        ring = smoothstep(radius, 0.75, 0.98)[..., None]
        dark = smoothstep(radius - pupil, -0.08, 0.08)[..., None]
        colour[:, mine] = (
            white[:, None] * (1 - inside) + iris[:, None] * (1 - 0.7 * ring) * dark * inside
        )
    return colour


def skin_atlas(pack: Pack, portrait: torch.Tensor) -> torch.Tensor:
    """(B, 3, h, w) linear albedo, varied: mixed portraits, tone, blotches, freckles, glasses."""
    batch, device = len(portrait), pack.device
    own = linear_from_srgb(pack.albedo[portrait].float() / 255)
    flat = pack.skin[portrait][:, :, None, None]
    other = torch.randint(len(pack.albedo), (batch,), device=device)
    foreign = linear_from_srgb(pack.albedo[other].float() / 255)
    foreign = foreign * flat / pack.skin[other][:, :, None, None]
    mixed = (torch.rand(batch, 1, 1, 1, device=device) < 0.3) * uniform(
        (batch, 1, 1, 1), device, 0, 0.6
    )
    atlas = own * (1 - mixed) + foreign * mixed
    height, width = atlas.shape[2:]
    log_noise = torch.zeros(batch, 3, height, width, device=device)
    for cells, amount in ((4, 0.10), (12, 0.07), (40, 0.06)):
        grid = normal((batch, 3, cells, cells), device)
        grid = grid * 0.4 + grid[:, :1] * 0.6
        size = normal((batch, 1, 1, 1), device, amount)
        log_noise += size * functional.interpolate(
            grid, (height, width), mode="bilinear", align_corners=False
        )
    freckled = (torch.rand(batch, 1, 1, 1, device=device) < 0.2) * uniform(
        (batch, 1, 1, 1), device, 0.1, 0.6
    )
    spots = torch.randn(batch, 1, height, width, device=device)
    spots = functional.avg_pool2d(spots, 3, 1, 1) * 3
    log_noise -= freckled * (spots > 2.0)
    log_noise += normal((batch, 3, 1, 1), device, 0.05) + normal((batch, 1, 1, 1), device, 0.15)
    contrast = torch.exp(normal((batch, 1, 1, 1), device, 0.15))
    atlas = flat * ((atlas.clamp(min=1e-4) / flat) ** contrast) * torch.exp(log_noise)
    return _with_glasses(atlas)


def _with_glasses(atlas: torch.Tensor) -> torch.Tensor:
    """Painted frames on some: dark superellipses around the eyes and a bridge."""
    batch, device = len(atlas), atlas.device
    height, width = atlas.shape[2:]
    y = torch.arange(height, device=device).view(1, -1, 1)
    x = torch.arange(width, device=device).view(1, 1, -1)
    wears = torch.rand(batch, 1, 1, device=device) < 0.1
    half_width, half_height = (
        uniform((batch, 1, 1), device, 17, 25),
        uniform((batch, 1, 1), device, 11, 19),
    )
    shift = uniform((batch, 1, 1), device, -2, 6)
    thickness = uniform((batch, 1, 1), device, 0.06, 0.22)
    frame = torch.zeros(batch, height, width, dtype=torch.bool, device=device)
    for centre_x, centre_y in GLASSES_EYES_PX:
        radius = (
            ((x - centre_x) / half_width).abs() ** 2.8
            + ((y - centre_y - shift) / half_height).abs() ** 2.8
        ) ** (1 / 2.8)
        frame |= (radius > 1) & (radius < 1 + thickness)
    middle = (GLASSES_EYES_PX[0][0] + GLASSES_EYES_PX[1][0]) / 2
    frame |= ((x - middle).abs() < 9) & ((y - GLASSES_EYES_PX[0][1] - shift).abs() < 2)
    colour = uniform((batch, 3, 1, 1), device, 0.005, 0.15)
    return torch.where((frame & wears)[:, None], colour, atlas)
