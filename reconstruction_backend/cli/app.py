"""The commands and their options. Heavy libraries are imported by the command that needs them."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from reconstruction_backend.cli.exits import run_app
from reconstruction_backend.cli.plug_ins import add_installed_commands
from reconstruction_backend.errors import InvalidOption

# Repeated from rendering.options, whose import costs more than `cameo --help` may take.
View = Literal["photo", "front", "left", "right", "back"]
Subject = Literal["everything", "head", "hair", "eyes"]
RenderPass = Literal["shaded", "albedo", "clay", "normals", "provenance", "mask"]
Face = Literal["auto", "neutral", "fitted"]
Light = Literal["auto", "studio", "photo"]
Rasterizer = Literal["embree", "pytorch3d"]
Compression = Literal["none", "meshopt"]  # of export.gltf, likewise

Side = Literal["left", "right"]  # of expression.emotions

EmotionOption = Annotated[
    list[str] | None,
    typer.Option(
        "--emotion",
        metavar="NAME=0..1",
        help="happiness, anger, sadness, fear, contempt or surprise; may be repeated.",
    ),
]
WeightOption = Annotated[
    list[str] | None,
    typer.Option(
        "--expression", metavar="NAME=0..1", help="An ARKit expression on top; may be repeated."
    ),
]
GazeOption = Annotated[
    str | None,
    typer.Option(metavar="YAW,PITCH", help="Degrees to the subject's left and upwards."),
]
NeckOption = Annotated[
    str | None,
    typer.Option(metavar="YAW,PITCH[,ROLL]", help="Degrees to the left, upwards, to the left."),
]
ContemptSideOption = Annotated[Side, typer.Option(help="The side that contempt pulls up.")]

_HELP = {"help_option_names": ["-h", "--help"]}
app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings=_HELP,
)
models_app = typer.Typer(context_settings=_HELP)
app.add_typer(models_app, name="models", help="List, download and add models.")


def main() -> None:
    """Entry point of the command."""
    raise SystemExit(run_app(app))


def _print_version(wanted: bool | None) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"cameo {version('cameo-avatar')}")
        raise typer.Exit


@app.callback()
def _cameo(  # pyright: ignore[reportUnusedFunction]  # typer calls it
    _version: Annotated[
        bool | None,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version."),
    ] = None,
) -> None:
    """One portrait photo in, one rigged 3D avatar out."""


@app.command("reconstruct")
def reconstruct(
    photos: Annotated[
        list[Path], typer.Argument(metavar="PHOTO...", help="JPEG, PNG, WebP or HEIC.")
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="The archive; for several photos a folder.")
    ],
    backend: Annotated[str, typer.Option(help="One of `cameo backends`.")] = "cameo-head",
    texture_size: Annotated[int, typer.Option(help="1024, 2048 or 4096 texels.")] = 2048,
    focal_length_px: Annotated[
        float | None, typer.Option(help="Of the photo; else from EXIF, or estimated.")
    ] = None,
    compress: Annotated[
        Compression, typer.Option(help="Of the GLB; none is read by every engine.")
    ] = "none",
    preview: Annotated[
        Path | None, typer.Option(help="Also write the preview here, as PNG (one photo only).")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON line per photo.")] = False,
    emotion: EmotionOption = None,
    expression: WeightOption = None,
    gaze: GazeOption = None,
    neck: NeckOption = None,
    contempt_side: ContemptSideOption = "left",
) -> None:
    """Make avatars: one archive per photo.

    Stages and their times go to standard error, the archives' paths (or JSON) to standard output.
    A photo that fails does not stop the others; the exit code is then that of the first failure.
    """
    from reconstruction_backend.cli.expression_options import typed_choice
    from reconstruction_backend.cli.reconstruct import Job, reconstruct_all

    choice = typed_choice(emotion or (), expression or (), gaze, neck, contempt_side)
    code = reconstruct_all(
        Job(
            tuple(photos),
            out,
            preview,
            backend,
            texture_size,
            focal_length_px,
            compress,
            as_json,
            choice,
        )
    )
    raise typer.Exit(code)


@app.command("render")
def render(
    archive: Annotated[Path, typer.Argument(metavar="AVATAR.zip")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The picture, a PNG with alpha.")],
    view: Annotated[
        View, typer.Option(help="`photo` is the fitted camera at the portrait's own size.")
    ] = "front",
    yaw: Annotated[float, typer.Option(help="Degrees to the subject's left.")] = 0.0,
    pitch: Annotated[float, typer.Option(help="Degrees upwards.")] = 0.0,
    size: Annotated[int, typer.Option(help="Pixels along an edge.")] = 512,
    only: Annotated[Subject, typer.Option(help="What to show.")] = "everything",
    render_pass: Annotated[RenderPass, typer.Option("--pass", help="What to compute.")] = "shaded",
    expression: Annotated[
        list[str] | None,
        typer.Option(
            metavar="auto|neutral|fitted|NAME=0..1",
            help="auto: fitted in the photo's view, else what the archive wears; an ARKit "
            "expression may be repeated.",
        ),
    ] = None,
    light: Annotated[
        Light, typer.Option(help="auto: the photo's in its own view, else the studio's.")
    ] = "auto",
    rasterizer: Annotated[
        Rasterizer, typer.Option(help="pytorch3d where it is installed.")
    ] = "embree",
    emotion: EmotionOption = None,
    gaze: GazeOption = None,
    neck: NeckOption = None,
    contempt_side: ContemptSideOption = "left",
) -> None:
    """Draw an avatar from any side."""
    from reconstruction_backend.cli.expression_options import typed_choice, typed_face
    from reconstruction_backend.cli.render import render_archive
    from reconstruction_backend.rendering.options import RenderOptions

    face, weights = typed_face(expression or ())
    choice = typed_choice(emotion or (), weights, gaze, neck, contempt_side)
    asked = bool(emotion or weights or gaze or neck)
    options = RenderOptions(
        view=view,
        yaw_deg=yaw,
        pitch_deg=pitch,
        size_px=size,
        only=only,
        render_pass=render_pass,
        expression=face,
        light=light,
        rasterizer=rasterizer,
        choice=choice if asked else None,
    )
    render_archive(archive, out, options)


@app.command("backends")
def backends() -> None:
    """List the reconstruction backends, and whether each can run here."""
    from reconstruction_backend.backends import backend_descriptions

    for description in backend_descriptions():
        state = "ready" if description.available else "not available"
        typer.echo(f"{description.name:<12} {state:<14} {description.summary}")


@app.command("sample-portrait")
def sample_portrait(
    out: Annotated[Path, typer.Option("--out", "-o", help="Where to write the PNG.")],
) -> None:
    """Write the sample portrait: astronaut Eileen Collins (NASA, public domain)."""
    from skimage import data

    from reconstruction_backend.export import encode_png, write_file

    write_file(out, encode_png(data.astronaut()))


@models_app.command("list")
def models_list(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON line per model.")] = False,
) -> None:
    """Show every model, whether it is here and whole, and its licence."""
    from reconstruction_backend.cli.models import list_models

    list_models(as_json)


@models_app.command("pull")
def models_pull(names: Annotated[list[str], typer.Argument(metavar="NAME...")]) -> None:
    """Download what others publish: the head model gnm; lpips and facenet, which measure."""
    from reconstruction_backend.cli.models import pull_models

    pull_models(names)


@models_app.command("add")
def models_add(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="flame")],
    path: Annotated[Path, typer.Argument(metavar="PATH", help="The file that you were given.")],
) -> None:
    """Convert a model that you have a licence for (FLAME), and keep it for yourself."""
    if kind != "flame":
        raise InvalidOption(f"There is no way to add {kind!r}; only flame can be added.")
    from reconstruction_backend.cli.models import add_flame

    add_flame(path)


add_installed_commands(app)
