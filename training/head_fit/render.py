"""One training photo: a random head with a portrait's skin under random light, camera and noise."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float, Float32, Int32, UInt8

from reconstruction_backend.color import linear_from_srgb, srgb_from_linear
from training.head_fit.face_data import (
    PART_EYE_LEFT,
    PART_EYE_RIGHT,
    PART_EYE_SOCKET,
    PART_GUMS,
    PART_SKIN,
    PART_SOCKET,
    PART_TEETH,
    SCLERA_LEFT,
    SCLERA_RIGHT,
    FaceData,
)
from training.head_fit.portrait_skin import DataTopology, PortraitSkin, smoothstep
from training.head_fit.random_heads import RandomHead
from training.head_fit.rasterizer import interpolate, rasterize
from training.head_fit.sampling import sample_points
from training.head_fit.shading import sh_basis, vertex_normals

SUPERSAMPLING = 1.3
SHADOW_MAP_PX = 320
SHADOW_BIAS_M = 0.004
IRIS_RADIUS_M = 0.00585
MOUTH_COLOUR = np.array([0.16, 0.05, 0.045])
LID_RIM_TINT = np.array([0.75, 0.55, 0.5])
GUMS_COLOUR = np.array([0.35, 0.13, 0.12])
TEETH_COLOUR = np.array([0.62, 0.56, 0.46])
SCLERA_COLOUR = np.array([0.60, 0.56, 0.53])
SCLERA_OVER_SKIN = 3.0
IRIS_COLOURS = np.array(
    [
        [0.05, 0.025, 0.012],
        [0.10, 0.05, 0.02],
        [0.12, 0.2, 0.32],
        [0.1, 0.16, 0.1],
        [0.2, 0.22, 0.24],
    ]
)


@dataclass(frozen=True)
class Surface:
    """What each pixel of the supersampled image shows."""

    index: Int32[np.ndarray, "H W"]
    seen: Bool[np.ndarray, "H W"]
    corners: Int32[np.ndarray, "N 3"]
    """Of the seen pixels, in row order."""
    weights: Float32[np.ndarray, "N 3"]

    def interpolate(self, per_vertex: Float[np.ndarray, "V *c"]) -> Float[np.ndarray, "N *c"]:
        """Per-vertex values at the seen pixels."""
        columns = np.ascontiguousarray(per_vertex, np.float32).reshape(len(per_vertex), -1)
        values = interpolate(columns, self.corners, self.weights)
        return values.reshape(len(values), *per_vertex.shape[1:])


def _unit(vectors: Float[np.ndarray, "N 3"]) -> Float[np.ndarray, "N 3"]:
    length = np.sqrt(np.einsum("nc,nc->n", vectors, vectors))
    return vectors / (length[:, None] + np.float32(1e-9))


def render_photo(
    rng: np.random.Generator,
    data: FaceData,
    topology: DataTopology,
    head: RandomHead,
    skin: PortraitSkin,
    backdrop: UInt8[np.ndarray, "B C 3"],
    size_px: int,
) -> UInt8[np.ndarray, "S S 3"]:
    """Render and degrade. `backdrop` is any picture; it is cropped, blurred and scaled."""
    vertices, eye_axes = posed_vertices(data, head)
    surface = _visible_surface(data, head, vertices, size_px)
    normals = _unit(surface.interpolate(vertex_normals(vertices, data.triangles)))
    albedo, gloss = _albedo(rng, data, topology, skin, surface, vertices, eye_axes)
    linear = _shade(rng, data, head, vertices, surface, normals, albedo, gloss)
    big = round(size_px * SUPERSAMPLING)
    canvas = _background(rng, backdrop, big)
    canvas[surface.seen] = linear
    small = cv2.resize(canvas, (size_px, size_px), interpolation=cv2.INTER_AREA)
    return _degrade(rng, srgb_from_linear(small * np.exp(rng.normal(0.05, 0.18))))


def posed_vertices(
    data: FaceData, head: RandomHead
) -> tuple[Float32[np.ndarray, "V 3"], Float32[np.ndarray, "2 3"]]:
    """The head with expression and turned eyeballs, and the eyes' optical axes (head frame)."""
    vertices = data.evaluate(head.shape, head.expression)
    axes = np.empty((2, 3), np.float32)
    for eye, part in enumerate((SCLERA_LEFT, SCLERA_RIGHT)):
        yaw, pitch = head.gaze_rad[eye]
        axis_angle = np.array([-pitch, yaw, 0.0])
        turn = cv2.Rodrigues(axis_angle)[0].astype(np.float32)
        shift = vertices[part].mean(axis=0) - data.vertices_m[part].mean(axis=0)
        centre = data.eye_centres_m[eye] + shift
        vertices[part] = (vertices[part] - centre) @ turn.T + centre
        axes[eye] = turn[:, 2]
    return vertices, axes


