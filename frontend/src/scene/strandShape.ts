// What length and curl do to strands: geometry without a graphics card.

import { Vector3 } from "three";
import type { StrandFile } from "./StrandFile";

export interface StrandEdit {
  /** Of the length in the file; beyond 1 strands grow on. */
  length: number;
  /** Of the curl in the file; beyond 1 straight strands begin to wave as well. */
  curl: number;
}

export const UNCHANGED: StrandEdit = { length: 1, curl: 1 };

/** Floats per point: a texel of a texture; the fourth is the arc length from the root. */
export const POINT_FLOATS = 4;

/** Of the waves that straight strands get at twice their curl, metres. */
const WAVE_RADIUS_M = 0.005;
const WAVE_PITCH_M = 0.04;
/** A turn that fewer points draw would have corners. */
const POINTS_PER_TURN = 6;
/** Metres along the strand until the waves are fully there. */
const WAVE_BEGINS_M = 0.06;
/** Strands rooted in one such cell wave together. */
const LOCK_M = 0.011;
const PHASE_SPREAD_RAD = 0.9;
/** Segments whose mean the strand goes on by. */
const END_SEGMENTS = 3;
/** How far new growth goes on as the strand ended before it hangs, as the server's does. */
const HANGS_WITHIN_M = 0.06;

/** One strand while it is shaped; used again for the next. */
interface Strand {
  smooth: Float64Array;
  detail: Float64Array;
}

/** Writes the first `count` strands of a file, (count, P, 4), metres. */
export function shapeStrands(
  file: StrandFile,
  edit: StrandEdit,
  count: number,
  target: Float32Array,
): void {
  const floats = 3 * file.pointsPerStrand;
  const strand = { smooth: new Float64Array(floats), detail: new Float64Array(floats) };
  const wave = new Wave();
  for (let index = 0; index < count; index += 1) {
    readStrand(file, index, strand);
    const at = POINT_FLOATS * file.pointsPerStrand * index;
    writeStrand(strand, edit, target, at);
    if (edit.curl > 1) {
      wave.add(strand, (edit.curl - 1) * straightness(strand), index, target, at);
    }
  }
}

function readStrand(file: StrandFile, index: number, { smooth, detail }: Strand): void {
  const from = smooth.length * index;
  const [x, y, z] = file.originM;
  for (let i = 0; i < smooth.length; i += 3) {
    smooth[i] = x + file.positionStepM * (file.smooth[from + i] ?? 0);
    smooth[i + 1] = y + file.positionStepM * (file.smooth[from + i + 1] ?? 0);
    smooth[i + 2] = z + file.positionStepM * (file.smooth[from + i + 2] ?? 0);
  }
  for (let i = 0; i < detail.length; i += 1) {
    detail[i] = file.detailStepM * (file.detail[from + i] ?? 0);
  }
}

function writeStrand(strand: Strand, edit: StrandEdit, target: Float32Array, at: number): void {
  const { smooth, detail } = strand;
  const last = smooth.length / 3 - 1;
  const growth = edit.length > 1 ? new Growth(smooth) : null;
  let arc = 0;
  for (let point = 0; point <= last; point += 1) {
    const to = at + POINT_FLOATS * point;
    const along = point * edit.length;
    const beyond = Math.max(0, along - last);
    const lower = Math.min(Math.floor(along - beyond), last - 1);
    const share = along - beyond - lower;
    if (beyond > 0) {
      growth?.growTo(beyond);
    }
    // beyond the end the curl runs back along the strand, so it goes on without a jump
    const mirrored = Math.max(0, last - beyond);
    const curlLower = beyond > 0 ? Math.min(Math.floor(mirrored), last - 1) : lower;
    const curlShare = beyond > 0 ? mirrored - curlLower : share;
    for (let axis = 0; axis < 3; axis += 1) {
      target[to + axis] =
        (beyond > 0 ? (growth?.tip[axis] ?? 0) : mixed(smooth, lower, share, axis)) +
        edit.curl * mixed(detail, curlLower, curlShare, axis);
    }
    arc += point === 0 ? 0 : distance(target, to - POINT_FLOATS, to);
    target[to + 3] = arc;
  }
}

/** What a strand gains beyond its end: it leaves as the strand ends, and soon hangs. */
class Growth {
  /** Metres. */
  readonly tip: [number, number, number];
  readonly #direction: [number, number, number];
  readonly #segmentM: number;
  #segments = 0;

  constructor(smooth: Float64Array) {
    const last = smooth.length - 3;
    const from = Math.max(0, last - 3 * END_SEGMENTS);
    const end = (axis: number) => smooth[last + axis] ?? 0;
    const way = (axis: number) => end(axis) - (smooth[from + axis] ?? 0);
    const length = Math.max(Math.hypot(way(0), way(1), way(2)), 1e-9);
    this.tip = [end(0), end(1), end(2)];
    this.#direction = [way(0) / length, way(1) / length, way(2) / length];
    this.#segmentM = (3 * length) / (last - from);
  }

