"""Somebody's hair: where it came from, what it is made of, and all its strands on this head."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
from jaxtyping import Float32

from reconstruction_backend.hair.alignment import align
from reconstruction_backend.hair.choice import UNEDITED, HairEdit
from reconstruction_backend.hair.colour import HairColour
from reconstruction_backend.hair.edit import edited
from reconstruction_backend.hair.grow import grow
from reconstruction_backend.hair.hairstyle import HairGuides, Hairstyle, StrandTexture
from reconstruction_backend.hair.skin_distance import SkinDistance
from reconstruction_backend.hair.strand_binary import KNOTS, encode_strand_binary
from reconstruction_backend.hair.strands import HairStrands
from reconstruction_backend.head_model import HeadModel

HairOrigin = Literal["photo", "library"]
_SEED = 0


@dataclass(frozen=True, eq=False)
class Hair:
    """Hair on one head at rest. Whatever is derived from it comes out the same every time."""

    source: HairOrigin
    style: str
    """Its key in the database of styles, or `photo`."""
    guides: HairGuides
    """On this head, before any edit."""
    texture: StrandTexture
    """Likewise."""
    colour: HairColour
    model: HeadModel
    neutral_m: Float32[np.ndarray, "V 3"]
    """The head at rest that wears it (`HeadModel.neutral`)."""
    edit: HairEdit = UNEDITED
    """What the user changed; the strands have it, guides and texture do not."""

    def strands(self) -> HairStrands:
        """All strands in the frame of the head at rest, worked out at the first call.

        Their order is such that any beginning is an even thinning.
        """
        return self._grown

    def with_edit(self, edit: HairEdit) -> "Hair":
        """The same hair, otherwise edited: edits do not add up."""
        return self._changed(replace(self, edit=edit))

    def with_colour(self, colour: HairColour) -> "Hair":
        """The same hair in another colour; strands that have grown are only coloured anew."""
        changed = self._changed(replace(self, colour=colour))
        if "shape" in self.__dict__:
            changed.__dict__["shape"] = self.shape
        return changed

    def for_viewer(self) -> bytes:
        """All strands as docs/strand-format.md has them; colours are worked out at knots only."""
        shape = self.shape
        return encode_strand_binary(shape, self.colour.of_strands(shape.root_uv, KNOTS, _SEED))

    def measured_by(self, skin: SkinDistance) -> "Hair":
        """The same hair, which takes the distances to its head's skin from here."""
        changed = replace(self)
        changed.__dict__["skin"] = skin
        return changed

    @cached_property
    def skin(self) -> SkinDistance:
        """Distances to the skin of the head that wears it."""
        return SkinDistance.of(self.model, self.neutral_m)

    @cached_property
    def _grown(self) -> HairStrands:
        shape = self.shape
        linear = self.colour.of_strands(shape.root_uv, shape.points_per_strand, _SEED)
        return replace(shape, color_linear=linear)

    @cached_property
    def shape(self) -> HairStrands:
        """All strands in black, for who needs no colours: half the work."""
        guides, texture = edited(self.guides, self.texture, self.edit)
        return grow(
            self.model,
            self.neutral_m,
            guides,
            texture,
            _Black(),
            points=None,
            seed=_SEED,
            skin=self.skin,
        )

    def _changed(self, hair: "Hair") -> "Hair":
        """The head stays, and with it what was measured of it."""
        return hair.measured_by(self.skin) if "skin" in self.__dict__ else hair


class _Black:
    """No colour, and no memory for it."""

    def of_strands(
        self, root_uv: Float32[np.ndarray, "N 2"], points: int, seed: int
    ) -> Float32[np.ndarray, "N P 3"]:
        """Zero everywhere, read-only."""
        return np.broadcast_to(np.zeros((), np.float32), (len(root_uv), points, 3))


def hair_of_style(
    style: Hairstyle,
    model: HeadModel,
    neutral_m: Float32[np.ndarray, "V 3"],
    colour: HairColour,
    edit: HairEdit = UNEDITED,
    skin: SkinDistance | None = None,
) -> Hair:
    """A style of the database on a head. Raises InvalidModel for a model without a scalp."""
    skin = SkinDistance.of(model, neutral_m) if skin is None else skin
    guides = align(style.guides, model, neutral_m, skin)
    hair = Hair(
        "library",
        style.name,
        guides,
        style.texture,
        colour,
        model,
        neutral_m,
        edit,
    )
    return hair.measured_by(skin)
