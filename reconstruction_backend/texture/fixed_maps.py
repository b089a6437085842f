"""What the texture stage works out once per head model and size, ahead of the first portrait.

Every map here is kept by its own module for the next call. None is written to disk: at 2048 texels
they are some 150 MB.
"""

from collections.abc import Callable

from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.texture.atlas import Atlas, atlas_of
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


def fixed_maps(model: HeadModel, size: int) -> tuple[Callable[[], object], ...]:
    """The costly maps that `make_texture` asks for at this size; each call works one out.

    Meant for a thread beside the networks' loading: the first portrait then waits for less.
    """
    coarse = min(size // 2, LARGEST_COARSE)

    def of_atlas(kept: Callable[[Atlas], object], texels: int) -> Callable[[], object]:
        return lambda: kept(atlas_of(model, texels))

    of_coarse = (zones_of, skin_graph, mottle, scalp_patches, bare_places, smooth_texel_m)
    return (
        *(of_atlas(kept, size) for kept in (micro_relief, pore_map, mouth_paint)),
        *(of_atlas(kept, coarse) for kept in of_coarse),
        of_atlas(zones_of, min(coarse, JUDGING_SIZE)),
        of_atlas(lambda atlas: eyeball_texels(atlas, "left"), size),
        of_atlas(lambda atlas: eyeball_texels(atlas, "right"), size),
    )
