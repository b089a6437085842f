"""The hair network behind numpy: a photo's hair, seen in the square about the head, to guides.

HairNet (Zhou et al. 2018) at heart: orientation map to one vector to 32 x 32 strands of 100 points.
Trained by `training/hair/net`; its file is ONNX and runs in onnxruntime on one thread.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Float32

from reconstruction_backend.errors import InvalidModel, ModelNotAvailable
from reconstruction_backend.hair.alignment import align
from reconstruction_backend.hair.hairstyle import HairGuides
from reconstruction_backend.hair.photo.head_view import (
    VIEW_PX,
    HairView,
    HeadView,
    mirrored,
    network_input,
    skin_positions,
)
from reconstruction_backend.hair.scalp import GRID, scalp_of
from reconstruction_backend.hair.skin_distance import SkinDistance
from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.model_store import MODELS_FOLDER
from reconstruction_backend.onnx_session import open_session

HAIR_NET = MODELS_FOLDER / "hair_net.onnx"
INPUT, OUTPUTS = "planes", ("strands_m", "presence")
STRAND_POINTS = 100
PRESENT_FROM = 0.5
"""Probability from which a root has hair."""
_PLANES = 7
_GUIDE_STEP = 3
"""Every third of a strand's points is kept in its guide: the strands are smooth."""
_FLIP_X = np.array([-1, 1, 1], np.float32)


@dataclass(frozen=True)
class NetworkHair:
    """What the network makes of a photo, on the mean head."""

    offsets_m: Float32[np.ndarray, "32 32 100 3"]
    """From the root; of all grid points, those beside the scalp too."""
    presence: Float32[np.ndarray, "32 32"]
    """Probability that hair grows there."""


class HairNetwork:
    """An onnxruntime session, kept warm."""

    def __init__(self, path: Path = HAIR_NET) -> None:
        """Raises ModelNotAvailable where the file is missing, InvalidModel where it is another."""
        if not path.is_file():
            raise ModelNotAvailable(f"The hair network is missing: there is no {path}.")
        self._session = open_session(path.read_bytes(), path)
        self._check(path)

    def hair(self, hair: HairView, position_m: Float32[np.ndarray, "3 S S"]) -> NetworkHair:
        """Of a view of `VIEW_PX` and where its pixels meet the skin.

        The mean over the view and its mirror image, and so the same for both sides of a head.
        """
        plain = self._once(network_input(hair, position_m))
        flipped = position_m[:, :, ::-1] * _FLIP_X[:, None, None]
        other = self._once(network_input(mirrored(hair), flipped))
        return NetworkHair(
            (plain.offsets_m + other.offsets_m[:, ::-1] * _FLIP_X) / 2,
            (plain.presence + other.presence[:, ::-1]) / 2,
        )

    def _once(self, planes: Float32[np.ndarray, "7 S S"]) -> NetworkHair:
        strands, presence = self._session.run(list(OUTPUTS), {INPUT: planes[None]})
        return NetworkHair(
            np.asarray(strands).reshape(GRID, GRID, STRAND_POINTS, 3), np.asarray(presence)
        )

    def _check(self, path: Path) -> None:
        given = [(each.name, each.shape) for each in self._session.get_inputs()]
        made = [(each.name, each.shape) for each in self._session.get_outputs()]
        shapes = ([GRID * GRID, STRAND_POINTS, 3], [GRID, GRID])
        wanted = [(INPUT, [1, _PLANES, VIEW_PX, VIEW_PX])]
        if given != wanted or made != list(zip(OUTPUTS, shapes, strict=True)):
            raise InvalidModel(f"{path} is an ONNX file, but no hair network of this version.")


def network_guides(
    network: HairNetwork,
    model: HeadModel,
    vertices_m: Float[np.ndarray, "V 3"],
    view: HeadView,
    hair: HairView,
    skin: SkinDistance | None = None,
) -> HairGuides:
    """The network's guides on the head of the photo; none where it sees no hair.

    `vertices_m`: the head at rest, as it stands before the photo's camera. One wisp: partings are
    where strands part. `skin` is that head's distance field where it is at hand.
    """
    made = network.hair(hair, skin_positions(view, model, vertices_m)[0])
    root_uv, valid = scalp_of(model).grid()
    there = (made.presence[valid] > PRESENT_FROM).nonzero()[0]
    root_uv = root_uv[there]
    roots, _ = scalp_of(model).locate(root_uv)
    points = made.offsets_m[valid][there, ::_GUIDE_STEP]
    points = points - points[:, :1] + model.surface_points(roots, model.template_m)[:, None]
    guides = HairGuides(root_uv, points.astype(np.float32), np.zeros(len(there), np.int32))
    return align(guides, model, vertices_m, skin) if len(there) else guides
