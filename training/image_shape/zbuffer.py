"""Batched normals, z-buffer and interpolation: CUDA kernels (cupy), or numba where there is no GPU.

The same three steps in both: `vertex_normals`, `zbuffer` (nearest triangle per pixel, as a key of
inverse-ordered depth and triangle) and `resolve` (perspective-correct attributes at the pixels).
"""

from dataclasses import dataclass

import numba
import numpy as np
import torch
from jaxtyping import Float32, Int32, Int64

KERNELS = r"""
extern "C" __global__ void vertex_normals(const float* vertices, const int* triangles,
    const int* start, const int* incident, float* normals, int batch, int count) {
  long thread = (long)blockIdx.x * blockDim.x + threadIdx.x;
  if (thread >= (long)batch * count) return;
  int v = thread % count;
  const float* mine = vertices + (thread - v) * 3;
  float x = 0, y = 0, z = 0;
  for (int k = start[v]; k < start[v + 1]; ++k) {
    const int* t = triangles + 3 * incident[k];
    const float *a = mine + 3 * t[0], *b = mine + 3 * t[1], *c = mine + 3 * t[2];
    float ux = b[0] - a[0], uy = b[1] - a[1], uz = b[2] - a[2];
    float wx = c[0] - a[0], wy = c[1] - a[1], wz = c[2] - a[2];
    x += uy * wz - uz * wy; y += uz * wx - ux * wz; z += ux * wy - uy * wx;
  }
  float length = sqrtf(x * x + y * y + z * z) + 1e-20f;
  normals[3 * thread] = x / length; normals[3 * thread + 1] = y / length;
  normals[3 * thread + 2] = z / length;
}
extern "C" __global__ void zbuffer(const float* pixels, const int* triangles,
    unsigned long long* keys, int batch, int vertices, int faces, int side, int cull) {
  long thread = (long)blockIdx.x * blockDim.x + threadIdx.x;
  if (thread >= (long)batch * faces) return;
  int f = thread % faces; long item = thread / faces;
  const float* mine = pixels + item * vertices * 3;
  const float *a = mine + 3 * triangles[3 * f], *b = mine + 3 * triangles[3 * f + 1],
              *c = mine + 3 * triangles[3 * f + 2];
  if (a[2] <= 0 || b[2] <= 0 || c[2] <= 0) return;
  float area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
  if (area == 0 || (cull && area > 0)) return;
  int left = max(0, (int)ceilf(fminf(a[0], fminf(b[0], c[0]))));
  int right = min(side - 1, (int)floorf(fmaxf(a[0], fmaxf(b[0], c[0]))));
  int top = max(0, (int)ceilf(fminf(a[1], fminf(b[1], c[1]))));
  int bottom = min(side - 1, (int)floorf(fmaxf(a[1], fmaxf(b[1], c[1]))));
  for (int y = top; y <= bottom; ++y)
    for (int x = left; x <= right; ++x) {
      float wb = ((x - a[0]) * (c[1] - a[1]) - (y - a[1]) * (c[0] - a[0])) / area;
      float wc = ((b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0])) / area;
      float wa = 1 - wb - wc;
      if (wa < -1e-5f || wb < -1e-5f || wc < -1e-5f) continue;
      float depth = 1 / (wa / a[2] + wb / b[2] + wc / c[2]);
      unsigned long long key = ((unsigned long long)__float_as_uint(depth) << 32) | (unsigned)f;
      atomicMin(keys + (item * side + y) * side + x, key);
    }
}
extern "C" __global__ void resolve(const long long* keys, const float* pixels,
    const int* triangles, const float* corner_px, const float* attributes, float* out,
    int batch, int vertices, int skin_faces, int side, int channels) {
  long thread = (long)blockIdx.x * blockDim.x + threadIdx.x;
  if (thread >= (long)batch * side * side) return;
  float* mine = out + thread * (channels + 3);
  long long key = keys[thread];
  if (key == 0x7fffffffffffffffLL) {
    for (int k = 0; k < channels + 3; ++k) mine[k] = 0;
    return;
  }
  int f = (int)(key & 0xffffffffLL); long item = thread / (side * side);
  float y = (thread / side) % side, x = thread % side;
  const int* t = triangles + 3 * f;
  const float* base = pixels + item * vertices * 3;
  const float *a = base + 3 * t[0], *b = base + 3 * t[1], *c = base + 3 * t[2];
  float area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
  float wb = ((x - a[0]) * (c[1] - a[1]) - (y - a[1]) * (c[0] - a[0])) / area;
  float wc = ((b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0])) / area;
  float wa = (1 - wb - wc) / a[2]; wb /= b[2]; wc /= c[2];
  float sum = wa + wb + wc; wa /= sum; wb /= sum; wc /= sum;
  const float* values = attributes + item * vertices * channels;
  for (int k = 0; k < channels; ++k)
    mine[k] = wa * values[t[0] * channels + k] + wb * values[t[1] * channels + k]
            + wc * values[t[2] * channels + k];
  if (f < skin_faces) {
    const float* uv = corner_px + 6 * f;
    mine[channels] = wa * uv[0] + wb * uv[2] + wc * uv[4];
    mine[channels + 1] = wa * uv[1] + wb * uv[3] + wc * uv[5];
    mine[channels + 2] = 2;
  } else { mine[channels] = mine[channels + 1] = 0; mine[channels + 2] = 1; }
}
"""
EMPTY = np.iinfo(np.int64).max
BLOCK = 256
EDGE = -1e-5


