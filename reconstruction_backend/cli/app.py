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
HairStyleOption = Annotated[
    str | None,
    typer.Option("--hair", metavar="photo|none|STYLE", help="`cameo hair list` shows the styles."),
]
HairColorOption = Annotated[
    str | None,
    typer.Option(metavar="NAME|#RRGGBB", help="brown, auburn, platinum ...; else the photo's."),
]
HairLengthOption = Annotated[
    float | None, typer.Option(metavar="FACTOR", help="0.05 to 2: cut, or grown on.")
]
HairCurlOption = Annotated[float | None, typer.Option(metavar="FACTOR", help="0 to 2.")]
HairThicknessOption = Annotated[
    float | None, typer.Option(metavar="FACTOR", help="Of strands: 0.3 to 3.")
]
HairDensityOption = Annotated[
    float | None, typer.Option(metavar="FACTOR", help="Number of strands: 0.05 to 2.")
]

_HELP = {"help_option_names": ["-h", "--help"]}
app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings=_HELP,
)
models_app = typer.Typer(context_settings=_HELP)
app.add_typer(models_app, name="models", help="List, download and add models.")
hair_app = typer.Typer(context_settings=_HELP)
app.add_typer(hair_app, name="hair", help="List, show, import and wear hairstyles.")


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
    hair: HairStyleOption = "photo",
    hair_color: HairColorOption = None,
    hair_length: HairLengthOption = None,
    hair_curl: HairCurlOption = None,
    hair_thickness: HairThicknessOption = None,
    hair_density: HairDensityOption = None,
    hair_triangles: Annotated[
        int, typer.Option(help="Of the hair in the GLB, about; 0 leaves hair out of it.")
    ] = 60_000,
) -> None:
    """Make avatars: one archive per photo.

    Stages and their times go to standard error, the archives' paths (or JSON) to standard output.
    A photo that fails does not stop the others; the exit code is then that of the first failure.
    """
    from reconstruction_backend.cli.expression_options import typed_choice
    from reconstruction_backend.cli.hair_options import typed_hair
    from reconstruction_backend.cli.reconstruct import Job, reconstruct_all

    worn = typed_hair(hair, hair_color, hair_length, hair_curl, hair_thickness, hair_density)
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
            worn,
            hair_triangles,
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
    hair: HairStyleOption = None,
    hair_color: HairColorOption = None,
    hair_length: HairLengthOption = None,
    hair_curl: HairCurlOption = None,
    hair_thickness: HairThicknessOption = None,
    hair_density: HairDensityOption = None,
) -> None:
    """Draw an avatar from any side."""
    from reconstruction_backend.cli.expression_options import typed_choice, typed_face
    from reconstruction_backend.cli.hair_options import typed_hair
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
    worn = typed_hair(hair, hair_color, hair_length, hair_curl, hair_thickness, hair_density)
    render_archive(archive, out, options, worn)


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


@hair_app.command("list")
def hair_list(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON line per style.")] = False,
) -> None:
    """Show every style: name, length, texture, title."""
    from reconstruction_backend.cli.hair import list_styles

    list_styles(as_json)


@hair_app.command("show")
def hair_show(
    style: Annotated[str, typer.Argument(metavar="STYLE")],
    out: Annotated[
        Path,
        typer.Option("--out", "-o", help="A .png, or strands: .hair .tfx .data .obj .ply"),
    ],
    color: HairColorOption = None,
    length: HairLengthOption = None,
    curl: HairCurlOption = None,
    thickness: HairThicknessOption = None,
    density: HairDensityOption = None,
) -> None:
    """Draw a style on the mean head, or write its strands."""
    from reconstruction_backend.cli.hair import show_style
    from reconstruction_backend.cli.hair_options import typed_hair

    show_style(style, out, typed_hair(style, color, length, curl, thickness, density))


@hair_app.command("wear")
def hair_wear(
    archive: Annotated[Path, typer.Argument(metavar="AVATAR.zip")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The archive with other hair.")],
    style: Annotated[
        str | None, typer.Argument(metavar="[STYLE|none]", help="Else the hair that it has.")
    ] = None,
    color: HairColorOption = None,
    length: HairLengthOption = None,
    curl: HairCurlOption = None,
    thickness: HairThicknessOption = None,
    density: HairDensityOption = None,
) -> None:
    """Give an avatar other hair, or another cut or colour, without reconstructing the head."""
    from reconstruction_backend.cli.hair import wear
    from reconstruction_backend.cli.hair_options import typed_hair

    wear(archive, out, typed_hair(style, color, length, curl, thickness, density))


@hair_app.command("import")
def hair_import(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=".hair .tfx .data .obj .ply")],
    name: Annotated[str | None, typer.Option(help="Of the style; else the file's.")] = None,
    title: Annotated[str | None, typer.Option(help="For people to read.")] = None,
    unit_m: Annotated[
        float | None, typer.Option("--unit", help="Metres in a unit of the file; else found.")
    ] = None,
) -> None:
    """Keep a groom of your own as a style: it is fitted onto the scalp, and the fit is told."""
    from reconstruction_backend.cli.hair import import_groom

    import_groom(file, name, title, unit_m)
