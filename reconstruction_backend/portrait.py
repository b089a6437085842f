"""Stage 1: bytes to an upright sRGB portrait, with everything else dropped.

    bytes -> kind, by magic number -> header: size checked -> pixels -> 8 bits -> sRGB -> upright

Nothing is decoded before the header's size is known to be acceptable. Transparent photos are laid
on white. Animations give their first frame. Metadata is read (orientation, colour profile, focal
length) and dropped.
"""

import io
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageCms, ImageFile, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

from reconstruction_backend.errors import ImageTooLarge, InputNotFound, InvalidImage, reason_of
from reconstruction_backend.photo_metadata import focal_length_px, orientation

MAX_PIXELS = 40_000_000
MAX_FILE_BYTES = 256 * 1024**2
"""Above any photo of `MAX_PIXELS`; keeps a device file or a pipe from filling the memory."""
HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1")
SIXTEEN_TO_EIGHT_BITS = 257
"""65535 / 255: white stays white."""

# EXIF orientation (2 to 8) to the operation that turns the picture upright.
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True)
class Portrait:
    """A decoded photo, upright, without metadata."""

    image: UInt8[np.ndarray, "H W 3"]
    """sRGB, RGB order."""
    focal_length_px: float | None
    """From EXIF (35 mm equivalent or sensor data) where the photo says so, else None."""

    @property
    def width_px(self) -> int:
        """W."""
        return self.image.shape[1]

    @property
    def height_px(self) -> int:
        """H."""
        return self.image.shape[0]


def decode_portrait(data: bytes) -> Portrait:
    """Decode JPEG, PNG, WebP or HEIC. Raises InvalidImage or ImageTooLarge."""
    opener = _opener(data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's, about metadata that is dropped anyway
            photo = opener(io.BytesIO(data))
            _check_size(photo)
            photo.load()
            upright = _upright(_srgb(photo), orientation(photo))
            return Portrait(np.asarray(upright, np.uint8), focal_length_px(photo))
    except InvalidImage:
        raise
    except Exception as error:  # decoders of hostile bytes raise nearly anything
        raise InvalidImage("The image is damaged or cut short and cannot be decoded.") from error


def read_photo(path: Path) -> bytes:
    """The bytes of a photo's file. Raises InputNotFound or ImageTooLarge.

    The messages do not repeat the path, so that a caller may put it before them.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError as error:
        raise InputNotFound("There is no such file.") from error
    except IsADirectoryError as error:
        raise InputNotFound("This is a folder, not a photo.") from error
    except OSError as error:
        raise InputNotFound(f"The file cannot be read: {reason_of(error)}.") from error
    except ValueError as error:  # a null byte in the name
        raise InputNotFound(f"The file cannot be read: {error}.") from error
    if len(data) > MAX_FILE_BYTES:
        raise ImageTooLarge(f"The file is larger than {MAX_FILE_BYTES // 1024**2} MiB.")
    return data


def load_portrait(path: Path) -> Portrait:
    """Read and decode a file. Raises InputNotFound, InvalidImage or ImageTooLarge."""
    return decode_portrait(read_photo(path))


def _opener(data: bytes) -> Callable[[io.BytesIO], ImageFile.ImageFile]:
    """The decoder for these bytes; each reads the header only until `load` is called.

    Chosen here and not by `PIL.Image.open`, which tries all its formats and warns about, rather
    than refuses, pictures above its own limit.
    """
    if not data:
        raise InvalidImage("The file is empty.")
    if data.startswith(b"\xff\xd8\xff"):
        return JpegImagePlugin.JpegImageFile
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return PngImagePlugin.PngImageFile
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return WebPImagePlugin.WebPImageFile
    if data[4:8] == b"ftyp" and data[8:12] in HEIF_BRANDS:
        from pi_heif import HeifImageFile

        return HeifImageFile
    raise InvalidImage("This is not a JPEG, PNG, WebP or HEIC image.")


def _check_size(photo: ImageFile.ImageFile) -> None:
    width, height = photo.size
    if width == 0 or height == 0:
        raise InvalidImage(f"The image has no pixels ({width} x {height}).")
    if width * height > MAX_PIXELS:
        raise ImageTooLarge(
            f"The image has {width} x {height} pixels, more than "
            f"{MAX_PIXELS // 1_000_000} megapixels."
        )


def _upright(picture: Image.Image, exif_orientation: int) -> Image.Image:
    operation = _UPRIGHT.get(exif_orientation)
    return picture if operation is None else picture.transpose(operation)


def _srgb(photo: Image.Image) -> Image.Image:
    """The picture as RGB of 8 bits in sRGB, laid on white where it is transparent."""
    if photo.mode in ("I", "I;16", "I;16B", "I;16L"):
        eight_bits = np.asarray(photo) // SIXTEEN_TO_EIGHT_BITS
        colour, alpha = Image.fromarray(eight_bits.astype(np.uint8)), None
    elif photo.has_transparency_data:
        with_alpha = photo.convert("RGBA")
        colour, alpha = with_alpha.convert("RGB"), with_alpha.getchannel("A")
    elif photo.mode in ("RGB", "L", "CMYK"):
        colour, alpha = photo, None
    else:
        colour, alpha = photo.convert("RGB"), None
    rgb = _profile_applied(colour, photo.info.get("icc_profile"))
    if alpha is None:
        return rgb
    return Image.composite(rgb, Image.new("RGB", rgb.size, "white"), alpha)


def _profile_applied(colour: Image.Image, icc_profile: bytes | None) -> Image.Image:
    """Convert by the embedded profile; without a usable one the values are taken as sRGB."""
    if icc_profile:
        try:
            profile = ImageCms.ImageCmsProfile(io.BytesIO(icc_profile))
            if ImageCms.getProfileDescription(profile).startswith("sRGB") and colour.mode == "RGB":
                return colour
            converted = ImageCms.profileToProfile(
                colour, profile, ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
        except (ImageCms.PyCMSError, OSError, ValueError):
            # A broken profile, or one for another kind of picture (a grey scan's on RGB).
            return colour.convert("RGB")
        if converted is not None:
            return converted
    return colour.convert("RGB")
