"""A small head model made of ellipsoids, with every part, region and landmark of the real one.

Symmetric, closed and cheap: 52 ARKit expressions are smooth bumps, the jaw and the eyes turn.
"""

from dataclasses import dataclass

import numpy as np

from reconstruction_backend.head_model import (
    CORRECTIVES_PER_JOINT,
    JOINT_NAMES,
    HeadModel,
    SurfacePoints,
)

ARKIT_NAMES = (
    "browDownLeft",
    "browDownRight",
    "browInnerUp",
    "browOuterUpLeft",
    "browOuterUpRight",
    "cheekPuff",
    "cheekSquintLeft",
    "cheekSquintRight",
    "eyeBlinkLeft",
    "eyeBlinkRight",
    "eyeLookDownLeft",
    "eyeLookDownRight",
    "eyeLookInLeft",
    "eyeLookInRight",
    "eyeLookOutLeft",
    "eyeLookOutRight",
    "eyeLookUpLeft",
    "eyeLookUpRight",
    "eyeSquintLeft",
    "eyeSquintRight",
    "eyeWideLeft",
    "eyeWideRight",
    "jawForward",
    "jawLeft",
    "jawOpen",
    "jawRight",
    "mouthClose",
    "mouthDimpleLeft",
    "mouthDimpleRight",
    "mouthFrownLeft",
    "mouthFrownRight",
    "mouthFunnel",
    "mouthLeft",
    "mouthLowerDownLeft",
    "mouthLowerDownRight",
    "mouthPressLeft",
    "mouthPressRight",
    "mouthPucker",
    "mouthRight",
    "mouthRollLower",
    "mouthRollUpper",
    "mouthShrugLower",
    "mouthShrugUpper",
    "mouthSmileLeft",
    "mouthSmileRight",
    "mouthStretchLeft",
    "mouthStretchRight",
    "mouthUpperUpLeft",
    "mouthUpperUpRight",
    "noseSneerLeft",
    "noseSneerRight",
    "tongueOut",
)
MOUTH_PARTS = ("mouth_interior", "gums", "tongue", "teeth_upper", "teeth_lower")
SKULL_RADII_M = np.array([0.075, 0.115, 0.095])
EYE_CENTRE_M = np.array([0.032, 0.02, 0.083])
EYE_RADIUS_M = 0.012
CORNEA_RADIUS_M = 0.0075
JAW_OPEN_RAD = 0.35


@dataclass(frozen=True)
class _Piece:
    vertices_m: np.ndarray
    uv: np.ndarray
    triangles: np.ndarray
    triangles_uv: np.ndarray
    mirror: np.ndarray


def build_head_model(shape_count: int = 4) -> HeadModel:
    """About 700 vertices; deterministic."""
    parts = _parts()
    vertices, uv, triangles, triangles_uv, part, mirror = _assemble(parts)
    names = tuple(parts)
    owner = np.zeros(len(vertices), np.int64)
    owner[triangles] = part[:, None]
    regions = _regions(vertices, names, owner)
    pose = _expression_pose()
    return HeadModel(
        name="synthetic-head",
        template_m=vertices.astype(np.float32),
        shape_basis_m=_shape_basis(vertices, shape_count),
        expression_basis_m=_expression_basis(vertices, owner == names.index("skin")),
        expression_names=ARKIT_NAMES,
        expression_pose_rad=pose,
        pose_correctives_m=np.zeros(
            (CORRECTIVES_PER_JOINT * (len(JOINT_NAMES) - 1), len(vertices), 3), np.float32
        ),
        joints_template_m=_joints(),
        joints_shape_basis_m=np.zeros((shape_count, len(JOINT_NAMES), 3), np.float32),
        skinning_weights=_skinning(vertices, names, owner),
        triangles=triangles,
        uv=uv,
        triangles_uv=triangles_uv,
        part_names=names,
        triangle_part=part,
        region_names=tuple(regions),
        region_weights=np.stack(list(regions.values())).astype(np.float32),
        mirror_vertex=mirror,
        scalp_uv=_scalp_uv(vertices, regions["scalp"]),
        landmarks_mediapipe=_face_mesh_points(vertices, triangles, part, names),
        landmarks_ibug68=_surface_points(vertices, triangles, part == 0, 68),
    )