def _visible_surface(
    data: FaceData, head: RandomHead, vertices: Float32[np.ndarray, "V 3"], size_px: int
) -> Surface:
    camera = vertices @ head.rotation_camera_from_head.T + head.translation_m
    pixels = camera[:, :2] / camera[:, 2:] * head.focal_length_px + head.principal_point_px
    pixels = ((pixels + 0.5) * SUPERSAMPLING - 0.5).astype(np.float32)
    big = round(size_px * SUPERSAMPLING)
    index, weights, _ = rasterize(
        pixels, camera[:, 2].astype(np.float32), data.triangles, big, big, True
    )
    seen = index >= 0
    return Surface(index, seen, data.triangles[index[seen]], weights[seen])


def _albedo(
    rng: np.random.Generator,
    data: FaceData,
    topology: DataTopology,
    skin: PortraitSkin,
    surface: Surface,
    vertices: Float32[np.ndarray, "V 3"],
    eye_axes: Float32[np.ndarray, "2 3"],
) -> tuple[Float[np.ndarray, "N 3"], Float[np.ndarray, "N"]]:
    """Linear albedo and gloss of every seen pixel."""
    part = data.triangle_part[surface.index[surface.seen]]
    albedo = np.empty((len(part), 3), np.float32)
    gloss = np.full(len(part), 0.12, np.float32)
    is_skin = part == PART_SKIN
    skin_surface = Surface(
        surface.index, surface.seen, surface.corners[is_skin], surface.weights[is_skin]
    )
    albedo[is_skin] = _skin_albedo(rng, topology, skin, skin_surface)
    albedo[part == PART_SOCKET] = MOUTH_COLOUR
    albedo[part == PART_EYE_SOCKET] = skin.skin_linear * LID_RIM_TINT
    albedo[part == PART_GUMS] = GUMS_COLOUR
    albedo[part == PART_TEETH] = TEETH_COLOUR * rng.uniform(0.7, 1.1)
    iris = IRIS_COLOURS[rng.integers(len(IRIS_COLOURS))] * np.exp(rng.normal(0, 0.3, 3))
    pupil = rng.uniform(0.25, 0.5)
    for eye, (which, sclera) in enumerate(
        ((PART_EYE_LEFT, SCLERA_LEFT), (PART_EYE_RIGHT, SCLERA_RIGHT))
    ):
        mine = part == which
        shift = vertices[sclera].mean(axis=0) - data.vertices_m[sclera].mean(axis=0)
        centre = data.eye_centres_m[eye] + shift
        points = interpolate(vertices, surface.corners[mine], surface.weights[mine])
        white = SCLERA_COLOUR * min(1.0, SCLERA_OVER_SKIN * float(skin.skin_linear.mean()))
        albedo[mine] = _eye_albedo(points - centre, eye_axes[eye], white, iris, pupil)
        gloss[mine] = 0.8
    return albedo, gloss


