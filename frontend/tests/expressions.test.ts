import { expect, test } from "vitest";
import {
  favouriteSliders,
  groupExpressions,
  labelOf,
  POSES,
  sameWeights,
  weightOf,
} from "../src/expressions";
import { ARKIT_NAMES } from "./arkit";

test.each([true, false])("every expression has exactly one slider (sides apart: %s)", (apart) => {
  const sliders = groupExpressions(ARKIT_NAMES, apart).flatMap((group) => group.sliders);
  const targets = sliders.flatMap((slider) => slider.targets);
  expect([...targets].sort()).toEqual([...ARKIT_NAMES].sort());
  for (const group of groupExpressions(ARKIT_NAMES, apart)) {
    const labels = group.sliders.map((slider) => slider.label);
    expect(new Set(labels).size).toBe(labels.length);
  }
});

test("a paired slider drives both sides, and sidewards movements stay apart", () => {
  const mouth = groupExpressions(ARKIT_NAMES, false)[0]?.sliders ?? [];
  const targetsOf = (label: string) => mouth.find((slider) => slider.label === label)?.targets;
  expect(targetsOf("Smile")).toEqual(["mouthSmileLeft", "mouthSmileRight"]);
  expect(targetsOf("Left")).toEqual(["mouthLeft"]);
  expect(targetsOf("Right")).toEqual(["mouthRight"]);
});

test("a head without expressions has no sliders", () => {
  expect(groupExpressions([], false)).toEqual([]);
  expect(favouriteSliders([])).toEqual([]);
});

test("poses name only expressions that exist, within their range", () => {
  for (const { weights } of POSES) {
    for (const [name, weight] of Object.entries(weights)) {
      expect(ARKIT_NAMES).toContain(name);
      expect(weight).toBeGreaterThan(0);
      expect(weight).toBeLessThanOrEqual(1);
    }
  }
});

test("what is not named is at rest", () => {
  expect(sameWeights({}, { jawOpen: 0 })).toBe(true);
  expect(sameWeights({ jawOpen: 0.1 }, {})).toBe(false);
  expect(weightOf({ label: "", targets: ["a", "b"] }, { b: 0.5 })).toBe(0.5);
});

test("names become words", () => {
  expect(labelOf("mouthShrugUpper")).toBe("Mouth shrug upper");
  expect(labelOf("SmileLeft")).toBe("Smile left");
});
