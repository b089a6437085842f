"""Evaluators, records and runs whose figures are known, without any reconstruction."""

import os
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from evaluation.portraits.figures import Cost, Figures
from evaluation.portraits.measurement import Evaluator, FacePictures, Measurement
from evaluation.runs.records import Failure, PhotoRecord
from evaluation.runs.store import Run, RunSettings
from reconstruction_backend.errors import NoFaceFound

SETTINGS = RunSettings("fake", 1, "0", "0" * 64, {"lpips_alex_head": "not computed: a test"})
PLAIN = Figures(
    psnr_head_db=25.0, ssim_head=0.9, psnr_face_db=30.0, ssim_face=0.95, psnr_crop_db=24.0,
    ssim_crop=0.85, lpips_alex_head=None, lpips_alex_crop=None, lpips_vgg_head=None,
    lpips_vgg_crop=None, difd=0.5, difd_yaw_minus_30=0.6, difd_yaw_plus_30=0.6, hair_iou=None,
    hair_orientation_deg=None, landmark_residual_iod=0.01, seen_share=0.3,
)  # fmt: skip


def figures(**changed: float | None) -> Figures:
    return replace(PLAIN, **changed)  # pyright: ignore[reportArgumentType]


def cost(warm: bool = True) -> Cost:
    return Cost(2.0, {"texture": 1000.0}, 1.0, 900.0, warm)


def record(index: int, found: Figures | None) -> PhotoRecord:
    plain = PhotoRecord(f"photos/{index}.jpg", f"{index:064d}", f"{index}")
    if found is None:
        return replace(plain, failure=Failure("no_face", "No face <was> found."))
    return replace(plain, figures=found, cost=cost())


def run_of(label: str, records: Sequence[PhotoRecord], folder: Path) -> Run:
    return Run(label, folder, SETTINGS, tuple(records))


def pictures(level: int) -> FacePictures:
    """Flat pictures; the render is off by the level."""
    mask = np.zeros((256, 256), bool)
    mask[60:200, 60:200] = True
    photo = np.full((256, 256, 3), 100, np.uint8)
    render = (photo + np.uint8(level)).astype(np.uint8)
    return FacePictures(photo, render, mask, mask, mask, ~mask, render, render)


def measure_fake(photo: bytes) -> Measurement:
    """The photo's text says what happens: a number, or a mishap."""
    text = photo.decode()
    if text == "no face":
        raise NoFaceFound("No face was found.")
    if text == "defect":
        raise ZeroDivisionError("division by zero")
    if text == "die":
        time.sleep(0.2)  # so that another photo is under way
        os._exit(9)
    level = int(text)
    return Measurement(figures(psnr_head_db=float(level)), cost(), pictures(level))


def load_fake() -> Evaluator:
    return measure_fake


fake_factory = partial(load_fake)
