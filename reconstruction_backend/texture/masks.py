"""Which texels show bare skin.

Three witnesses: the photo's parsing (skin, hair, clothes, glasses), the landmarks (eye apertures
and the open mouth are no skin), and colour: with the light divided out, skin has nearly one tone
and what the parsing lets through at its soft edges has not.
"""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from jaxtyping import Bool, Float, Float32

from reconstruction_backend import color
from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.landmarks import FaceLandmarks
from reconstruction_backend.texture.atlas import Atlas

RIGHT_EYE_RIM = (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246)
LEFT_EYE_RIM = (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466)
INNER_LIPS = (
    78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191,
)  # fmt: skip
FACE_OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
BROWS_TO_MOUTH = (
    70, 63, 105, 66, 107, 336, 296, 334, 293, 300, 446, 266, 426, 410, 287,
    405, 17, 181, 57, 186, 206, 36, 226,
)  # fmt: skip
"""Outline of the inner face in the mesh's numbering: brows, eyes, nose, mouth."""

LUMINANCE = color.LUMINANCE.astype(np.float32)
DARKEST = 2e-3
"""Linear light below this is noise."""
LOWER_FACE_FALLOFF_M = 0.010
NOSE_BASE = 2
"""Mesh point where nose and upper lip meet."""
SEED_DEPTH_M = 0.012
CORE_FALLOFF_M = 0.008
DOUBTFUL, SURE = 0.45, 0.8
"""The parsing's probabilities that count as none and as all: a strand on the face is worse than a
little less of what was seen."""
BEARD_HALF_WIDTH_M, BEARD_FALLOFF_M = 0.035, 0.012
"""Of the part of the lower face where hair is beard and stays."""
FOREIGN_CHROMA = (0.25, 0.6)
"""Log chroma this far off the person's hue is hair or cloth, unless lips: at the face's edge, and
deeper inside than `FOREIGN_DEPTH_M`."""
FOREIGN_DEPTH_M = 0.03
FRAME_DARKNESS, BROW_DARKNESS = (0.3, 1.2), 2.2
"""Log darkness from which something within glasses is a frame: on plain skin, on lids, on brows."""
REFLECTION, FRAME_CHROMA, FRAME_MARGIN = 0.3, 0.25, 5
BRIGHT_SHARE = 0.5
"""Of the skin's luminance: below it chroma is noise and counts less."""
LUMINANCE_SPREAD, CHROMA_SPREAD = 0.12, 0.06
LARGEST_SPREAD = np.array([0.2, 0.1])
SEED_LUMINANCE_PERCENTILE = 55
SEED_WEIGHT, FEWEST_SEEDS = 0.3, 20
AVERAGE_TONE = (-1.2, np.array([0.5, -0.3], np.float32))
"""Log luminance and chroma."""
SMOOTHING_TEXELS = 1.4


@dataclass(frozen=True)
class FaceZones:
    """Fixed maps of a head model's atlas (A x A), from its landmarks and regions."""

    oval_depth_m: Float32[np.ndarray, "A A"]
    """Distance inside the face oval; negative outside it (texture distance, so approximate)."""
    core: Float32[np.ndarray, "A A"]
    """One in the inner face (brows, eyes, nose, mouth), falling to zero over a centimetre."""
    seeds: Bool[np.ndarray, "A A"]
    """Surely skin unless hair hangs over it: cheeks, nose, lower forehead."""
    features: Float32[np.ndarray, "A A"]
    """Lips, brows, lids: skin of another tone than the rest."""
    lips: Float32[np.ndarray, "A A"]
    brows: Float32[np.ndarray, "A A"]
    beard: Float32[np.ndarray, "A A"]
    """Where hair, if the parsing calls it so, is a beard: around the mouth and on the chin."""
    below_nose: Float32[np.ndarray, "A A"]
    """One on all skin lower than the nose's base, the neck included."""
    lower_face: Float32[np.ndarray, "A A"]
    """One inside the face oval below the nose: where a beard may darken the skin."""


