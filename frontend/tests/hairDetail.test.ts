import { expect, test } from "vitest";
import { DetailGovernor, detailOf, shareAt } from "../src/scene/hairDetail";

const STRAIGHT = { strands: 15_000, pointsPerStrand: 24 };

test.each([1, 0.7, 0.3, 0.01])("%f of the strands cover what all would", (share) => {
  const { strands, widthScale } = detailOf(STRAIGHT, share, false);
  expect(strands * widthScale).toBeCloseTo(STRAIGHT.strands);
  expect(strands).toBeLessThanOrEqual(STRAIGHT.strands);
});

test("a few strands are never thinned out", () => {
  expect(detailOf({ ...STRAIGHT, strands: 300 }, 0.1, false)).toMatchObject({ strands: 300 });
});

test("far away fewer strands are drawn, near all of them", () => {
  const shares = [0.05, 0.2, 0.5, 0.8, 1, 5].map(shareAt);
  expect(shares).toEqual([...shares].sort((a, b) => a - b));
  expect(shares.at(-1)).toBe(1);
  expect(shares[0]).toBeGreaterThan(0);
});

test("a fine picture is round, a quick one of few strands leaves no point out", () => {
  expect(detailOf(STRAIGHT, 1, true).rowStep).toBe(0.5);
  expect(detailOf({ ...STRAIGHT, pointsPerStrand: 100 }, 1, true).rowStep).toBe(1);
  expect(detailOf(STRAIGHT, 0.1, false).rowStep).toBe(1);
  expect(detailOf({ ...STRAIGHT, strands: 5000 }, 1, false).rowStep).toBe(0.5);
});

test("a measurement sets the share that the budget affords", () => {
  const governor = new DetailGovernor();
  governor.begin(20, 0.1, 40, 10);
  expect(governor.share).toBeCloseTo(0.2);
  governor.begin(0, 1, 40, 10);
  expect(governor.share).toBe(1);
});

test("slow pictures lower the share, fast ones do not raise it to what was too slow", () => {
  const governor = new DetailGovernor();
  const pictures = (frameMs: number, count: number) => {
    for (let i = 0; i < count; i += 1) {
      governor.note(frameMs);
    }
  };
  pictures(16, 96);
  expect(governor.share).toBe(1);
  pictures(60, 36);
  const slow = governor.share;
  expect(slow).toBeLessThan(0.6);
  pictures(16, 396);
  expect(governor.share).toBeGreaterThanOrEqual(slow);
  expect(governor.share).toBeLessThan(1);
  pictures(60, 4000);
  expect(governor.share).toBeGreaterThan(0);
});

test("a machine that is slow without hair does not starve the hair for it", () => {
  const governor = new DetailGovernor();
  governor.begin(20, 0.1, 40, 200);
  const before = governor.share;
  for (let i = 0; i < 48; i += 1) {
    governor.note(240);
  }
  expect(governor.share).toBe(before);
});
