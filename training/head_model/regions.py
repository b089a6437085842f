"""Soft masks over the template: where the face, the scalp, the lips and so on are.

Outlines are drawn on the left half of the average head in an azimuthal equidistant chart of
directions (from a point inside the head), partly through the data's iBUG landmarks, and mirrored.
Thin features (brows, lids, lips) are bands around landmark curves.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from matplotlib.path import Path as Outline
from scipy.interpolate import CubicSpline
from scipy.spatial import KDTree

from training.head_model import data
from training.head_model.data import FaceKit
from training.head_model.eyes import IRIS_RADIUS_M, PUPIL_RADIUS_M, Eyeballs
from training.head_model.template import PARTS, Template, curve_points

NAMES = (
    "face", "scalp", "ears", "neck", "nose", "lips", "eyelids", "brows", "forehead", "cheeks",
    "chin", "sclera", "iris", "pupil", "tooth_neck", "mouth_light",
)  # fmt: skip
EYE_NAMES = ("sclera", "iris", "pupil")

FACE_CENTRE_M = np.array([0.0, 0.02, 0.0])
SCALP_CENTRE_M = np.array([0.0, 0.045, -0.005])
SCALP_POLE = np.array([0.0, 0.8, -0.6])

HAIRLINE_M = (
    (0.000, 0.1030, 0.093), (0.020, 0.1035, 0.089), (0.036, 0.1010, 0.080),
    (0.050, 0.0930, 0.066), (0.0575, 0.0810, 0.056), (0.0640, 0.0680, 0.047),
    (0.0690, 0.0560, 0.036), (0.0705, 0.0430, 0.029), (0.0720, 0.0280, 0.024),
    (0.0730, 0.0140, 0.021), (0.0740, 0.0080, 0.016), (0.0750, 0.0210, 0.0125),
    (0.0760, 0.0330, 0.008), (0.0765, 0.0395, 0.000), (0.0765, 0.0400, -0.010),
    (0.0760, 0.0350, -0.0195), (0.0745, 0.0230, -0.026), (0.0710, 0.0060, -0.030),
    (0.0670, -0.0100, -0.035), (0.0580, -0.0310, -0.047), (0.0360, -0.0450, -0.056),
    (0.0150, -0.0485, -0.060), (0.000, -0.0490, -0.060),
)  # fmt: skip
"""The left half of the hairline from the forehead over temple, sideburn and ear to the nape."""

FOREHEAD_TOP = 0.003
NECK_TOP_M, NECK_FADE_M = 0.005, 0.025
LEFT_JAWLINE = (3661, 4390, 3022, 2484, 4036, 2253, 3490, 3496)
"""The data's vertices along the edge of the left jaw, as its authors list them."""
PREAURICULAR_M = ((0.0745, -0.0120, 0.0165), (0.0735, 0.0050, 0.0155), (0.0725, 0.0220, 0.0175))
EAR_OUTLINE_M = (
    (0.0178, -0.0210), (0.0128, -0.0215), (0.0050, -0.0180), (-0.0080, -0.0080),
    (-0.0180, 0.0100), (-0.0195, 0.0200), (-0.0165, 0.0310), (-0.0090, 0.0370),
    (0.0000, 0.0380), (0.0060, 0.0340), (0.0100, 0.0280), (0.0135, 0.0170), (0.0150, 0.0060),
    (0.0165, -0.0080),
)  # fmt: skip
"""(z, y) of the left ear's outline seen from the side."""
EAR_INNER_M = 0.06
EAR_THICKNESS_M = (0.003, 0.007)
EAR_MARGIN_M = 0.003
CHEEK_CENTRE = (0.046, -0.012)
CHEEK_REACH_M = (0.014, 0.034)
CHIN_REACH_M = (0.010, 0.024)
LID_REACH_M = (0.0035, 0.0085)
BROW_REACH_M = (0.0025, 0.0065)
BROW_BELOW_M = 0.0035
LIP_FADE_M = 0.0015
NOSE_REACH_M = (0.008, 0.015)
EDGE_RAD = 0.05


@dataclass(frozen=True)
class Regions:
    """Soft masks by `NAMES`."""

    weights: Float[np.ndarray, "R V"]

    def __getitem__(self, name: str) -> Float[np.ndarray, "V"]:
        return self.weights[NAMES.index(name)]


def smooth(value: Float[np.ndarray, "V"]) -> Float[np.ndarray, "V"]:
    """Smoothstep of values clipped to [0, 1]."""
    clipped = np.clip(value, 0, 1)
    return clipped * clipped * (3 - 2 * clipped)


