"""The hair network: planes about the head to a strand code for each point of the scalp's grid.

After HairNet (Zhou et al. 2018): an encoder of the orientation map to one vector for the whole
head, and a decoder from it over the scalp. Instead of 100 points the decoder gives each root a
short code in a linear basis of strands, and whether hair grows there at all.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from reconstruction_backend.hair.scalp import GRID

INPUT_PLANES = 7


@dataclass(frozen=True)
class Widths:
    """Channels."""

    encoder: tuple[int, ...] = (20, 40, 80, 128, 160)
    """Of each halving of the picture."""
    feature: int = 384
    """The vector for the whole head."""
    decoder: int = 48
    place: int = 8
    """Learned planes that tell the decoder where on the scalp it is."""


def convolution(given: int, out: int, stride: int = 1) -> nn.Sequential:
    """3 x 3, batch norm, ReLU."""
    return nn.Sequential(
        nn.Conv2d(given, out, 3, stride, 1, bias=False), nn.BatchNorm2d(out), nn.ReLU(inplace=True)
    )


class HairNetwork(nn.Module):
    """See the module."""

    def __init__(self, size_px: int, coefficients: int, widths: Widths | None = None) -> None:
        super().__init__()
        widths = widths or Widths()
        self.size_px, self.coefficients = size_px, coefficients
        layers: list[nn.Module] = []
        given = INPUT_PLANES
        for level, out in enumerate(widths.encoder):
            layers.append(convolution(given, out, 2))
            if 0 < level < len(widths.encoder) - 1:
                layers.append(convolution(out, out))
            given = out
        self.encoder = nn.Sequential(*layers)
        pixels = (size_px // 2 ** len(widths.encoder)) ** 2
        self.start_px = GRID // 4
        wide = widths.decoder
        self.summarise = nn.Sequential(
            nn.Flatten(), nn.Linear(given * pixels, widths.feature), nn.ReLU(inplace=True)
        )
        self.spread = nn.Linear(widths.feature, wide * self.start_px**2)
        self.coarse = convolution(wide, wide)
        self.middle = convolution(wide, wide)
        self.place = nn.Parameter(0.1 * torch.randn(1, widths.place, GRID, GRID))
        self.mix = nn.Sequential(
            nn.Conv2d(wide + widths.place, wide, 1), nn.ReLU(inplace=True),
            nn.Conv2d(wide, wide, 3, 1, 1, groups=wide), nn.ReLU(inplace=True),
        )  # fmt: skip
        self.head = nn.Conv2d(wide, coefficients + 1, 1)
        self.enlarge = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)

    def forward(self, planes: Tensor) -> tuple[Tensor, Tensor]:
        """(B, 7, S, S) to codes (B, K, 32, 32) and logits of there being hair (B, 32, 32)."""
        feature = self.summarise(self.encoder(planes))
        scalp = self.spread(feature).view(len(planes), -1, self.start_px, self.start_px)
        scalp = self.enlarge(self.coarse(scalp.relu()))
        scalp = self.enlarge(self.middle(scalp))
        scalp = torch.cat([scalp, self.place.expand(len(planes), -1, -1, -1)], dim=1)
        out = self.head(self.mix(scalp))
        return out[:, :-1], out[:, -1]
