"""ResNet-50 (He et al. 2016, with the stride on the 3 x 3 convolution), the benchmark's yardstick.

A time in milliseconds says little about a program when machines differ tenfold. So the benchmark
gives each time also as a share of one forward pass of this network, whose cost everybody knows,
on the same machine in the same run. The weights are random: the cost does not depend on them.
"""

import torch
from torch import Tensor, nn

STAGE_WIDTHS = (64, 128, 256, 512)
STAGE_DEPTHS = (3, 4, 6, 3)
EXPANSION = 4
PARAMETER_COUNT = 25_557_032


class Bottleneck(nn.Module):
    """1 x 1 to the width, 3 x 3, 1 x 1 to four times the width, around a shortcut."""

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        widened = width * EXPANSION
        self.residual = nn.Sequential(
            *_convolution(channels, width, kernel=1, stride=1),
            nn.ReLU(inplace=True),
            *_convolution(width, width, kernel=3, stride=stride),
            nn.ReLU(inplace=True),
            *_convolution(width, widened, kernel=1, stride=1),
        )
        keeps_shape = channels == widened and stride == 1
        self.shortcut = (
            nn.Identity()
            if keeps_shape
            else nn.Sequential(*_convolution(channels, widened, kernel=1, stride=stride))
        )

    def forward(self, x: Tensor) -> Tensor:
        """(N, channels, H, W) to (N, 4 width, H / stride, W / stride)."""
        return torch.relu(self.residual(x) + self.shortcut(x))


def resnet50(classes: int = 1000) -> nn.Module:
    """The network in evaluation mode, on the CPU: (N, 3, 224, 224) to (N, classes)."""
    layers: list[nn.Module] = [
        *_convolution(3, STAGE_WIDTHS[0], kernel=7, stride=2),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(kernel_size=3, stride=2, padding=1),
    ]
    channels = STAGE_WIDTHS[0]
    for width, depth in zip(STAGE_WIDTHS, STAGE_DEPTHS, strict=True):
        for block in range(depth):
            halves = block == 0 and width != STAGE_WIDTHS[0]
            layers.append(Bottleneck(channels, width, stride=2 if halves else 1))
            channels = width * EXPANSION
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, classes)]
    return nn.Sequential(*layers).eval()


def _convolution(channels: int, width: int, kernel: int, stride: int) -> list[nn.Module]:
    padding = kernel // 2
    return [
        nn.Conv2d(channels, width, kernel, stride, padding, bias=False),
        nn.BatchNorm2d(width),
    ]
