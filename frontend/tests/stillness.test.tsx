// @vitest-environment jsdom
import { act, cleanup, renderHook } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import type { ShownAvatar } from "../src/useAvatarViewer";
import { useIdle } from "../src/useIdle";

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

function prefer(still: boolean): void {
  const query = { matches: still, addEventListener: vi.fn(), removeEventListener: vi.fn() };
  vi.stubGlobal("matchMedia", () => query);
}

function shown(lively: boolean) {
  const viewer = { lively, setIdle: vi.fn() };
  return { viewer, avatar: { viewer, names: [], emotionNeck: {} } as unknown as ShownAvatar };
}

test.each([
  { still: false, lively: true, moves: true },
  { still: true, lively: true, moves: false },
  { still: false, lively: false, moves: false },
])("the face moves by itself only where it may and can: %j", ({ still, lively, moves }) => {
  prefer(still);
  const { viewer, avatar } = shown(lively);
  const { result } = renderHook(() => useIdle(avatar));
  expect(result.current.idle).toBe(moves);
  expect(viewer.setIdle).toHaveBeenLastCalledWith(moves);
});

test("who switches it on gets it all the same", () => {
  prefer(true);
  const { viewer, avatar } = shown(true);
  const { result } = renderHook(() => useIdle(avatar));
  act(() => result.current.setIdle(true));
  expect(viewer.setIdle).toHaveBeenLastCalledWith(true);
});
