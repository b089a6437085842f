import { Vector3 } from "three";
import { expect, test } from "vitest";
import { decodeStrands } from "../src/scene/StrandFile";
import { POINT_FLOATS, type StrandEdit, shapeStrands, UNCHANGED } from "../src/scene/strandShape";
import { encodeStrands, type Point, pointsOf } from "./strands";

const POINTS = 24;

/** Strands that hang in an arc from a root, 12 cm long, with a curl of 2 mm at most. */
function arcs(curlM: number): ReturnType<typeof decodeStrands> {
  const strand = (root: number): Point[] =>
    Array.from({ length: POINTS }, (_, i) => {
      const angle = (Math.PI / 2) * (i / (POINTS - 1));
      return [0.1 + 0.02 * root, 0.2 + 0.08 * (Math.cos(angle) - 1), -0.4 + 0.08 * Math.sin(angle)];
    });
  const curl = (): Point[] =>
    Array.from({ length: POINTS }, (_, i) => [curlM * Math.sin(i), curlM * Math.cos(i) - curlM, 0]);
  return decodeStrands(
    encodeStrands({ smooth: [0, 1, 2].map(strand), detail: [0, 1, 2].map(curl) }),
  );
}

function shaped(file: ReturnType<typeof arcs>, edit: StrandEdit): Vector3[][] {
  const floats = new Float32Array(POINT_FLOATS * file.count * file.pointsPerStrand);
  shapeStrands(file, edit, file.count, floats);
  return Array.from({ length: file.count }, (_, strand) =>
    Array.from({ length: file.pointsPerStrand }, (__, point) =>
      new Vector3().fromArray(floats, POINT_FLOATS * (strand * file.pointsPerStrand + point)),
    ),
  );
}

function lengthOf(strand: readonly Vector3[]): number {
  return strand.slice(1).reduce((sum, p, i) => sum + p.distanceTo(strand[i] ?? p), 0);
}

function farthest(one: readonly Vector3[][], other: readonly Vector3[][]): number {
  const distances = one.flat().map((p, i) => p.distanceTo(other.flat()[i] ?? p));
  return Math.max(...distances);
}

test("unchanged strands are those of the file, with the arc length beside them", () => {
  const file = arcs(0.002);
  const floats = new Float32Array(POINT_FLOATS * file.count * POINTS);
  shapeStrands(file, UNCHANGED, file.count, floats);
  const expected = pointsOf(file, 1);
  const strand = shaped(file, UNCHANGED)[1] ?? [];
  for (let i = 0; i < file.count * POINTS; i += 1) {
    for (const axis of [0, 1, 2]) {
      expect(floats[4 * i + axis]).toBeCloseTo(expected[3 * i + axis] ?? Number.NaN, 6);
    }
  }
  expect(floats[4 * (2 * POINTS - 1) + 3]).toBeCloseTo(lengthOf(strand), 5);
});

test.each([0.2, 0.5, 0.8, 1.3, 1.8])("%f of the length is that much of it", (length) => {
  const file = arcs(0);
  const before = shaped(file, UNCHANGED);
  shaped(file, { ...UNCHANGED, length }).forEach((strand, index) => {
    expect(lengthOf(strand) / lengthOf(before[index] ?? [])).toBeCloseTo(length, 1);
    expect(strand[0]?.distanceTo(before[index]?.[0] ?? new Vector3())).toBeLessThan(1e-6);
  });
});

test("shorter hair lies where the longer was", () => {
  const file = arcs(0);
  const before = shaped(file, UNCHANGED)[0] ?? [];
  for (const point of shaped(file, { ...UNCHANGED, length: 0.5 })[0] ?? []) {
    expect(Math.min(...before.map((p) => p.distanceTo(point)))).toBeLessThan(0.003);
  }
});

test("new growth leaves without a corner, and hangs", () => {
  const sideways = Array.from({ length: POINTS }, (_, i): Point => [0.1 + 0.005 * i, 0.2, -0.4]);
  const file = decodeStrands(encodeStrands({ smooth: [sideways] }));
  const strand = shaped(file, { ...UNCHANGED, length: 2 })[0] ?? [];
  const ways = strand.slice(1).map((p, i) =>
    p
      .clone()
      .sub(strand[i] ?? p)
      .normalize(),
  );
  const turns = ways.slice(1).map((way, i) => way.angleTo(ways[i] ?? way));
  expect(Math.max(...turns)).toBeLessThan(0.35);
  expect(ways.at(-1)?.y).toBeLessThan(-0.8);
});

test("the curl is a factor on the detail", () => {
  const file = arcs(0.002);
  const smooth = shaped(file, { ...UNCHANGED, curl: 0 });
  const half = shaped(file, { ...UNCHANGED, curl: 0.5 });
  const whole = shaped(file, UNCHANGED);
  expect(farthest(smooth, shaped(arcs(0), UNCHANGED))).toBeLessThan(1e-6);
  expect(farthest(smooth, half)).toBeCloseTo(farthest(smooth, whole) / 2, 4);
});

test("straight hair waves when it is to curl more, about where it was, from the root on", () => {
  const file = arcs(0);
  const straight = shaped(file, UNCHANGED);
  const wavy = shaped(file, { ...UNCHANGED, curl: 2 });
  const distance = farthest(straight, wavy);
  expect(distance).toBeGreaterThan(0.003);
  expect(distance).toBeLessThan(0.008);
  wavy.forEach((strand, index) => {
    expect(strand[0]?.distanceTo(straight[index]?.[0] ?? new Vector3())).toBeLessThan(1e-6);
  });
});
