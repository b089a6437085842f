"""From a shader to pixels: few samples where the picture is smooth, many at its edges."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import cv2
import numpy as np
from jaxtyping import Bool, Float32, Int32, Int64

from reconstruction_backend.bounds import bounds
from reconstruction_backend.camera import PerspectiveCamera
from reconstruction_backend.rendering.hair_layer import FAR_M, DrawnHair, HairLayer
from reconstruction_backend.rendering.head_scene import HeadScene, SurfaceSamples
from reconstruction_backend.rendering.rasterizer import Fragments
from reconstruction_backend.rendering.strand_layer import StrandLayer, StrandShader

EDGE_SAMPLES_PER_AXIS = 4
_BAND_PIXELS = 1 << 18  # bounds the memory of a picture of any size
_STEEP = 6.0  # a step in depth of this many pixel footprints is an edge


@runtime_checkable
class Shader(Protocol):
    """The colour of surface samples; three channels of any meaning."""

    def __call__(self, samples: SurfaceSamples) -> Float32[np.ndarray, "N 3"]:
        """One row per sample."""
        ...


@runtime_checkable
class Gloss(Protocol):
    """Light that clear corneas add to what lies behind them."""

    def __call__(self, samples: SurfaceSamples) -> Float32[np.ndarray, "N 3"]:
        """One row per sample."""
        ...


@dataclass(frozen=True)
class Drawing:
    """How a scene is to be drawn."""

    scene: HeadScene
    shader: Shader
    cornea_gloss: Gloss | None
    """None where corneas are not to be seen."""
    shown_parts: Bool[np.ndarray, "P"]
    """Other parts hide what lies behind them and are left transparent."""
    finely_sampled_parts: Bool[np.ndarray, "P"]
    """Parts with detail smaller than a pixel (the catch light)."""
    strands: StrandLayer | None = None
    strand_shader: StrandShader | None = None
    """None where strands are left transparent, but hide what lies behind them."""
    edge_samples_per_axis: int = EDGE_SAMPLES_PER_AXIS
    """Along an edge of a pixel that is not smooth, and of every pixel with hair."""
    hair: HairLayer | None = None

    def framed_m(self) -> Float32[np.ndarray, "K 3"]:
        """All points that the picture may show but the hair's."""
        points = [self.scene.vertices_m]
        if self.strands is not None:
            points.append(self.strands.vertices_m)
        return np.concatenate(points)


@dataclass(frozen=True)
class _Band:
    """Rows of the picture with one row more at either side where there is one."""

    first_row: int
    row_count: int
    top_margin: int
    columns: slice
    fragments: Fragments
    pixels: Int64[np.ndarray, "N"]

    def grid(self, values: np.ndarray) -> np.ndarray:
        return values.reshape(-1, self.columns.stop - self.columns.start)


def draw(drawing: Drawing, camera: PerspectiveCamera) -> Float32[np.ndarray, "H W 4"]:
    """The picture in the shader's own values, multiplied by its alpha (the last channel)."""
    picture = np.zeros((camera.height_px * camera.width_px, 4), np.float32)
    stranded = drawing.strands.covered(camera) if drawing.strands is not None else None
    for band in _bands(drawing, camera):
        edge = _edges(drawing, camera, band)
        if stranded is not None:
            edge |= band.grid(stranded[band.pixels])
        inner = np.zeros(edge.shape, np.bool_)
        inner[band.top_margin : band.top_margin + band.row_count] = True
        hit = band.grid(band.fragments.hit)
        often = band.pixels[np.flatnonzero((inner & edge).ravel())]
        fine = _supersampled(drawing, camera, often)
        picture[often] = fine.colours
        once = inner & hit & ~edge
        hair = None
        if drawing.hair is not None:
            hair = _before_head(drawing, drawing.hair, camera, band, often, fine)
            once[inner] &= ~hair.drawn.hides().ravel()
        even = np.flatnonzero(once.ravel())
        picture[band.pixels[even]] = _colour(drawing, camera, band.fragments, even, 1)
        if hair is not None:
            hair.lay(picture, fine)
    return picture.reshape(camera.height_px, camera.width_px, 4)