@dataclass(frozen=True)
class Mesh:
    """Triangles shared by a batch, on the device that renders."""

    triangles: torch.Tensor
    """(F, 3) int32; those of the skin first."""
    corner_px: torch.Tensor
    """(G, 3, 2) float32: the skin triangles' corners in the atlas."""
    start: torch.Tensor
    incident: torch.Tensor
    """Triangles at each vertex, compressed rows."""
    vertex_count: int

    @classmethod
    def of(
        cls,
        triangles: Int32[np.ndarray, "F 3"],
        corner_px: Float32[np.ndarray, "G 3 2"],
        vertex_count: int,
        device: torch.device,
    ) -> "Mesh":
        """Sort the triangles by vertex."""
        order = np.argsort(triangles.ravel(), kind="stable")
        counts = np.bincount(triangles.ravel(), minlength=vertex_count)
        start = np.r_[0, np.cumsum(counts)].astype(np.int32)
        incident = (order // 3).astype(np.int32)
        tensors = [
            torch.from_numpy(np.ascontiguousarray(array)).to(device)
            for array in (triangles.astype(np.int32), corner_px, start, incident)
        ]
        return cls(tensors[0], tensors[1], tensors[2], tensors[3], vertex_count)

    def normals(self, vertices: torch.Tensor) -> torch.Tensor:
        """(B, V, 3) unit normals, area-weighted."""
        out = torch.empty_like(vertices)
        if vertices.is_cuda:
            batch = len(vertices)
            _launch(
                "vertex_normals",
                batch * self.vertex_count,
                (vertices, self.triangles, self.start, self.incident, out),
                (batch, self.vertex_count),
            )
        else:
            _numba_normals(vertices.numpy(), self.triangles.numpy(), out.numpy())
        return out

    def zbuffer(self, pixels: torch.Tensor, side: int, cull: bool) -> torch.Tensor:
        """(B, side, side) int64 keys of (B, V, 3) points: x, y in pixels and depth."""
        batch = len(pixels)
        keys = torch.full((batch, side, side), EMPTY, dtype=torch.int64, device=pixels.device)
        if pixels.is_cuda:
            _launch(
                "zbuffer",
                batch * len(self.triangles),
                (pixels, self.triangles, keys),
                (batch, self.vertex_count, len(self.triangles), side, int(cull)),
            )
        else:
            _numba_zbuffer(pixels.numpy(), self.triangles.numpy(), keys.numpy(), cull)
        return keys

    def resolve(
        self, keys: torch.Tensor, pixels: torch.Tensor, attributes: torch.Tensor
    ) -> torch.Tensor:
        """(B, side, side, C + 3): attributes, atlas x and y, and 0 nothing, 1 other, 2 skin."""
        batch, side, channels = len(keys), keys.shape[1], attributes.shape[2]
        out = torch.empty((batch, side, side, channels + 3), device=pixels.device)
        if pixels.is_cuda:
            _launch(
                "resolve",
                batch * side * side,
                (keys, pixels, self.triangles, self.corner_px, attributes, out),
                (batch, self.vertex_count, len(self.corner_px), side, channels),
            )
        else:
            _numba_resolve(
                keys.numpy(),
                pixels.numpy(),
                self.triangles.numpy(),
                self.corner_px.numpy(),
                attributes.numpy(),
                out.numpy(),
            )
        return out


def depth_of(keys: torch.Tensor) -> torch.Tensor:
    """Depth of the nearest surface; infinity where there is none."""
    bits = (keys >> 32).to(torch.int32)
    return torch.where(keys == EMPTY, torch.inf, bits.view(torch.float32))


_compiled: dict[str, object] = {}


def _launch(
    name: str, threads: int, tensors: tuple[torch.Tensor, ...], numbers: tuple[int, ...]
) -> None:
    import cupy  # pyright: ignore[reportMissingImports]  # only where there is a GPU

    if name not in _compiled:
        _compiled[name] = cupy.RawModule(code=KERNELS).get_function(name)
    for tensor in tensors:
        assert tensor.is_contiguous()
    stream = cupy.cuda.ExternalStream(torch.cuda.current_stream().cuda_stream)
    arguments = tuple(np.uint64(tensor.data_ptr()) for tensor in tensors)
    with stream:
        _compiled[name](  # type: ignore[operator]
            (-(-threads // BLOCK),), (BLOCK,), (*arguments, *(np.int32(n) for n in numbers))
        )


@numba.njit(cache=True)
def _numba_normals(
    vertices: Float32[np.ndarray, "B V 3"],
    triangles: Int32[np.ndarray, "F 3"],
    normals: Float32[np.ndarray, "B V 3"],
) -> None:
    for item in range(len(vertices)):
        points, mine = vertices[item], normals[item]
        mine[:] = 0
        for f in range(len(triangles)):
            a, b, c = triangles[f]
            ux, uy, uz = points[b] - points[a]
            vx, vy, vz = points[c] - points[a]
            for corner in (a, b, c):
                mine[corner, 0] += uy * vz - uz * vy
                mine[corner, 1] += uz * vx - ux * vz
                mine[corner, 2] += ux * vy - uy * vx
        for i in range(len(mine)):
            mine[i] /= np.sqrt((mine[i] ** 2).sum()) + np.float32(1e-20)


@numba.njit(cache=True)
def _numba_zbuffer(
    pixels: Float32[np.ndarray, "B V 3"],
    triangles: Int32[np.ndarray, "F 3"],
    keys: Int64[np.ndarray, "B R R"],
    cull: bool,
) -> None:
    side = keys.shape[1]
    bits = np.empty(1, np.float32)
    for item in range(len(pixels)):
        for f in range(len(triangles)):
            a, b, c = pixels[item][triangles[f]]
            if a[2] <= 0 or b[2] <= 0 or c[2] <= 0:
                continue
            area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
            if area == 0 or (cull and area > 0):
                continue
            left = max(0, int(np.ceil(min(a[0], b[0], c[0]))))
            right = min(side - 1, int(np.floor(max(a[0], b[0], c[0]))))
            top = max(0, int(np.ceil(min(a[1], b[1], c[1]))))
            bottom = min(side - 1, int(np.floor(max(a[1], b[1], c[1]))))
            for y in range(top, bottom + 1):
                for x in range(left, right + 1):
                    wb = ((x - a[0]) * (c[1] - a[1]) - (y - a[1]) * (c[0] - a[0])) / area
                    wc = ((b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0])) / area
                    wa = 1 - wb - wc
                    if wa < EDGE or wb < EDGE or wc < EDGE:
                        continue
                    bits[0] = 1 / (wa / a[2] + wb / b[2] + wc / c[2])
                    key = (np.int64(bits.view(np.uint32)[0]) << 32) | np.int64(f)
                    if key < keys[item, y, x]:
                        keys[item, y, x] = key


@numba.njit(cache=True)
def _numba_resolve(
    keys: Int64[np.ndarray, "B R R"],
    pixels: Float32[np.ndarray, "B V 3"],
    triangles: Int32[np.ndarray, "F 3"],
    corner_px: Float32[np.ndarray, "G 3 2"],
    attributes: Float32[np.ndarray, "B V C"],
    out: Float32[np.ndarray, "B R R D"],
) -> None:
    side, channels = keys.shape[1], attributes.shape[2]
    out[:] = 0
    for item in range(len(keys)):
        for y in range(side):
            for x in range(side):
                if keys[item, y, x] == EMPTY:
                    continue
                f = keys[item, y, x] & 0xFFFFFFFF
                corners = triangles[f]
                a, b, c = pixels[item][corners]
                area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
                wb = ((x - a[0]) * (c[1] - a[1]) - (y - a[1]) * (c[0] - a[0])) / area
                wc = ((b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0])) / area
                wa = (1 - wb - wc) / a[2]
                wb, wc = wb / b[2], wc / c[2]
                total = wa + wb + wc
                wa, wb, wc = wa / total, wb / total, wc / total
                mine, values = out[item, y, x], attributes[item]
                for k in range(channels):
                    mine[k] = (
                        wa * values[corners[0], k]
                        + wb * values[corners[1], k]
                        + wc * values[corners[2], k]
                    )
                if f < len(corner_px):
                    uv = corner_px[f]
                    mine[channels] = wa * uv[0, 0] + wb * uv[1, 0] + wc * uv[2, 0]
                    mine[channels + 1] = wa * uv[0, 1] + wb * uv[1, 1] + wc * uv[2, 1]
                    mine[channels + 2] = 2
                else:
                    mine[channels + 2] = 1
