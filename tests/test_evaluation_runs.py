"""Runs over many photos: resumable, tolerant of single failures, the same on any worker."""

import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from command_line import run_here
from evaluation_fakes import (
    SETTINGS,
    cost,
    fake_factory,
    figures,
    pictures,
    record,
)

from evaluation.portraits.measurement import EvaluatorOptions, Measurement
from evaluation.runs import run as run_module
from evaluation.runs.evaluate import load_report
from evaluation.runs.photos import find_photos
from evaluation.runs.records import Failure, PhotoRecord, from_line, to_line
from evaluation.runs.run import RunPlan, carry_out
from evaluation.runs.store import Run, RunStore, load_run, read_pictures, write_pictures
from evaluation.runs.workers import EvaluatorFactory, Outcome, Photo, Worker, measure_locally, read
from reconstruction_backend.errors import InputNotFound, InvalidArchive, InvalidOption

MISHAPS = ("10", "no face", "20", "defect", "30")


def photo_files(folder: Path, texts: tuple[str, ...]) -> Path:
    folder.mkdir(exist_ok=True)
    for i, text in enumerate(texts):
        (folder / f"{i:02}.jpg").write_text(text)
    return folder


def jobs(texts: tuple[str, ...]) -> list[Photo]:
    return [Photo(i, text.encode) for i, text in enumerate(texts)]


