"""`cameo render`: an archive to a picture."""

from pathlib import Path

from reconstruction_backend.cli.outputs import check_outputs
from reconstruction_backend.export import encode_png, read_archive, write_file
from reconstruction_backend.hair.choice import SAME_HAIR, HairChoice
from reconstruction_backend.redress import installed_head_model, wearing
from reconstruction_backend.rendering.options import RenderOptions
from reconstruction_backend.rendering.render import render_avatar


def render_archive(
    archive: Path, out: Path, options: RenderOptions, hair: HairChoice = SAME_HAIR
) -> None:
    """Read, draw (with the chosen hair), write. Raises a CameoError."""
    check_outputs([out], [archive])
    avatar = wearing(read_archive(archive, installed_head_model), hair)
    write_file(out, encode_png(render_avatar(avatar, options)))