def _ellipsoid(
    rows: int,
    columns: int,
    centre_m: np.ndarray,
    radii_m: np.ndarray,
    uv_box: tuple[float, float, float, float],
) -> _Piece:
    """Poles on Y, seam at the back; the chart is symmetric about the middle of its box."""
    polar = np.pi * np.arange(1, rows) / rows
    azimuth = -np.pi + 2 * np.pi * np.arange(columns) / columns
    ring = np.stack(
        [
            np.outer(np.sin(polar), np.sin(azimuth)),
            np.outer(np.cos(polar), np.ones(columns)),
            np.outer(np.sin(polar), np.cos(azimuth)),
        ],
        axis=-1,
    ).reshape(-1, 3)
    unit = np.concatenate([ring, [[0.0, 1.0, 0.0], [0.0, -1.0, 0.0]]])
    top, bottom = len(ring), len(ring) + 1
    u0, v0, u1, v1 = uv_box
    grid_u, grid_v = np.meshgrid(np.linspace(u0, u1, columns + 1), np.linspace(v0, v1, rows + 1))
    uv = np.stack([grid_u, grid_v], axis=-1).reshape(-1, 2)
    triangles: list[list[int]] = []
    triangles_uv: list[list[int]] = []

    def vertex(row: int, column: int) -> int:
        if row in (0, rows):
            return top if row == 0 else bottom
        return (row - 1) * columns + column % columns

    for row in range(rows):
        for column in range(columns):
            corners = [(row, column), (row + 1, column), (row + 1, column + 1), (row, column + 1)]
            for a, b, c in ((0, 1, 2), (0, 2, 3)):
                face = [corners[a], corners[b], corners[c]]
                ids = [vertex(*corner) for corner in face]
                if len(set(ids)) == 3:
                    triangles.append(ids)
                    triangles_uv.append([r * (columns + 1) + q for r, q in face])
    mirror = np.arange(len(unit))
    for row in range(1, rows):
        for column in range(columns):
            mirror[vertex(row, column)] = vertex(row, -column)
    return _Piece(
        unit * radii_m + centre_m, uv, np.array(triangles), np.array(triangles_uv), mirror
    )


def _parts() -> dict[str, _Piece]:
    def ball(centre: list[float], radii: list[float], slot: int) -> _Piece:
        box = (0.02 + 0.11 * slot, 0.75, 0.11 + 0.11 * slot, 0.95)
        return _ellipsoid(6, 8, np.array(centre), np.array(radii), box)

    def eye(side: float, radius: float, forward_m: float, slot: int) -> _Piece:
        x, y, z = EYE_CENTRE_M
        return ball([side * x, y, z + forward_m], [radius] * 3, slot)

    cornea_forward_m = EYE_RADIUS_M - CORNEA_RADIUS_M + 0.001
    return {
        "skin": _ellipsoid(16, 24, np.zeros(3), SKULL_RADII_M, (0.02, 0.02, 0.98, 0.7)),
        "mouth_interior": ball([0, -0.045, 0.05], [0.02, 0.01, 0.015], 0),
        "gums": ball([0, -0.035, 0.055], [0.015, 0.003, 0.01], 1),
        "tongue": ball([0, -0.05, 0.055], [0.01, 0.003, 0.01], 2),
        "teeth_upper": ball([0, -0.04, 0.06], [0.015, 0.003, 0.008], 3),
        "teeth_lower": ball([0, -0.05, 0.06], [0.015, 0.003, 0.008], 4),
        "eyeball_left": eye(1, EYE_RADIUS_M, 0, 5),
        "eyeball_right": eye(-1, EYE_RADIUS_M, 0, 6),
        "cornea_left": eye(1, CORNEA_RADIUS_M, cornea_forward_m, 7),
        "cornea_right": eye(-1, CORNEA_RADIUS_M, cornea_forward_m, 8),
    }


def _assemble(parts: dict[str, _Piece]) -> tuple[np.ndarray, ...]:
    vertex_start = np.cumsum([0] + [len(p.vertices_m) for p in parts.values()])
    uv_start = np.cumsum([0] + [len(p.uv) for p in parts.values()])
    names = list(parts)

    def twin(name: str) -> int:
        swapped = name.replace("left", "LEFT").replace("right", "left").replace("LEFT", "right")
        return names.index(swapped)

    pieces = list(parts.values())
    return (
        np.concatenate([p.vertices_m for p in pieces]),
        np.concatenate([p.uv for p in pieces]).astype(np.float32),
        np.concatenate(
            [p.triangles + s for p, s in zip(pieces, vertex_start, strict=False)]
        ).astype(np.int32),
        np.concatenate([p.triangles_uv + s for p, s in zip(pieces, uv_start, strict=False)]).astype(
            np.int32
        ),
        np.repeat(np.arange(len(pieces)), [len(p.triangles) for p in pieces]).astype(np.uint8),
        np.concatenate([p.mirror + vertex_start[twin(n)] for n, p in parts.items()]).astype(
            np.int32
        ),
    )


