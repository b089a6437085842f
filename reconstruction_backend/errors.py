"""Typed errors of the library. Each carries one clear sentence, a stable code and an exit code.

The exit codes follow BSD `sysexits.h`, so that scripts can tell bad input from a full disk.
"""

import zipfile
import zlib

DAMAGED_NPZ: tuple[type[Exception], ...] = (
    zipfile.BadZipFile,
    zlib.error,
    OSError,
    ValueError,
    KeyError,
    EOFError,
    RuntimeError,
    MemoryError,
)
"""What `numpy.load` raises of a damaged npz: RuntimeError of members that are encrypted or packed
in an unusual way, MemoryError of an array that is announced larger than memory."""

EX_USAGE = 64
EX_DATAERR = 65
EX_NOINPUT = 66
EX_UNAVAILABLE = 69
EX_SOFTWARE = 70
EX_CANTCREAT = 73
EX_IOERR = 74


class CameoError(Exception):
    """Base of all errors that a user can cause or mend; `str(error)` is one clear sentence."""

    code: str = "error"
    exit_code: int = EX_SOFTWARE


class InvalidImage(CameoError):
    """The bytes are not an image that can be decoded (empty, truncated, wrong type, 0 x 0)."""

    code = "invalid_image"
    exit_code = EX_DATAERR


class ImageTooLarge(InvalidImage):
    """The header announces more pixels than the limit; nothing was decoded."""

    code = "image_too_large"


class NoFaceFound(CameoError):
    """No face was detected in the portrait."""

    code = "no_face"
    exit_code = EX_DATAERR


class FaceTooSmall(CameoError):
    """The face is too small in the portrait to be reconstructed."""

    code = "face_too_small"
    exit_code = EX_DATAERR


class InputNotFound(CameoError):
    """A file that the user named does not exist or cannot be read."""

    code = "input_not_found"
    exit_code = EX_NOINPUT


class OutputNotWritable(CameoError):
    """The output cannot be created (missing folder, no permission, disk full)."""

    code = "output_not_writable"
    exit_code = EX_CANTCREAT


class InvalidArchive(CameoError):
    """The file is not an avatar archive that this version can read."""

    code = "invalid_archive"
    exit_code = EX_DATAERR


class InvalidModel(CameoError):
    """A model file is malformed, of an unknown version, or of the wrong kind."""

    code = "invalid_model"
    exit_code = EX_DATAERR


class ModelNotAvailable(CameoError):
    """A model or backend is named that is not installed on this machine."""

    code = "model_not_available"
    exit_code = EX_UNAVAILABLE


class DownloadFailed(CameoError):
    """A file could not be fetched from the network."""

    code = "download_failed"
    exit_code = EX_UNAVAILABLE


class InvalidOption(CameoError):
    """An option's value is out of range or names something unknown."""

    code = "invalid_option"
    exit_code = EX_USAGE


def reason_of(error: OSError) -> str:
    """What the system says is wrong, to stand after a colon: `permission denied`."""
    return (error.strerror or str(error)).lower()
