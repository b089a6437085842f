"""Drawing on pictures in torch: random numbers per picture, planes in head space, soft shapes."""

import torch
from torch import Tensor
from torch.nn import functional


def uniform(low: float, high: float, like: Tensor) -> Tensor:
    """(B, 1, 1, 1) numbers, one a picture, on the device of `like` (B, ...)."""
    return torch.rand(len(like), 1, 1, 1, device=like.device) * (high - low) + low


def chance(probability: float, like: Tensor) -> Tensor:
    """(B, 1, 1, 1): one in this share of the pictures, else zero."""
    return (torch.rand(len(like), 1, 1, 1, device=like.device) < probability).float()


def colour(like: Tensor, low: float = 0.0, high: float = 1.0) -> Tensor:
    """(B, 3, 1, 1): a random colour, more often near grey than not."""
    grey = uniform(low, high, like)
    tint = torch.rand(len(like), 3, 1, 1, device=like.device) * (high - low) + low
    return torch.lerp(grey.expand_as(tint), tint, uniform(0, 1, like) ** 1.5)


def pixel_grid(size_px: int, like: Tensor) -> Tensor:
    """(S, S, 3): homogeneous pixel coordinates (x, y, 1)."""
    axis = torch.arange(size_px, device=like.device, dtype=torch.float32)
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    return torch.stack([x, y, torch.ones_like(x)], dim=-1)


def plane_coordinates(
    projection: Tensor, centre: Tensor, u_axis: Tensor, v_axis: Tensor, size_px: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Where in a plane of head space each pixel looks.

    `projection` (B, 3, 4) to homogeneous pixels; centre and axes (B, 3), metres. Returns u and v
    (B, 1, S, S) in metres, and metres a pixel (B, 1, 1, 1) at the centre.
    """
    columns = [projection[:, :, :3] @ each[:, :, None] for each in (u_axis, v_axis, centre)]
    columns[2] = columns[2] + projection[:, :, 3:]
    homography = torch.cat(columns, dim=2)
    inverse = torch.linalg.inv(homography.double()).float()
    points = torch.einsum("bij,yxj->biyx", inverse, pixel_grid(size_px, projection))
    behind = points[:, 2:].abs().clamp_min(1e-9) * points[:, 2:].sign()
    middle = homography[:, :, 2]
    step = (homography[:, :2, 0] - middle[:, :2] / middle[:, 2:] * homography[:, 2:, 0]).norm(dim=1)
    pixel_m = (middle[:, 2].abs() / step.clamp_min(1e-9)).reshape(-1, 1, 1, 1)
    return points[:, 0:1] / behind, points[:, 1:2] / behind, pixel_m


def projected(projection: Tensor, point: Tensor) -> Tensor:
    """(B, 3) in head space to (B, 2) pixels."""
    image = (projection[:, :, :3] @ point[:, :, None])[:, :, 0] + projection[:, :, 3]
    return image[:, :2] / image[:, 2:]


def superellipse(u: Tensor, v: Tensor, a: Tensor, b: Tensor, power: Tensor) -> Tensor:
    """Radial signed distance to |u/a|^p + |v/b|^p = 1, in the units of u; negative inside."""
    radius = ((u / a).abs() ** power + (v / b).abs() ** power + 1e-9) ** (1 / power)
    return torch.sqrt(u**2 + v**2 + 1e-12) * (radius - 1) / radius.clamp_min(1e-3)


def cover(distance: Tensor, pixel: Tensor) -> Tensor:
    """Share of a pixel inside a shape, from the signed distance of its centre."""
    return (0.5 - distance / pixel).clamp(0, 1)


def segment(size_px: int, start: Tensor, end: Tensor) -> tuple[Tensor, Tensor]:
    """Distance of each pixel to a segment, and the place along it 0..1; both (B, 1, S, S)."""
    grid = pixel_grid(size_px, start)[None, :, :, :2]
    along = (end - start)[:, None, None]
    offset = grid - start[:, None, None]
    t = (offset * along).sum(-1) / (along**2).sum(-1).clamp_min(1e-6)
    t = t.clamp(0, 1)
    distance = (offset - t[..., None] * along).norm(dim=-1)
    return distance[:, None], t[:, None]


def noise(like: Tensor, size_px: int, cells: int) -> Tensor:
    """(B, 1, S, S): smooth noise with about `cells` bumps along an edge, standard deviation 1."""
    coarse = torch.randn(len(like), 1, cells, cells, device=like.device)
    return functional.interpolate(
        coarse, size=(size_px, size_px), mode="bicubic", align_corners=False
    )


def cloth(like: Tensor, size_px: int) -> Tensor:
    """(B, 3, S, S): a plain, speckled or striped stuff."""
    base, other = colour(like), colour(like)
    grid = pixel_grid(size_px, like)
    angle, period = uniform(0, 6.283, like), uniform(3, 30, like)
    wave = torch.sin(
        (grid[None, None, :, :, 0] * angle.cos() + grid[None, None, :, :, 1] * angle.sin())
        * 6.283
        / period
    )
    stripes = chance(0.35, like) * torch.sigmoid(4 * wave)
    stuff = torch.lerp(
        base.expand(-1, -1, size_px, size_px), other.expand(-1, -1, size_px, size_px), stripes
    )
    light = 1 + uniform(0, 0.3, like) * noise(like, size_px, 5)
    grain = uniform(0, 0.08, like) * noise(like, size_px, size_px // 2)
    return (stuff * light + grain).clamp(0, 1)


def blurred(image: Tensor, sigma_px: float) -> Tensor:
    """Gaussian blur, edges replicated."""
    radius = max(1, int(2.5 * sigma_px + 0.5))
    x = torch.arange(-radius, radius + 1, device=image.device, dtype=image.dtype)
    kernel = torch.exp(-0.5 * (x / sigma_px) ** 2)
    kernel = (kernel / kernel.sum()).reshape(1, 1, 1, -1)
    channels = image.shape[1]
    wide = functional.pad(image, (radius, radius, radius, radius), mode="replicate")
    wide = functional.conv2d(wide, kernel.expand(channels, 1, 1, -1), groups=channels)
    return functional.conv2d(
        wide, kernel.transpose(2, 3).expand(channels, 1, -1, 1), groups=channels
    )
