"""Batches of training photos of random heads, on a GPU (or, for tests, a CPU).

The same scenes as `training/head_fit/render.py`, rendered straight into the network's crop: skin of
a portrait, ambient spherical harmonics, a lamp with shadows and highlights. Around the face stands
the portrait's own photo, warped to meet the other head, or another photo, or a gradient.
"""

import torch
from torch.nn import functional

from training.image_shape.backdrop import backdrops
from training.image_shape.colouring import skin_atlas, vertex_colours
from training.image_shape.layout import CROP_PX, SUPERSAMPLING
from training.image_shape.lighting import shade
from training.image_shape.packed import Pack
from training.image_shape.posing import Scene
from training.image_shape.tensors import normal, smoothstep

SKIN_FROM = 1.5
"""Of what `Mesh.resolve` gives: 1 for other surfaces, 2 for skin."""
BALD_SHARE = 0.35


def render(pack: Pack, scene: Scene, portrait: torch.Tensor) -> torch.Tensor:
    """(B, 3, CROP_PX, CROP_PX) linear light, before the camera's own faults."""
    batch, device = len(portrait), pack.device
    light, shine = shade(pack, scene)
    skin = pack.skin[portrait]
    colours = vertex_colours(pack, scene, skin)
    faceness = pack.faceness[None, :, None].expand(batch, -1, 1)
    attributes = torch.cat([light, shine, colours, faceness], dim=2).contiguous()
    side = CROP_PX * SUPERSAMPLING
    keys = pack.mesh.zbuffer(scene.pixels, side, True)
    seen = pack.mesh.resolve(keys, scene.pixels, attributes).permute(0, 3, 1, 2)
    light, shine, colours = seen[:, :3], seen[:, 3:4], seen[:, 4:7]
    faceness, place, kind = seen[:, 7:8], seen[:, 8:10], seen[:, 10:11]
    atlas = skin_atlas(pack, portrait)
    size = torch.tensor([atlas.shape[3], atlas.shape[2]], device=device)
    grid = (place.permute(0, 2, 3, 1) + 0.5) / size * 2 - 1
    painted = functional.grid_sample(atlas, grid, padding_mode="border", align_corners=False)
    bald = torch.rand(batch, 1, 1, 1, device=device) < BALD_SHARE
    own = torch.where(bald, smoothstep(faceness, 0.2, 0.9), 1.0)
    flat = skin[:, :, None, None] * torch.exp(normal((batch, 1, 1, 1), device, 0.1))
    painted = painted * own + flat * (1 - own)
    is_skin = kind > SKIN_FROM
    linear = torch.where(is_skin, painted, colours) * light + shine
    backdrop, face_only = backdrops(pack, scene, portrait, light.mean(dim=(1, 2, 3)))
    alpha = (kind > 0.5).float()
    alpha = torch.where(
        face_only[:, None, None, None] & is_skin, smoothstep(faceness, 0.05, 0.6), alpha
    )
    head = functional.avg_pool2d(linear * alpha, SUPERSAMPLING)
    return head + backdrop * (1 - functional.avg_pool2d(alpha, SUPERSAMPLING))
