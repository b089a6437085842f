"""An avatar that is made already, with another face or other hair: read, draw, write."""

from dataclasses import replace
from pathlib import Path

from reconstruction_backend.avatar import Avatar
from reconstruction_backend.export import (
    GltfOptions,
    compression_of,
    read_archive,
    write_archive_while,
)
from reconstruction_backend.expression.choice import ExpressionChoice
from reconstruction_backend.hair.choice import SAME_HAIR, HairChoice
from reconstruction_backend.hair.database import StyleDatabase
from reconstruction_backend.hair.wear import BareHead, dressed
from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.model_store import head_model_path
from reconstruction_backend.progress import ProgressListener, StageClock, ignore_progress
from reconstruction_backend.rendering.render import render_preview

STAGES = ("open", "preview", "archive")


def rewrite_archive(
    source: Path,
    target: Path,
    choice: ExpressionChoice | None,
    progress: ProgressListener = ignore_progress,
    hair: HairChoice = SAME_HAIR,
) -> Avatar:
    """Write `source` to `target` (which may be the same) with the chosen face and hair.

    None is the face that it wears. Person, texture and camera stay bit for bit what they were,
    and a compressed GLB is compressed again.
    Raises a CameoError.
    """
    clock = StageClock(STAGES, progress)
    with clock.stage("open"):
        avatar = wearing(read_archive(source, installed_head_model), hair)
        avatar = replace(avatar, choice=choice or avatar.choice)
        options = GltfOptions(compression_of(source))

    def drawn() -> Avatar:
        with clock.stage("preview"):
            return replace(avatar, preview=render_preview(avatar))

    return write_archive_while(drawn, avatar, target, options, clock)


def wearing(avatar: Avatar, choice: HairChoice) -> Avatar:
    """The avatar with the chosen hair. Raises a CameoError for hair that cannot be had."""
    if choice.changes_nothing:
        return avatar
    model = avatar.head_model
    head = BareHead(model, model.neutral(avatar.fit.shape))
    return replace(avatar, hair=dressed(head, avatar.hair, choice, StyleDatabase.open()))


def installed_head_model(name: str) -> HeadModel:
    """By the name that an archive gives. Raises ModelNotAvailable."""
    return HeadModel.load(head_model_path(name))
