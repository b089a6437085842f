// The lights that a head can be seen in. `studio` is that of `cameo render` from the front.

import { Vector3 } from "three";
import { type Irradiance, mainLamp, type SoftLamp, softLight } from "./sphericalHarmonics";

export type PresetName = "studio" | "window" | "side";
export type LightName = PresetName | "photo";

/** A lamp that casts shadows and shows in the eyes. */
export interface Lamp extends SoftLamp {
  /** Half of the angle under which the head sees it; a larger lamp throws softer shadows. */
  radiusRad: number;
  /** Glazing bars across its reflection in the eye: a window's cross, or a plain softbox. */
  bars: boolean;
}

export interface HeadLight {
  /** Everything but the lamps. */
  dome: Irradiance;
  lamps: readonly [Lamp, Lamp];
  /** What of the dome is so directed that glossy hair shines in it. */
  shine: readonly SoftLamp[];
  /** Of the skin's scattering that is shown: a hard lamp in the dark makes the stand-in too red. */
  scatterShare: number;
  /** Light as the texture stage divided it out of the photo: no gloss, no shadow on skin. */
  asPhotographed: boolean;
}

const DARK: Lamp = {
  direction: new Vector3(0, 0, 1),
  colour: new Vector3(),
  radiusRad: 0.2,
  bars: false,
};

/** The light that `avatar.json` holds, as nine RGB triples. */
export function photoLight(coefficients: readonly (readonly number[])[]): HeadLight {
  const dome = coefficients.map(([r = 0, g = 0, b = 0]) => new Vector3(r, g, b));
  const shine = [mainLamp(dome)];
  return { dome, lamps: [DARK, DARK], shine, scatterShare: 1, asPhotographed: true };
}

const STUDIO_RIMS = [soft(150, 35, [0.4, 0.42, 0.46]), soft(-145, 30, [0.26, 0.27, 0.3])];
const WINDOW_RIM = soft(165, 30, [0.12, 0.12, 0.12]);

export const LIGHT_PRESETS: Readonly<Record<PresetName, HeadLight>> = {
  studio: {
    dome: softLight(new Vector3(0.17, 0.18, 0.195), [
      soft(52, 5, [0.2, 0.215, 0.24]),
      soft(-10, -55, [0.06, 0.05, 0.045]),
      ...STUDIO_RIMS,
    ]),
    lamps: [lamp(-36, 36, [1.06, 1.0, 0.93], 0.19), DARK],
    shine: STUDIO_RIMS,
    scatterShare: 1,
    asPhotographed: false,
  },
  window: {
    dome: softLight(new Vector3(0.24, 0.245, 0.255), [
      soft(-70, 10, [0.16, 0.17, 0.185]),
      soft(75, 0, [0.3, 0.28, 0.25]),
      soft(0, -60, [0.1, 0.09, 0.075]),
      WINDOW_RIM,
    ]),
    lamps: [lamp(-52, 18, [0.86, 0.88, 0.92], 0.42, true), DARK],
    shine: [WINDOW_RIM],
    scatterShare: 0.8,
    asPhotographed: false,
  },
  side: {
    dome: softLight(new Vector3(0.055, 0.06, 0.07), [soft(30, 20, [0.07, 0.075, 0.085])]),
    lamps: [lamp(-78, 22, [1.3, 1.2, 1.08], 0.16), lamp(138, 28, [0.5, 0.58, 0.7], 0.16)],
    shine: [],
    scatterShare: 0.4,
    asPhotographed: false,
  },
};

function soft(azimuthDeg: number, elevationDeg: number, rgb: [number, number, number]): SoftLamp {
  return { direction: towards(azimuthDeg, elevationDeg), colour: new Vector3(...rgb) };
}

function lamp(
  azimuthDeg: number,
  elevationDeg: number,
  rgb: [number, number, number],
  radiusRad: number,
  bars = false,
): Lamp {
  return { ...soft(azimuthDeg, elevationDeg, rgb), radiusRad, bars };
}

/** Azimuth towards the picture's right, as somebody in front of the head sees it. */
function towards(azimuthDeg: number, elevationDeg: number): Vector3 {
  const [azimuth, elevation] = [(azimuthDeg * Math.PI) / 180, (elevationDeg * Math.PI) / 180];
  const level = Math.cos(elevation);
  return new Vector3(Math.sin(azimuth) * level, Math.sin(elevation), Math.cos(azimuth) * level);
}
