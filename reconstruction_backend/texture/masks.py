"""Which pixels of the photo, and so which texels, show bare skin.

Three witnesses: MediaPipe's selfie segmentation (person or background; its weights travel in the
mediapipe wheel), the landmarks (eye apertures and the open mouth are no skin, the inner face is),
and colour: with the light divided out, skin has nearly one tone and hair, clothes and glasses do
not.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from jaxtyping import Bool, Float, Float32, UInt8

from reconstruction_backend.face_networks import native_stderr_withheld
from reconstruction_backend.head_model import HeadModel
from reconstruction_backend.landmarks import FaceLandmarks
from reconstruction_backend.model_store import CAMEO_ALBEDO
from reconstruction_backend.texture.atlas import Atlas, atlas_of
from reconstruction_backend.texture.skin_net import SIZE as SKIN_NET_SIZE
from reconstruction_backend.texture.skin_net import (
    TexelEvidence,
    judge_channels,
    load_skin_net,
    reduce_evidence,
)

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

SEGMENTATION_PX = 320
"""The network takes 256 px; more than this would only be shrunk again."""
LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)
DARKEST = 2e-3
"""Linear light below this is noise."""
SEED_DEPTH_M = 0.012
CORE_FALLOFF_M = 0.008
DOUBTFUL, SURE = 0.45, 0.8
"""The judge's probabilities that count as none and as all: a strand on the face is worse than a
little less of what was seen."""
OUTSIDE_FROM_M = 0.01
"""Further than this outside the face oval, colour alone has to tell skin from clothes."""
OUTSIDE_TOLERANCE = 2.5
FOREIGN_CHROMA = (0.25, 0.6)
"""Log chroma this far off the person's hue is hair or cloth, unless lips: at the face's edge, and
deeper inside than `FOREIGN_DEPTH_M`."""
FOREIGN_DEPTH_M = 0.03
PALE_SATURATION, TEETH_LUMINANCE = 0.55, 0.05
"""Teeth are paler than this share of the skin's saturation, and no darker than skin (log)."""
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
    return FaceZones(
        oval_depth_m=np.where(skin, oval, -1).astype(np.float32),
        core=np.where(skin, np.clip(1 + core_depth / CORE_FALLOFF_M, 0, 1), 0).astype(np.float32),
        seeds=seeds,
        features=features,
        lips=regions[:, :, 3],
    )


@lru_cache(maxsize=4)
def position_features(atlas: Atlas) -> Float32[np.ndarray, "A A 6"]:
    """Where on the head each texel lies, in units of a few centimetres; fixed per head model."""
    zones, rest = zones_of(atlas), atlas.interpolate(atlas.model.template_m)
    depth = np.clip(zones.oval_depth_m, -0.06, 0.06) / 0.02
    place = rest / 0.05
    place[:, :, 0] = np.abs(place[:, :, 0])
    return np.dstack([place, depth, zones.core, zones.features]).astype(np.float32)


def person_mask(image: UInt8[np.ndarray, "H W 3"]) -> Float32[np.ndarray, "H W"]:
    """Probability that a pixel belongs to a person (MediaPipe selfie segmentation)."""
    height, width = image.shape[:2]
    scale = min(1.0, SEGMENTATION_PX / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    reduced = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    result = _segmenter().process(np.ascontiguousarray(reduced))
    mask = np.asarray(result.segmentation_mask, np.float32)
    return cv2.resize(mask, (width, height), interpolation=cv2.INTER_LINEAR)


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
    evidence: TexelEvidence, tone: SkinTone, zones: FaceZones, atlas: Atlas
) -> Float32[np.ndarray, "A A"]:
    """Probability that a texel shows this person's bare skin.

    The learned judge knows hair; clothes, which begin outside the face, are told by their colour.
    """
    judged = np.clip((_judged(evidence, atlas) - DOUBTFUL) / (SURE - DOUBTFUL), 0, 1)
    deviation = np.hypot(
        evidence.colour[:, :, 0] / (OUTSIDE_TOLERANCE * tone.spread[0]),
        np.linalg.norm(evidence.colour[:, :, 1:], axis=2) / (OUTSIDE_TOLERANCE * tone.spread[1]),
    )
    like_skin = 1 / (1 + np.exp(np.clip(6 * (deviation - 1), -30, 30)))
    inside = np.clip(1 + zones.oval_depth_m / OUTSIDE_FROM_M, 0, 1)
    depth = np.clip(zones.oval_depth_m / FOREIGN_DEPTH_M, 0, 1)
    foreign = _off_skin_hue(evidence.colour[:, :, 1:], tone) / (
        FOREIGN_CHROMA[0] * (1 - depth) + FOREIGN_CHROMA[1] * depth
    )
    foreign *= np.clip(np.exp(evidence.colour[:, :, 0]) / BRIGHT_SHARE, 0, 1)
    inside /= 1 + np.maximum(foreign - zones.features, 0) ** 8
    probability = judged * np.maximum(inside, like_skin) * (evidence.confidence > 0)
    probability *= 1 - zones.lips * _like_teeth(evidence.colour, tone)
    return _keep_connected(probability.astype(np.float32), zones.seeds)


def _off_skin_hue(
    departure: Float32[np.ndarray, "A A 2"], tone: SkinTone
) -> Float32[np.ndarray, "A A"]:
    """Distance of a chroma from the line between the person's tone and grey (a grey beard)."""
    chroma = departure + tone.chroma
    length = max(float(tone.chroma @ tone.chroma), 1e-6)
    along = np.clip(chroma @ tone.chroma / length, 0, 1)
    return np.linalg.norm(chroma - along[:, :, None] * tone.chroma, axis=2).astype(np.float32)


def _like_teeth(
    departure: Float32[np.ndarray, "A A 3"], tone: SkinTone
) -> Float32[np.ndarray, "A A"]:
    """Bright and pale: what an open mouth shows where a lip was expected."""
    length = max(float(tone.chroma @ tone.chroma), 1e-6)
    saturation = (departure[:, :, 1:] + tone.chroma) @ tone.chroma / length
    pale = np.clip((PALE_SATURATION - saturation) / 0.15, 0, 1)
    return pale * np.clip((departure[:, :, 0] - TEETH_LUMINANCE) / 0.15, 0, 1)


def _judged(evidence: TexelEvidence, atlas: Atlas) -> Float32[np.ndarray, "A A"]:
    """The learned judge's probability, worked out on its own, smaller atlas."""
    small = atlas_of(atlas.model, SKIN_NET_SIZE)
    reduced = reduce_evidence(evidence, SKIN_NET_SIZE)
    channels = judge_channels(reduced, position_features(small))
    probability = load_skin_net(CAMEO_ALBEDO).probability(channels)
    return cv2.resize(probability, (atlas.size, atlas.size), interpolation=cv2.INTER_LINEAR)


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


@lru_cache(maxsize=1)
def _segmenter() -> Any:
    """MediaPipe's solution object, kept warm (it has no type stubs)."""
    with native_stderr_withheld():
        from mediapipe.python.solutions.selfie_segmentation import SelfieSegmentation

        segmenter = SelfieSegmentation(model_selection=0)
        segmenter.process(np.zeros((8, 8, 3), np.uint8))  # its first-use chatter
    return segmenter