def _skin_albedo(
    rng: np.random.Generator, topology: DataTopology, skin: PortraitSkin, surface: Surface
) -> Float[np.ndarray, "N 3"]:
    """The portrait's own pixel, the mirror vertex's, and a flat colour, blended by visibility."""
    own, mirrored = skin.facing, skin.facing[topology.mirror] * 0.8
    bald = rng.random() < 0.4
    share = own / (own + mirrored + 1e-6)
    share = smoothstep(share, 0.45, 0.65)
    known = np.maximum(own, mirrored)
    if bald:
        known = known * smoothstep(topology.faceness, 0.2, 0.9)
    shading = skin.shading**0.85
    textures = [
        (skin.pixel_px, shading, share),
        (skin.pixel_px[topology.mirror], shading[topology.mirror], 1 - share),
    ]
    total = np.zeros((len(surface.corners), 3), np.float32)
    for pixel, light, weight in textures:
        colour = linear_from_srgb(sample_points(skin.image, surface.interpolate(pixel)))
        total += colour * (surface.interpolate(weight) / surface.interpolate(light))[:, None]
    flat = skin.skin_linear * np.exp(rng.normal(-0.1, 0.1))
    certain = surface.interpolate(known)[:, None]
    tint = np.exp(rng.normal(0, 0.05, 3))
    return (total * certain + flat * (1 - certain)) * tint


def _eye_albedo(
    offset: Float[np.ndarray, "N 3"],
    axis: Float[np.ndarray, "3"],
    sclera: Float[np.ndarray, "3"],
    iris: Float[np.ndarray, "3"],
    pupil: float,
) -> Float[np.ndarray, "N 3"]:
    """Sclera, limbal ring, iris and pupil by the distance from the optical axis."""
    along = offset @ axis
    across = np.linalg.norm(offset - along[:, None] * axis, axis=1)
    radius = np.where(along > 0, across / IRIS_RADIUS_M, np.inf)
    colour = np.tile(sclera, (len(radius), 1))
    inside = 1 - smoothstep(radius, 0.94, 1.06)
    ring = smoothstep(radius, 0.75, 0.98)[:, None]
    streaks = 1 + 0.25 * np.sin(np.arctan2(offset[:, 1], offset[:, 0]) * 23)[:, None]
    iris_colour = iris * streaks * (1 - 0.7 * ring)
    iris_colour = iris_colour * smoothstep(radius, pupil * 0.9, pupil * 1.1)[:, None]
    return colour * (1 - inside[:, None]) + iris_colour * inside[:, None]


def _shade(
    rng: np.random.Generator,
    data: FaceData,
    head: RandomHead,
    vertices: Float32[np.ndarray, "V 3"],
    surface: Surface,
    normals: Float[np.ndarray, "N 3"],
    albedo: Float[np.ndarray, "N 3"],
    gloss: Float[np.ndarray, "N"],
) -> Float32[np.ndarray, "N 3"]:
    """Ambient spherical harmonics plus one shadowed lamp with a highlight."""
    camera_axes = head.rotation_camera_from_head
    scale = np.array([1, 0.22, 0.16, 0.22, 0.06, 0.06, 0.04, 0.06, 0.06])
    ambient = rng.normal(size=9) * scale
    ambient[0] = 1
    ambient[1] += 0.12
    ambient = ambient.astype(np.float32)
    ambient_tint = np.exp(rng.normal(0, 0.06, 3)).astype(np.float32)
    irradiance = np.clip(sh_basis(normals) @ ambient, 0.15, None)[:, None] * ambient_tint
    share = rng.beta(1.2, 1.8)
    side = np.array([rng.normal(0, 0.8), -abs(rng.normal(0.5, 0.5)), -1.0])
    lamp = (camera_axes.T @ (side / np.linalg.norm(side))).astype(np.float32)
    facing = np.clip(normals @ lamp, 0, None)
    points = surface.interpolate(vertices)
    lit = facing * _lit(vertices, data.triangles, points, lamp)
    lamp_tint = np.exp(rng.normal(0, 0.06, 3)).astype(np.float32)
    light = irradiance * (1 - share) + lit[:, None] * lamp_tint * share * 1.3
    view = _unit(-camera_axes.T @ head.translation_m - points)
    half = _unit(view + lamp)
    shine = np.clip(np.einsum("nc,nc->n", normals, half), 0, 1) ** 28 * (lit > 0) * share
    strength = gloss * rng.uniform(0, 1.2)
    part = data.triangle_part[surface.index[surface.seen]]
    inside = (part == PART_SOCKET) | (part == PART_GUMS) | (part == PART_TEETH)
    depth_in_mouth = np.where(inside, rng.uniform(0.35, 0.8), 1.0)[:, None]
    return (albedo * light * depth_in_mouth + (shine * strength)[:, None]).astype(np.float32)


