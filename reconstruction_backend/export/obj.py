"""The head as Wavefront OBJ with its material file, for tools that read nothing newer.

It wears the chosen expression, else the neutral one. Positions carry six decimals (a micrometre);
v runs up in OBJ, so texture coordinates are flipped.
"""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from jaxtyping import Float32, Num

from reconstruction_backend.avatar import Avatar
from reconstruction_backend.export.gltf_materials import FINISHES, SurfaceFinish
from reconstruction_backend.export.surfaces import SURFACE_PARTS, surface_of_part
from reconstruction_backend.expression.rig import posed_vertices
from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.lashes import grow_lashes, has_lids, lash_colour
from reconstruction_backend.materials import LASH
from reconstruction_backend.tangents import SeamSplit, split_at_seams, vertex_normals

LENGTH_DECIMALS = 6
_DECIMALS = f"%.{LENGTH_DECIMALS}f"
_LASHES = "lashes"
_CLEAR_DISSOLVE = 0.12
_HEADER = "# Cameo: metres, +Y up, the face looks along +Z\n"


def encode_obj(avatar: Avatar, material_file: str) -> bytes:
    """Vertices of the model in its own order, one group per part; lashes are an object apart."""
    model = avatar.head_model
    vertices = posed_vertices(model, avatar.fit.shape, avatar.choice)
    uv = model.uv * [1, -1] + [0, 1]
    lines = [
        _HEADER,
        f"mtllib {material_file}\no head\n",
        _rows(f"v {_DECIMALS} {_DECIMALS} {_DECIMALS}\n", vertices),
        _rows("vt %.6f %.6f\n", uv),
        _rows("vn %.4f %.4f %.4f\n", vertex_normals(vertices, model.triangles)),
        _groups(model),
        *_lashes(model, vertices),
    ]
    return "".join(lines).encode()


def encode_mtl(avatar: Avatar, albedo_file: str, normal_file: str) -> bytes:
    """The materials of all surfaces, with the roughness and normal map of the PBR extension."""
    materials = [_material(finish, albedo_file, normal_file) for finish in FINISHES.values()]
    if has_lids(avatar.head_model):
        colour = " ".join(f"{c:.4f}" for c in lash_colour(avatar.head_model, avatar.texture.albedo))
        materials.append(
            f"newmtl {_LASHES}\nPr {LASH.roughness:.2f}\nPm 0.00\nKa 0 0 0\nKd {colour}\n"
        )
    return "\n".join(materials).encode()


def _lashes(model: HeadModel, vertices_m: Float32[np.ndarray, "V 3"]) -> Iterator[str]:
    """Positions that follow the head's, and triangles without texture."""
    if has_lids(model):
        lashes = grow_lashes(model)
        yield f"o {_LASHES}\nusemtl {_LASHES}\n"
        yield _rows(f"v {_DECIMALS} {_DECIMALS} {_DECIMALS}\n", lashes.vertices(vertices_m))
        yield _rows("f %d %d %d\n", lashes.triangles + len(vertices_m) + 1)


@lru_cache(maxsize=2)
def _groups(model: HeadModel) -> str:
    """Faces by part; kept for the next avatar."""
    parts = [part for shown in SURFACE_PARTS.values() for part in shown]
    lines: list[str] = []
    for part in parts:
        chosen = model.part_triangles(part)
        if len(chosen):
            lines.append(f"g {part}\nusemtl {FINISHES[surface_of_part(part)].name}\n")
            lines.append(
                _faces(split_at_seams(model.triangles[chosen], model.triangles_uv[chosen]))
            )
    return "".join(lines)


def _faces(split: SeamSplit) -> str:
    """Corners as vertex/texcoord/normal; each is put into words once and used some six times."""
    numbers = np.stack([split.vertex, split.texcoord, split.vertex], axis=1) + 1
    corners = _rows("%d/%d/%d\n", numbers).split("\n")
    words = map(corners.__getitem__, split.triangles.ravel().tolist())
    return ("f %s %s %s\n" * len(split.triangles)) % tuple(words)


def _rows(line: str, values: Num[np.ndarray, "N C"]) -> str:
    return (line * len(values)) % tuple(values.ravel().tolist())


def _material(finish: SurfaceFinish, albedo_file: str, normal_file: str) -> str:
    lines = [f"newmtl {finish.name}", f"Pr {finish.made_of.roughness:.2f}", "Pm 0.00", "Ka 0 0 0"]
    if finish.clear:
        lines += ["Kd 0 0 0", f"d {_CLEAR_DISSOLVE:.2f}"]
    else:
        lines += ["Kd 1 1 1", f"map_Kd {albedo_file}"]
    if finish.relief:
        lines.append(f"norm {normal_file}")
    return "\n".join(lines) + "\n"
