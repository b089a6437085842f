"""The whole journey of a portrait, in reading order.

photo (bytes)
  │ portrait     decode, turn upright, drop metadata
  ▼
Portrait ───────────┬───────────────┐
  │ landmarks       │               │
  ▼                 ▼               │
FaceLandmarks ─▶ head_fit ─▶ Reconstruction: head model, camera, shape, expression, pose
  │ parsing                         │
  ▼                                 │
Parsing: skin, hair, clothes,       │
  │      glasses, background        │
  └──────────▶ texture ◀────────────┘
                  ▼
               HeadTexture: albedo, normal map, light, provenance
                  │ hair
                  ▼
               Hair: the photo's own, a style of the database, or none
                  │ preview
                  ▼
               Avatar ─▶ archive
"""

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Literal, get_args

from reconstruction_backend.avatar import Avatar
from reconstruction_backend.backends import load_backend
from reconstruction_backend.errors import InvalidOption
from reconstruction_backend.export import (
    HAIR_TRIANGLES,
    Compression,
    GltfOptions,
    write_archive_while,
)
from reconstruction_backend.expression.choice import NEUTRAL, ExpressionChoice
from reconstruction_backend.hair.choice import FROM_PHOTO, NO_HAIR, SAME_HAIR, HairChoice
from reconstruction_backend.hair.source import HairSource, HairSubject, hair_source
from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.heap import share_one_heap
from reconstruction_backend.landmarks import LandmarkDetector
from reconstruction_backend.lashes import grow_lashes, has_lids
from reconstruction_backend.parsing import PortraitParser
from reconstruction_backend.portrait import Portrait, decode_portrait
from reconstruction_backend.progress import ProgressListener, StageClock, ignore_progress
from reconstruction_backend.rendering.render import render_preview
from reconstruction_backend.texture.fixed_maps import fixed_maps
from reconstruction_backend.texture.make import TextureOptions, make_texture

RECONSTRUCTION_STAGES = ("landmarks", "parsing", "head_fit", "texture", "hair", "preview")
STAGES = ("portrait", *RECONSTRUCTION_STAGES, "archive")
TextureSize = Literal[1024, 2048, 4096]
USUAL_HAIR = HairChoice(style=FROM_PHOTO)
THREAD_SWITCH_S = 2e-4
"""Python's own 5 ms keep compiled work waiting for what runs beside it in Python."""
FOCAL_LENGTH_RANGE = (0.1, 100.0)
"""Over the photo's longer side: wider than any fisheye, longer than any telescope."""


@dataclass(frozen=True)
class ReconstructionOptions:
    """How portraits are made into avatars. Raises InvalidOption for values out of range."""

    backend: str = "cameo-head"
    """Which reconstruction backend fits the head; `cameo backends` lists them."""
    texture_size: TextureSize = 2048
    """Texels along an edge of the atlas."""
    focal_length_px: float | None = None
    """The photo's focal length where it is known; else EXIF says it, or it is estimated."""
    compression: Compression = "none"
    """Of the GLB; `meshopt` is a third of the size and asks more of who reads it."""
    hair: HairChoice = USUAL_HAIR
    """`photo`, `none` or a style; its colour and edits."""
    hair_triangles: int = HAIR_TRIANGLES
    """Of the hair in the GLB, about."""

    def __post_init__(self) -> None:
        if self.focal_length_px is not None and not 0 < self.focal_length_px < float("inf"):
            raise InvalidOption("The focal length must be a number of pixels above zero.")
        GltfOptions(self.compression, self.hair_triangles)


def texture_size_of(texels: int) -> TextureSize:
    """A texture size that was typed. Raises InvalidOption where it is none."""
    for size in get_args(TextureSize):
        if texels == size:
            return size
    raise InvalidOption(f"The texture size must be 1024, 2048 or 4096 texels, not {texels}.")


def with_focal_length(portrait: Portrait, focal_length_px: float) -> Portrait:
    """The portrait under a focal length that was given. Raises InvalidOption for an absurd one."""
    shortest, longest = (
        factor * max(portrait.width_px, portrait.height_px) for factor in FOCAL_LENGTH_RANGE
    )
    if not shortest <= focal_length_px <= longest:
        raise InvalidOption(
            f"The focal length must lie between {shortest:.0f} and {longest:.0f} pixels "
            "for a photo of this size."
        )
    return replace(portrait, focal_length_px=focal_length_px)


@dataclass(frozen=True)
class WrittenAvatar:
    """An avatar that lies in an archive."""

    avatar: Avatar
    stage_ms: dict[str, float]
    """Wall time of every stage, the archive's writing included."""


