import { expect, test } from "vitest";
import { EMOTIONS, emotionsOf, emotionWeights, neckOf } from "../src/emotions";
import { NEUTRAL, presetsFor, sameFace, weightsOf, withEmotion, withMuscles } from "../src/face";
import { ARKIT_NAMES } from "./arkit";

test("no emotion moves nothing, and a full one has no correction for halves", () => {
  expect(emotionWeights({}, false)).toEqual({});
  expect(emotionWeights({ anger: 1 }, false)).toEqual({ anger: 1, anger_half: 0 });
  expect(emotionWeights({ anger: 0.5 }, false)).toEqual({ anger: 0.5, anger_half: 1 });
});

test("two emotions meet in the correction of their pair, named in the order of the six", () => {
  const weights = emotionWeights({ surprise: 0.5, happiness: 0.8 }, false);
  expect(weights.happiness_surprise).toBeCloseTo(0.4);
  expect(weights.surprise_happiness).toBeUndefined();
});

test("mirrored contempt drives the other side's target alone", () => {
  const weights = emotionWeights({ contempt: 0.6, anger: 0.5 }, true);
  expect(weights.contempt).toBeUndefined();
  expect(weights.contempt_mirrored).toBe(0.6);
  expect(weights.anger_contempt).toBeUndefined();
});

test("only emotions that a head has are offered", () => {
  expect(emotionsOf(["jawOpen", "fear", "happiness"])).toEqual(["happiness", "fear"]);
});

test("necks turn by the sum of what the emotions ask for", () => {
  const neck = { sadness: [0.2, 0, 0], fear: [-0.1, 0.1, 0] };
  expect(neckOf({ sadness: 0.5, fear: 1, anger: 1 }, neck)).toEqual([0, 0.1, 0]);
});

test("muscles come over emotions", () => {
  const face = withMuscles(withEmotion(NEUTRAL, "fear", 1), ["jawOpen"], 0.3);
  expect(weightsOf(face)).toEqual({ fear: 1, fear_half: 0, jawOpen: 0.3 });
});

test.each([true, false])("presets differ and ask only for what there is (emotions: %s)", (has) => {
  const presets = presetsFor(has);
  for (const [index, { face }] of presets.entries()) {
    for (const name of Object.keys(face.muscles)) {
      expect(ARKIT_NAMES).toContain(name);
    }
    for (const name of Object.keys(face.emotions)) {
      expect(has && (EMOTIONS as readonly string[]).includes(name)).toBe(true);
    }
    const others = presets.slice(index + 1);
    expect(others.some((other) => sameFace(other.face, face))).toBe(false);
  }
});