def _bands(drawing: Drawing, camera: PerspectiveCamera) -> Iterator[_Band]:
    """The part of the picture that the head may cover, in bands."""
    scene = drawing.scene
    rows, columns = _covered(drawing, camera)
    width = columns.stop - columns.start
    if width <= 0 or rows.stop <= rows.start:
        return
    step = max(_BAND_PIXELS // width, 1)
    for first in range(rows.start, rows.stop, step):
        last = min(first + step, rows.stop)
        top, bottom = max(first - 1, rows.start), min(last + 1, rows.stop)
        y, x = np.mgrid[top:bottom, columns]
        pixels = (y * camera.width_px + x).ravel()
        fragments = scene.opaque_fragments(camera, pixels)
        yield _Band(first, last - first, first - top, columns, fragments, pixels)


def _covered(drawing: Drawing, camera: PerspectiveCamera) -> tuple[slice, slice]:
    """Rows and columns around all that may show; everything if some lies behind the camera."""
    size = np.array([camera.width_px, camera.height_px])
    points, hair = drawing.framed_m(), drawing.hair
    if camera.camera_points(points)[:, 2].min() <= 0 or (hair is not None and hair.extent is None):
        return slice(0, camera.height_px), slice(0, camera.width_px)
    first, last = bounds(camera.project(points))
    if hair is not None and hair.extent is not None:
        first, last = np.minimum(first, hair.extent[0]), np.maximum(last, hair.extent[1])
    low = np.clip(np.floor(first).astype(int) - 1, 0, size)
    high = np.clip(np.ceil(last).astype(int) + 2, 0, size)
    return slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0]))


def _edges(
    drawing: Drawing, camera: PerspectiveCamera, band: _Band
) -> Bool[np.ndarray, "rows columns"]:
    """Pixels at a silhouette, a step in depth, a border between parts, or on fine parts."""
    model = drawing.scene.model
    hit = band.grid(band.fragments.hit)
    part = np.where(hit, model.triangle_part[band.grid(band.fragments.triangle)], -1)
    depth = np.where(hit, band.grid(band.fragments.depth_m), 0)
    tolerance = _STEEP / camera.focal_length_px
    edge = hit & drawing.finely_sampled_parts[part]
    for axis in (0, 1):
        before = (slice(None, -1), slice(None)) if axis == 0 else (slice(None), slice(None, -1))
        after = (slice(1, None), slice(None)) if axis == 0 else (slice(None), slice(1, None))
        step = np.abs(np.diff(depth, axis=axis)) > tolerance * depth[after]
        differs = (part[before] != part[after]) | step
        edge[before] |= differs
        edge[after] |= differs
    return edge


@dataclass(frozen=True)
class _FineSamples:
    """Pixels that are sampled often. Samples are kept only where hair is laid over them."""

    colours: Float32[np.ndarray, "P 4"]
    samples: Float32[np.ndarray, "K S 4"]
    """K is P or 0."""
    depth_m: Float32[np.ndarray, "K S"]
    """Infinite where nothing is hit."""


def _supersampled(
    drawing: Drawing, camera: PerspectiveCamera, pixels: Int64[np.ndarray, "P"]
) -> _FineSamples:
    per_axis = drawing.edge_samples_per_axis
    batch = _BAND_PIXELS // per_axis**2
    kept = len(pixels) if drawing.hair is not None else 0
    fine = _FineSamples(
        np.zeros((len(pixels), 4), np.float32),
        np.zeros((kept, per_axis**2, 4), np.float32),
        np.zeros((kept, per_axis**2), np.float32),
    )
    for start in range(0, len(pixels), batch):
        chosen = pixels[start : start + batch]
        fragments = drawing.scene.opaque_fragments(camera, chosen, per_axis)
        depth = fragments.depth_m
        rows = np.flatnonzero(fragments.hit)
        samples = np.zeros((len(fragments.triangle), 4), np.float32)
        samples[rows] = _colour(drawing, camera, fragments, rows, per_axis)
        if drawing.cornea_gloss is not None:
            _add_cornea_gloss(drawing, camera, chosen, fragments, samples)
        if drawing.strands is not None:
            depth = _lay_strands(drawing, drawing.strands, camera, chosen, fragments, samples)
        samples = samples.reshape(len(chosen), -1, 4)
        fine.colours[start : start + batch] = samples.mean(axis=1)
        if kept:
            fine.samples[start : start + batch] = samples
            fine.depth_m[start : start + batch] = depth.reshape(len(chosen), -1)
    return fine


@dataclass(frozen=True)
class _HairBefore:
    """Hair over a band whose surface is still to be coloured."""

    drawn: DrawnHair
    pixels: Int64[np.ndarray, "N"]
    fine_row: Int32[np.ndarray, "H W"]

    def lay(self, picture: Float32[np.ndarray, "pixels 4"], fine: _FineSamples) -> None:
        """Lay it over the band, in place."""
        window = picture[self.pixels].reshape(*self.fine_row.shape, 4)
        self.drawn.lay(window, self.fine_row, fine.samples)
        picture[self.pixels] = window.reshape(-1, 4)