class Pipeline:
    """Keeps the networks and the head model warm; not thread-safe. A context manager."""

    def __init__(self, options: ReconstructionOptions | None = None) -> None:
        """Load everything. Raises ModelNotAvailable if there is no such backend or network."""
        share_one_heap()
        sys.setswitchinterval(THREAD_SWITCH_S)
        self._options = options or ReconstructionOptions()
        self._backend = load_backend(self._options.backend)
        self._beside = ThreadPoolExecutor(1)
        ahead = _work_ahead(self._backend.head_model, self._options.texture_size)
        self._ahead = [self._beside.submit(work) for work in ahead]
        self._detector = LandmarkDetector()
        self._parser = PortraitParser()
        self._hair_sources: dict[str, HairSource] = {}

    def write_avatar(
        self,
        photo: bytes,
        archive: Path,
        progress: ProgressListener = ignore_progress,
        choice: ExpressionChoice = NEUTRAL,
        texture_size: TextureSize | None = None,
        hair: HairChoice = SAME_HAIR,
    ) -> WrittenAvatar:
        """From a photo's bytes to an archive, which appears whole or not at all.

        The archive's files and preview wear the chosen face. `texture_size` and `hair` stand for
        this avatar instead of the options'.

        Raises a CameoError where the photo does not allow it or the archive cannot be written.
        """
        clock = StageClock(STAGES, progress)
        with clock.stage("portrait"):
            portrait = decode_portrait(photo)
        avatar = self._reconstruct(portrait, clock, choice, texture_size, hair)
        avatar = write_archive_while(
            lambda: _with_preview(avatar, clock),
            avatar,
            archive,
            GltfOptions(self._options.compression, self._options.hair_triangles),
            clock,
        )
        return WrittenAvatar(avatar, clock.stage_ms)

    def reconstruct(
        self,
        portrait: Portrait,
        progress: ProgressListener = ignore_progress,
        choice: ExpressionChoice = NEUTRAL,
    ) -> Avatar:
        """From a decoded portrait to an avatar in memory. Raises a CameoError as above."""
        clock = StageClock(RECONSTRUCTION_STAGES, progress)
        return _with_preview(self._reconstruct(portrait, clock, choice), clock)

    def _reconstruct(
        self,
        portrait: Portrait,
        clock: StageClock,
        choice: ExpressionChoice,
        texture_size: TextureSize | None = None,
        hair: HairChoice = SAME_HAIR,
    ) -> Avatar:
        options = self._options
        if options.focal_length_px is not None:
            portrait = with_focal_length(portrait, options.focal_length_px)
        with clock.stage("landmarks"):
            landmarks = self._detector.detect(portrait)
        with clock.stage("parsing"):
            parsing = self._parser.parse(portrait, landmarks)
        with clock.stage("head_fit"):
            reconstruction = self._backend.reconstruct(portrait, landmarks)
        wanted = hair.over(options.hair)
        source = self._hair_source(wanted)
        texture_options = TextureOptions(texture_size or options.texture_size)
        with ThreadPoolExecutor(2) as beside:  # of the texture, hair needs the light alone
            with clock.stage("texture"):
                for work in self._ahead:  # before the first portrait only, and partly done by now
                    work.result()
                making = beside.submit(
                    make_texture, portrait, landmarks, parsing, reconstruction, texture_options
                )
                subject = HairSubject(
                    portrait, parsing, reconstruction, lambda: making.result().light
                )
                finding = beside.submit(source.find, subject, wanted)
                texture = making.result()
            with clock.stage("hair"):
                found = finding.result()
        return Avatar(
            backend=reconstruction.backend,
            head_model=reconstruction.head_model,
            fit=reconstruction.fit,
            texture=texture,
            preview=None,
            stage_ms={},
            warnings=(*landmarks.warnings, *found.warnings),
            choice=choice,
            hair=found.hair,
        )

    def _hair_source(self, choice: HairChoice) -> HairSource:
        """The source of that kind, which stays warm for the next portrait."""
        kind = choice.style if choice.style in (FROM_PHOTO, NO_HAIR) else "library"
        if kind not in self._hair_sources:
            self._hair_sources[kind] = hair_source(choice)
        return self._hair_sources[kind]

    def close(self) -> None:
        """Release the networks; what was to be worked out ahead is left."""
        self._beside.shutdown(cancel_futures=True)
        self._detector.close()

    def __enter__(self) -> "Pipeline":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _with_preview(avatar: Avatar, clock: StageClock) -> Avatar:
    """The finished avatar: with its picture, and the times of all stages."""
    with clock.stage("preview"):
        preview = render_preview(avatar)
    return replace(avatar, preview=preview, stage_ms=dict(clock.stage_ms))


def _work_ahead(model: HeadModel, texture_size: TextureSize) -> tuple[Callable[[], object], ...]:
    """What depends on the head model alone, done while networks load and the face is found."""
    lashes = (lambda: grow_lashes(model),) if has_lids(model) else ()
    return (*fixed_maps(model, texture_size), *lashes)


def reconstruct(portrait: Portrait, options: ReconstructionOptions | None = None) -> Avatar:
    """One portrait to one avatar; for several, keep a `Pipeline`. Raises a CameoError."""
    with Pipeline(options) as pipeline:
        return pipeline.reconstruct(portrait)
