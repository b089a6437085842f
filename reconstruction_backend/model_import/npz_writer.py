"""A converted model to the file that `HeadModel.load` reads, in the user's own folder."""

import io
from pathlib import Path

import numpy as np

from reconstruction_backend.errors import OutputNotWritable, reason_of
from reconstruction_backend.export import write_file
from reconstruction_backend.head_model import FORMAT_VERSION, JOINT_NAMES, HeadModel


def save_head_model(model: HeadModel, path: Path) -> None:
    """Write docs/head-model-format.md, whole or not at all. Raises OutputNotWritable."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **_arrays(model))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputNotWritable(
            f"Cannot make the folder {path.parent}: {reason_of(error)}."
        ) from error
    write_file(path, buffer.getvalue())


def _arrays(model: HeadModel) -> dict[str, np.ndarray]:
    points = {
        "landmarks_mediapipe": model.landmarks_mediapipe,
        "landmarks_ibug68": model.landmarks_ibug68,
    }
    names = ("expression_names", "part_names", "region_names")
    fields = (
        "template_m",
        "shape_basis_m",
        "expression_basis_m",
        "expression_pose_rad",
        "pose_correctives_m",
        "joints_template_m",
        "joints_shape_basis_m",
        "skinning_weights",
        "triangles",
        "triangles_uv",
        "uv",
        "triangle_part",
        "region_weights",
        "mirror_vertex",
        "scalp_uv",
    )
    return {
        "format_version": np.array(FORMAT_VERSION),
        "name": np.array(model.name),
        "joint_names": np.array(JOINT_NAMES),
        **{name: np.array(getattr(model, name)) for name in names},
        **{field: getattr(model, field) for field in fields},
        **{f"{key}_triangle": each.triangle for key, each in points.items()},
        **{f"{key}_barycentric": each.barycentric for key, each in points.items()},
    }
