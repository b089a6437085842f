"""Small operations on batches of numbers and pictures."""

import torch
from torch.nn import functional


def smoothstep(value: torch.Tensor, low: float, high: float) -> torch.Tensor:
    """0 below low, 1 above high."""
    t = ((value - low) / (high - low)).clamp(0, 1)
    return t * t * (3 - 2 * t)


def linear_from_srgb(value: torch.Tensor) -> torch.Tensor:
    """sRGB in 0..1 to linear light."""
    return torch.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def srgb_from_linear(value: torch.Tensor) -> torch.Tensor:
    """Linear light to sRGB, clipped to 0..1."""
    value = value.clamp(0, 1)
    return torch.where(
        value <= 0.0031308, value * 12.92, 1.055 * value.clamp(min=1e-5) ** (1 / 2.4) - 0.055
    )


def normal(shape: tuple[int, ...], device: torch.device, scale: float = 1.0) -> torch.Tensor:
    """Gaussian numbers."""
    return scale * torch.randn(shape, device=device)


def uniform(shape: tuple[int, ...], device: torch.device, low: float, high: float) -> torch.Tensor:
    """Uniform numbers."""
    return low + (high - low) * torch.rand(shape, device=device)


def blur(image: torch.Tensor, sigma: torch.Tensor, reach: int = 12) -> torch.Tensor:
    """Separable Gaussian of a different width for every image."""
    batch, channels, height, width = image.shape
    offset = torch.arange(-reach, reach + 1, device=image.device, dtype=image.dtype)
    kernel = torch.exp(-0.5 * (offset / sigma[:, None].clamp(min=0.05)) ** 2)
    kernel = (kernel / kernel.sum(dim=1, keepdim=True)).repeat_interleave(channels, 0)
    flat = image.reshape(1, batch * channels, height, width)
    flat = functional.pad(flat, (reach, reach, reach, reach), mode="replicate")
    flat = functional.conv2d(flat, kernel[:, None, None, :], groups=batch * channels)
    flat = functional.conv2d(flat, kernel[:, None, :, None], groups=batch * channels)
    return flat.view(batch, channels, height, width)
