"""How `cameo` ends: one sentence and a code of `sysexits.h` for whatever a user can mend."""

import io
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn, cast

import typer

from reconstruction_backend.errors import EX_IOERR, EX_USAGE, CameoError, reason_of

# Typer keeps click's base of "no such option", "missing argument" and the like to itself.
_UsageError = cast("type[typer.BadParameter]", typer.BadParameter.__bases__[0])
KILLED_BY = 128
"""Added to a signal's number, as shells report it."""
STDOUT_DESCRIPTOR = 1
READER_LEFT = 1
"""What typer gives when standard output is closed while it prints."""


def run_app(app: typer.Typer, arguments: Sequence[str] | None = None) -> int:
    """Run a command line and give its exit code. Defects still show their traceback."""
    for each in (signal.SIGINT, signal.SIGTERM):  # so that unfinished files are removed
        signal.signal(each, _Stop())
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="surrogateescape")  # file names come out as they came in
    try:
        arguments = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
        code = app(arguments, prog_name="cameo", standalone_mode=False)
        if isinstance(sys.stdout, io.TextIOWrapper):  # None where it was closed from the start
            sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except CameoError as error:
        complain(str(error))
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        return KILLED_BY + signal.SIGINT
    except _UsageError as error:
        command = error.ctx.command_path if error.ctx else "cameo"
        complain(f"{error.format_message().rstrip('.')}; see '{command} --help'.")
        return EX_USAGE
    except BrokenPipeError:
        _leave_stdout()
        return READER_LEFT
    except OSError as error:  # the files that a user names raise CameoErrors
        complain(f"Cannot write the output: {reason_of(error)}.")
        _leave_stdout()
        return EX_IOERR


def complain(sentence: str, about: str | None = None) -> None:
    """Say on standard error what is wrong, on one line, as Unix tools do."""
    subject = f"{about}: " if about is not None else ""
    print(f"cameo: {subject}{_in_mid_sentence(sentence)}", file=sys.stderr)


def _in_mid_sentence(sentence: str) -> str:
    """Without its capital, unless the first word is a name; without line breaks."""
    flat = " ".join(sentence.split())
    second_is_lower = flat[1:2].islower() or flat[1:2] == " "
    return flat[:1].lower() + flat[1:] if second_is_lower else flat


def _leave_stdout() -> None:
    """Keep Python from failing once more when it flushes at its end."""
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, STDOUT_DESCRIPTOR)


def stop_if_asked() -> None:
    """Stop now if a signal asked for it and a library swallowed the exception.

    Some catch everything while they import their parts, and callbacks from C print and go on.
    """
    for each in (signal.SIGINT, signal.SIGTERM):
        handler = signal.getsignal(each)
        if isinstance(handler, _Stop) and handler.asked:
            handler(each, None)


class _Stop:
    """A signal's handler that ends the command, and remembers that it was asked to."""

    def __init__(self) -> None:
        self.asked = False

    def __call__(self, signal_number: int, _frame: FrameType | None) -> NoReturn:
        self.asked = True
        if signal_number == signal.SIGINT:
            raise KeyboardInterrupt
        raise SystemExit(KILLED_BY + signal_number)
