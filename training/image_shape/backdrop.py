"""What stands behind and around the face: the portrait's own photo, another photo, a gradient."""

import torch
from torch.nn import functional

from training.image_shape.layout import BACKDROP_PX, BACKDROP_WIDEN, CROP_PX, SUPERSAMPLING
from training.image_shape.packed import Pack
from training.image_shape.posing import Scene
from training.image_shape.tensors import blur, linear_from_srgb, normal, uniform

WARP_GRID = 32
WARPED, WARPED_BEHIND, OTHER_PHOTO = 0.45, 0.65, 0.9
"""Cumulative: face alone pasted into its photo, whole head before it, another photo, a gradient."""
LARGEST_TURN_RAD = 0.35
"""Between the portrait and the head, for the portrait's own surroundings."""


def backdrops(
    pack: Pack, scene: Scene, portrait: torch.Tensor, level: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """(B, 3, CROP_PX, CROP_PX) linear, and which of them keep all but the face."""
    batch, device = len(portrait), pack.device
    kind = torch.rand(batch, device=device)
    rotation = scene.moments.rotation
    yaw = torch.atan2(rotation[:, 0, 2], -rotation[:, 2, 2])
    fits = (yaw - pack.yaw_rad[portrait]).abs() < LARGEST_TURN_RAD
    kind = torch.where(fits, kind, WARPED_BEHIND + (1 - WARPED_BEHIND) * torch.rand_like(kind))
    own = kind < WARPED_BEHIND
    grid = torch.where(
        own[:, None, None, None], warp_grid(pack, scene, portrait), _loose(batch, device)
    )
    stranger = torch.randint(len(pack.photo), (batch,), device=device)
    photo = linear_from_srgb(pack.photo[torch.where(own, portrait, stranger)].float() / 255)
    picture = functional.grid_sample(photo, grid, padding_mode="border", align_corners=False)
    blurred = blur(picture, uniform((batch,), device, 1.0, 8.0))
    picture = torch.where(own[:, None, None, None], picture, blurred)
    corners = uniform((batch, 3, 2, 2), device, 0, 1) ** 2
    corners = corners * 0.3 + corners.mean(dim=(1, 2, 3), keepdim=True) * 0.7
    gradient = functional.interpolate(
        corners, (CROP_PX, CROP_PX), mode="bilinear", align_corners=True
    )
    picture = torch.where((kind > OTHER_PHOTO)[:, None, None, None], gradient, picture)
    gain = torch.where(own, 0.75 * level + 0.35, 1.0) * torch.exp(normal((batch,), device, 0.15))
    return picture * gain[:, None, None, None], kind < WARPED


def _loose(batch: int, device: torch.device) -> torch.Tensor:
    """A grid over a random part of another photo."""
    zoom = uniform((batch, 1, 1), device, 0.3, 0.9)
    turn = torch.eye(2, device=device).expand(batch, 2, 2) * zoom
    shift = uniform((batch, 2, 1), device, -1, 1) * (1 - zoom)
    return functional.affine_grid(
        torch.cat([turn, shift], dim=2), [batch, 3, CROP_PX, CROP_PX], align_corners=False
    )


def warp_grid(pack: Pack, scene: Scene, portrait: torch.Tensor) -> torch.Tensor:
    """Where in the portrait's photo each crop pixel looks: the control vertices' moves, spread."""
    batch, device = len(portrait), pack.device
    target = (scene.pixels[:, pack.control, :2] - (SUPERSAMPLING - 1) / 2) / SUPERSAMPLING
    centre = (BACKDROP_PX - 1) / 2 - (CROP_PX - 1) / 2 * BACKDROP_PX / (CROP_PX * BACKDROP_WIDEN)
    same = target * (BACKDROP_PX / (CROP_PX * BACKDROP_WIDEN)) + centre
    move = pack.photo_control[portrait] - same
    cells = (torch.arange(WARP_GRID, device=device) + 0.5) * (CROP_PX / WARP_GRID) - 0.5
    places = torch.stack(torch.meshgrid(cells, cells, indexing="xy"), dim=2).view(1, -1, 2)
    weight = 1 / (torch.cdist(places.expand(batch, -1, -1), target) ** 2 + 4) ** 1.5
    spread = (weight @ move) / weight.sum(dim=2, keepdim=True)
    spread = spread.view(batch, WARP_GRID, WARP_GRID, 2).permute(0, 3, 1, 2)
    spread = functional.interpolate(
        spread, (CROP_PX, CROP_PX), mode="bilinear", align_corners=False
    )
    pixel = torch.arange(CROP_PX, device=device)
    plain = torch.stack(torch.meshgrid(pixel, pixel, indexing="xy"), dim=0)
    source = plain * (BACKDROP_PX / (CROP_PX * BACKDROP_WIDEN)) + centre + spread
    return ((source + 0.5) / BACKDROP_PX * 2 - 1).permute(0, 2, 3, 1)
