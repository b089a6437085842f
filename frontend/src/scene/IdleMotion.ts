import type { Weights } from "../expressions";
import { eased, type FacePose } from "./motion";

/** Seconds between blinks of somebody who listens, spread as measured: rarely short, rarely long. */
const BLINK_PAUSE_S = { median: 3.4, spread: 0.45, least: 0.9, most: 9 };
const DOUBLE_BLINK_SHARE = 0.12;
const BLINK_CLOSING_S = 0.09;
const BLINK_SHUT_S = 0.04;
const BLINK_OPENING_S = 0.19;
const BLINK_S = BLINK_CLOSING_S + BLINK_SHUT_S + BLINK_OPENING_S;
/** Lids meet before the muscle has gone its whole way. */
const BLINK_DEPTH = 0.96;

const SACCADE_PAUSE_S = { median: 1.3, spread: 0.6, least: 0.3, most: 4 };
const SACCADE_S = 0.045;
/** Largest turn of the eyes, as weights of the eyeLook expressions. */
const SACCADE_SIDEWARDS = 0.07;
const SACCADE_UPWARDS = 0.04;

const BREATH_S = 4.3;
const BREATH_NOD_RAD = 0.0065;
/** The head is never held quite still: slow waves that do not repeat together. */
const SWAY_RAD = 0.011;
const SWAY_S = [7.1, 11.3, 13.7] as const;

interface Gaze {
  sidewards: number;
  upwards: number;
}

/** Blinks, small turns of the eyes, and breath. Asked for ever later moments, seconds. */
export class IdleMotion {
  readonly #random: () => number;
  #startedS: number | null = null;
  #blinkAtS = 0;
  #gaze: Gaze = { sidewards: 0, upwards: 0 };
  #earlierGaze: Gaze = this.#gaze;
  #saccadeAtS = 0;
  #nextSaccadeS = 0;

  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  at(seconds: number): FacePose {
    if (this.#startedS === null) {
      this.#startedS = seconds;
      this.#blinkAtS = seconds + this.#pause(BLINK_PAUSE_S) / 2;
      this.#nextSaccadeS = seconds + this.#pause(SACCADE_PAUSE_S);
    }
    const sinceStart = seconds - this.#startedS;
    return {
      weights: { ...this.#blink(seconds), ...this.#look(seconds) },
      neckRad: neckAt(sinceStart),
    };
  }

  #blink(seconds: number): Weights {
    if (seconds > this.#blinkAtS + BLINK_S) {
      const again = this.#random() < DOUBLE_BLINK_SHARE;
      this.#blinkAtS = seconds + (again ? BLINK_SHUT_S : this.#pause(BLINK_PAUSE_S));
    }
    const weight = BLINK_DEPTH * lidAt(seconds - this.#blinkAtS);
    return weight === 0 ? {} : { eyeBlinkLeft: weight, eyeBlinkRight: weight };
  }

  #look(seconds: number): Weights {
    if (seconds > this.#nextSaccadeS) {
      this.#earlierGaze = this.#gaze;
      this.#gaze = {
        sidewards: SACCADE_SIDEWARDS * (2 * this.#random() - 1),
        upwards: SACCADE_UPWARDS * (2 * this.#random() - 1),
      };
      this.#saccadeAtS = seconds;
      this.#nextSaccadeS = seconds + this.#pause(SACCADE_PAUSE_S);
    }
    const passed = eased((seconds - this.#saccadeAtS) / SACCADE_S);
    const mix = (from: number, to: number) => from + (to - from) * passed;
    return gazeWeights({
      sidewards: mix(this.#earlierGaze.sidewards, this.#gaze.sidewards),
      upwards: mix(this.#earlierGaze.upwards, this.#gaze.upwards),
    });
  }

  /** Log-normal, by Box and Muller. */
  #pause({ median, spread, least, most }: typeof BLINK_PAUSE_S): number {
    const normal =
      Math.sqrt(-2 * Math.log(1 - this.#random())) * Math.cos(2 * Math.PI * this.#random());
    return Math.min(most, Math.max(least, median * Math.exp(spread * normal)));
  }
}

/** How far the lids are down, 0 to 1, seconds after a blink's begin. */
export function lidAt(seconds: number): number {
  if (seconds <= 0 || seconds >= BLINK_S) {
    return 0;
  }
  const opening = (seconds - BLINK_CLOSING_S - BLINK_SHUT_S) / BLINK_OPENING_S;
  return Math.min(eased(seconds / BLINK_CLOSING_S), 1 - eased(opening));
}

/** Both eyes towards the subject's left for positive `sidewards`. */
export function gazeWeights({ sidewards, upwards }: Gaze): Weights {
  const [left, right] = [Math.max(0, sidewards), Math.max(0, -sidewards)];
  const [up, down] = [Math.max(0, upwards), Math.max(0, -upwards)];
  return {
    eyeLookOutLeft: left,
    eyeLookInRight: left,
    eyeLookInLeft: right,
    eyeLookOutRight: right,
    eyeLookUpLeft: up,
    eyeLookUpRight: up,
    eyeLookDownLeft: down,
    eyeLookDownRight: down,
  };
}

function neckAt(seconds: number): readonly [number, number, number] {
  const wave = (period: number) => Math.sin((2 * Math.PI * seconds) / period);
  const [nod, turn, tilt] = SWAY_S;
  return [
    BREATH_NOD_RAD * wave(BREATH_S) + 0.4 * SWAY_RAD * wave(nod),
    SWAY_RAD * wave(turn),
    0.5 * SWAY_RAD * wave(tilt),
  ];
}
