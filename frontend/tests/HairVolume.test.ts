import { Box3, Vector3 } from "three";
import { expect, test } from "vitest";
import { gridAround, HairVolume } from "../src/scene/HairVolume";
import { POINT_FLOATS } from "../src/scene/strandShape";

const BOX = new Box3(new Vector3(-0.1, -0.1, -0.1), new Vector3(0.1, 0.1, 0.1));
const SLAB_M = 0.04;
const WIDTH_M = 1e-4;
const STRANDS = 20_000;
const DIRECTIONS = [
  new Vector3(0, 1, 0),
  new Vector3(0, -1, 0),
  new Vector3(1, 2, 0.5).normalize(),
  new Vector3(-0.3, 0.9, -0.6).normalize(),
];

/** Short level strands everywhere between y = -2 cm and 2 cm. */
function slab(): Float32Array {
  const points = new Float32Array(STRANDS * 2 * POINT_FLOATS);
  let state = 1;
  const random = () => {
    state = (48_271 * state) % 2_147_483_647; // Park and Miller's generator
    return state / 2_147_483_647;
  };
  for (let strand = 0; strand < STRANDS; strand += 1) {
    const root = [0.2 * random() - 0.1, SLAB_M * (random() - 0.5), 0.2 * random() - 0.1];
    points.set([...root, 0], 2 * POINT_FLOATS * strand);
    points.set([(root[0] ?? 0) + 0.01, root[1] ?? 0, root[2] ?? 0, 0.01], 8 * strand + 4);
  }
  return points;
}

function shareAt(volume: HairVolume, bytes: Uint8Array, point: Vector3): number {
  const { low, voxelM, size } = volume.grid;
  const [x, y, z] = point.clone().sub(low).divideScalar(voxelM).toArray().map(Math.floor) as [
    number,
    number,
    number,
  ];
  return (bytes[4 * (x + size[0] * (y + size[1] * z))] ?? 0) / 255;
}

function filled(): HairVolume {
  const volume = new HairVolume(gridAround(BOX, 40_000));
  volume.addStrands(slab(), 2, WIDTH_M, 1);
  return volume;
}

const sweep = (direction: Vector3) => ({ direction, weight: 1, channel: 0 });

test("light passes empty space", () => {
  const volume = new HairVolume(gridAround(BOX, 8000));
  for (const direction of DIRECTIONS) {
    const bytes = volume.transmittance([sweep(direction)], 1);
    expect(shareAt(volume, bytes, new Vector3())).toBe(1);
  }
});

test.each(DIRECTIONS)("behind a slab light falls by Beer's law, from %o", (direction) => {
  const volume = filled();
  const bytes = volume.transmittance([sweep(direction)], 1);
  const extinction = ((Math.PI / 4) * STRANDS * WIDTH_M * 0.01) / (0.2 * 0.2 * SLAB_M);
  const expected = Math.exp((-extinction * SLAB_M) / Math.abs(direction.y));
  const behind = new Vector3(0, -0.045 * Math.sign(direction.y), 0);
  expect(shareAt(volume, bytes, behind)).toBeCloseTo(expected, 1);
  expect(shareAt(volume, bytes, behind.negate())).toBeCloseTo(1, 1);
});

test("looking at each fifth strand finds as much hair", () => {
  const all = filled().transmittance([sweep(new Vector3(0, 1, 0))], 1);
  const volume = new HairVolume(gridAround(BOX, 40_000));
  volume.addStrands(slab(), 2, WIDTH_M, 5);
  const fifth = volume.transmittance([sweep(new Vector3(0, 1, 0))], 1);
  const below = new Vector3(0, -0.05, 0);
  expect(shareAt(volume, fifth, below)).toBeCloseTo(shareAt(volume, all, below), 1);
});

test("nothing passes what is solid, and a solid is not in its own shade", () => {
  const wall: number[] = [];
  for (let x = -0.1; x < 0.1; x += 0.003) {
    for (let z = -0.1; z < 0.1; z += 0.003) {
      wall.push(x, 0, z);
    }
  }
  const volume = new HairVolume(gridAround(BOX, 40_000)).withSolid(wall);
  const bytes = volume.transmittance([sweep(new Vector3(0, 1, 0))], 1);
  expect(shareAt(volume, bytes, new Vector3(0, -0.03, 0))).toBe(0);
  expect(shareAt(volume, bytes, new Vector3(0, 0, 0))).toBe(1);
  expect(shareAt(volume, bytes, new Vector3(0, 0.03, 0))).toBe(1);
});

test("skin is hidden where hair is rooted, and nowhere else", () => {
  const volume = new HairVolume(gridAround(BOX, 40_000));
  const seen = volume.betweenRoots(slab(), 2, 5 * WIDTH_M, 1);
  const rgba = new Uint8Array(4 * seen.length);
  seen.forEach((share, voxel) => {
    rgba[4 * voxel] = share;
  });
  expect(shareAt(volume, rgba, new Vector3(0.02, 0, 0.02))).toBeLessThan(0.9);
  expect(shareAt(volume, rgba, new Vector3(0, 0.06, 0))).toBe(1);
});
