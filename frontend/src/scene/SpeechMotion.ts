import type { Weights } from "../expressions";
import type { Sound } from "../visemes";
import { eased, type FacePose } from "./motion";

/** Sounds flow into each other: each begins so long before its time and ends so long after. */
const OVERLAP_S = 0.055;
const NOD_RAD = 0.012;
const NOD_S = 0.9;

/** A mouth that says a row of sounds once. */
export class SpeechMotion {
  readonly #sounds: readonly Sound[];
  readonly lengthS: number;

  constructor(sounds: readonly Sound[]) {
    this.#sounds = sounds;
    this.lengthS = sounds.reduce((end, sound) => Math.max(end, sound.startS + sound.lengthS), 0);
  }

  /** Seconds after the begin. */
  at(seconds: number): FacePose {
    const weights: Record<string, number> = {};
    for (const { viseme, startS, lengthS, weight } of this.#sounds) {
      const rise = (seconds - startS + OVERLAP_S) / (2 * OVERLAP_S);
      const fall = (startS + lengthS + OVERLAP_S - seconds) / (2 * OVERLAP_S);
      const strength = weight * eased(Math.min(rise, fall));
      if (strength > 0) {
        weights[viseme] = Math.max(weights[viseme] ?? 0, strength);
      }
    }
    const speaking = eased(seconds / OVERLAP_S) * eased((this.lengthS - seconds) / OVERLAP_S);
    const nod = NOD_RAD * speaking * Math.sin((2 * Math.PI * seconds) / NOD_S);
    return { weights: limited(weights), neckRad: [nod, 0, 0] };
  }

  isOver(seconds: number): boolean {
    return seconds > this.lengthS + OVERLAP_S;
  }
}

/** Two shapes at once never open the mouth further than one. */
function limited(weights: Record<string, number>): Weights {
  const sum = Object.values(weights).reduce((total, weight) => total + weight, 0);
  const factor = sum > 1 ? 1 / sum : 1;
  return Object.fromEntries(
    Object.entries(weights).map(([name, weight]) => [name, factor * weight]),
  );
}
