"""The network: inverted residuals on a 128 px crop, then dense layers that keep the places."""

import torch
from torch import nn

MEAN, SCALE = 0.45, 0.25
EMBEDDING = 320


class Residual(nn.Module):
    """1x1 up, depthwise 3x3, 1x1 down, added to its input where the sizes agree."""

    def __init__(self, inputs: int, outputs: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = inputs * expansion
        self.body = nn.Sequential(
            nn.Conv2d(inputs, wide, 1, bias=False),
            nn.BatchNorm2d(wide),
            nn.ReLU(inplace=True),
            nn.Conv2d(wide, wide, 3, stride, 1, groups=wide, bias=False),
            nn.BatchNorm2d(wide),
            nn.ReLU(inplace=True),
            nn.Conv2d(wide, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        self.same = inputs == outputs and stride == 1

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Shape (B, outputs, H / stride, W / stride)."""
        y = self.body(x)
        return x + y if self.same else y


def _plain(inputs: int, outputs: int, stride: int) -> list[nn.Module]:
    return [
        nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    ]


class ShapeNetwork(nn.Module):
    """uint8 crop to shape, logarithms of its variances, and the moment."""

    def __init__(self, shapes: int, moments: int) -> None:
        super().__init__()
        self.shapes = shapes
        self.body = nn.Sequential(
            *_plain(3, 24, 2),
            *_plain(24, 40, 2),
            Residual(40, 40, 1, 3),
            Residual(40, 40, 1, 3),
            Residual(40, 72, 2, 4),
            Residual(72, 72, 1, 3),
            Residual(72, 72, 1, 3),
            Residual(72, 72, 1, 3),
            Residual(72, 128, 2, 4),
            Residual(128, 128, 1, 4),
            Residual(128, 128, 1, 4),
        )
        self.local = nn.Sequential(
            nn.Conv2d(128, 28, 1, bias=False), nn.BatchNorm2d(28), nn.ReLU(inplace=True)
        )
        self.embed = nn.Sequential(
            nn.Linear(28 * 64 + 128, EMBEDDING), nn.BatchNorm1d(EMBEDDING), nn.ReLU(inplace=True)
        )
        self.head = nn.Linear(EMBEDDING, shapes + moments)
        self.spread = nn.Linear(EMBEDDING, shapes)

    def forward(self, crop: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """(B, 3, 128, 128) values of 0..255 to (shape and moment, log variance, embedding)."""
        x = self.body((crop / 255 - MEAN) / SCALE)
        parts = torch.cat([self.local(x).flatten(1), x.mean(dim=(2, 3))], dim=1)
        embedding = self.embed(parts)
        return self.head(embedding), self.spread(embedding.detach()), embedding
