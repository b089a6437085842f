"""The page of results, and how commands of other packages come into `cameo`."""

from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

import pytest
import typer
from evaluation_fakes import SETTINGS, figures, record, run_of

from evaluation.results_page import PortraitSet, SetResult, parse_set, results_page
from evaluation.runs.summary import summarise
from reconstruction_backend.cli.plug_ins import GROUP, add_command
from reconstruction_backend.errors import InvalidOption


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SFHQ=a/b", PortraitSet("SFHQ", Path("a/b"), None)),
        ("Old men=/x:100", PortraitSet("Old men", Path("/x"), 100)),
    ],
)
def test_sets_as_they_are_typed(text: str, expected: PortraitSet) -> None:
    assert parse_set(text) == expected


@pytest.mark.parametrize("text", ["", "SFHQ", "=x", "SFHQ="])
def test_what_is_no_set(text: str) -> None:
    with pytest.raises(InvalidOption):
        parse_set(text)


def test_the_page_says_what_was_measured_what_failed_and_what_was_not_reached(
    tmp_path: Path,
) -> None:
    run = run_of("a", [*(record(i, figures()) for i in range(4)), record(9, None)], tmp_path)
    result = SetResult(
        PortraitSet("SFHQ", tmp_path, None), summarise(run), 7, SETTINGS.code_sha256,
        (("9.jpg", "No face was found."),),
    )  # fmt: skip
    page = results_page([result])
    assert "| SFHQ | 7 (2 more not reached) | 4 | 1 |" in page
    assert "| PSNR, head ↑ dB | 25.00, 25.00 to 25.00 (25.00) |" in page
    assert "not computed: a test" in page
    assert "- SFHQ, 9.jpg: No face was found." in page
    assert "23.15" in page


def test_evaluations_commands_are_declared() -> None:
    declared = {each.name: each.value for each in entry_points(group=GROUP)}
    assert declared["evaluate"] == "evaluation.command:evaluate"
    assert declared["evaluate-scans"] == "evaluation.geometry.command:evaluate_scans"


def test_a_broken_plug_in_is_named_and_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    app = typer.Typer()
    add_command(app, EntryPoint("broken", "no_such_package:run", GROUP))
    add_command(app, EntryPoint("fine", "evaluation.command:evaluate", GROUP))
    assert [each.name for each in app.registered_commands] == ["fine"]
    assert "'broken' cannot be loaded" in capsys.readouterr().err
