"""Opening our own networks in onnxruntime: two threads that wait idly, on the CPU, silent."""

from pathlib import Path
from typing import Any

from reconstruction_backend.errors import InvalidModel

FATAL_ONLY = 4
"""onnxruntime's severity: what goes wrong comes as an exception."""
_THREADS = 2
"""The answers are the same to the bit with any number."""


def open_session(data: bytes, path: Path) -> Any:
    """An onnxruntime session of a file's content. Raises InvalidModel, which names the path.

    The import waits for the first network, so that a program that needs none starts at once.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = _THREADS, 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = FATAL_ONLY
    try:
        return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own classes share no other base
        raise InvalidModel(f"{path} is damaged, or no ONNX file.") from error
