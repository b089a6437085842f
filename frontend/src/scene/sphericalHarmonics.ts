// Irradiance as second-order spherical harmonics, in the order and norms of avatar.json's `light`
// (Ramamoorthi and Hanrahan 2001, "An efficient representation for irradiance environment maps").

import { Vector3 } from "three";

/** Nine linear RGB triples over normals of the head frame; the cosine lobe is folded in. */
export type Irradiance = readonly Vector3[];

const SH_CONSTANTS = [
  0.282095, 0.488603, 0.488603, 0.488603, 1.092548, 1.092548, 0.315392, 1.092548, 0.546274,
] as const;
/** Ramamoorthi's A_l / pi per coefficient: radiance to irradiance over pi. */
const COSINE_LOBE = [1, 2 / 3, 2 / 3, 2 / 3, 0.25, 0.25, 0.25, 0.25, 0.25] as const;

export interface SoftLamp {
  /** Unit, from the head towards the lamp. */
  direction: Vector3;
  /** Irradiance over pi at normal incidence, linear RGB. */
  colour: Vector3;
}

/** The nine harmonics on a unit direction. */
export function harmonics({ x, y, z }: Vector3): readonly number[] {
  const polynomials = [1, y, z, x, x * y, y * z, 3 * z * z - 1, x * z, x * x - y * y];
  return polynomials.map((value, index) => value * (SH_CONSTANTS[index] ?? 0));
}

/** The same radiance from everywhere, and distant lamps: each about `colour * max(0, n · l)`. */
export function softLight(ambient: Vector3, lamps: readonly SoftLamp[]): Irradiance {
  const coefficients = SH_CONSTANTS.map(() => new Vector3());
  coefficients[0]?.copy(ambient).divideScalar(SH_CONSTANTS[0]);
  for (const { direction, colour } of lamps) {
    harmonics(direction).forEach((value, index) => {
      coefficients[index]?.addScaledVector(colour, Math.PI * (COSINE_LOBE[index] ?? 0) * value);
    });
  }
  return coefficients;
}

/** Radiance that arrives from a direction, linear RGB, never below zero. */
export function radianceFrom(light: Irradiance, direction: Vector3): Vector3 {
  const sum = new Vector3();
  harmonics(direction).forEach((value, index) => {
    const coefficient = light[index];
    if (coefficient !== undefined) {
      sum.addScaledVector(coefficient, value / (COSINE_LOBE[index] ?? 1));
    }
  });
  return sum.max(new Vector3());
}

const ZERO = new Vector3();
/** Of light that is directed, what is taken for one lamp; the rest is softer than that. */
const MAIN_SHARE = 0.8;

/**
 * The lamp that a light is mostly like: the linear harmonics of its luminance tell the direction
 * (Ramamoorthi and Hanrahan 2001). As `with_key` of reconstruction_backend/rendering/lighting.py.
 */
export function mainLamp(light: Irradiance): SoftLamp {
  const [, up = ZERO, ahead = ZERO, aside = ZERO] = light;
  const grey = ({ x, y, z }: Vector3) => 0.2126 * x + 0.7152 * y + 0.0722 * z;
  const direction = new Vector3(grey(aside), grey(up), grey(ahead));
  if (direction.length() === 0) {
    return { direction: direction.set(0, 0, 1), colour: new Vector3() };
  }
  direction.normalize();
  const lobe = Math.PI * COSINE_LOBE[1] * SH_CONSTANTS[1];
  const colour = new Vector3()
    .addScaledVector(up, direction.y)
    .addScaledVector(ahead, direction.z)
    .addScaledVector(aside, direction.x)
    .multiplyScalar(MAIN_SHARE / lobe)
    .max(ZERO);
  return { direction, colour };
}
