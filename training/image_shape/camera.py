"""What a camera and a file format do to a picture, in batches: light, colour, blur, noise, JPEG."""

import math

import torch
from torch.nn import functional

from training.image_shape.tensors import blur, normal, srgb_from_linear, uniform

JPEG_BLOCK = 8
LUMINANCE = (0.299, 0.587, 0.114)
FRINGE_SHARE = 0.25
PATCH_SHARE = 0.12
COARSE_SHARE = 0.35
JPEG_SHARE = 0.6
GREY_SHARE = 0.06


def photograph(linear: torch.Tensor) -> torch.Tensor:
    """(B, 3, S, S) linear light to uint8 sRGB as a product might be given it."""
    linear = with_fringe(linear)
    batch, device = len(linear), linear.device
    gain = torch.exp(normal((batch, 1, 1, 1), device, 0.28) + 0.1)
    cast = torch.exp(normal((batch, 3, 1, 1), device, 0.06))
    image = srgb_from_linear(linear * gain * cast)
    gamma = torch.exp(normal((batch, 1, 1, 1), device, 0.12))
    image = image.clamp(min=1e-4) ** gamma
    contrast = torch.exp(normal((batch, 1, 1, 1), device, 0.12))
    image = (image - 0.45) * contrast + 0.45
    grey = (image * _luminance(device)).sum(dim=1, keepdim=True)
    colour = torch.exp(normal((batch, 1, 1, 1), device, 0.2))
    colour = torch.where(torch.rand(batch, 1, 1, 1, device=device) < GREY_SHARE, 0.0, colour)
    image = (grey + (image - grey) * colour).clamp(0, 1)
    image = _coarser(image)
    sigma = uniform((batch,), device, 0, 1) ** 2 * 1.4
    image = blur(image, sigma, reach=5)
    noise = torch.randn_like(image) * 0.7 + torch.randn_like(image[:, :1])
    image = image + noise * normal((batch, 1, 1, 1), device, 0.018)
    image = _patched(image.clamp(0, 1))
    return (_jpeg(image) * 255).round().clamp(0, 255).to(torch.uint8)


def _luminance(device: torch.device) -> torch.Tensor:
    return torch.tensor(LUMINANCE, device=device).view(1, 3, 1, 1)


def _coarser(image: torch.Tensor) -> torch.Tensor:
    """Some photos hold the face at fewer pixels than the crop."""
    batch, device, side = len(image), image.device, image.shape[-1]
    chosen = torch.rand(batch, device=device) < COARSE_SHARE
    result = image
    for size in (56, 80, 104):
        small = functional.interpolate(image, (size, size), mode="area")
        back = functional.interpolate(small, (side, side), mode="bicubic", align_corners=False)
        mine = chosen & (torch.rand(batch, device=device) < 0.4)
        result = torch.where(mine[:, None, None, None], back, result)
    return result


def with_fringe(linear: torch.Tensor) -> torch.Tensor:
    """Hair that hangs over some faces from above or from a side."""
    batch, device, side = len(linear), linear.device, linear.shape[-1]
    place = torch.linspace(-1, 1, side, device=device)
    y, x = place.view(1, -1, 1), place.view(1, 1, -1)
    angle = normal((batch, 1, 1), device, 0.9)
    along = x * torch.sin(angle) - y * torch.cos(angle)
    across = x * torch.cos(angle) + y * torch.sin(angle)
    edge = functional.interpolate(
        normal((batch, 1, 9), device, 0.14), side, mode="linear", align_corners=False
    )
    column = ((across + 1.5) / 3 * (side - 1)).clamp(0, side - 1).long()
    wave = edge.expand(batch, side, side).gather(2, column)
    inside = ((along + wave - uniform((batch, 1, 1), device, 0.35, 0.85)) * 12).sigmoid()
    streak = functional.interpolate(
        normal((batch, 1, 48), device), side * 2, mode="linear", align_corners=False
    )
    fine = ((across + 1.5) / 3 * (2 * side - 1)).clamp(0, 2 * side - 1).long()
    strands = streak.expand(batch, side, 2 * side).gather(2, fine)
    brown = torch.tensor([0.09, 0.055, 0.035], device=device).view(1, 3, 1, 1)
    tone = brown * torch.exp(normal((batch, 3, 1, 1), device, 0.2))
    tone = tone * torch.exp(normal((batch, 1, 1, 1), device, 0.9))
    hair = tone * torch.exp(0.3 * strands[:, None])
    wears = (torch.rand(batch, 1, 1, 1, device=device) < FRINGE_SHARE).float()
    cover = inside[:, None] * wears * uniform((batch, 1, 1, 1), device, 0.6, 1)
    return linear * (1 - cover) + hair * cover


def _patched(image: torch.Tensor) -> torch.Tensor:
    """A flat rectangle over some faces: hands, microphones, the photo's edge."""
    batch, device, side = len(image), image.device, image.shape[-1]
    place = torch.arange(side, device=device).float()
    centre = uniform((batch, 2, 1), device, 0, side)
    half = uniform((batch, 2, 1), device, 4, 24)
    inside = (place - centre).abs() < half
    area = inside[:, 0, :, None] & inside[:, 1, None, :]
    chosen = torch.rand(batch, 1, 1, device=device) < PATCH_SHARE
    colour = uniform((batch, 3, 1, 1), device, 0, 1)
    return torch.where((area & chosen)[:, None], colour, image)


def _jpeg(image: torch.Tensor) -> torch.Tensor:
    """Quantised 8 x 8 cosine transforms on some."""
    batch, device, side = len(image), image.device, image.shape[-1]
    n = torch.arange(JPEG_BLOCK, device=device).float()
    basis = torch.cos(math.pi / JPEG_BLOCK * (n[None] + 0.5) * n[:, None]) * math.sqrt(
        2 / JPEG_BLOCK
    )
    basis[0] /= math.sqrt(2)
    cells = side // JPEG_BLOCK
    blocks = image.view(batch, 3, cells, JPEG_BLOCK, cells, JPEG_BLOCK).transpose(3, 4)
    waves = basis @ blocks @ basis.T
    step = uniform((batch, 1, 1, 1, 1, 1), device, 0.002, 0.025)
    step = step * (1 + 0.6 * (n[:, None] + n[None]))
    back = basis.T @ ((waves / step).round() * step) @ basis
    coded = back.transpose(3, 4).reshape(image.shape)
    chosen = torch.rand(batch, 1, 1, 1, device=device) < JPEG_SHARE
    return torch.where(chosen, coded, image).clamp(0, 1)