def direction_chart(
    points_m: Float[np.ndarray, "K 3"],
    centre_m: Float[np.ndarray, "3"],
    pole: Float[np.ndarray, "3"],
) -> Float[np.ndarray, "K 2"]:
    """Azimuthal equidistant chart about `pole`: radians along x and along the way up."""
    direction = points_m - centre_m
    direction = direction / np.linalg.norm(direction, axis=1, keepdims=True)
    up = np.cross(pole, [1.0, 0.0, 0.0])
    across = np.stack([direction[:, 0], direction @ up], axis=1)
    angle = np.arctan2(np.linalg.norm(across, axis=1), direction @ pole)
    return (
        across / np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-12) * angle[:, None]
    )


def outline_mask(
    points: Float[np.ndarray, "K 2"], half_outline: Float[np.ndarray, "L 2"], fade: float
) -> Float[np.ndarray, "K"]:
    """One inside the outline and its mirror image in x, fading to zero across `fade`."""
    knots = np.linspace(0, 1, len(half_outline))
    dense = CubicSpline(knots, half_outline)(np.linspace(0, 1, 400))
    dense[0, 0] = dense[-1, 0] = 0
    loop = np.concatenate([dense, dense[-2:0:-1] * [-1, 1]])
    inside = Outline(loop).contains_points(points)
    distance = KDTree(loop).query(points)[0] * np.where(inside, 1, -1)
    return smooth(distance / fade + 0.5)


def face_mask(points_m: Float[np.ndarray, "K 3"], kit: FaceKit) -> Float[np.ndarray, "K"]:
    """From the hairline to the edge of the jaw, in front of the ears."""
    jaw = kit.vertices_m[[data.IBUG68[8], *LEFT_JAWLINE]]
    jaw[0, 0] = 0
    side = np.array(HAIRLINE_M)[7::-1]
    rim = np.concatenate([jaw, PREAURICULAR_M, side])
    pole = np.array([0.0, 0.0, 1.0])
    return outline_mask(
        direction_chart(points_m, FACE_CENTRE_M, pole),
        direction_chart(rim, FACE_CENTRE_M, pole),
        EDGE_RAD * 2,
    ) * (points_m[:, 2] > -0.03)


def scalp_mask(points_m: Float[np.ndarray, "K 3"]) -> Float[np.ndarray, "K"]:
    """Where hair grows, down to sideburns and nape."""
    return outline_mask(
        direction_chart(points_m, SCALP_CENTRE_M, SCALP_POLE),
        direction_chart(np.array(HAIRLINE_M), SCALP_CENTRE_M, SCALP_POLE),
        EDGE_RAD,
    )


def build_regions(kit: FaceKit, template: Template, eyes: Eyeballs) -> Regions:
    """All masks on the template's vertices followed by the eyeballs'; `mouth_light` stays zero."""
    vertices = template.vertices(kit)
    skin = np.zeros(len(vertices), bool)
    skin[template.triangles[template.triangle_part == PARTS.index("skin")]] = True
    skin &= ~_between(template, data.EYE_SOCKETS)
    masks = _skin_masks(vertices, skin, kit)
    body = np.stack([_settled(masks[name], skin, template) for name in masks])
    weights = np.zeros((len(NAMES), len(vertices) + len(eyes.template_m)))
    weights[: len(body), : len(vertices)] = body
    first_eye = NAMES.index(EYE_NAMES[0])
    weights[first_eye : first_eye + len(EYE_NAMES), len(vertices) :] = _eye_masks(eyes)
    weights[NAMES.index("tooth_neck"), : len(vertices)] = _tooth_necks(template)
    return Regions(weights)


def _skin_masks(
    vertices: Float[np.ndarray, "V 3"],
    skin: Bool[np.ndarray, "V"],
    kit: FaceKit,
) -> dict[str, Float[np.ndarray, "V"]]:
    ears = _ears(vertices, kit)
    face = face_mask(vertices, kit) * (1 - ears)
    scalp = scalp_mask(vertices) * (1 - ears)
    points = kit.vertices_m[list(data.IBUG68)]
    y, brow = vertices[:, 1], points[17:27, 1].mean()
    below = smooth((NECK_TOP_M + NECK_FADE_M - y) / NECK_FADE_M)
    cheek = np.stack([np.abs(vertices[:, 0]), y], axis=1) - CHEEK_CENTRE
    chin = np.linalg.norm(vertices - points[8] * 0.35 - points[57] * 0.65, axis=1)
    masks = {
        "face": face,
        "scalp": scalp,
        "ears": ears,
        "neck": below * (1 - face) * (1 - scalp) * (1 - ears),
        "nose": _band(vertices, kit, [*range(27, 31)], NOSE_REACH_M)
        + _band(vertices, kit, [*range(31, 36)], NOSE_REACH_M),
        "lips": _lips(vertices, kit),
        "eyelids": _band(vertices, kit, [*range(36, 42), 36], LID_REACH_M)
        + _band(vertices, kit, [*range(42, 48), 42], LID_REACH_M),
        "brows": _brows(vertices, kit),
        "forehead": face * smooth((y - brow - FOREHEAD_TOP) / 0.01),
        "cheeks": face * _fade(np.linalg.norm(cheek, axis=1), CHEEK_REACH_M),
        "chin": _fade(chin, CHIN_REACH_M),
    }
    return {name: np.clip(mask, 0, 1) * skin for name, mask in masks.items()}


