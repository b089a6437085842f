"""The parsing network: a U-Net (Ronneberger et al. 2015) of inverted residuals.

Inverted residuals: Sandler et al. 2018. Input (B, 3, S, S), colours scaled to -1..1, S a multiple
of 32; output (B, 5, S, S) logits. The last layer gives four pixels for each of its own, so that no
convolution runs at full resolution.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

CLASS_COUNT = 5


@dataclass(frozen=True)
class Widths:
    """How large the network is."""

    stem: int = 24
    stages: tuple[tuple[int, int, int, int], ...] = (
        (24, 1, 2, 3),
        (40, 2, 3, 3),
        (64, 3, 4, 5),
        (112, 4, 4, 3),
        (160, 3, 4, 5),
    )
    """Channels, blocks, expansion and kernel of each level; all but the first halve the size."""
    decoder: tuple[int, ...] = (96, 64, 48, 32)


def convolution(
    given: int, out: int, kernel: int = 1, stride: int = 1, groups: int = 1, *, active: bool = True
) -> nn.Sequential:
    """Convolution, batch norm and, where `active`, ReLU."""
    layers: list[nn.Module] = [
        nn.Conv2d(given, out, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(out),
    ]
    return nn.Sequential(*layers, nn.ReLU(inplace=True)) if active else nn.Sequential(*layers)


class InvertedResidual(nn.Module):
    """Widen, filter each channel, narrow; added to the input where the shapes agree."""

    def __init__(self, given: int, out: int, expansion: int, kernel: int, stride: int) -> None:
        super().__init__()
        wide = given * expansion
        self.expand = convolution(given, wide)
        self.depthwise = convolution(wide, wide, kernel, stride, wide)
        self.project = convolution(wide, out, active=False)
        self.added = stride == 1 and given == out

    def forward(self, image: Tensor) -> Tensor:
        """(B, given, H, W) to (B, out, H / stride, W / stride)."""
        out = self.project(self.depthwise(self.expand(image)))
        return image + out if self.added else out


class Merge(nn.Module):
    """Double the size, put the encoder's level beside, and mix both."""

    def __init__(self, below: int, beside: int, out: int) -> None:
        super().__init__()
        self.reduce = convolution(below, out)
        self.mix = convolution(out + beside, out)
        self.depthwise = convolution(out, out, 5, groups=out, active=False)
        self.project = convolution(out, out)
        self.enlarge = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)

    def forward(self, below: Tensor, beside: Tensor) -> Tensor:
        """(B, below, H, W) and (B, beside, 2 H, 2 W) to (B, out, 2 H, 2 W)."""
        up = self.enlarge(self.reduce(below))
        return self.project(self.depthwise(self.mix(torch.cat([up, beside], dim=1))))


class ParsingNetwork(nn.Module):
    """Colours to logits of the five classes."""

    def __init__(self, widths: Widths | None = None) -> None:
        super().__init__()
        widths = widths or Widths()
        self.stem = convolution(3, widths.stem, 3, 2)
        self.levels = nn.ModuleList()
        given = widths.stem
        for n, (out, blocks, expansion, kernel) in enumerate(widths.stages):
            stride = 1 if n == 0 else 2
            level = [InvertedResidual(given, out, expansion, kernel, stride)]
            level += [InvertedResidual(out, out, expansion, kernel, 1) for _ in range(blocks - 1)]
            self.levels.append(nn.Sequential(*level))
            given = out
        self.context = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(given, given, 1))
        self.merges = nn.ModuleList()
        beside = [stage[0] for stage in widths.stages[:-1]][::-1]
        for width, out in zip(beside, widths.decoder, strict=True):
            self.merges.append(Merge(given, width, out))
            given = out
        self.head_depthwise = convolution(given, given, 3, groups=given)
        self.head = nn.Conv2d(given, 4 * CLASS_COUNT, 1)
        self.spread = nn.PixelShuffle(2)

    def forward(self, image: Tensor) -> Tensor:
        """(B, 3, S, S) to (B, 5, S, S)."""
        image = self.stem(image)
        levels: list[Tensor] = []
        for level in self.levels:
            image = level(image)
            levels.append(image)
        image = image + self.context(image)
        for merge, beside in zip(self.merges, levels[-2::-1], strict=True):
            image = merge(image, beside)
        return self.spread(self.head(self.head_depthwise(image)))
