"""What cameras do to pictures: light, colour, blur, noise, compression; a batch at once."""

import torch
from torch import Tensor
from torch.nn import functional

from training.parsing.drawing import blurred, chance, noise, uniform

LUMINANCE = (0.299, 0.587, 0.114)
QUANTISATION = (
    (16, 11, 10, 16, 24, 40, 51, 61), (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56), (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77), (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101), (72, 92, 95, 98, 112, 100, 103, 99),
)  # fmt: skip
"""JPEG's example table for luminance (ITU T.81, Annex K)."""


def perturbed(image: Tensor, inside: Tensor) -> Tensor:
    """(B, 3, S, S) in 0..1 as another camera might have taken it; grey stays outside the photo."""
    image = _lit(image)
    image = _coloured(image)
    image = _blurred_some(image)
    image = image + uniform(0, 0.06, image) * chance(0.5, image) * torch.randn_like(image)
    image = _compressed(image.clamp(0, 1))
    return torch.lerp(torch.full_like(image, 128 / 255), image.clamp(0, 1), inside)


def _lit(image: Tensor) -> Tensor:
    """A light from one side, soft shadows, exposure, contrast."""
    size = image.shape[-1]
    axis = torch.linspace(-1, 1, size, device=image.device)
    ramp = (
        uniform(-1, 1, image) * axis[None, None, None, :]
        + uniform(-0.6, 0.6, image) * axis[None, None, :, None]
    )
    side = torch.exp(
        chance(0.4, image) * uniform(0, 1.1, image) * torch.tanh(ramp * uniform(1, 3, image))
    )
    patches = torch.exp(chance(0.2, image) * 0.35 * noise(image, size, 4))
    lit = image.clamp_min(1e-4) ** torch.exp(uniform(-0.55, 0.55, image)) * side * patches
    lit = lit * torch.exp(uniform(-0.5, 0.4, image))
    mean = lit.mean((1, 2, 3), keepdim=True)
    return ((lit - mean) * torch.exp(uniform(-0.4, 0.35, image)) + mean).clamp(0, 1)


def _coloured(image: Tensor) -> Tensor:
    """White balance, saturation, grey pictures, a little hue."""
    weights = torch.tensor(LUMINANCE, device=image.device).reshape(1, 3, 1, 1)
    gains = torch.exp(0.16 * torch.randn(len(image), 3, 1, 1, device=image.device))
    image = image * gains
    grey = (image * weights).sum(1, keepdim=True)
    saturation = torch.exp(uniform(-0.7, 0.5, image)) * (1 - chance(0.12, image))
    image = grey + (image - grey) * saturation
    turned = image[:, torch.randperm(3)] if torch.rand(()) < 0.1 else image
    return torch.lerp(image, turned, chance(0.15, image))


def _blurred_some(image: Tensor) -> Tensor:
    """Out of focus, or once a smaller picture."""
    sigma = float(torch.rand(()) * 2.2 + 0.4)
    image = torch.lerp(image, blurred(image, sigma), chance(0.3, image))
    if torch.rand(()) < 0.5:
        size = image.shape[-1]
        small = int(size / float(torch.rand(()) * 2.2 + 1.1))
        low = functional.interpolate(image, size=(small, small), mode="bilinear", antialias=True)
        back = functional.interpolate(low, size=(size, size), mode="bicubic")
        image = torch.lerp(image, back, chance(0.4, image))
    sharp = image + uniform(0, 1.2, image) * (image - blurred(image, 1.0))
    return torch.lerp(image, sharp, chance(0.25, image))


def _cosines(device: torch.device) -> Tensor:
    k, n = torch.arange(8, device=device).float(), torch.arange(8, device=device).float()
    basis = torch.cos((2 * n + 1)[None] * k[:, None] * torch.pi / 16) / 2
    basis[0] /= 2**0.5
    return basis


def _compressed(image: Tensor) -> Tensor:
    """JPEG's quantisation of 8 x 8 cosine blocks; the block grid lies anywhere."""
    batch, channels, size, _ = image.shape
    dx, dy = (int(each) for each in torch.randint(0, 8, (2,)))
    rolled = torch.roll(image, (dy, dx), (2, 3)) * 255 - 128
    blocks = rolled.reshape(batch, channels, size // 8, 8, size // 8, 8).permute(0, 1, 2, 4, 3, 5)
    basis = _cosines(image.device)
    frequencies = basis @ blocks @ basis.T
    table = torch.tensor(QUANTISATION, device=image.device, dtype=torch.float32)
    quality = uniform(25, 95, image)[..., None, None]
    scale = torch.where(quality < 50, 50 / quality, 2 - quality / 50)
    step = (table * scale).clamp_min(1)
    back = basis.T @ (torch.round(frequencies / step) * step) @ basis
    flat = back.permute(0, 1, 2, 4, 3, 5).reshape(batch, channels, size, size)
    done = torch.roll((flat + 128) / 255, (-dy, -dx), (2, 3))
    return torch.lerp(image, done, chance(0.5, image))
