"""Figures of the model card: `python -m training.head_model.measure --data ICT.npz`.

How closely heads of the data are reproduced, how well a basis learned from some heads reproduces
unseen ones, how much surfaces intersect beside the data's own, how well the lids fit.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import igl
import numpy as np
import typer
from jaxtyping import Float, Int

from reconstruction_backend.head_model import HeadModel
from training.head_model import data
from training.head_model.data import ARKIT_NAMES, FaceKit, load_face_kit
from training.head_model.intersections import self_crossing

HEADS = 50
TRAINING_SIZES = (50, 100, 200)
SEED = 7
PERCENTILE = 95
MILLIMETRES = 1e3
IN_THE_GUM = 0.97
"""`tooth_neck` from which a tooth is hidden."""
INSIDE = 0.5
"""Winding number of the skin about a point within lips or cheeks."""


@dataclass(frozen=True)
class Distances:
    """Surface distances in millimetres."""

    mean: float
    percentile: float

    def __str__(self) -> str:
        return f"{self.mean:.3f} / {self.percentile:.3f}"


def data_skin(kit: FaceKit) -> Int[np.ndarray, "F 3"]:
    """Triangles of face, head and neck in the data, without the insides of mouth and eyes."""
    top = kit.polygons.max(1)
    quads = kit.polygons[top < data.HEAD_AND_NECK.stop]
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])


def distances(
    points_m: Float[np.ndarray, "K 3"],
    vertices_m: Float[np.ndarray, "V 3"],
    triangles: Int[np.ndarray, "F 3"],
) -> Float[np.ndarray, "K"]:
    """From points to a surface, millimetres."""
    square = igl.point_mesh_squared_distance(
        np.ascontiguousarray(points_m, dtype=np.float64),
        np.ascontiguousarray(vertices_m, dtype=np.float64),
        np.ascontiguousarray(triangles, dtype=np.int64),
    )[0]
    return np.sqrt(np.asarray(square)) * MILLIMETRES


def summary(values: Float[np.ndarray, "K"]) -> Distances:
    """Mean and 95th percentile."""
    return Distances(float(values.mean()), float(np.percentile(values, PERCENTILE)))


def reproduction(
    model: HeadModel, kit: FaceKit, rotation: Float[np.ndarray, "S S"]
) -> tuple[Distances, Distances]:
    """Random heads of the data against the model at the same coefficients: there and back."""
    generator = np.random.default_rng(SEED)
    theirs = data_skin(kit)
    outer = (model.region("face") + model.region("scalp") + model.region("neck")) > 0
    skin = model.triangles[model.part_triangles("skin")]
    there, back = [], []
    for _ in range(HEADS):
        coefficients = generator.normal(size=len(rotation))
        head = kit.vertices_m + np.tensordot(coefficients, kit.identity_m, axes=1)
        ours = model.neutral(rotation.T @ coefficients)
        there.append(distances(head[np.unique(theirs)], ours, skin))
        back.append(distances(ours[outer], head, theirs))
    return summary(np.concatenate(there)), summary(np.concatenate(back))


def held_out(model: HeadModel, training_size: int) -> Distances:
    """Unseen heads rebuilt in a basis learned from random heads, vertex to vertex."""
    generator = np.random.default_rng(SEED + training_size)
    skin = np.unique(model.triangles[model.part_triangles("skin")])
    basis = model.shape_basis_m[:, skin].reshape(model.shape_count, -1).astype(np.float64)
    seen = generator.normal(size=(training_size, model.shape_count)) @ basis
    mean = seen.mean(0)
    components = np.linalg.svd(seen - mean, full_matrices=False)[2][: model.shape_count]
    unseen = generator.normal(size=(HEADS, model.shape_count)) @ basis - mean
    residual = unseen - (unseen @ components.T) @ components
    error = np.linalg.norm(residual.reshape(HEADS, -1, 3), axis=2)
    return summary(error.ravel() * MILLIMETRES)


def deepest_bite(model: HeadModel, posed_m: Float[np.ndarray, "V 3"]) -> float:
    """How deep the deepest vertex of a crown lies within lips and cheeks, millimetres."""
    flesh = model.triangles[model.part_triangles("skin", "mouth_interior")].astype(np.int64)
    teeth = np.unique(model.triangles[model.part_triangles("teeth_upper", "teeth_lower")])
    crowns = teeth[model.region("tooth_neck")[teeth] < IN_THE_GUM]
    points = posed_m[crowns].astype(np.float64)
    winding = igl.fast_winding_number(posed_m.astype(np.float64), flesh, points)
    inside = np.asarray(winding) > INSIDE
    return float(distances(points[inside], posed_m, flesh).max()) if inside.any() else 0.0


def crossing_table(model: HeadModel, kit: FaceKit) -> list[str]:
    """Markdown rows: skin and inner mouth against themselves, teeth in lips and cheeks."""
    top = kit.polygons.max(1)
    quads = kit.polygons[top < data.SKIN.stop]
    theirs = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    skin = model.triangles[model.part_triangles("skin", "mouth_interior")]
    rest = np.zeros(model.shape_count)
    rows = []
    for name in ("rest", *ARKIT_NAMES):
        weights = model.expression_weights(**({} if name == "rest" else {name: 1.0}))
        ours = model.evaluate(rest, weights)
        field = 0 if name == "rest" else kit.expressions_m[ARKIT_NAMES.index(name)]
        own = self_crossing(ours, skin)
        reference = self_crossing(kit.vertices_m + field, theirs)
        rows.append(
            f"| {name} | {own.length_m * MILLIMETRES:.1f} | "
            f"{reference.length_m * MILLIMETRES:.1f} | {deepest_bite(model, ours):.1f} |"
        )
    return rows


def main(
    data_path: Annotated[Path, typer.Option("--data", exists=True, help="ICT-FaceKit as npz.")],
    model_path: Annotated[Path, typer.Option("--model", exists=True)] = Path(
        "models/cameo_head.npz"
    ),
    crossings: bool = True,
) -> None:
    """Print the figures in Markdown."""
    kit = load_face_kit(data_path)
    model = HeadModel.load(model_path)
    with np.load(model_path, allow_pickle=False) as archive:
        rotation = archive["shape_rotation_from_data"].astype(np.float64)
    there, back = reproduction(model, kit, rotation)
    print("| surface distance, mm | mean / 95th percentile |\n|---|---|")
    print(f"| data to model, {HEADS} random heads | {there} |")
    print(f"| model to data, the same heads | {back} |")
    for size in TRAINING_SIZES:
        print(f"| unseen heads, basis from {size} heads | {held_out(model, size)} |")
    if crossings:
        print("\n| pose | skin, mm | the data's skin, mm | crowns within skin, mm |")
        print("|---|---|---|---|")
        print("\n".join(crossing_table(model, kit)))


if __name__ == "__main__":
    typer.run(main)
