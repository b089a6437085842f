"""Numeric arrays out of a pickle without running anything that is in it.

A pickle is a program: to load one is to run it. Here every class and function that it may name is
replaced by an inert record that only remembers what it was given, and every other name is refused.
numpy's and scipy's own unpickling code is not called either: arrays are rebuilt from the recorded
bytes, with their sizes checked.
"""

import io
import pickle
import pickletools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
from scipy import sparse

from reconstruction_backend.errors import InvalidModel

MAX_DENSE_ELEMENTS = 10_000_000
_MEMO_WRITES = ("PUT", "BINPUT", "LONG_BINPUT")


class _Record:
    """Stands in for an object: its arguments and its state, as the pickle gave them."""

    def __init__(self, *arguments: object) -> None:
        self.arguments = arguments
        self.state: Any = None

    def __setstate__(self, state: object) -> None:
        self.state = state


class _Array(_Record):
    """numpy.ndarray: state is (version, shape, dtype, is Fortran order, bytes)."""


class _DType(_Record):
    """numpy.dtype: the first argument is 'f8' or the like, state's second item the byte order."""


class _Sparse(_Record):
    """scipy.sparse matrices: state is a dict of data, indices, indptr and _shape."""


class _Csc(_Sparse):
    pass


class _Csr(_Sparse):
    pass


class _Chumpy(_Record):
    """chumpy.ch.Ch: state is a dict whose x is the array."""


def _reconstruct(kind: object, *_: object) -> _Record:
    """numpy's and copyreg's: make an empty object of the class, whose state follows."""
    if not (isinstance(kind, type) and issubclass(kind, _Record)):
        raise pickle.UnpicklingError("an object of an unknown kind")
    return kind()


def _encode(text: str, encoding: str) -> bytes:
    """How Python 3 writes bytes in the old protocols."""
    if encoding != "latin1":
        raise pickle.UnpicklingError("an unknown encoding")
    return text.encode("latin1")


class _Object:
    """`object`, which copyreg names as the base; never made."""


_ALLOWED: Mapping[tuple[str, str], Callable[..., object]] = {
    ("copy_reg", "_reconstructor"): _reconstruct,
    ("copyreg", "_reconstructor"): _reconstruct,
    ("__builtin__", "object"): _Object,
    ("builtins", "object"): _Object,
    ("_codecs", "encode"): _encode,
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _DType,
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
    ("scipy.sparse.csc", "csc_matrix"): _Csc,
    ("scipy.sparse._csc", "csc_matrix"): _Csc,
    ("scipy.sparse.csr", "csr_matrix"): _Csr,
    ("scipy.sparse._csr", "csr_matrix"): _Csr,
    ("chumpy.ch", "Ch"): _Chumpy,
}


class _InertUnpickler(pickle.Unpickler):
    """Knows the names above and no others."""

    def find_class(self, module_name: str, global_name: str, /) -> Callable[..., object]:
        allowed = _ALLOWED.get((module_name, global_name))
        if allowed is None:
            raise InvalidModel(
                f"The file asks to load {module_name}.{global_name}, which no head model needs; "
                "nothing in it was run."
            )
        return allowed

    def persistent_load(self, pid: object, /) -> NoReturn:
        raise pickle.UnpicklingError("a reference to something outside the file")


@dataclass(frozen=True)
class PickledArrays:
    """The entries of a pickled dict; each is turned into an array when it is asked for."""

    entries: Mapping[str, object]

    def array(self, key: str) -> np.ndarray:
        """A dense numeric array. Raises InvalidModel if it is missing or malformed."""
        if key not in self.entries:
            raise InvalidModel(f"The file has no {key!r}, which every FLAME model has.")
        try:
            return _dense(self.entries[key])
        except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
            raise InvalidModel(f"The file's {key!r} is not a numeric array.") from error


def read_pickled_arrays(data: bytes) -> PickledArrays:
    """The dict in a pickle of Python 2 or 3. Raises InvalidModel for everything else."""
    try:
        _check_memo(data)
        content = _InertUnpickler(io.BytesIO(data), encoding="latin1").load()
    except InvalidModel:
        raise
    except Exception as error:  # hostile bytes raise nearly anything
        raise InvalidModel("The file is not a pickle of arrays, or is damaged.") from error
    if not isinstance(content, dict):
        raise InvalidModel("The file is a pickle, but not of a FLAME model.")
    return PickledArrays({str(key): value for key, value in content.items()})


def _check_memo(data: bytes) -> None:
    """Refuse a memo index beyond the file: the unpickler would allocate memory up to it."""
    for opcode, argument, _ in pickletools.genops(data):
        if opcode.name in _MEMO_WRITES and isinstance(argument, int) and argument > len(data):
            raise pickle.UnpicklingError("an impossible memo index")


def _dense(value: object) -> np.ndarray:
    match value:
        case _Array():
            return _array(value)
        case _Chumpy():
            return _dense(value.state["x"])
        case _Csc() | _Csr():
            return _from_sparse(value)
        case _:
            raise TypeError("not an array")


def _array(record: _Array) -> np.ndarray:
    _, shape, dtype_record, is_fortran_order, content = record.state
    letters = str(dtype_record.arguments[0])
    if letters[:1] not in tuple("fiu") or not letters[1:].isdigit():
        raise TypeError(f"numbers of kind {letters!r}")
    byte_order = dtype_record.state[1] if dtype_record.state else "="
    dtype = np.dtype(letters).newbyteorder(byte_order)
    raw = content.encode("latin1") if isinstance(content, str) else content
    flat = np.frombuffer(raw, dtype).astype(dtype.newbyteorder("="))
    return flat.reshape(tuple(map(int, shape)), order="F" if is_fortran_order else "C")


def _from_sparse(record: _Sparse) -> np.ndarray:
    state = record.state
    data, indices, starts = (_dense(state[key]) for key in ("data", "indices", "indptr"))
    shape = tuple(map(int, state.get("_shape", state.get("shape"))))
    if len(shape) != 2 or shape[0] * shape[1] > MAX_DENSE_ELEMENTS:
        raise ValueError("too large")
    if starts[0] != 0 or np.any(np.diff(starts.astype(np.int64)) < 0):
        # scipy looks at this only where the last start is not zero, and reads past the end else
        raise ValueError("rows or columns that start before their predecessors")
    build = sparse.csc_matrix if isinstance(record, _Csc) else sparse.csr_matrix
    matrix = build((data, indices.astype(np.int64), starts.astype(np.int64)), shape=shape)
    matrix.check_format(full_check=True)
    return np.asarray(matrix.todense())