@lru_cache(maxsize=4)
def zones_of(atlas: Atlas) -> FaceZones:
    """The zones of an atlas, kept for the next call."""
    model = atlas.model
    texel_m = float(
        np.median(atlas.texel_m[atlas.interpolate(model.region("face")[:, None])[:, :, 0] > 0.5])
    )
    points = landmark_texels(model, atlas.size)
    oval = _signed_distance(points[list(FACE_OVAL)], atlas.size) * texel_m
    core_depth = _signed_distance(points[list(BROWS_TO_MOUTH)], atlas.size) * texel_m
    skin = atlas.part_mask("skin")
    names = ("cheeks", "nose", "forehead", "lips", "brows", "eyelids")
    regions = atlas.interpolate(np.stack([model.region(name) for name in names], axis=1))
    features = regions[:, :, 3:].max(axis=2)
    seeds = skin & (oval > SEED_DEPTH_M) & (regions[:, :, :3].max(axis=2) > 0.3) & (features < 0.05)
    rest = atlas.interpolate(model.template_m)
    below_nose = np.where(skin, _below_nose(atlas, rest), np.float32(0))
    inside = np.clip(oval / LOWER_FACE_FALLOFF_M, 0, 1).astype(np.float32)
    lower_face = inside * below_nose
    beside_mouth = np.abs(rest[:, :, 0]) - np.float32(BEARD_HALF_WIDTH_M)
    return FaceZones(
        oval_depth_m=np.where(skin, oval, -1).astype(np.float32),
        core=np.where(skin, np.clip(1 + core_depth / CORE_FALLOFF_M, 0, 1), 0).astype(np.float32),
        seeds=seeds,
        features=features,
        lips=regions[:, :, 3],
        brows=regions[:, :, 4],
        beard=np.where(oval > 0, below_nose, 0) * np.clip(1 - beside_mouth / BEARD_FALLOFF_M, 0, 1),
        below_nose=below_nose,
        lower_face=lower_face,
    )


def _below_nose(atlas: Atlas, rest_m: Float32[np.ndarray, "A A 3"]) -> Float32[np.ndarray, "A A"]:
    model = atlas.model
    nose_base_m = model.surface_points(model.landmarks_mediapipe, model.template_m)[NOSE_BASE, 1]
    return np.clip((nose_base_m - rest_m[:, :, 1]) / BEARD_FALLOFF_M, 0, 1).astype(np.float32)


def opening_mask(landmarks: FaceLandmarks, size: tuple[int, int]) -> Float32[np.ndarray, "H W"]:
    """One inside the eyes' apertures and the open mouth; `size` is (height, width)."""
    mask = np.zeros(size, np.uint8)
    for rim in (RIGHT_EYE_RIM, LEFT_EYE_RIM, INNER_LIPS):
        fixed = np.round(landmarks.points_px[list(rim)] * 16).astype(np.int32)
        cv2.fillPoly(mask, [fixed], (255,), lineType=cv2.LINE_AA, shift=4)
    return mask.astype(np.float32) / 255


@dataclass(frozen=True)
class SkinTone:
    """The tone of the surely bare skin, light divided out, in log colour."""

    luminance: float
    chroma: Float[np.ndarray, "2"]
    """log(R/G), log(B/G)."""
    spread: Float[np.ndarray, "2"]
    """Robust deviations of luminance and chroma among the seeds."""

    def log_rgb(self) -> Float32[np.ndarray, "3"]:
        """The tone as a logarithm of linear RGB."""
        against_green = np.array([self.chroma[0], 0, self.chroma[1]])
        green = self.luminance - np.log(np.exp(against_green) @ LUMINANCE)
        return (green + against_green).astype(np.float32)


def skin_tone(albedo: Float32[np.ndarray, "N 3"], weights: Float32[np.ndarray, "N"]) -> SkinTone:
    """Robust tone of the seeds (medians and median absolute deviations).

    Where the photo shows none of them (a mask, a misjudged picture), an average tone.
    """
    if (weights > SEED_WEIGHT).sum() < FEWEST_SEEDS:
        return SkinTone(*AVERAGE_TONE, LARGEST_SPREAD)
    luminance, chroma = log_luminance_chroma(albedo[weights > SEED_WEIGHT])
    centre = np.median(chroma, axis=0)
    level = float(np.percentile(luminance, SEED_LUMINANCE_PERCENTILE))
    spread_l = float(np.median(np.abs(luminance - level)) * 1.48)
    spread_c = float(np.median(np.linalg.norm(chroma - centre, axis=1)) * 1.2)
    spread = np.array([max(spread_l, LUMINANCE_SPREAD), max(spread_c, CHROMA_SPREAD)])
    return SkinTone(level, centre, np.minimum(spread, LARGEST_SPREAD))


