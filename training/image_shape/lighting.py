"""Light at the vertices: ambient harmonics with occlusion, a lamp with shadows, another without."""

import torch
from torch.nn import functional

from training.head_fit.face_data import PART_EYE_LEFT, PART_GUMS, PART_SOCKET, PART_TEETH
from training.head_fit.render import SHADOW_BIAS_M
from training.image_shape.packed import Pack
from training.image_shape.posing import Scene
from training.image_shape.tensors import normal, smoothstep, uniform
from training.image_shape.zbuffer import depth_of

SHADOW_MAP_PX = 256


def shade(pack: Pack, scene: Scene) -> tuple[torch.Tensor, torch.Tensor]:
    """Light (B, V, 3) and highlight (B, V, 1) at the vertices."""
    batch, device = len(scene.vertices), pack.device
    n = scene.normals
    scale = torch.tensor([1, 0.25, 0.2, 0.25, 0.08, 0.08, 0.05, 0.08, 0.08], device=device)
    ambient = normal((batch, 9), device) * scale
    ambient[:, 0] = 1
    ambient[:, 1] += 0.12
    x, y, z = n.unbind(dim=2)
    basis = torch.stack(
        [torch.ones_like(x), y, z, x, x * y, y * z, 3 * z * z - 1, x * z, x * x - y * y], dim=2
    )
    irradiance = (basis @ ambient[..., None]).clamp(min=0.15)
    depth = uniform((batch, 1, 1), device, 0.2, 1.1)
    open_share = (1 - depth * (1 - pack.occlusion[None, :, None])).clamp(min=0.05)
    tint = torch.exp(normal((batch, 1, 3), device, 0.06))
    share = torch.distributions.Beta(1.2, 1.8).sample((batch, 1, 1)).to(device)
    light = irradiance * open_share * tint * (1 - share)
    view = functional.normalize(scene.camera_m[:, None] - scene.vertices, dim=2)
    shine = torch.zeros_like(irradiance)
    exponent = torch.exp(uniform((batch, 1, 1), device, 2.0, 3.7))
    for strength, casts in ((1.0, True), (torch.rand(batch, 1, 1, device=device) < 0.4, False)):
        side = torch.stack(
            [
                normal((batch,), device, 0.9),
                -normal((batch,), device, 0.5).add(0.45).abs(),
                -torch.ones(batch, device=device),
            ],
            dim=1,
        )
        lamp = functional.normalize((side[:, None] @ scene.moments.rotation)[:, 0], dim=1)
        facing = (n * lamp[:, None]).sum(dim=2, keepdim=True).clamp(min=0)
        if casts:
            facing = facing * lit_share(pack, scene, lamp)
        else:
            facing = facing * uniform((batch, 1, 1), device, 0.1, 0.7)
        lamp_tint = torch.exp(normal((batch, 1, 3), device, 0.07))
        light = light + facing * lamp_tint * share * 1.3 * strength
        half = functional.normalize(view + lamp[:, None], dim=2)
        glint = (n * half).sum(dim=2, keepdim=True).clamp(min=0) ** exponent
        shine = shine + glint * (facing > 0) * share * strength
    inside = (pack.part == PART_SOCKET) | (pack.part == PART_GUMS) | (pack.part == PART_TEETH)
    dim = torch.where(inside[None, :, None], uniform((batch, 1, 1), device, 0.3, 0.8), 1.0)
    gloss = torch.where(pack.part >= PART_EYE_LEFT, 0.8, 0.14)[None, :, None]
    return light * dim, shine * gloss * uniform((batch, 1, 1), device, 0, 1.3)


def lit_share(pack: Pack, scene: Scene, lamp: torch.Tensor) -> torch.Tensor:
    """(B, V, 1): 1 where a lamp at infinity is seen, by a softened shadow map."""
    up = torch.tensor([0.0, 1.0, 0.0], device=pack.device).expand_as(lamp)
    across = functional.normalize(torch.linalg.cross(lamp, up), dim=1)
    frame = torch.stack([across, torch.linalg.cross(lamp, across), lamp], dim=1)
    local = scene.vertices @ frame.transpose(1, 2)
    low, high = local.amin(dim=1), local.amax(dim=1)
    scale = (SHADOW_MAP_PX - 1) / (high - low)[:, :2].amax(dim=1)
    far = high[:, 2] + 1.0
    depth = far[:, None] - local[..., 2]
    pixels = (local[..., :2] - low[:, None, :2]) * scale[:, None, None]
    keys = pack.mesh.zbuffer(
        torch.cat([pixels, depth[..., None]], dim=2).contiguous(), SHADOW_MAP_PX, False
    )
    blocker = torch.minimum(depth_of(keys), (far + 1)[:, None, None])[:, None]
    blocker = functional.avg_pool2d(functional.pad(blocker, (1, 1, 1, 1), mode="replicate"), 3, 1)
    place = pixels * (2 / (SHADOW_MAP_PX - 1)) - 1
    seen = functional.grid_sample(blocker, place[:, :, None], align_corners=True)[:, 0, :, 0]
    return 1 - smoothstep(depth - seen, SHADOW_BIAS_M, 3 * SHADOW_BIAS_M)[..., None]
