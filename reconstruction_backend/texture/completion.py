"""A whole skin from a partly seen one.

Two bands. The *tone* (low frequencies) lives on the mesh's vertices, where the UV atlas' seams do
not exist: a screened Poisson problem takes the seen tone where there is one, follows the mirrored
side's gradients where only that was seen, and runs out harmonically into the person's mean tone
elsewhere. The *detail* (the rest) is the photo's, else the mirrored side's, else grain synthesised
from the person's own skin; it has no low frequencies, so it blends without a seam.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy.sparse as sp
from jaxtyping import Float, Float32, Integer
from scipy.sparse.linalg import splu

from reconstruction_backend.texture.atlas import SKIN_PART, Atlas
from reconstruction_backend.texture.blur import broad_blur
from reconstruction_backend.texture.lookup import look_up

SEEN_STRENGTH = 30.0
"""How firmly the tone holds to what was seen, against its smoothness."""
RELAXATION_M = 0.06
"""Distance over which an unseen tone relaxes to the person's mean."""
TONE_BLUR_TEXELS = 5.0
BORDER_CAUTION = 1.2
"""Power of the blurred confidence."""
MIRROR_GRADIENT_CONFIDENCE = 0.5


@dataclass(frozen=True)
class SkinGraph:
    """The skin's vertices and edges, fixed per head model."""

    vertices: Integer[np.ndarray, "K"]
    """Model vertices that the skin uses."""
    texels: Float32[np.ndarray, "K 2"]
    """One texel (x, y) of each."""
    mirror: Integer[np.ndarray, "K"]
    """Index into `vertices` of the mirrored one."""
    edges: Integer[np.ndarray, "E 2"]
    edge_weights: Float32[np.ndarray, "E"]
    """Cotangent weights on the average head, clipped to be positive."""
    area_m2: Float32[np.ndarray, "K"]


@lru_cache(maxsize=4)
def skin_graph(atlas: Atlas) -> SkinGraph:
    """Build the graph of an atlas' model; kept for the next call."""
    model = atlas.model
    triangles = model.triangles[model.part_triangles(SKIN_PART)]
    vertices, local = np.unique(triangles, return_inverse=True)
    local = local.reshape(-1, 3)
    position = model.template_m[vertices].astype(np.float64)
    corners = position[local]
    area = (
        np.linalg.norm(
            np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1
        )
        / 2
    )
    edges, weights = _cotangent_edges(local, corners)
    vertex_area = np.bincount(local.reshape(-1), np.repeat(area / 3, 3), minlength=len(vertices))
    index = np.full(model.vertex_count, -1, np.int64)
    index[vertices] = np.arange(len(vertices))
    mirror = index[model.mirror_vertex[vertices]]
    mirror = np.where(mirror >= 0, mirror, np.arange(len(vertices)))
    return SkinGraph(
        vertices.astype(np.int32),
        _skin_texels(atlas, vertices),
        mirror.astype(np.int32),
        edges,
        weights,
        vertex_area.astype(np.float32),
    )


