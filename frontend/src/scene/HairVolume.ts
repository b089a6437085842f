// How much light hair lets through, on a grid of voxels.

import { type Box3, Vector3 } from "three";
import { POINT_FLOATS } from "./strandShape";

/** Where the voxels lie: x runs fastest, `low` is the corner of the first. */
export interface Grid {
  low: Vector3;
  voxelM: number;
  size: readonly [number, number, number];
}

/** A direction that light comes from. */
export interface Sweep {
  /** Unit, towards the light. */
  direction: Vector3;
  /** Of all the light of its channel. */
  weight: number;
  /** Of the transmittance, 0 to 3. */
  channel: number;
}

/** Free voxels about the box, so that what lies beyond is not in its shadow. */
const MARGIN_VOXELS = 2;
/** Extinction of skin, per metre: nothing passes a voxel. */
const SOLID = 1e4;
/** Optical depths that change no byte, and that leave none. */
const NOTHING = 1e-3;
const DARK = 7;
/** Of a strand, with the hairs that it stands for, that hides the skin about its root. */
const ROOT_M = 0.2;
/** Places along a segment of a strand that are looked at. */
const SAMPLES = [0.25, 0.75] as const;

/** About `voxels` cubes that fill a box. */
export function gridAround({ min, max }: Box3, voxels: number): Grid {
  const extent = new Vector3().subVectors(max, min);
  const voxelM = Math.cbrt((extent.x * extent.y * extent.z) / voxels);
  const cells = (metres: number) => Math.ceil(metres / voxelM) + 2 * MARGIN_VOXELS;
  return {
    low: min.clone().addScalar(-MARGIN_VOXELS * voxelM),
    voxelM,
    size: [cells(extent.x), cells(extent.y), cells(extent.z)],
  };
}

/**
 * The extinction of hair, 1/m: what its strands cover per volume; and of what is solid.
 *
 * Light is followed away from its source slice by slice, each voxel looking up the optical depth
 * that the slice before has (Behrens and Ratering 1998, "Adding shadows to a texture-based volume
 * renderer").
 */
export class HairVolume {
  readonly grid: Grid;
  readonly #extinction: Float32Array;

  constructor(grid: Grid, extinction?: Float32Array) {
    const [x, y, z] = grid.size;
    this.grid = grid;
    this.#extinction = extinction ?? new Float32Array(x * y * z);
  }

  /**
   * Adds strands, (count, P, 4) in metres, of a mean diameter. Only each `stride`th is looked at,
   * for its neighbours as well.
   */
  addStrands(points: Float32Array, perStrand: number, widthM: number, stride: number): void {
    const floats = POINT_FLOATS * perStrand;
    const [x, y, z] = this.grid.low.toArray();
    const scale = 1 / this.grid.voxelM;
    // a cylinder's shadow, averaged over directions, is pi/4 of its length times its diameter
    const shadow = ((Math.PI / 4) * widthM * stride) / (SAMPLES.length * this.grid.voxelM ** 3);
    for (let strand = 0; strand + floats <= points.length; strand += stride * floats) {
      for (let at = strand; at < strand + floats - POINT_FLOATS; at += POINT_FLOATS) {
        const next = at + POINT_FLOATS;
        const value = shadow * ((points[next + 3] ?? 0) - (points[at + 3] ?? 0));
        for (const share of SAMPLES) {
          const px = (1 - share) * (points[at] ?? 0) + share * (points[next] ?? 0);
          const py = (1 - share) * (points[at + 1] ?? 0) + share * (points[next + 1] ?? 0);
          const pz = (1 - share) * (points[at + 2] ?? 0) + share * (points[next + 2] ?? 0);
          this.#spread((px - x) * scale, (py - y) * scale, (pz - z) * scale, value);
        }
      }
    }
  }

  /** A copy in which some points lie in a solid, (K, 3) in metres. */
  withSolid(pointsM: ArrayLike<number>): HairVolume {
    const copy = this.#extinction.slice();
    const { low, voxelM, size } = this.grid;
    for (let i = 0; i < pointsM.length; i += 3) {
      const x = Math.floor(((pointsM[i] ?? 0) - low.x) / voxelM);
      const y = Math.floor(((pointsM[i + 1] ?? 0) - low.y) / voxelM);
      const z = Math.floor(((pointsM[i + 2] ?? 0) - low.z) / voxelM);
      if (x >= 0 && y >= 0 && z >= 0 && x < size[0] && y < size[1] && z < size[2]) {
        copy[x + size[0] * (y + size[1] * z)] = SOLID;
      }
    }
    return new HairVolume(this.grid, copy);
  }

