"""Opening our own networks in onnxruntime: one thread, on the CPU, silent."""

from pathlib import Path
from typing import Any

from reconstruction_backend.errors import InvalidModel

FATAL_ONLY = 4
"""onnxruntime's severity: what goes wrong comes as an exception."""


def open_session(data: bytes, path: Path) -> Any:
    """An onnxruntime session of a file's content. Raises InvalidModel, which names the path.

    The import waits for the first network, so that a program that needs none starts at once.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = FATAL_ONLY
    try:
        return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own classes share no other base
        raise InvalidModel(f"{path} is damaged, or no ONNX file.") from error