def _between(template: Template, vertices: range) -> Bool[np.ndarray, "V"]:
    """Vertices of the template that are, or lie between, the data's vertices in a range."""
    share = template.stencil[:, vertices.start : vertices.stop]
    return np.asarray(abs(share).sum(1)).ravel() > 0.99


def _ears(vertices: Float[np.ndarray, "V 3"], kit: FaceKit) -> Float[np.ndarray, "V"]:
    """The ear's front inside its outline, and what lies close behind it."""
    outline = Outline(np.array(EAR_OUTLINE_M))

    def inside(points: Float[np.ndarray, "K 3"], margin: float) -> Bool[np.ndarray, "K"]:
        beside = np.abs(points[:, 0]) > EAR_INNER_M
        return outline.contains_points(points[:, [2, 1]], radius=margin) & beside

    face = kit.vertices_m[: data.FACE.stop]
    front = KDTree(face[inside(face, 0.0)])
    near = _fade(front.query(vertices)[0], EAR_THICKNESS_M)
    either_winding = inside(vertices, EAR_MARGIN_M) | inside(vertices, -EAR_MARGIN_M)
    return near * either_winding


def _settled(
    mask: Float[np.ndarray, "V"], skin: Bool[np.ndarray, "V"], template: Template
) -> Float[np.ndarray, "V"]:
    """Exactly symmetric and rounded to what float16 keeps."""
    return ((mask + mask[template.mirror]) / 2) * skin


def _fade(distance: Float[np.ndarray, "V"], reach: tuple[float, float]) -> np.ndarray:
    return smooth((reach[1] - distance) / (reach[1] - reach[0]))


def _band(
    vertices: Float[np.ndarray, "V 3"], kit: FaceKit, ibug: list[int], reach: tuple[float, float]
) -> Float[np.ndarray, "V"]:
    curve = curve_points(kit.vertices_m, [data.IBUG68[i] for i in ibug])
    return _fade(KDTree(curve).query(vertices)[0], reach)


def _brows(vertices: Float[np.ndarray, "V 3"], kit: FaceKit) -> Float[np.ndarray, "V"]:
    """Bands about the brow points, which sit at the brow's upper half."""
    total = np.zeros(len(vertices))
    for points in (range(17, 22), range(22, 27)):
        curve = curve_points(kit.vertices_m, [data.IBUG68[i] for i in points])
        total += _fade(KDTree(curve - [0, BROW_BELOW_M, 0]).query(vertices)[0], BROW_REACH_M)
    return total


def _lips(vertices: Float[np.ndarray, "V 3"], kit: FaceKit) -> Float[np.ndarray, "V"]:
    """Inside the vermilion border as seen from the front, to the wet line within the mouth."""
    loop = [data.IBUG68[i] for i in (*range(48, 60), 48)]
    border = curve_points(kit.vertices_m, loop)
    inside = Outline(border[:, :2]).contains_points(vertices[:, :2])
    distance = KDTree(border).query(vertices)[0] * np.where(inside, 1, -1)
    return smooth(distance / LIP_FADE_M + 0.5) * (vertices[:, 2] > border[:, 2].min() - 0.004)


def _tooth_necks(template: Template) -> Float[np.ndarray, "V"]:
    """0 at cutting edges, 1 at the gum."""
    necks = np.zeros(len(template.mirror))
    for part in ("teeth_upper", "teeth_lower"):
        pieces = [piece for piece in template.mouth.pieces if piece.part == part]
        used = np.unique(template.triangles[template.triangle_part == PARTS.index(part)])
        necks[used] = np.concatenate([piece.neck for piece in pieces])
    return necks


def _eye_masks(eyes: Eyeballs) -> Float[np.ndarray, "3 V"]:
    distance = np.nan_to_num(eyes.iris_distance_m, nan=np.inf)
    ball = np.isfinite(eyes.iris_distance_m) | np.isinf(eyes.iris_distance_m)
    pupil = distance < PUPIL_RADIUS_M
    iris = (distance < IRIS_RADIUS_M * 0.999) & ~pupil
    sclera = ball & ~iris & ~pupil
    return np.stack([sclera, iris, pupil]).astype(float)
