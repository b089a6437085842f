"""Two guesses of a photo's whole head of hair, from which its refinement may begin.

The network (`network.py`) knows which flows go together and blurs what is individual; the retrieved
style (`retrieval.py`) is a real one, down to its fringe, but somebody else's. Which of them agrees
better with the photo is seen after refinement only, so both are given.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from reconstruction_backend.hair.photo.curl import covering, hair_curl
from reconstruction_backend.hair.photo.head_view import HairView, HeadView, hair_view
from reconstruction_backend.hair.photo.network import HAIR_NET, HairNetwork, network_guides
from reconstruction_backend.hair.photo.picture import HairPicture
from reconstruction_backend.hair.photo.refine import HairStart
from reconstruction_backend.hair.photo.retrieval import PhotographedHead, retrieve
from reconstruction_backend.hair.photo.style_space import HAIR_STYLES, StyleSpace
from reconstruction_backend.hair.photo.wisps import wisps_of
from reconstruction_backend.hair.skin_distance import SkinDistance
from reconstruction_backend.head_model import HeadModel

NETWORK, RETRIEVAL = "network", "retrieval"
RETRIEVED = 5
"""Styles that are tried."""
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
        model: HeadModel,
        vertices_m: Float32[np.ndarray, "V 3"],
        skin: SkinDistance,
    ) -> tuple[HairStart, ...]:
        """The network's start, if it sees hair, and the nearest style's; curls are the photo's.

        `vertices_m` is the head at rest, as the picture's camera sees it; `skin` its field. Raises
        InvalidModel for a head model with another scalp than the styles were made for.
        """
        view, hair, curl = HeadView.of(picture.camera), view_of(picture), hair_curl(picture)
        head = PhotographedHead(model, vertices_m, view, skin)
        styles = retrieve(self._space, head, hair, curl.kind, RETRIEVED)
        starts = [HairStart(RETRIEVAL, style.guides, covering(style.texture)) for style in styles]
        texture = starts[0].texture
        guides = network_guides(self._network, model, vertices_m, view, hair, skin)
        if guides.count >= FEWEST_GUIDES:
            guides = replace(guides, wisp=wisps_of(guides.points_m))
            starts.append(HairStart(NETWORK, guides, texture))
        return tuple(starts)


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
