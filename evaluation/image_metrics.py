"""PSNR and SSIM of two pictures of the same face, inside a mask.

Both in sRGB values, as the field reports them. Laws: of a picture and itself they are infinity and
1; both are symmetric; a shift of all values by d of 255 gives 20 log10(255 / d) dB.
"""

import numpy as np
from jaxtyping import Bool, Float, UInt8
from skimage.metrics import structural_similarity

SSIM_SIGMA_PX = 1.5
"""Of the Gaussian window, as in Wang et al. (2004): 11 x 11 px in skimage."""
LEAST_PIXELS = 100
"""Fewer say nothing about a face; the figures are then None."""

Picture = UInt8[np.ndarray, "H W 3"]


def psnr_db(a: Picture, b: Picture, mask: Bool[np.ndarray, "H W"]) -> float | None:
    """Peak signal over the mean square error of the mask's pixels, all channels alike."""
    if mask.sum() < LEAST_PIXELS:
        return None
    squares = (a[mask].astype(np.float64) - b[mask]) ** 2
    error = float(squares.mean())
    return float("inf") if error == 0 else float(10 * np.log10(255**2 / error))


def ssim(a: Picture, b: Picture, mask: Bool[np.ndarray, "H W"]) -> float | None:
    """Structural similarity (Wang et al. 2004), the mean over channels and the mask's pixels.

    Windows look across the mask's rim: the pictures should show something equal beyond it.
    """
    if mask.sum() < LEAST_PIXELS:
        return None
    return float(ssim_map(a, b)[mask].mean())


def ssim_map(a: Picture, b: Picture) -> Float[np.ndarray, "H W"]:
    """Of every pixel, the mean over the channels."""
    similarity = structural_similarity(
        a, b, channel_axis=2, data_range=255, gaussian_weights=True, sigma=SSIM_SIGMA_PX,
        use_sample_covariance=False, full=True,
    )[1]  # fmt: skip
    return np.asarray(similarity).mean(axis=2)


def only_inside(picture: Picture, mask: Bool[np.ndarray, "H W"], beyond: int) -> Picture:
    """The picture with one grey value outside the mask."""
    return np.where(mask[:, :, None], picture, np.uint8(beyond)).astype(np.uint8)
