"""Commands that other packages add to `cameo`: entry points of the group `cameo.commands`.

The library may not import those who use it (`evaluation`, say), yet their commands belong to the
same program: so each names itself in its distribution's metadata, and what is installed is listed.
An entry point is a function with typer's annotations; its module must be quick to import.
"""

from importlib.metadata import EntryPoint, entry_points

import typer

from reconstruction_backend.cli.exits import complain

GROUP = "cameo.commands"


def add_installed_commands(app: typer.Typer) -> None:
    """Add every command that is installed; one that cannot be loaded is named, and left out."""
    for entry_point in sorted(entry_points(group=GROUP), key=lambda each: each.name):
        add_command(app, entry_point)


def add_command(app: typer.Typer, entry_point: EntryPoint) -> None:
    """Add one. A broken plug-in must not keep the other commands from working."""
    try:
        function = entry_point.load()
    except (ImportError, AttributeError) as error:
        complain(f"The command {entry_point.name!r} cannot be loaded: {error}.")
        return
    app.command(entry_point.name)(function)