def _lit(
    vertices: Float32[np.ndarray, "V 3"],
    triangles: Int32[np.ndarray, "F 3"],
    points: Float[np.ndarray, "N 3"],
    lamp: Float[np.ndarray, "3"],
) -> Float[np.ndarray, "N"]:
    """1 where the lamp (at infinity) is seen, by a shadow map with bilinear softening."""
    across = np.cross(lamp, [0.0, 1.0, 0.0])
    across /= np.linalg.norm(across)
    frame = np.stack([across, np.cross(lamp, across), lamp]).astype(np.float32)
    seen_from_lamp = vertices @ frame.T
    low, high = seen_from_lamp.min(axis=0), seen_from_lamp.max(axis=0)
    scale = (SHADOW_MAP_PX - 1) / (high - low)[:2].max()
    far = high[2] + 1.0
    _, _, inverse = rasterize(
        ((seen_from_lamp[:, :2] - low[:2]) * scale).astype(np.float32),
        (far - seen_from_lamp[:, 2]).astype(np.float32),
        triangles,
        SHADOW_MAP_PX,
        SHADOW_MAP_PX,
        False,
    )
    nearest = np.where(inverse > 0, 1 / np.maximum(inverse, 1e-6), np.inf)
    local = points @ frame.T
    depth = far - local[:, 2]
    shadow = np.minimum(nearest, far + 1).astype(np.float32)
    blocker = sample_points(cv2.blur(shadow, (3, 3)), (local[:, :2] - low[:2]) * scale)
    return 1 - smoothstep(depth - blocker, SHADOW_BIAS_M, 3 * SHADOW_BIAS_M)


def _background(
    rng: np.random.Generator, backdrop: UInt8[np.ndarray, "B C 3"], size: int
) -> Float32[np.ndarray, "S S 3"]:
    """A blurred random crop of a picture, or a two-colour gradient."""
    if rng.random() < 0.35:
        corners = rng.uniform(0, 1, (2, 2, 3)) ** 2
        corners = corners * 0.3 + corners.mean(axis=(0, 1)) * 0.7
        return cv2.resize(corners.astype(np.float32), (size, size))
    height, width = backdrop.shape[:2]
    side = int(min(height, width) * rng.uniform(0.4, 0.9))
    top, left = rng.integers(height - side), rng.integers(width - side)
    crop = cv2.resize(backdrop[top : top + side, left : left + side], (96, 96))
    crop = cv2.GaussianBlur(crop, (0, 0), rng.uniform(2, 14))
    return linear_from_srgb(cv2.resize(crop, (size, size)))


def _degrade(
    rng: np.random.Generator, image: UInt8[np.ndarray, "S S 3"]
) -> UInt8[np.ndarray, "S S 3"]:
    """Lens blur, sensor noise and JPEG."""
    if rng.random() < 0.6:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.3, 1.6))
    noise = rng.normal(size=image.shape[:2]) * abs(rng.normal(0, 5))
    image = np.clip(image + noise[..., None], 0, 255).astype(np.uint8)
    quality = int(rng.uniform(55, 98))
    encoded = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.ascontiguousarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR)[..., ::-1])
