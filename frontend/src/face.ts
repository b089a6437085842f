// What the visitor asks of the face: emotions, and single muscles over them.

import type { ChosenExpression } from "./api/gateway";
import { type EMOTIONS, emotionWeights, type Intensities } from "./emotions";
import { both, sameWeights, type Weights } from "./expressions";
import { composeWeights } from "./scene/motion";

export interface Face {
  emotions: Intensities;
  contemptMirrored: boolean;
  /** By ARKit name. */
  muscles: Weights;
}

export const NEUTRAL: Face = { emotions: {}, contemptMirrored: false, muscles: {} };

export interface FacePreset {
  label: string;
  face: Face;
}

/** Weights of all morph targets that the face needs. */
export function weightsOf(face: Face): Weights {
  return composeWeights(emotionWeights(face.emotions, face.contemptMirrored), face.muscles);
}

export function sameFace(one: Face, other: Face): boolean {
  return sameWeights(weightsOf(one), weightsOf(other));
}

/** The face that an archive was written with. */
export function faceOf(chosen: ChosenExpression): Face {
  return {
    emotions: chosen.emotions,
    contemptMirrored: false,
    muscles: chosen.expression,
  };
}

/** The face as a request for files that wear it; what sliders cannot say stays as it was. */
export function chosenOf(face: Face, before: ChosenExpression): ChosenExpression {
  const other = before.contempt_side === "left" ? "right" : "left";
  return {
    ...before,
    emotions: { ...face.emotions },
    contempt_side: face.contemptMirrored ? other : before.contempt_side,
    expression: { ...face.muscles },
  };
}

/** The presets that a head can show: whole emotions where it has them, muscles otherwise. */
export function presetsFor(withEmotions: boolean): readonly FacePreset[] {
  return [
    { label: "At rest", face: NEUTRAL },
    ...(withEmotions ? EMOTIONAL : MUSCULAR),
    ...PLAYFUL,
  ];
}

/** The same face with one emotion changed. */
export function withEmotion(face: Face, emotion: (typeof EMOTIONS)[number], value: number): Face {
  return { ...face, emotions: { ...face.emotions, [emotion]: value } };
}

/** The same face with some muscles changed alike. */
export function withMuscles(face: Face, names: readonly string[], weight: number): Face {
  const changed = Object.fromEntries(names.map((name) => [name, weight]));
  return { ...face, muscles: { ...face.muscles, ...changed } };
}

const EMOTIONAL: readonly FacePreset[] = [
  feeling("Delighted", { happiness: 0.9, surprise: 0.25 }),
  feeling("Wistful", { sadness: 0.55, happiness: 0.25 }),
  feeling("Amused", { happiness: 0.35, contempt: 0.5 }),
  feeling("Worried", { fear: 0.5, sadness: 0.4 }),
  feeling("Furious", { anger: 1 }),
  feeling("Amazed", { surprise: 0.9 }),
];

const MUSCULAR: readonly FacePreset[] = [
  moving("Smile", both({ mouthSmile: 0.75, cheekSquint: 0.45, eyeSquint: 0.25, mouthDimple: 0.2 })),
  moving("Surprise", {
    jawOpen: 0.4,
    browInnerUp: 0.8,
    ...both({ browOuterUp: 0.7, eyeWide: 0.7 }),
  }),
  moving("Frown", both({ browDown: 0.9, mouthFrown: 0.55, eyeSquint: 0.35, mouthPress: 0.3 })),
];

const PLAYFUL: readonly FacePreset[] = [
  moving("Wink", {
    eyeBlinkLeft: 0.95,
    cheekSquintLeft: 0.7,
    mouthSmileLeft: 0.5,
    mouthSmileRight: 0.2,
    browOuterUpRight: 0.3,
  }),
  moving("Kiss", { mouthPucker: 0.9, mouthFunnel: 0.15 }),
  moving("Eyes closed", both({ eyeBlink: 1 })),
];

function feeling(label: string, emotions: Intensities): FacePreset {
  return { label, face: { ...NEUTRAL, emotions } };
}

function moving(label: string, muscles: Weights): FacePreset {
  return { label, face: { ...NEUTRAL, muscles } };
}