def _bump(vertices_m: np.ndarray, centre_m: np.ndarray, radius_m: float) -> np.ndarray:
    return np.exp(-((vertices_m - centre_m) ** 2).sum(1) / (2 * radius_m**2))


def _shape_basis(vertices_m: np.ndarray, count: int) -> np.ndarray:
    """Smooth stretches of the ellipsoid, weaker with every component."""
    x, y, z = vertices_m.T
    fields = [
        np.stack([0.05 * x, 0 * y, 0 * z], 1),
        np.stack([0 * x, 0.05 * y, 0 * z], 1),
        np.stack([0 * x, 0 * y, 0.05 * z], 1),
        np.stack([0.4 * x * y, 0 * y, 0 * z], 1),
    ]
    strengths = 1 / (1 + np.arange(count) // len(fields))
    return np.stack([fields[i % len(fields)] * strengths[i] for i in range(count)]).astype(
        np.float32
    )


def _expression_basis(vertices_m: np.ndarray, is_skin: np.ndarray) -> np.ndarray:
    heights = {"brow": 0.05, "eye": 0.02, "nose": 0.0, "cheek": -0.01, "mouth": -0.04, "jaw": -0.07}
    basis = np.zeros((len(ARKIT_NAMES), len(vertices_m), 3), np.float32)
    for i, name in enumerate(ARKIT_NAMES):
        if name.startswith("eyeLook") or name in ("jawOpen", "tongueOut"):
            continue  # joints alone, or parts that this head lacks
        height = next(h for prefix, h in heights.items() if name.startswith(prefix))
        side = 0.03 * (name.endswith("Left") - name.endswith("Right"))
        centre = np.array([side, height, 0.085])
        direction = np.array([0.3 * np.sign(side), 1.0 if i % 2 else -1.0, 0.5])
        basis[i] = 0.004 * (_bump(vertices_m, centre, 0.02) * is_skin)[:, None] * direction
    return basis


def _expression_pose() -> np.ndarray:
    pose = np.zeros((len(ARKIT_NAMES), len(JOINT_NAMES), 3), np.float32)
    pose[ARKIT_NAMES.index("jawOpen"), JOINT_NAMES.index("jaw"), 0] = JAW_OPEN_RAD
    for side, inward in (("Left", -1.0), ("Right", 1.0)):
        joint = JOINT_NAMES.index(f"{side.lower()}Eye")
        turns = {"Up": (0, -0.4), "Down": (0, 0.4), "In": (1, 0.5 * inward)}
        turns["Out"] = (1, -0.5 * inward)
        for way, (axis, angle) in turns.items():
            pose[ARKIT_NAMES.index(f"eyeLook{way}{side}"), joint, axis] = angle
    return pose


def _joints() -> np.ndarray:
    right_eye = EYE_CENTRE_M * [-1, 1, 1]
    return np.array(
        [[0, 0, 0], [0, -0.09, -0.03], [0, -0.01, 0.0], EYE_CENTRE_M, right_eye], np.float32
    )


def _skinning(vertices_m: np.ndarray, names: tuple[str, ...], owner: np.ndarray) -> np.ndarray:
    y, z = vertices_m[:, 1], vertices_m[:, 2]
    weights = np.zeros((len(vertices_m), len(JOINT_NAMES)))
    jaw = np.clip((-0.04 - y) / 0.03, 0, 1) * np.clip(z / 0.03, 0, 1)
    weights[:, JOINT_NAMES.index("jaw")] = jaw
    weights[:, JOINT_NAMES.index("neck")] = 1 - jaw
    for part, joint in (
        ("eyeball_left", "leftEye"),
        ("cornea_left", "leftEye"),
        ("eyeball_right", "rightEye"),
        ("cornea_right", "rightEye"),
    ):
        weights[owner == names.index(part)] = np.eye(len(JOINT_NAMES))[JOINT_NAMES.index(joint)]
    return weights.astype(np.float32)


def _regions(
    vertices_m: np.ndarray, names: tuple[str, ...], owner: np.ndarray
) -> dict[str, np.ndarray]:
    skin = owner == names.index("skin")
    _, y, z = vertices_m.T

    def near(centre: list[float], radius_m: float) -> np.ndarray:
        both = np.abs(vertices_m) * [1, 0, 0] + vertices_m * [0, 1, 1]
        return skin * _bump(both, np.array(centre), radius_m)

    eyeball = np.isin(owner, [names.index("eyeball_left"), names.index("eyeball_right")])
    mouth = np.isin(owner, [names.index(name) for name in MOUTH_PARTS])
    gaze = (z - EYE_CENTRE_M[2]) / EYE_RADIUS_M
    return {
        "face": skin * np.clip((z - 0.02) / 0.03, 0, 1),
        "scalp": skin * np.clip((y - 0.02 - 0.8 * z) / 0.02, 0, 1) * (y > 0),
        "ears": near([0.075, 0.0, 0.0], 0.015),
        "neck": skin * np.clip((-0.08 - y) / 0.02, 0, 1),
        "nose": near([0, 0, 0.095], 0.012),
        "lips": near([0, -0.045, 0.085], 0.015),
        "eyelids": near([0.032, 0.02, 0.083], 0.014),
        "brows": near([0.032, 0.05, 0.08], 0.012),
        "forehead": near([0, 0.075, 0.07], 0.03),
        "cheeks": near([0.045, -0.02, 0.07], 0.02),
        "chin": near([0, -0.085, 0.06], 0.015),
        "sclera": (eyeball & (gaze <= 0.75)).astype(float),
        "iris": (eyeball & (gaze > 0.75)).astype(float),
        "pupil": (eyeball & (gaze > 0.95)).astype(float),
        "mouth_light": mouth * np.clip((z - 0.035) / 0.033, 0, 1),
    }


def _scalp_uv(vertices_m: np.ndarray, scalp: np.ndarray) -> np.ndarray:
    x, _, z = vertices_m.T
    uv = np.stack([0.5 + x / 0.2, 0.5 + z / 0.25], axis=1)
    uv[scalp <= 0] = np.nan
    return uv.astype(np.float32)


LEFT_RIM = (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466)
RIGHT_RIM = (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246)
RIM_HALF_AXES_M = np.array([0.013, 0.0055])
IRISES = {"left": (473, 1), "right": (468, -1)}


def _face_mesh_points(
    vertices_m: np.ndarray, triangles: np.ndarray, part: np.ndarray, names: tuple[str, ...]
) -> SurfacePoints:
    """Points spread over the front, but the eyes' rims and irises where they belong."""
    points = _surface_points(vertices_m, triangles, part == 0, 478)
    turn = np.linspace(0, 2 * np.pi, len(LEFT_RIM), endpoint=False)
    ring = np.stack([np.cos(turn), -np.sin(turn)], axis=1) * RIM_HALF_AXES_M
    places = {}
    for rim, side in ((LEFT_RIM, 1), (RIGHT_RIM, -1)):
        for name, offset in zip(rim, ring, strict=True):
            at = (EYE_CENTRE_M[:2] + offset) * [side, 1]
            places[name] = _in_front(vertices_m, triangles, part == 0, at)
    for side, (first, sign) in IRISES.items():
        ball = part == names.index(f"eyeball_{side}")
        centre = EYE_CENTRE_M[:2] * [sign, 1]
        around = np.array([[0, 0], [1, 0], [0, 1], [-1, 0], [0, -1]]) * EYE_RADIUS_M / 2
        for i, offset in enumerate(around):
            places[first + i] = _in_front(vertices_m, triangles, ball, centre + offset)
    for name, (triangle, weights) in places.items():
        points.triangle[name], points.barycentric[name] = triangle, weights
    return points


def _in_front(
    vertices_m: np.ndarray, triangles: np.ndarray, chosen: np.ndarray, at: np.ndarray
) -> tuple[int, np.ndarray]:
    """The foremost point of some triangles at (x, y)."""
    candidates = np.flatnonzero(chosen)
    corners = vertices_m[triangles[candidates]]
    a, b, c = corners[:, 0, :2], corners[:, 1, :2], corners[:, 2, :2]
    area = np.cross(b - a, c - a)
    weights = np.stack([np.cross(b - at, c - at), np.cross(c - at, a - at)], 1)
    weights = weights / np.where(area == 0, 1, area)[:, None]
    weights = np.concatenate([weights, 1 - weights.sum(1, keepdims=True)], axis=1)
    depth = np.einsum("nc,nc->n", weights, corners[:, :, 2])
    inside = (area != 0) & (weights > -1e-6).all(axis=1)
    best = int(np.where(inside, depth, -np.inf).argmax())
    return int(candidates[best]), weights[best]


def _surface_points(
    vertices_m: np.ndarray, triangles: np.ndarray, skin: np.ndarray, count: int
) -> SurfacePoints:
    """Points spread over the front, drawn once and for all."""
    rng = np.random.default_rng(0)
    centroids = vertices_m[triangles].mean(1)
    front = np.flatnonzero(skin & (centroids[:, 2] > 0.04) & (np.abs(centroids[:, 1]) < 0.09))
    barycentric = rng.dirichlet(np.ones(3), count).astype(np.float32)
    return SurfacePoints(rng.choice(front, count).astype(np.int32), barycentric)
