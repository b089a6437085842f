"""`cameo reconstruct`: photos to archives, one after the other in one warm process."""

import json
import os.path
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from reconstruction_backend.cli.exits import complain
from reconstruction_backend.cli.outputs import check_outputs
from reconstruction_backend.cli.stage_display import stage_display
from reconstruction_backend.errors import CameoError, InvalidOption, OutputNotWritable, reason_of
from reconstruction_backend.export import Compression, encode_png, manifest_of, write_file
from reconstruction_backend.expression.choice import ExpressionChoice
from reconstruction_backend.hair.choice import HairChoice
from reconstruction_backend.heap import peak_rss_mb
from reconstruction_backend.pipeline import (
    USUAL_HAIR,
    Pipeline,
    ReconstructionOptions,
    WrittenAvatar,
    texture_size_of,
)
from reconstruction_backend.portrait import decode_portrait, read_photo


@dataclass(frozen=True)
class Job:
    """What the user asked for, as typed."""

    photos: tuple[Path, ...]
    out: Path
    preview: Path | None
    backend: str
    texture_size: int
    focal_length_px: float | None
    compression: Compression
    as_json: bool
    choice: ExpressionChoice
    hair: HairChoice
    hair_triangles: int


def reconstruct_all(job: Job) -> int:
    """Make every archive that can be made; gives the first failure's exit code, or 0."""
    options = ReconstructionOptions(
        job.backend,
        texture_size_of(job.texture_size),
        job.focal_length_px,
        job.compression,
        job.hair.over(USUAL_HAIR),
        job.hair_triangles,
    )
    archives = _archives(job)
    check_outputs([*archives, *([job.preview] if job.preview else [])], job.photos)
    exit_codes: list[int] = []
    with ExitStack() as stack:
        pipeline: Pipeline | None = None
        for photo, archive in zip(job.photos, archives, strict=True):
            try:
                data = read_photo(photo)
                if pipeline is None:
                    decode_portrait(data)  # refused at once, not after the models are loaded
            except CameoError as error:
                exit_codes.append(_tell(error, photo, job))
                continue
            if pipeline is None:
                pipeline = stack.enter_context(Pipeline(options))
            try:
                _reconstruct(pipeline, data, photo, archive, job)
            except CameoError as error:
                exit_codes.append(_tell(error, photo, job))
    if exit_codes and len(job.photos) > 1:
        complain(f"{len(exit_codes)} of {len(job.photos)} photos failed.")
    return exit_codes[0] if exit_codes else 0


def _tell(error: CameoError, photo: Path, job: Job) -> int:
    """Say why a photo failed; gives its exit code."""
    complain(str(error), about=str(photo))
    if job.as_json:
        failure = {"code": error.code, "message": str(error)}
        _print_line({"photo": str(photo), "error": failure})
    return error.exit_code


def _reconstruct(pipeline: Pipeline, data: bytes, photo: Path, archive: Path, job: Job) -> None:
    start = time.perf_counter()
    with stage_display(photo) as progress:
        written = pipeline.write_avatar(data, archive, progress, job.choice)
    if job.preview is not None and written.avatar.preview is not None:
        write_file(job.preview, encode_png(written.avatar.preview))
    total_ms = (time.perf_counter() - start) * 1e3
    for warning in written.avatar.warnings:
        complain(f"Warning: {warning}", about=str(photo))
    if job.as_json:
        _print_line(_report(photo, archive, written, total_ms))
    else:
        print(archive, flush=True)


def _archives(job: Job) -> list[Path]:
    """Where each photo's archive goes. Raises InvalidOption or OutputNotWritable."""
    if len(job.photos) == 1:
        return [_in_folder(job.out, job.photos[0]) if os.path.isdir(job.out) else job.out]
    if job.preview is not None:
        raise InvalidOption("A preview can be written for one photo only.")
    stem, count = Counter(photo.stem for photo in job.photos).most_common(1)[0]
    if count > 1:
        raise InvalidOption(f"{count} photos would give the same archive {stem}.zip.")
    try:
        job.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputNotWritable(f"Cannot make the folder {job.out}: {reason_of(error)}.") from error
    return [_in_folder(job.out, photo) for photo in job.photos]


def _in_folder(folder: Path, photo: Path) -> Path:
    return folder / f"{photo.stem}.zip"


def _report(
    photo: Path, archive: Path, written: WrittenAvatar, total_ms: float
) -> dict[str, object]:
    """A line of `--json`; times in milliseconds."""
    avatar = written.avatar
    manifest = manifest_of(avatar)
    return {
        "photo": str(photo),
        "archive": str(archive),
        "backend": avatar.backend,
        "stages_ms": {stage: round(ms, 1) for stage, ms in written.stage_ms.items()},
        "total_ms": round(total_ms, 1),
        "peak_rss_mb": round(peak_rss_mb(), 1),
        "landmark_residual_iod": round(manifest.landmark_residual_iod, 5),
        "provenance": {
            kind: round(share, 4) for kind, share in manifest.provenance.model_dump().items()
        },
        "hair": None if avatar.hair is None else avatar.hair.style,
        "warnings": list(avatar.warnings),
    }


def _print_line(record: dict[str, object]) -> None:
    print(json.dumps(record), flush=True)  # in ASCII: file names may be no Unicode