def bare_skin(
    parsed: Float32[np.ndarray, "A A"],
    glasses: Float32[np.ndarray, "A A"],
    colour: Float32[np.ndarray, "A A 3"],
    tone: SkinTone,
    zones: FaceZones,
) -> Float32[np.ndarray, "A A"]:
    """Probability that a texel shows this person's bare skin.

    `parsed` is the parsing's probability of skin, `glasses` that of frames and of what is seen
    through them; `colour` log luminance and chroma with the light divided out.
    """
    departure = colour.copy()
    departure[:, :, 0] -= tone.luminance
    departure[:, :, 1:] -= tone.chroma
    judged = np.clip((parsed - DOUBTFUL) / (SURE - DOUBTFUL), 0, 1)
    judged = np.maximum(judged, zones.beard)
    judged = np.maximum(judged, glasses * _like_skin_behind_glass(departure, zones))
    depth = np.clip(zones.oval_depth_m / FOREIGN_DEPTH_M, 0, 1)
    foreign = _off_skin_hue(departure[:, :, 1:], tone) / (
        FOREIGN_CHROMA[0] * (1 - depth) + FOREIGN_CHROMA[1] * depth
    )
    foreign *= np.clip(np.exp(departure[:, :, 0]) / BRIGHT_SHARE, 0, 1)
    plain = (1 - zones.core) * (1 - zones.features) * (1 - zones.lower_face)
    judged /= 1 + (foreign * plain) ** 8
    return _keep_connected(judged.astype(np.float32), zones.seeds)


def _like_skin_behind_glass(
    departure: Float32[np.ndarray, "A A 3"], zones: FaceZones
) -> Float32[np.ndarray, "A A"]:
    """Neither a frame nor a reflection: near the person's tone, but lids and brows may be dark."""
    darkest = FRAME_DARKNESS[0] + (FRAME_DARKNESS[1] - FRAME_DARKNESS[0]) * zones.features
    darkest += (BROW_DARKNESS - FRAME_DARKNESS[1]) * zones.brows
    luminance = departure[:, :, 0]
    off = np.where(luminance < 0, -luminance / darkest, luminance / REFLECTION)
    off = np.maximum(off, np.linalg.norm(departure[:, :, 1:], axis=2) / FRAME_CHROMA)
    like = (off < 1).astype(np.uint8)
    return cv2.erode(like, np.ones((FRAME_MARGIN, FRAME_MARGIN), np.uint8)).astype(np.float32)


def _off_skin_hue(
    departure: Float32[np.ndarray, "A A 2"], tone: SkinTone
) -> Float32[np.ndarray, "A A"]:
    """Distance of a chroma from the line between the person's tone and grey (a grey beard)."""
    chroma = departure + tone.chroma
    length = max(float(tone.chroma @ tone.chroma), 1e-6)
    along = np.clip(chroma @ tone.chroma / length, 0, 1)
    return np.linalg.norm(chroma - along[:, :, None] * tone.chroma, axis=2).astype(np.float32)


def log_luminance_chroma(
    rgb: Float32[np.ndarray, "*n 3"],
) -> tuple[Float32[np.ndarray, "*n"], Float32[np.ndarray, "*n 2"]]:
    """Logarithms of luminance and of the ratios R/G and B/G."""
    logs = np.log(np.maximum(rgb, DARKEST))
    luminance = np.log(np.maximum(rgb @ LUMINANCE, DARKEST))
    return luminance, logs[..., (0, 2)] - logs[..., 1:2]


def _keep_connected(
    probability: Float32[np.ndarray, "A A"], seeds: Bool[np.ndarray, "A A"]
) -> Float32[np.ndarray, "A A"]:
    """Drop islands that do not touch the seeds, and holes' hard rims."""
    smooth = cv2.GaussianBlur(probability, (0, 0), SMOOTHING_TEXELS)
    count, found = cv2.connectedComponents((smooth > 0.5).astype(np.uint8))
    label = np.asarray(found, np.int32)
    touched = np.zeros(count, bool)
    touched[np.unique(label[seeds])] = True
    touched[0] = False
    return np.where(touched[label], smooth, 0).astype(np.float32)


def landmark_texels(model: HeadModel, size: int) -> Float[np.ndarray, "478 2"]:
    """Where MediaPipe's points lie in the atlas, (x, y) in texels."""
    points = model.landmarks_mediapipe
    corners = model.uv[model.triangles_uv[points.triangle]]
    return np.einsum("lc,lcd->ld", points.barycentric, corners) * size - 0.5


def _signed_distance(polygon: Float[np.ndarray, "N 2"], size: int) -> Float32[np.ndarray, "A A"]:
    inside = np.zeros((size, size), np.uint8)
    cv2.fillPoly(inside, [np.round(polygon).astype(np.int32)], (1,))
    within = cv2.distanceTransform(inside, cv2.DIST_L2, 5)
    without = cv2.distanceTransform(1 - inside, cv2.DIST_L2, 5)
    return within - without
