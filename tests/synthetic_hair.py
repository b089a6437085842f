"""A little hair for any head model with a scalp."""

import numpy as np

from reconstruction_backend.hair.alignment import push_out
from reconstruction_backend.hair.colour import PRESETS
from reconstruction_backend.hair.hair import Hair, hair_of_style
from reconstruction_backend.hair.hairstyle import HairGuides, Hairstyle, StrandTexture
from reconstruction_backend.hair.scalp import scalp_of
from reconstruction_backend.hair.skin_distance import SkinDistance
from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.tangents import unit

CLEAR_OF_FACE_M = 0.15


def falling_guides(model: HeadModel, length_m: float, every: int = 1) -> HairGuides:
    """Hair that leaves the scalp and falls to all sides, each a wisp of its own."""
    scalp = scalp_of(model)
    uv = scalp.grid()[0][::every]
    roots, _ = scalp.locate(uv)
    at = model.surface_points(roots, model.template_m)
    out = scalp.normals(roots, model.template_m)
    level = unit(at * [1, 0, 1] + out * [0.02, 0, 0.02])
    turn = np.linspace(0, np.pi / 2, 24)[None, :, None]
    wide = np.maximum(min(length_m, CLEAR_OF_FACE_M) - np.linalg.norm(at * [1, 0, 1], axis=1), 0)
    lines = at[:, None] + 0.002 * out[:, None] * np.sin(turn)
    lines = lines + level[:, None] * wide[:, None, None] * np.sin(turn)
    lines = lines - np.array([0, length_m, 0]) * (1 - np.cos(turn))
    skin = SkinDistance.of(model, model.template_m)
    wisp = np.arange(len(uv), dtype=np.int32)
    return HairGuides(uv, push_out(lines.astype(np.float32), skin, 0.002), wisp)


def falling_style(model: HeadModel, strands: int = 300) -> Hairstyle:
    """A style of few strands, from few guides."""
    return Hairstyle("falling", falling_guides(model, 0.25, 8), StrandTexture(strands=strands))


def falling_hair(model: HeadModel, neutral_m: np.ndarray, strands: int = 300) -> Hair:
    """That style on a head."""
    return hair_of_style(falling_style(model, strands), model, neutral_m, PRESETS["brown"])
