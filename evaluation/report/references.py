"""Figures of others beside ours, each with its source. None was measured by this program."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Reference:
    """A row of the table, never a verdict: other photos, another crop."""

    name: str
    source: str
    figures: dict[str, float]
    """By metric."""


REFERENCES: tuple[Reference, ...] = (
    Reference(
        "thesis, 2023",
        "A system for the reconstruction of 3D avatars from a single-view image (VNU Hanoi, 2023): "
        "StyleGAN portraits; crop, mask and LPIPS' network are not stated, so its figures stand in "
        "the columns of the whole crop and of AlexNet",
        {
            "psnr_crop_db": 23.15,
            "ssim_crop": 0.835,
            "lpips_alex_crop": 0.09,
            "difd": 0.25,
        },
    ),
    Reference(
        "Cameo's aim",
        "set before hair was built: inside the head's mask, at the fitted camera",
        {"psnr_head_db": 26.0, "ssim_head": 0.90},
    ),
)
