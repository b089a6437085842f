// Irradiance as second-order spherical harmonics, in the order and norms of avatar.json's `light`
// (Ramamoorthi and Hanrahan 2001, "An efficient representation for irradiance environment maps").

import { Vector3 } from "three";

/** Nine linear RGB triples over normals of the head frame; the cosine lobe is folded in. */
export type Irradiance = readonly Vector3[];

export const SH_CONSTANTS = [
  0.282095, 0.488603, 0.488603, 0.488603, 1.092548, 1.092548, 0.315392, 1.092548, 0.546274,
] as const;
/** Ramamoorthi's A_l / pi per coefficient: radiance to irradiance over pi. */
export const COSINE_LOBE = [1, 2 / 3, 2 / 3, 2 / 3, 0.25, 0.25, 0.25, 0.25, 0.25] as const;

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
