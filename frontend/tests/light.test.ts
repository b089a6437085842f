import { BufferAttribute, BufferGeometry, Mesh, Vector3 } from "three";
import { expect, test } from "vitest";
import { discDirections, sphereDirections } from "../src/scene/LightReach";
import { LIGHT_PRESETS, photoLight } from "../src/scene/lightPresets";
import { MorphedSurface } from "../src/scene/MorphedSurface";
import { kindsOf } from "../src/scene/ProvenanceMap";
import { harmonics, mainLamp, radianceFrom, softLight } from "../src/scene/sphericalHarmonics";

const AXES = [new Vector3(1, 0, 0), new Vector3(0, -1, 0), new Vector3(0.6, 0, 0.8)];

function irradiance(light: readonly Vector3[], normal: Vector3): Vector3 {
  return harmonics(normal).reduce(
    (sum, value, index) => sum.addScaledVector(light[index] ?? new Vector3(), value),
    new Vector3(),
  );
}

test("even light is even from everywhere, and so is its irradiance", () => {
  const light = softLight(new Vector3(0.2, 0.4, 0.6), []);
  for (const axis of AXES) {
    expect(irradiance(light, axis).distanceTo(new Vector3(0.2, 0.4, 0.6))).toBeLessThan(1e-5);
    expect(radianceFrom(light, axis).distanceTo(new Vector3(0.2, 0.4, 0.6))).toBeLessThan(1e-5);
  }
});

test("a lamp lights what faces it, about by the cosine", () => {
  for (const direction of AXES) {
    const light = softLight(new Vector3(), [{ direction, colour: new Vector3(1, 1, 1) }]);
    expect(irradiance(light, direction).x).toBeCloseTo(1, 0);
    expect(Math.abs(irradiance(light, direction.clone().negate()).x)).toBeLessThan(0.1);
  }
});

test("directions are unit, spread evenly, and those of a lamp stay within it", () => {
  const sphere = sphereDirections(56);
  const mean = sphere.reduce((sum, d) => sum.add(d), new Vector3()).divideScalar(56);
  expect(mean.length()).toBeLessThan(0.03);
  for (const axis of AXES) {
    for (const direction of discDirections(axis, 0.2, 16)) {
      expect(direction.length()).toBeCloseTo(1);
      expect(direction.angleTo(axis)).toBeLessThan(0.2001);
    }
  }
});

test("presets have nine harmonics and unit lamps; the photo's light is taken as it is", () => {
  for (const { dome, lamps } of Object.values(LIGHT_PRESETS)) {
    expect(dome.length).toBe(9);
    for (const lamp of lamps) {
      expect(lamp.direction.length()).toBeCloseTo(1);
    }
  }
  const rows = Array.from({ length: 9 }, (_, index) => [index, 0, 1]);
  const light = photoLight(rows);
  expect(light.dome[4]?.toArray()).toEqual([4, 0, 1]);
  expect(light.lamps[0].colour.length()).toBe(0);
});

test("the lamp that a light is mostly like is found where it stands", () => {
  const direction = new Vector3(0.6, 0.48, 0.64);
  const colour = new Vector3(0.9, 0.7, 0.5);
  const lamp = mainLamp(softLight(new Vector3(0.3, 0.3, 0.3), [{ direction, colour }]));
  expect(lamp.direction.angleTo(direction)).toBeLessThan(1e-3);
  expect(lamp.colour.distanceTo(colour.clone().multiplyScalar(0.8))).toBeLessThan(1e-3);
  expect(mainLamp(softLight(new Vector3(1, 1, 1), [])).colour.length()).toBe(0);
});

test("a surface follows its morph targets, and a mesh drawn from there holds no others", () => {
  const geometry = new BufferGeometry();
  geometry.setAttribute("position", new BufferAttribute(new Float32Array([1, 2, 3]), 3));
  geometry.setAttribute("normal", new BufferAttribute(new Float32Array([0, 0, 1]), 3));
  const change = new BufferAttribute(new Int16Array([32767, 0, -32767]), 3, true);
  geometry.morphAttributes.position = [change];
  const mesh = new Mesh(geometry);
  mesh.morphTargetInfluences = [0.5];
  const surface = new MorphedSurface(mesh);
  expect([...surface.position.array]).toEqual([1.5, 2, 2.5]);
  expect([...surface.normal.array]).toEqual([0, 0, 1]);
  mesh.morphTargetInfluences = [0];
  surface.update();
  expect([...surface.position.array]).toEqual([1, 2, 3]);
  surface.takeOver();
  expect(mesh.geometry.getAttribute("position")).toBe(surface.position);
  expect(mesh.geometry.morphAttributes.position).toBeUndefined();
  mesh.morphTargetInfluences = [1];
  surface.update();
  expect([...surface.position.array]).toEqual([2, 2, 2]);
});

test("kinds become channels; outside every chart there is none", () => {
  const grey = [0, 1, 2, 3, 9].flatMap((kind) => [kind, kind, kind, 255]);
  const alpha = 255;
  expect([...kindsOf(grey)]).toEqual([
    ...[0, 0, 0, alpha],
    ...[255, 0, 0, alpha],
    ...[0, 255, 0, alpha],
    ...[0, 0, 255, alpha],
    ...[0, 0, 0, alpha],
  ]);
});
