"""What a picture of an avatar shall show."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from reconstruction_backend.errors import InvalidOption
from reconstruction_backend.expression.choice import NEUTRAL, ExpressionChoice
from reconstruction_backend.rendering.drawing import EDGE_SAMPLES_PER_AXIS
from reconstruction_backend.rendering.head_scene import RasterizerName
from reconstruction_backend.rendering.views import View

RenderPass = Literal["shaded", "albedo", "clay", "normals", "provenance", "mask"]
Subject = Literal["everything", "head", "hair", "eyes"]
ExpressionWorn = ExpressionChoice | Literal["fitted", "own"]

SMALLEST_PX, LARGEST_PX = 16, 8192


@dataclass(frozen=True)
class RenderOptions:
    """What to draw. Raises InvalidOption where the choices do not fit together."""

    view: View = "front"
    """`photo` is the fitted camera, expression, pose and light at the portrait's own size."""
    yaw_deg: float = 0.0
    """Turns the camera further towards the subject's left."""
    pitch_deg: float = 0.0
    """Raises the camera."""
    size_px: int = 512
    """Edge of the square picture; `photo` has the portrait's size instead."""
    only: Subject = "everything"
    """Other parts still hide what lies behind them."""
    render_pass: RenderPass = "shaded"
    expression: Literal["auto", "neutral", "fitted"] = "auto"
    """`auto`: fitted in `photo`, elsewhere what the avatar wears."""
    light: Literal["auto", "studio", "photo"] = "auto"
    """`auto`: the photo's in `photo`, the studio's elsewhere."""
    rasterizer: RasterizerName = "embree"
    """`pytorch3d` where it is installed, else ModelNotAvailable."""
    edge_samples_per_axis: int = EDGE_SAMPLES_PER_AXIS
    """Fewer are faster and show steps at outlines and lashes."""
    choice: ExpressionChoice | None = None
    """A face to make instead, in any view; then `expression` must be `auto`."""

    def __post_init__(self) -> None:
        if not SMALLEST_PX <= self.size_px <= LARGEST_PX:
            raise InvalidOption(
                f"The size must lie between {SMALLEST_PX} and {LARGEST_PX} pixels,"
                f" not {self.size_px}."
            )
        if self.edge_samples_per_axis < 1:
            raise InvalidOption("There must be at least one sample to a pixel.")
        if not (np.isfinite(self.yaw_deg) and abs(self.pitch_deg) <= 90):
            raise InvalidOption("The yaw must be a number and the pitch lie within ±90 degrees.")
        if self.view == "photo" and (self.yaw_deg or self.pitch_deg):
            raise InvalidOption("The photo's view cannot be turned; choose another view.")
        if self.choice is not None and self.expression != "auto":
            raise InvalidOption(
                f"Choose either the {self.expression} expression or emotions and weights."
            )

    @property
    def expression_worn(self) -> ExpressionWorn:
        """What the head does: a choice, the photo's coefficients, or what the avatar wears."""
        if self.choice is not None:
            return self.choice
        if self.expression == "neutral":
            return NEUTRAL
        fitted = self.expression == "fitted" or self.view == "photo"
        return "fitted" if fitted else "own"

    @property
    def photo_light(self) -> bool:
        """Whether the light is the photo's."""
        return self.light == "photo" or (self.light == "auto" and self.view == "photo")