def told(outcome: Outcome) -> float | str | None:
    return outcome.code if isinstance(outcome, Failure) else outcome.figures.psnr_head_db


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Photos measured, in this process instead of in workers."""
    keys: list[int] = []

    def here(
        factory: EvaluatorFactory, photos: list[Photo], workers: int
    ) -> Iterator[tuple[int, Outcome]]:
        worker = Worker(factory)
        for photo in photos:
            keys.append(photo.key)
            data = read(photo)
            yield photo.key, data if isinstance(data, Failure) else worker.measure(data)

    monkeypatch.setattr(run_module, "measure_locally", here)
    return keys


def plan(folder: Path) -> RunPlan:
    return RunPlan(folder, EvaluatorOptions("fake"), SETTINGS, fake_factory, 1, None, None)


def test_records_come_back_as_they_were() -> None:
    full = record(1, figures(psnr_head_db=float("inf")))
    for each in (full, record(2, None), PhotoRecord("photos/schön.jpg", "x", "n")):
        assert from_line(to_line(each)) == each
    assert "Infinity" in to_line(full)
    assert json.loads(to_line(full))["figures"]["difd"] == 0.5  # standard JSON


def test_pictures_come_back_as_they_were(tmp_path: Path) -> None:
    written = pictures(40)
    write_pictures(tmp_path, "a", written)
    found = read_pictures(tmp_path, "a")
    for name in vars(written):
        assert (getattr(found, name) == getattr(written, name)).all()
    with pytest.raises(InvalidArchive):
        read_pictures(tmp_path, "b")


def test_failures_are_counted_and_the_others_are_measured(
    tmp_path: Path, counted: list[int]
) -> None:
    photos = find_photos([photo_files(tmp_path / "photos", MISHAPS), tmp_path / "none.jpg"], None)
    run = carry_out(plan(tmp_path / "run"), photos)
    assert [each.figures.psnr_head_db for each in run.measured if each.figures] == [10, 20, 30]
    failures = [each.failure.code for each in run.failed if each.failure]
    assert failures == ["no_face", "defect", "input_not_found"]
    table = (tmp_path / "run/records.csv").read_text()
    rows = list(csv.DictReader(table.splitlines()))
    assert [row["psnr_head_db"] for row in rows] == ["10.0", "", "20.0", "", "30.0", ""]
    assert rows[0]["lpips_alex_head"] == ""
    assert load_run(tmp_path / "run", "x").records == run.records
    assert counted == [0, 1, 2, 3, 4, 5]


def test_a_run_that_was_cut_short_goes_on(tmp_path: Path, counted: list[int]) -> None:
    folder = photo_files(tmp_path / "photos", ("10", "20", "no face", "30", "defect"))
    photos = find_photos([folder], None)
    whole = carry_out(plan(tmp_path / "whole"), photos)
    carry_out(plan(tmp_path / "run"), photos[:3])
    path = tmp_path / "run/records.jsonl"
    content = path.read_bytes()
    path.write_bytes(content + b'{"photo": "cut sho')  # killed while it wrote
    counted.clear()
    assert carry_out(plan(tmp_path / "run"), photos) == _relabelled(whole, tmp_path / "run")
    assert len(counted) == 2  # no face is final
    counted.clear()
    carry_out(plan(tmp_path / "run"), photos)
    assert len(counted) == 1  # a defect may be mended by now


def _relabelled(run: Run, folder: Path) -> Run:
    return replace(run, folder=folder)


def test_a_photo_that_changed_is_measured_again(tmp_path: Path, counted: list[int]) -> None:
    folder = photo_files(tmp_path / "photos", ("10", "20"))
    carry_out(plan(tmp_path / "run"), find_photos([folder], None))
    counted.clear()
    (folder / "01.jpg").write_text("25")
    run = carry_out(plan(tmp_path / "run"), find_photos([folder], None))
    assert len(counted) == 1
    assert [each.figures.psnr_head_db for each in run.measured if each.figures] == [10, 25]


def test_another_versions_figures_are_not_mixed_in(tmp_path: Path) -> None:
    with RunStore(tmp_path / "run", SETTINGS) as store:
        store.add(record(0, figures()), None)
        with pytest.raises(InvalidOption, match="Another evaluation"):
            RunStore(tmp_path / "run", SETTINGS)
    other = replace(SETTINGS, code_sha256="1" * 64)
    with pytest.raises(InvalidOption, match="another folder"):
        RunStore(tmp_path / "run", other)


def test_which_photos_are_taken(tmp_path: Path) -> None:
    folder = photo_files(tmp_path / "photos", tuple("123456789"))
    (folder / "notes.txt").write_text("no photo")
    everything = find_photos([folder, folder / "00.jpg"], None)
    assert len(everything) == 9
    sample = find_photos([folder], 3)
    assert [each.path.stem for each in sample] == ["00", "04", "08"]
    assert len({each.name for each in everything}) == 9
    with pytest.raises(InvalidOption):
        find_photos([folder], 0)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputNotFound):
        find_photos([tmp_path / "empty"], None)


def test_processes_give_the_same_and_one_that_dies_takes_no_other_with_it() -> None:
    texts = (*MISHAPS, "die", "40", "50")
    outcomes = dict(measure_locally(fake_factory, jobs(texts), 2))
    expected = [10, "no_face", 20, "defect", 30, "died", 40, 50]
    assert [told(outcomes[i]) for i in range(len(texts))] == expected


def test_ray_gives_the_same_as_processes() -> None:
    pytest.importorskip("ray")
    import evaluation_fakes
    from ray import cloudpickle

    from evaluation.runs.ray_workers import measure_on_ray

    cloudpickle.register_pickle_by_value(evaluation_fakes)  # Ray's workers know no tests
    texts = (*MISHAPS, "die", "40")
    on_ray = dict(measure_on_ray(fake_factory, jobs(texts), 2, "local"))
    expected = [10, "no_face", 20, "defect", 30, "died", 40]
    assert [told(on_ray[i]) for i in range(len(texts))] == expected
    here = Worker(fake_factory)
    for i, text in enumerate(texts):
        if text.isdigit():
            measured = here.measure(text.encode())
            found = on_ray[i]
            assert isinstance(measured, Measurement)
            assert isinstance(found, Measurement)
            assert found.figures == measured.figures
            for name, value in vars(measured.pictures).items():
                assert (getattr(found.pictures, name) == value).all()


def test_no_cluster_answers(tmp_path: Path) -> None:
    pytest.importorskip("ray")
    from evaluation.runs.ray_workers import measure_on_ray

    with pytest.raises(InvalidOption, match="No Ray cluster"):
        list(measure_on_ray(fake_factory, jobs(("1",)), 1, "nonsense://x"))


def test_costs_are_no_figures() -> None:
    assert "warm" in vars(cost())
    assert not set(vars(cost())) & set(vars(figures()))


@pytest.fixture
def fake_backend(monkeypatch: pytest.MonkeyPatch, counted: list[int]) -> None:
    """`cameo evaluate` measures with the fake, in this process."""

    def load(options: EvaluatorOptions) -> object:
        return fake_factory()

    monkeypatch.setattr(run_module, "load_evaluator", load)


@pytest.mark.usefixtures("fake_backend")
def test_the_whole_command(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    photos = photo_files(tmp_path / "photos", (*MISHAPS, "40", "50"))
    report = tmp_path / "report"
    outcome = run_here(capfd, "evaluate", photos, "--out", report, "--json")
    assert outcome.exit_code == 0, outcome.err
    assert "2 of 7 photos failed" in outcome.err
    lines = [json.loads(line) for line in outcome.out.splitlines()]
    assert len(lines) == 8
    assert lines[-1]["runs"][0]["measured"] == 5
    page = (report / "report.html").read_text()
    assert "cameo models pull lpips facenet" in page or "not computed" not in page
    assert 'src="http' not in page
    assert "<link" not in page
    for text in ("Worst", "thesis, 2023", "no_face", "ZeroDivisionError"):
        assert text in page
    assert len(load_report(report)) == 1
    again = run_here(capfd, "evaluate", photos, "--out", tmp_path / "b", "--against", report)
    assert again.exit_code == 0, again.err
    assert "report/cameo-head" in (tmp_path / "b/report.html").read_text()
    summary = json.loads((tmp_path / "b/summary.json").read_text())
    assert summary["comparisons"][0]["paired"] == 5
    assert all(row["verdict"] == "open" for row in summary["comparisons"][0]["differences"])


@pytest.mark.usefixtures("fake_backend")
def test_what_cannot_be_evaluated(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    photos = photo_files(tmp_path / "photos", ("no face",))
    out = tmp_path / "report"
    wrong: tuple[tuple[str | Path, ...], ...] = (
        (),
        (photos, "--backend", "none-such"),
        (photos, "--backend", "deca"),
        (photos, "--workers", "0"),
        (photos, "--backend", "cameo-head", "--backend", "cameo-head"),
        (photos, "--against", tmp_path),
        (photos, "--ray", "nonsense://x"),
    )
    for arguments in wrong:
        outcome = run_here(capfd, "evaluate", *arguments, "--out", out)
        assert outcome.exit_code in (64, 65, 69), (arguments, outcome)
        assert len(outcome.complaints) >= 1
    nothing = run_here(capfd, "evaluate", photos, "--out", tmp_path / "nothing")
    assert nothing.exit_code == 65
    assert (tmp_path / "nothing/report.html").is_file()
