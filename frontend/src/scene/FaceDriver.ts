import type { Weights } from "../expressions";
import type { Avatar, Pose } from "./Avatar";
import { IdleMotion } from "./IdleMotion";
import { composeWeights, type FacePose, STILL } from "./motion";
import type { SpeechMotion } from "./SpeechMotion";

/** What the face does: the visitor's sliders, and over them idle motion and speech. */
export class FaceDriver {
  readonly #avatar: Avatar;
  #base: Weights = {};
  #basePose: Pose = {};
  #paused = false;
  #idle: IdleMotion | null = null;
  #speech: { motion: SpeechMotion; startedS: number | null } | null = null;
  #baseNeckRad: readonly [number, number, number] = [0, 0, 0];
  /** At first all of them: a file may come with an expression. */
  #driven: ReadonlySet<string>;

  constructor(avatar: Avatar) {
    this.#avatar = avatar;
    this.#driven = new Set(avatar.expressionNames);
  }

  /** There is motion, so the next picture differs from this one. */
  get moving(): boolean {
    return (this.#idle !== null && !this.#paused) || this.#speech !== null;
  }

  get speaking(): boolean {
    return this.#speech !== null;
  }

  setFace(weights: Weights, neckRad: readonly [number, number, number]): void {
    this.#base = weights;
    this.#baseNeckRad = neckRad;
  }

  setPose(pose: Pose): void {
    this.#basePose = pose;
  }

  /** Holds idle motion back, e.g. while the head is compared with the photo. */
  setPaused(paused: boolean): void {
    this.#paused = paused;
  }

  setIdle(on: boolean): void {
    this.#idle = on ? (this.#idle ?? new IdleMotion()) : null;
  }

  speak(motion: SpeechMotion): void {
    this.#speech = { motion, startedS: null };
  }

  /** Puts the face where it is at this moment, milliseconds. */
  apply(nowMs: number): void {
    const seconds = nowMs / 1000;
    const idle = (this.#paused ? null : this.#idle?.at(seconds)) ?? STILL;
    const speech = this.#speechAt(seconds);
    const weights = composeWeights(this.#base, speech.weights, idle.weights);
    for (const name of new Set([...this.#driven, ...Object.keys(weights)])) {
      this.#avatar.setExpression(name, weights[name] ?? 0);
    }
    this.#driven = new Set(Object.keys(weights));
    const neck = (this.#basePose.neck ?? [0, 0, 0]).map(
      (angle, axis) =>
        angle +
        (this.#baseNeckRad[axis] ?? 0) +
        (idle.neckRad[axis] ?? 0) +
        (speech.neckRad[axis] ?? 0),
    );
    this.#avatar.setPose({ ...this.#basePose, neck });
  }

  #speechAt(seconds: number): FacePose {
    if (this.#speech === null) {
      return STILL;
    }
    this.#speech.startedS ??= seconds;
    const passed = seconds - this.#speech.startedS;
    const { motion } = this.#speech;
    if (motion.isOver(passed)) {
      this.#speech = null;
      return STILL;
    }
    return motion.at(passed);
  }
}