def _before_head(
    drawing: Drawing,
    hair: HairLayer,
    camera: PerspectiveCamera,
    band: _Band,
    often: Int64[np.ndarray, "P"],
    fine: _FineSamples,
) -> _HairBefore:
    """Hair before a band: between samples of even pixels the head's depth is interpolated."""
    per_axis = drawing.edge_samples_per_axis
    inner = slice(band.top_margin, band.top_margin + band.row_count)
    near = np.minimum(band.grid(band.fragments.depth_m), FAR_M)
    width = near.shape[1]
    size = (width * per_axis, len(near) * per_axis)
    depth = np.asarray(cv2.resize(near, size, interpolation=cv2.INTER_LINEAR))
    depth = depth[inner.start * per_axis : inner.stop * per_axis]
    row, column = np.divmod(often, camera.width_px)
    row, column = row - band.first_row, column - band.columns.start
    by_pixel = depth.reshape(band.row_count, per_axis, width, per_axis).transpose(0, 2, 1, 3)
    by_pixel[row, column] = np.minimum(fine.depth_m, FAR_M).reshape(-1, per_axis, per_axis)
    fine_row = np.full((band.row_count, width), -1, np.int32)
    fine_row[row, column] = np.arange(len(often), dtype=np.int32)
    corner = (band.first_row, band.columns.start)
    drawn = hair.drawn(corner, np.ascontiguousarray(depth))
    return _HairBefore(drawn, band.grid(band.pixels)[inner].ravel(), fine_row)


def _colour(
    drawing: Drawing,
    camera: PerspectiveCamera,
    fragments: Fragments,
    rows: Int64[np.ndarray, "K"],
    per_axis: int,
) -> Float32[np.ndarray, "K 4"]:
    """Premultiplied colour and alpha of the fragments of some rows, all of them hits."""
    colour = np.zeros((len(rows), 4), np.float32)
    part = drawing.scene.model.triangle_part[fragments.triangle[rows]]
    shown = np.flatnonzero(drawing.shown_parts[part])
    if len(shown):
        samples = drawing.scene.surface(camera, fragments, rows[shown], per_axis)
        colour[shown, :3] = drawing.shader(samples)
        colour[shown, 3] = 1
    return colour


def _add_cornea_gloss(
    drawing: Drawing,
    camera: PerspectiveCamera,
    pixels: Int64[np.ndarray, "P"],
    fragments: Fragments,
    samples: Float32[np.ndarray, "N 4"],
) -> None:
    """Add what the corneas mirror to the supersampled pixels that show an eye."""
    per_axis = drawing.edge_samples_per_axis
    part = np.where(fragments.hit, drawing.scene.model.triangle_part[fragments.triangle], -1)
    on_eye = fragments.hit & drawing.finely_sampled_parts[part]
    eye_pixels = np.flatnonzero(on_eye.reshape(len(pixels), -1).any(axis=1))
    if len(eye_pixels) == 0 or drawing.cornea_gloss is None:
        return
    cornea = drawing.scene.cornea_fragments(camera, pixels[eye_pixels], per_axis)
    row = (eye_pixels[:, None] * per_axis**2 + np.arange(per_axis**2)).ravel()
    wet = np.flatnonzero(on_eye[row] & (cornea.depth_m < fragments.depth_m[row]))
    wet = wet[samples[row[wet], 3] > 0]
    if len(wet):
        film = drawing.scene.surface(camera, cornea, wet, per_axis)
        samples[row[wet], :3] += drawing.cornea_gloss(film)


def _lay_strands(
    drawing: Drawing,
    strands: StrandLayer,
    camera: PerspectiveCamera,
    pixels: Int64[np.ndarray, "P"],
    fragments: Fragments,
    samples: Float32[np.ndarray, "N 4"],
) -> Float32[np.ndarray, "N"]:
    """Put strands over the supersampled pixels where they lie in front of the head.

    Returns the depth of what is in front then.
    """
    found = strands.fragments(camera, pixels, drawing.edge_samples_per_axis)
    rows = np.flatnonzero(found.depth_m < fragments.depth_m)
    samples[rows] = 0
    if drawing.strand_shader is not None and len(rows):
        normals = strands.normals(camera, found, rows)
        samples[rows, :3] = drawing.strand_shader(normals)
        samples[rows, 3] = 1
    return np.minimum(found.depth_m, fragments.depth_m)
