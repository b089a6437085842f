// How the surfaces of a head take light; values as in `reconstruction_backend.materials`.

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
  roughness: 0.54,
  sheenRoughness: 0.36,
  sheenShare: 0.12,
  gloss: 1,
  reflectance: 0.028,
  scatter: [0.32, 0.13, 0.08],
  place: "open",
  clear: false,
};
const WET: Finish = {
  ...SKIN,
  roughness: 0.3,
  sheenShare: 0,
  scatter: [0.3, 0.12, 0.08],
  place: "mouth",
};

const EYE: Finish = {
  ...WET,
  roughness: 0.16,
  gloss: 0.1,
  reflectance: 0.025,
  scatter: [0.2, 0.1, 0.08],
  place: "eye",
};

/** By the names of the GLB's materials. */
const FINISHES: Readonly<Record<string, Finish>> = {
  skin: SKIN,
  mouth: WET,
  teeth: { ...WET, roughness: 0.22, reflectance: 0.045, scatter: [0.2, 0.18, 0.15] },
  eyes: EYE,
  cornea: { ...EYE, clear: true },
};
/** Anything else: lashes, hair. */
const OTHER: Finish = { ...SKIN, sheenShare: 0, scatter: [0, 0, 0] };

export function finishOf(material: string): Finish {
  return FINISHES[material] ?? OTHER;
}
