// The six emotions of docs/expressions.md: from sliders to the weights of morph targets.

import type { Weights } from "./expressions";

export const EMOTIONS = ["happiness", "anger", "sadness", "fear", "contempt", "surprise"] as const;
export type Emotion = (typeof EMOTIONS)[number];
/** 0 to 1 each; what is not named is 0. */
export type Intensities = Readonly<Partial<Record<Emotion, number>>>;
/** Axis-angle of the neck at full intensity, radians. */
export type EmotionNeck = Readonly<Partial<Record<Emotion, readonly number[]>>>;

/** Contempt on the face's other side, where a head has that target. */
export const MIRRORED_CONTEMPT = "contempt_mirrored";

/** Those that a head can show; older heads can show none. */
export function emotionsOf(names: readonly string[]): readonly Emotion[] {
  return EMOTIONS.filter((emotion) => names.includes(emotion));
}

/**
 * The weights of the emotions' targets and of the corrections for half intensities and for pairs,
 * which make the sum of the targets what the emotions' network means.
 */
export function emotionWeights(intensities: Intensities, contemptMirrored: boolean): Weights {
  const weights: Record<string, number> = {};
  const shown = EMOTIONS.filter((emotion) => (intensities[emotion] ?? 0) > 0);
  const mirrored = (emotion: Emotion) => contemptMirrored && emotion === "contempt";
  for (const [index, emotion] of shown.entries()) {
    const a = intensities[emotion] ?? 0;
    const target = mirrored(emotion) ? MIRRORED_CONTEMPT : emotion;
    weights[target] = a;
    weights[`${target}_half`] = 4 * a * (1 - a);
    for (const other of shown.slice(index + 1)) {
      if (!mirrored(emotion) && !mirrored(other)) {
        weights[`${emotion}_${other}`] = a * (intensities[other] ?? 0);
      }
    }
  }
  return weights;
}

/** How the emotions turn the neck together, axis-angle in radians. */
export function neckOf(intensities: Intensities, neck: EmotionNeck): [number, number, number] {
  const sum: [number, number, number] = [0, 0, 0];
  for (const emotion of EMOTIONS) {
    const turn = neck[emotion] ?? [0, 0, 0];
    const a = intensities[emotion] ?? 0;
    sum[0] += a * (turn[0] ?? 0);
    sum[1] += a * (turn[1] ?? 0);
    sum[2] += a * (turn[2] ?? 0);
  }
  return sum;
}