def complete_tone(
    graph: SkinGraph,
    tone: Float32[np.ndarray, "K C"],
    confidence: Float32[np.ndarray, "K"],
    mean: Float[np.ndarray, "C"],
) -> Float32[np.ndarray, "K C"]:
    """Solve the screened Poisson problem for a tone on every skin vertex.

    `tone` counts where `confidence` is positive. Returns it nearly unchanged there.
    """
    a, b = graph.edges[:, 0], graph.edges[:, 1]
    count = len(graph.vertices)
    mirrored_confidence = confidence[graph.mirror]
    only_mirrored = (mirrored_confidence > MIRROR_GRADIENT_CONFIDENCE) & (
        confidence < MIRROR_GRADIENT_CONFIDENCE
    )
    guided = only_mirrored[a] | only_mirrored[b]
    guided &= (mirrored_confidence[a] > MIRROR_GRADIENT_CONFIDENCE) & (
        mirrored_confidence[b] > MIRROR_GRADIENT_CONFIDENCE
    )
    mirrored = tone[graph.mirror]
    gradient = np.where(guided[:, None], mirrored[a] - mirrored[b], 0) * graph.edge_weights[:, None]
    screen = confidence * SEEN_STRENGTH + graph.area_m2 / RELAXATION_M**2
    laplacian = _laplacian(graph.edges, graph.edge_weights, count)
    right = confidence[:, None] * SEEN_STRENGTH * tone
    right += (graph.area_m2 / RELAXATION_M**2)[:, None] * mean
    for channel in range(tone.shape[1]):
        right[:, channel] += np.bincount(a, gradient[:, channel], minlength=count)
        right[:, channel] -= np.bincount(b, gradient[:, channel], minlength=count)
    system = (laplacian + sp.diags(screen)).tocsc()
    solver = splu(system, permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True})
    return solver.solve(right.astype(np.float64)).astype(np.float32)


def vertex_tone(
    graph: SkinGraph, image: Float32[np.ndarray, "A A C"], confidence: Float32[np.ndarray, "A A"]
) -> tuple[Float32[np.ndarray, "K C"], Float32[np.ndarray, "K"]]:
    """Confidence-weighted blurred image at the vertices, and the blurred confidence."""
    weighted = broad_blur(image * confidence[:, :, None], TONE_BLUR_TEXELS)
    weight = broad_blur(confidence, TONE_BLUR_TEXELS)
    at = graph.texels.reshape(1, -1, 2)
    value = look_up(weighted, at).reshape(len(graph.texels), -1)
    total = look_up(weight, at).reshape(-1)
    # Near the border of what was seen, hair's shadow and colour tint the skin: trust it less.
    trusted = np.where(total > 0.05, total**BORDER_CAUTION, 0)
    return value / np.maximum(total, 1e-4)[:, None], trusted


def _skin_texels(atlas: Atlas, vertices: Integer[np.ndarray, "K"]) -> Float32[np.ndarray, "K 2"]:
    model = atlas.model
    skin = model.part_triangles(SKIN_PART)
    texel = np.zeros((model.vertex_count, 2), np.float32)
    texel[model.triangles[skin].reshape(-1)] = (
        model.uv[model.triangles_uv[skin].reshape(-1)] * atlas.size - 0.5
    )
    return texel[vertices]


def _cotangent_edges(
    triangles: Integer[np.ndarray, "F 3"], corners: Float[np.ndarray, "F 3 3"]
) -> tuple[Integer[np.ndarray, "E 2"], Float32[np.ndarray, "E"]]:
    pairs, weights = [], []
    for k in range(3):
        i, j = (k + 1) % 3, (k + 2) % 3
        u, v = corners[:, i] - corners[:, k], corners[:, j] - corners[:, k]
        sine = np.linalg.norm(np.cross(u, v), axis=1)
        weights.append(0.5 * (u * v).sum(axis=1) / np.maximum(sine, 1e-12))
        pairs.append(np.sort(triangles[:, (i, j)], axis=1))
    unique, inverse = np.unique(np.concatenate(pairs), axis=0, return_inverse=True)
    total = np.bincount(inverse.reshape(-1), np.concatenate(weights), minlength=len(unique))
    return unique.astype(np.int32), np.clip(total, 0.05, 5).astype(np.float32)


def _laplacian(
    edges: Integer[np.ndarray, "E 2"], weights: Float[np.ndarray, "E"], count: int
) -> sp.csc_matrix:
    a, b = edges[:, 0], edges[:, 1]
    w = weights.astype(np.float64)
    off = sp.coo_matrix((np.r_[-w, -w], (np.r_[a, b], np.r_[b, a])), shape=(count, count))
    diagonal = np.bincount(a, w, minlength=count) + np.bincount(b, w, minlength=count)
    return (off + sp.diags(diagonal)).tocsc()
