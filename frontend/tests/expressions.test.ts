import { expect, test } from "vitest";
import {
  groupExpressions,
  labelOf,
  sameWeights,
  searchExpressions,
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
  const groups = groupExpressions(ARKIT_NAMES, false);
  const mouth = groups.find(({ title }) => title === "Mouth")?.sliders ?? [];
  const targetsOf = (label: string) => mouth.find((slider) => slider.label === label)?.targets;
  expect(targetsOf("Smile")).toEqual(["mouthSmileLeft", "mouthSmileRight"]);
  expect(targetsOf("Left")).toEqual(["mouthLeft"]);
  expect(targetsOf("Right")).toEqual(["mouthRight"]);
});

test("a head without expressions has no sliders", () => {
  expect(groupExpressions([], false)).toEqual([]);
});

test("emotions and visemes are no muscles", () => {
  expect(groupExpressions(["happiness", "surprise_half", "viseme_aa"], false)).toEqual([]);
});

test("a search finds by the words of a movement and of its region", () => {
  const groups = groupExpressions(ARKIT_NAMES, true);
  const found = searchExpressions(groups, "smile left").flatMap((group) => group.sliders);
  expect(found.map((slider) => slider.targets)).toEqual([["mouthSmileLeft"]]);
  expect(searchExpressions(groups, "brow").map((group) => group.title)).toEqual(["Brows"]);
  expect(searchExpressions(groups, " ")).toEqual(groups);
  expect(searchExpressions(groups, "elbow")).toEqual([]);
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
