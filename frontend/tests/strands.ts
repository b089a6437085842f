// Strand files as the server would send them, written by the layout of docs/strand-format.md.

import type { StrandFile } from "../src/scene/StrandFile";

export type Point = readonly [number, number, number];

export interface StrandFixture {
  /** (N, P): metres, in multiples of `POSITION_STEP_M`. */
  smooth: readonly (readonly Point[])[];
  /** (N, P): metres, in multiples of `DETAIL_STEP_M`. */
  detail?: readonly (readonly Point[])[];
  /** (N, K): sRGB bytes. */
  colour?: readonly (readonly Point[])[];
  /** (N): units. */
  width?: readonly number[];
  version?: number;
}

export const POSITION_STEP_M = 2 ** -15;
export const DETAIL_STEP_M = 2 ** -14;
export const WIDTH_STEP_M = 2 ** -20;
export const ORIGIN_M: Point = [0.125, 0.25, -0.5];
export const TAPER = 0.75;

export function encodeStrands(fixture: StrandFixture): ArrayBuffer {
  const { smooth, version = 1 } = fixture;
  const count = smooth.length;
  const points = smooth[0]?.length ?? 2;
  const detail = fixture.detail ?? smooth.map((strand) => strand.map((): Point => [0, 0, 0]));
  const colour =
    fixture.colour ??
    smooth.map((): Point[] => [
      [90, 60, 40],
      [120, 80, 50],
    ]);
  const width = fixture.width ?? smooth.map(() => 128);
  const knots = colour[0]?.length ?? 2;
  const bytes = new DataView(new ArrayBuffer(64 + count * (9 * points + 3 * knots + 1)));
  for (const [at, letter] of [..."CAMH"].entries()) {
    bytes.setUint8(at, letter.charCodeAt(0));
  }
  bytes.setUint16(4, version, true);
  bytes.setUint16(6, points, true);
  bytes.setUint32(8, count, true);
  bytes.setUint16(12, knots, true);
  const floats = [...ORIGIN_M, POSITION_STEP_M, DETAIL_STEP_M, WIDTH_STEP_M, TAPER];
  for (const [at, value] of floats.entries()) {
    bytes.setFloat32(16 + 4 * at, value, true);
  }
  let at = 64;
  for (const [index, metres] of smooth.flat(2).entries()) {
    bytes.setInt16(at, Math.round((metres - (ORIGIN_M[index % 3] ?? 0)) / POSITION_STEP_M), true);
    at += 2;
  }
  for (const metres of detail.flat(2)) {
    bytes.setInt8(at, Math.round(metres / DETAIL_STEP_M));
    at += 1;
  }
  for (const byte of [...colour.flat(2), ...width]) {
    bytes.setUint8(at, byte);
    at += 1;
  }
  return bytes.buffer;
}

/** The points of a file, (N, P, 3) in metres, with so much of its detail. */
export function pointsOf(file: StrandFile, curl: number): number[] {
  return Array.from(file.smooth, (value, index) => {
    const smooth = (file.originM[index % 3] ?? 0) + file.positionStepM * value;
    return smooth + curl * file.detailStepM * (file.detail[index] ?? 0);
  });
}
