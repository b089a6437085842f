"""What is measured of one avatar, and how each figure is to be read."""

from dataclasses import dataclass
from typing import Literal

Group = Literal["likeness", "identity", "hair", "fit", "cost"]


@dataclass(frozen=True)
class Figures:
    """One avatar's quality. None: not computed, or not defined for this portrait."""

    psnr_head_db: float | None
    ssim_head: float | None
    psnr_face_db: float | None
    ssim_face: float | None
    psnr_crop_db: float | None
    ssim_crop: float | None
    lpips_alex_head: float | None
    lpips_alex_crop: float | None
    lpips_vgg_head: float | None
    lpips_vgg_crop: float | None
    difd: float | None
    """Photo to render at the fitted camera."""
    difd_yaw_minus_30: float | None
    difd_yaw_plus_30: float | None
    hair_iou: float | None
    hair_orientation_deg: float | None
    landmark_residual_iod: float
    seen_share: float
    """Of the texture: how much was seen in the photo."""


@dataclass(frozen=True)
class Cost:
    """What one avatar took; the only part of a record that differs between two equal runs."""

    reconstruct_s: float
    """Portrait to avatar, preview included, archive not."""
    stage_ms: dict[str, float]
    measure_s: float
    """The metrics' own time, renders included."""
    peak_rss_mb: float
    """Of the worker process so far, metrics' networks included."""
    warm: bool
    """Whether the worker had made an avatar before; the first waits for fixed maps."""


@dataclass(frozen=True)
class Metric:
    """How a figure is called, printed and judged."""

    key: str
    """Field of `Figures`, or of `Cost` in the group of that name."""
    title: str
    unit: str
    better: Literal["higher", "lower"]
    digits: int
    group: Group
    what: str
    """One sentence."""


METRICS: tuple[Metric, ...] = (
    Metric("psnr_head_db", "PSNR, head", "dB", "higher", 2, "likeness",
           "Inside the photo's skin, hair and glasses."),
    Metric("ssim_head", "SSIM, head", "", "higher", 3, "likeness",
           "Inside the photo's skin, hair and glasses."),
    Metric("psnr_face_db", "PSNR, face", "dB", "higher", 2, "likeness",
           "Inside the bare skin of the face: no hair, no glasses."),
    Metric("ssim_face", "SSIM, face", "", "higher", 3, "likeness",
           "Inside the bare skin of the face: no hair, no glasses."),
    Metric("psnr_crop_db", "PSNR, crop", "dB", "higher", 2, "likeness",
           "The whole crop, both heads on the same grey."),
    Metric("ssim_crop", "SSIM, crop", "", "higher", 3, "likeness",
           "The whole crop, both heads on the same grey."),
    Metric("lpips_alex_head", "LPIPS alex, head", "", "lower", 3, "likeness",
           "Outside the head's mask both are grey."),
    Metric("lpips_alex_crop", "LPIPS alex, crop", "", "lower", 3, "likeness",
           "The whole crop."),
    Metric("lpips_vgg_head", "LPIPS vgg, head", "", "lower", 3, "likeness",
           "Outside the head's mask both are grey."),
    Metric("lpips_vgg_crop", "LPIPS vgg, crop", "", "lower", 3, "likeness",
           "The whole crop."),
    Metric("difd", "DIFD", "", "lower", 3, "identity",
           "Distance of FaceNet embeddings, photo to render at the fitted camera."),
    Metric("difd_yaw_minus_30", "DIFD, yaw -30°", "", "lower", 3, "identity",
           "The avatar turned to the subject's right."),
    Metric("difd_yaw_plus_30", "DIFD, yaw +30°", "", "lower", 3, "identity",
           "The avatar turned to the subject's left."),
    Metric("hair_iou", "hair mask IoU", "", "higher", 3, "hair",
           "Rendered hair against the photo's hair."),
    Metric("hair_orientation_deg", "hair orientation error", "°", "lower", 1, "hair",
           "Strands' direction against the photo's, 0 to 90; chance is 45."),
    Metric("landmark_residual_iod", "landmark residual", "of eye distance", "lower", 4, "fit",
           "Of the fit; not a measure of likeness."),
    Metric("seen_share", "texture seen", "", "higher", 3, "fit",
           "Share of the texture that the photo shows."),
    Metric("reconstruct_s", "time per avatar", "s", "lower", 2, "cost",
           "Portrait to avatar in a warm worker, archive not counted."),
    Metric("peak_rss_mb", "peak memory", "MB", "lower", 0, "cost",
           "Of a worker process, the metrics' own networks included."),
)  # fmt: skip


def metric_named(key: str) -> Metric:
    """By its key. Raises KeyError."""
    return next(metric for metric in METRICS if metric.key == key)