  /**
   * Share of each channel's light that arrives in each voxel, RGBA in bytes. `opacity` is the share
   * of light that a strand in its way takes from it: hair scatters much of it on.
   */
  transmittance(sweeps: readonly Sweep[], opacity: number): Uint8Array<ArrayBuffer> {
    const sums = new Float32Array(4 * this.#extinction.length);
    for (const sweep of sweeps) {
      this.#sweep(sweep, opacity, sums);
    }
    const bytes = new Uint8Array(sums.length);
    for (let i = 0; i < bytes.length; i += 1) {
      bytes[i] = Math.min(255, 255 * (sums[i] ?? 0) + 0.5);
    }
    return bytes;
  }

  /** Per voxel the share of skin that is seen between the roots of strands in it, as bytes. */
  betweenRoots(
    points: Float32Array,
    perStrand: number,
    widthM: number,
    stride: number,
  ): Uint8Array<ArrayBuffer> {
    const roots = new HairVolume(this.grid);
    const { low, voxelM } = this.grid;
    const shadow = (widthM * ROOT_M * stride) / voxelM ** 2;
    for (let at = 0; at < points.length; at += stride * POINT_FLOATS * perStrand) {
      const [x = 0, y = 0, z = 0] = points.subarray(at, at + 3);
      const place = [(x - low.x) / voxelM, (y - low.y) / voxelM, (z - low.z) / voxelM] as const;
      roots.#spread(...place, shadow);
    }
    return Uint8Array.from(roots.#extinction, (depth) => Math.round(255 * Math.exp(-depth)));
  }

  /** Over the eight voxels whose middles are nearest; coordinates in voxels. */
  #spread(x: number, y: number, z: number, value: number): void {
    const [columns, rows] = this.grid.size;
    const [left, below, behind] = [Math.floor(x - 0.5), Math.floor(y - 0.5), Math.floor(z - 0.5)];
    const [u, v, w] = [x - 0.5 - left, y - 0.5 - below, z - 0.5 - behind];
    for (let corner = 0; corner < 8; corner += 1) {
      const [i, j, k] = [corner & 1, (corner >> 1) & 1, corner >> 2];
      const share = (i ? u : 1 - u) * (j ? v : 1 - v) * (k ? w : 1 - w);
      const at = left + i + columns * (below + j + rows * (behind + k));
      if (at >= 0 && at < this.#extinction.length) {
        this.#extinction[at] = (this.#extinction[at] ?? 0) + share * value;
      }
    }
  }

  /** Adds what arrives from one direction. */
  #sweep({ direction, weight, channel }: Sweep, opacity: number, sums: Float32Array): void {
    const { size, voxelM } = this.grid;
    const strides = [1, size[0], size[0] * size[1]] as const;
    const d = direction.toArray();
    const [a, b, c] = steepestFirst(d);
    const ahead = Math.abs(d[a]);
    const opacityM = (opacity * voxelM) / ahead;
    const row = size[b] + 2 * PAD;
    const { first, shares } = slopeOf(d[b] / ahead, d[c] / ahead, row);
    const [low, right, up, both] = shares;
    // optical depths behind the last slice, with a border that nothing darkens
    let before = new Float32Array(row * (size[c] + 2 * PAD));
    let behind = before.slice();
    for (let slice = 0; slice < size[a]; slice += 1) {
      const at = (d[a] > 0 ? size[a] - 1 - slice : slice) * strides[a];
      for (let j = 0; j < size[c]; j += 1) {
        let voxel = at + j * strides[c];
        let place = PAD + (j + PAD) * row;
        for (let i = 0; i < size[b]; i += 1, voxel += strides[b], place += 1) {
          const from = place + first;
          const arrived =
            low * (before[from] ?? 0) +
            right * (before[from + 1] ?? 0) +
            up * (before[from + row] ?? 0) +
            both * (before[from + row + 1] ?? 0);
          const extinction = this.#extinction[voxel] ?? 0;
          const own = extinction < SOLID ? 0.5 * opacityM * extinction : 0;
          const to = 4 * voxel + channel;
          const depth = arrived + own;
          const share = depth < NOTHING ? 1 : depth > DARK ? 0 : Math.exp(-depth);
          sums[to] = (sums[to] ?? 0) + weight * share;
          behind[place] = arrived + opacityM * extinction;
        }
      }
      [before, behind] = [behind, before];
    }
  }
}

/** Where a ray comes from in the slice before: of four texels, the first, and their shares. */
interface Slope {
  first: number;
  shares: readonly [number, number, number, number];
}

/** Texels about a slice; rays lean over by one at most, and four are blended. */
const PAD = 2;

function slopeOf(right: number, up: number, row: number): Slope {
  const [x, y] = [Math.floor(right), Math.floor(up)];
  const [u, v] = [right - x, up - y];
  const shares = [(1 - u) * (1 - v), u * (1 - v), (1 - u) * v, u * v] as const;
  return { first: x + y * row, shares };
}

type Axis = 0 | 1 | 2;

function steepestFirst(direction: readonly number[]): readonly [Axis, Axis, Axis] {
  const [x, y, z] = direction.map(Math.abs) as [number, number, number];
  if (x >= y && x >= z) {
    return [0, 1, 2];
  }
  return y >= z ? [1, 0, 2] : [2, 0, 1];
}
