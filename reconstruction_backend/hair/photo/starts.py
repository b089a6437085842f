"""Two guesses of a photo's whole head of hair, from which its refinement may begin.

The network (`network.py`) knows which flows go together and blurs what is individual; the retrieved
style (`retrieval.py`) is a real one, down to its fringe, but somebody else's. Which of them agrees
better with the photo is seen after refinement only, so both are given.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from reconstruction_backend.hair.hairstyle import StrandTexture
from reconstruction_backend.hair.photo.curl import (
    KINDS,
    TYPICAL,
    between_waves_and_curls,
    covering,
    curl_of,
)
from reconstruction_backend.hair.photo.evidence import HairEvidence
from reconstruction_backend.hair.photo.head_view import HairView, HeadView, hair_view
from reconstruction_backend.hair.photo.network import HAIR_NET, HairNetwork, network_guides
from reconstruction_backend.hair.photo.picture import HairPicture
from reconstruction_backend.hair.photo.refine import HairStart
from reconstruction_backend.hair.photo.retrieval import TIED_WEIGHT, PhotographedHead, retrieve
from reconstruction_backend.hair.photo.style_space import HAIR_STYLES, StyleSpace
from reconstruction_backend.hair.skin_distance import SkinDistance
from reconstruction_backend.head_model import HeadModel

NETWORK, RETRIEVAL = "network", "retrieval"
RETRIEVED = 5
"""Styles that are tried."""
BLURRED = 0.03
"""How much better the network's guess must agree than a style's: it is the mean of many."""
FEWEST_GUIDES = 20
"""Where the network sees hair on fewer roots, it has no say."""


class PhotoStarts:
    """Network and styles, loaded once and kept warm."""

    def __init__(self, network: Path = HAIR_NET, styles: Path = HAIR_STYLES) -> None:
        """Raises ModelNotAvailable or InvalidModel."""
        self._network = HairNetwork(network)
        self._space = StyleSpace.open(styles)

    def of(
        self,
        picture: HairPicture,
        evidence: HairEvidence,
        model: HeadModel,
        vertices_m: Float32[np.ndarray, "V 3"],
        skin: SkinDistance,
    ) -> tuple[HairStart, ...]:
        """The nearest styles and the network's, if it sees hair, curled as the photo's hair is.

        `vertices_m` is the head at rest, as the picture's camera sees it; `skin` its field. Raises
        InvalidModel for a head model with another scalp than the styles were made for.
        """
        view, hair, kind = HeadView.of(picture.camera), view_of(picture), evidence.kind
        head = PhotographedHead(model, vertices_m, view, skin)
        styles = retrieve(self._space, head, hair, kind, RETRIEVED, evidence.tied_back)
        starts = [
            HairStart(
                RETRIEVAL,
                style.guides,
                _as_photographed(style.texture, evidence),
                tied=style.tied,
                unlike=TIED_WEIGHT * abs(style.tied - evidence.tied_back),
            )
            for style in styles
        ]
        texture = starts[0].texture
        guides = network_guides(self._network, model, vertices_m, view, hair, skin)
        if guides.count >= FEWEST_GUIDES:
            unlike = BLURRED + TIED_WEIGHT * evidence.tied_back
            starts.append(HairStart(NETWORK, guides, texture, unlike=unlike))
        return tuple(starts)


def _as_photographed(texture: StrandTexture, evidence: HairEvidence) -> StrandTexture:
    """Enough strands to cover the head; hair between waves and curls curls as much, and straight
    hair is no shaggier than most is."""
    texture = covering(texture)
    if evidence.kind in ("wavy", "curly") and texture.bundle == "free":
        waves, curls = (evidence.kinds[KINDS.index(each)] for each in ("wavy", "curly"))
        texture = between_waves_and_curls(texture, curls / (waves + curls))
        if evidence.kind == "curly":
            return texture
        depth = float(np.interp(evidence.measures.flow.confidence, *_DEPTH_OF_WAVES))
        return replace(
            texture, curl_radius_m=depth * texture.curl_radius_m, stray_m=depth * texture.stray_m
        )
    if curl_of(texture) != "straight" or texture.bundle != "free":
        return texture
    usual = TYPICAL["straight"]
    return replace(
        texture,
        clump=min(texture.clump, usual.clump),
        stray_m=min(texture.stray_m, usual.stray_m),
    )


_DEPTH_OF_WAVES = (0.73, 0.84), (1.0, 0.3)
"""By the mean confidence of orientations: the surer the flow, the shallower its waves."""


def view_of(picture: HairPicture) -> HairView:
    """The picture as the networks see it."""
    orientation = picture.orientation
    return hair_view(
        HeadView.of(picture.camera),
        picture.hair,
        orientation.angle_rad,
        orientation.confidence,
        picture.seen,
    )
