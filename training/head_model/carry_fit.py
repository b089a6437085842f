"""Carry the head fit's calibration over to a model whose mouth alone was made anew.

    python -m training.head_model.carry_fit --before OLD.npz --after models/cameo_head.npz

The calibration names triangles by number, and says where its landmarks lie. It stays valid if
everything that the fit looks at is unchanged: skin, eyes, their bases, joints, landmarks. That is
checked bit by bit first; then the numbers are renewed.
"""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from jaxtyping import Int

from reconstruction_backend.backends import CAMEO_HEAD_FIT
from reconstruction_backend.errors import InvalidModel
from reconstruction_backend.head_fit.calibration import FitCalibration
from reconstruction_backend.head_model import HeadModel, SurfacePoints
from reconstruction_backend.model_store import CAMEO_HEAD
from training.head_model.stored_order import LAST_PARTS


def triangles_before_and_after(
    before: HeadModel, after: HeadModel
) -> tuple[Int[np.ndarray, "K"], Int[np.ndarray, "K"]]:
    """Indices of the triangles off the mouth in both models, pairwise the same.

    Raises InvalidModel if anything but the mouth differs.
    """
    kept = [name for name in before.part_names if name not in LAST_PARTS]
    here, there = before.part_triangles(*kept), after.part_triangles(*kept)
    if before.part_names != after.part_names or len(here) != len(there):
        raise InvalidModel("The models have different parts off the mouth.")
    vertex = np.full(before.vertex_count, -1)
    vertex[before.triangles[here]] = after.triangles[there]
    old = np.flatnonzero(vertex >= 0)
    new = vertex[old]
    regions = [after.region_names.index(name) for name in before.region_names]
    pairs: dict[str, tuple[np.ndarray, np.ndarray]] = {
        "triangles": (vertex[before.triangles[here]], after.triangles[there]),
        "parts": (before.triangle_part[here], after.triangle_part[there]),
        "uv": (before.uv[before.triangles_uv[here]], after.uv[after.triangles_uv[there]]),
        "template": (before.template_m[old], after.template_m[new]),
        "shape basis": (before.shape_basis_m[:, old], after.shape_basis_m[:, new]),
        "expression basis": (before.expression_basis_m[:, old], after.expression_basis_m[:, new]),
        "expression pose": (before.expression_pose_rad, after.expression_pose_rad),
        "pose correctives": (before.pose_correctives_m[:, old], after.pose_correctives_m[:, new]),
        "joints": (before.joints_template_m, after.joints_template_m),
        "joints' basis": (before.joints_shape_basis_m, after.joints_shape_basis_m),
        "skinning weights": (before.skinning_weights[old], after.skinning_weights[new]),
        "regions": (before.region_weights[:, old], after.region_weights[regions][:, new]),
        "mirror map": (vertex[before.mirror_vertex[old]], after.mirror_vertex[new]),
        "scalp": (before.scalp_uv[old], after.scalp_uv[new]),
    }
    for name, (first, second) in pairs.items():
        if not np.array_equal(first, second, equal_nan=name == "scalp"):
            raise InvalidModel(f"The models differ off the mouth in their {name}.")
    return here, there


def carried(calibration: FitCalibration, before: HeadModel, after: HeadModel) -> FitCalibration:
    """The calibration with the triangles' new numbers. Raises InvalidModel as above."""
    here, there = triangles_before_and_after(before, after)
    number = np.full(len(before.triangles), -1, np.int32)
    number[here] = there
    triangle = number[calibration.landmarks.triangle]
    if (triangle < 0).any():
        raise InvalidModel("A landmark of the calibration lies in the mouth.")
    landmarks = SurfacePoints(triangle, calibration.landmarks.barycentric)
    return replace(calibration, landmarks=landmarks)


def main(
    before: Annotated[Path, typer.Option(exists=True, help="The model that was calibrated.")],
    after: Annotated[Path, typer.Option(exists=True, help="Its successor.")] = CAMEO_HEAD,
    fit: Annotated[Path, typer.Option(exists=True, help="Rewritten.")] = CAMEO_HEAD_FIT,
) -> None:
    """Check that only the mouth changed, and rewrite the calibration's numbers."""
    old, new = HeadModel.load(before), HeadModel.load(after)
    carried(FitCalibration.load(fit, old), old, new).save(fit, new)
    print(f"{fit}: carried from {old.sha256[:12]} to {new.sha256[:12]}")


if __name__ == "__main__":
    typer.run(main)
