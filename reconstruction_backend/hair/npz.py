"""Arrays out of npz files that come from strangers."""

import io
import zipfile
from collections.abc import Collection

import numpy as np

from reconstruction_backend.errors import DAMAGED_NPZ


def read_npz(data: bytes, names: Collection[str], bytes_limit: int) -> dict[str, np.ndarray]:
    """Those of the named arrays that the file holds; nothing is unpickled.

    Raises ValueError, with a clause that says what is wrong; in particular for a file whose members
    take more than `bytes_limit` together, before any is taken out.
    """
    if not data.startswith(b"PK"):
        raise ValueError("is damaged")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as members:
            size = sum(entry.file_size for entry in members.infolist())
    except DAMAGED_NPZ as error:
        raise ValueError("is damaged") from error
    if size > bytes_limit:
        raise ValueError(f"is larger than {bytes_limit >> 20} MiB")
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            arrays = {name: file[name] for name in names if name in file.files}
    except DAMAGED_NPZ as error:
        raise ValueError("is damaged") from error
    # a member that is no array comes back as bytes
    if not all(isinstance(array, np.ndarray) for array in arrays.values()):
        raise ValueError("is damaged")
    return arrays
