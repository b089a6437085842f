import { expect, test } from "vitest";
import {
  decodeStrands,
  STRAND_VERSION,
  thinned,
  UnknownStrandFormat,
} from "../src/scene/StrandFile";
import {
  DETAIL_STEP_M,
  encodeStrands,
  ORIGIN_M,
  POSITION_STEP_M,
  type Point,
  pointsOf,
  TAPER,
  WIDTH_STEP_M,
} from "./strands";

const at = (x: number, y: number, z: number): Point => [
  ORIGIN_M[0] + x * POSITION_STEP_M,
  ORIGIN_M[1] + y * POSITION_STEP_M,
  ORIGIN_M[2] + z * POSITION_STEP_M,
];
const SMOOTH = [
  [at(0, 1, 2), at(-32767, 32767, 5), at(7, 8, 9)],
  [at(3, 4, 5), at(6, 7, 8), at(-9, -10, -11)],
];
const DETAIL: Point[][] = [
  [
    [0, 0, 0],
    [127 * DETAIL_STEP_M, -127 * DETAIL_STEP_M, DETAIL_STEP_M],
    [0, 2 * DETAIL_STEP_M, 0],
  ],
  [
    [0, 0, 0],
    [0, 0, -3 * DETAIL_STEP_M],
    [0, 0, 0],
  ],
];
const COLOUR: Point[][] = [
  [
    [0, 128, 255],
    [1, 2, 3],
  ],
  [
    [4, 5, 6],
    [7, 8, 9],
  ],
];
const FILE = { smooth: SMOOTH, detail: DETAIL, colour: COLOUR, width: [200, 255] };

test("what is written is read", () => {
  const file = decodeStrands(encodeStrands(FILE));
  expect(file).toMatchObject({
    count: 2,
    pointsPerStrand: 3,
    colourKnots: 2,
    originM: ORIGIN_M,
    positionStepM: POSITION_STEP_M,
    detailStepM: DETAIL_STEP_M,
    widthStepM: WIDTH_STEP_M,
    taper: TAPER,
  });
  expect(pointsOf(file, 0)).toEqual(SMOOTH.flat(2));
  const whole = SMOOTH.flat(2).map((metres, index) => metres + (DETAIL.flat(2)[index] ?? 0));
  expect(pointsOf(file, 1)).toEqual(whole);
  expect([...file.colour]).toEqual(COLOUR.flat(2));
  expect([...file.width]).toEqual(FILE.width);
});

test("a head without strands is a file as well", () => {
  expect(decodeStrands(encodeStrands({ smooth: [] })).count).toBe(0);
});

test("another version is refused in one sentence", () => {
  const bytes = encodeStrands({ ...FILE, version: STRAND_VERSION + 1 });
  expect(() => decodeStrands(bytes)).toThrow(
    new UnknownStrandFormat("This hair file has version 2; this page shows version 1."),
  );
});

test.each([0, 63, 64, 100])("a file cut off after %i bytes is refused", (length) => {
  expect(() => decodeStrands(encodeStrands(FILE).slice(0, length))).toThrow(UnknownStrandFormat);
});

test("a file that is too long is refused", () => {
  const bytes = new Uint8Array(encodeStrands(FILE).byteLength + 1);
  bytes.set(new Uint8Array(encodeStrands(FILE)));
  expect(() => decodeStrands(bytes.buffer)).toThrow(
    /has \d+ bytes where its header promises \d+\.$/,
  );
});

test("something else is refused", () => {
  expect(() => decodeStrands(new ArrayBuffer(200))).toThrow("This is no hair file of Cameo's.");
});

test("fewer strands are the first ones, and cover as much", () => {
  const file = decodeStrands(encodeStrands(FILE));
  const fewer = thinned(file, 1);
  expect(fewer.count).toBe(1);
  expect(pointsOf(fewer, 1)).toEqual(pointsOf(file, 1).slice(0, 9));
  expect([...fewer.colour]).toEqual(COLOUR[0]?.flat());
  expect(fewer.count * fewer.widthStepM).toBeCloseTo(file.count * file.widthStepM);
  expect(thinned(file, 2)).toBe(file);
});
