// How the surfaces of a head take light: the materials of the renderer, and what this page adds.

import { MATERIALS } from "./materials";

export interface Finish {
  /** Perceptual; GGX's alpha is its square. */
  roughness: number;
  /** Of a second, thin and smoother layer: oil on skin, spit on lips. */
  sheenRoughness: number;
  /** Share of the gloss that the thin layer gives. */
  sheenShare: number;
  /** Share of its own gloss that it shows: under a cornea one sees the cornea's instead. */
  gloss: number;
  /** Specular reflectance at normal incidence. */
  reflectance: number;
  /** How far light wraps around the terminator, per channel; 0 is Lambertian. */
  scatter: readonly [number, number, number];
  /** Where it lies: lids and lips shade eyes and mouth even in the photo's own light. */
  place: "open" | "eye" | "mouth";
  /** Nothing but a clear layer that mirrors. */
  clear: boolean;
}

const SKIN: Finish = {
  ...MATERIALS.skin,
  sheenRoughness: 0.36,
  sheenShare: 0.12,
  gloss: 1,
  place: "open",
  clear: false,
};
const WET: Finish = { ...SKIN, ...MATERIALS.mouth, sheenShare: 0, place: "mouth" };
const EYE: Finish = { ...WET, ...MATERIALS.eyes, gloss: 0.1, place: "eye" };

const FINISHES: Readonly<Record<string, Finish>> = {
  skin: SKIN,
  mouth: WET,
  teeth: { ...WET, ...MATERIALS.teeth },
  eyes: EYE,
  cornea: { ...EYE, ...MATERIALS.cornea, clear: true },
};
/** Anything else: lashes, hair. */
const OTHER: Finish = { ...SKIN, sheenShare: 0, scatter: [0, 0, 0] };

export function finishOf(material: string): Finish {
  return FINISHES[material] ?? OTHER;
}