  /** So many segments of the strand's own beyond its end. */
  growTo(segments: number): void {
    const step = (segments - this.#segments) * this.#segmentM;
    const turn = Math.min(1, step / HANGS_WITHIN_M);
    const [x, y, z] = this.#direction;
    const turned = [x * (1 - turn), y - turn * (1 + y), z * (1 - turn)] as const;
    const scale = 1 / Math.max(Math.hypot(...turned), 1e-9);
    for (const axis of [0, 1, 2] as const) {
      this.#direction[axis] = turned[axis] * scale;
      this.tip[axis] += step * this.#direction[axis];
    }
    this.#segments = segments;
  }
}

function mixed(values: Float64Array, lower: number, share: number, axis: number): number {
  const from = values[3 * lower + axis] ?? 0;
  return from + share * ((values[3 * lower + 3 + axis] ?? 0) - from);
}

function distance(points: Float32Array, one: number, other: number): number {
  const x = (points[other] ?? 0) - (points[one] ?? 0);
  const y = (points[other + 1] ?? 0) - (points[one + 1] ?? 0);
  const z = (points[other + 2] ?? 0) - (points[one + 2] ?? 0);
  return Math.sqrt(x * x + y * y + z * z);
}

/** 1 where the file holds no curl, 0 where it curls as far as the waves would. */
function straightness({ detail }: Strand): number {
  let sum = 0;
  for (const value of detail) {
    sum += value * value;
  }
  const radius = Math.sqrt((3 * sum) / detail.length);
  return Math.max(0, 1 - radius / WAVE_RADIUS_M);
}

/** Winds strands to a helix about themselves, neighbours together. */
class Wave {
  readonly #tangent = new Vector3();
  readonly #side = new Vector3();
  readonly #other = new Vector3();

  /** `amount` of the full radius is added to the strand's points at `at`. */
  add(strand: Strand, amount: number, index: number, target: Float32Array, at: number): void {
    const points = strand.smooth.length / 3;
    const spacing = (target[at + POINT_FLOATS * (points - 1) + 3] ?? 0) / (points - 1);
    const pitch = Math.max(WAVE_PITCH_M, POINTS_PER_TURN * spacing);
    const phase = lockPhase(strand.smooth) + PHASE_SPREAD_RAD * (scattered(index) - 0.5);
    this.#side.set(strand.smooth[2] ?? 0, 0.3, -(strand.smooth[0] ?? 0)); // across the root
    for (let point = 0; point < points; point += 1) {
      const to = at + POINT_FLOATS * point;
      this.#turnAlong(strand.smooth, Math.min(point, points - 2));
      const arc = target[to + 3] ?? 0;
      const radius = amount * WAVE_RADIUS_M * Math.min(1, arc / WAVE_BEGINS_M);
      const angle = phase + (2 * Math.PI * arc) / pitch;
      const [c, s] = [radius * Math.cos(angle), radius * Math.sin(angle)];
      target[to] = (target[to] ?? 0) + c * this.#side.x + s * this.#other.x;
      target[to + 1] = (target[to + 1] ?? 0) + c * this.#side.y + s * this.#other.y;
      target[to + 2] = (target[to + 2] ?? 0) + c * this.#side.z + s * this.#other.z;
    }
  }

  /** Carries the two directions across the strand on to a segment, without twist. */
  #turnAlong(smooth: Float64Array, segment: number): void {
    const i = 3 * segment;
    this.#tangent.set(
      (smooth[i + 3] ?? 0) - (smooth[i] ?? 0),
      (smooth[i + 4] ?? 0) - (smooth[i + 1] ?? 0),
      (smooth[i + 5] ?? 0) - (smooth[i + 2] ?? 0),
    );
    this.#tangent.normalize();
    this.#side.addScaledVector(this.#tangent, -this.#side.dot(this.#tangent)).normalize();
    this.#other.crossVectors(this.#tangent, this.#side);
  }
}

/** The same for strands whose roots lie in one cell. */
function lockPhase(smooth: Float64Array): number {
  const cell = (value: number | undefined) => Math.round((value ?? 0) / LOCK_M);
  const key = 73 * cell(smooth[0]) + 179 * cell(smooth[1]) + 283 * cell(smooth[2]);
  return 2 * Math.PI * scattered(key);
}

/** A number in [0, 1) that differs much between neighbouring integers (Weyl's sequence). */
export function scattered(index: number): number {
  const value = index * 0.618033988749895;
  return value - Math.floor(value);
}
