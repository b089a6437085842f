"""What the texture stage works out once per head model and size, ahead of the first portrait.

Every map here is kept by its own module for the next call; none is written to disk: at 2048 texels
they are some 150 MB, which take about as long to read as to work out.
"""

from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.texture.albedo_prior import prior_of
from reconstruction_backend.texture.atlas import atlas_of
from reconstruction_backend.texture.completion import skin_graph
from reconstruction_backend.texture.compose import mottle, pore_map
from reconstruction_backend.texture.eyes import eyeball_texels
from reconstruction_backend.texture.make import LARGEST_COARSE
from reconstruction_backend.texture.masks import zones_of
from reconstruction_backend.texture.micro_relief import micro_relief
from reconstruction_backend.texture.mouth import mouth_paint
from reconstruction_backend.texture.relief import smooth_texel_m
from reconstruction_backend.texture.relief_trust import bare_places
from reconstruction_backend.texture.scalp import scalp_patches
from reconstruction_backend.texture.skin import JUDGING_SIZE


def prepare_fixed_maps(model: HeadModel, size: int) -> None:
    """Work out the costly maps that `make_texture` asks for at this size.

    Meant for a thread beside the networks' loading: the first portrait then waits for less.
    """
    atlas, coarse = atlas_of(model, size), atlas_of(model, min(size // 2, LARGEST_COARSE))
    for of_atlas in (micro_relief, pore_map, mouth_paint):
        of_atlas(atlas)
    for of_coarse in (zones_of, skin_graph, mottle, scalp_patches, bare_places, smooth_texel_m):
        of_coarse(coarse)
    zones_of(atlas_of(model, min(coarse.size, JUDGING_SIZE)))
    prior_of(model)
    for side in ("left", "right"):
        eyeball_texels(atlas, side)
