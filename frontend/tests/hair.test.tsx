// @vitest-environment jsdom
import { cleanup, fireEvent, render, renderHook, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { AvatarParameters } from "../src/api/gateway";
import type { HairRecord } from "../src/api/hair";
import {
  chosenHairOf,
  type Hair,
  hairNoteOf,
  hairOf,
  lookOf,
  NO_HAIR,
  PHOTO_STYLE,
  SWATCHES,
  sameHair,
  strandColourOf,
  UNEDITED,
} from "../src/hair";
import { HairPanel } from "../src/panels/HairPanel";
import type { AvatarViewer } from "../src/scene/AvatarViewer";
import type { HairState } from "../src/useHair";
import { useHair } from "../src/useHair";
import { encodeStrands } from "./strands";

const STYLES = [
  styleOf("bob", "Bob", "medium", "straight"),
  styleOf("afro", "Afro", "short", "coily"),
  styleOf("buzz", "Buzz cut", "short", "straight"),
];
const HAIR: Hair = { style: "bob", colour: null, edit: UNEDITED };

const MANY = [
  ...STYLES,
  ...Array.from({ length: 20 }, (_, i) => styleOf(`s${i}`, `Style ${i}`, "long", "wavy")),
];

function styleOf(name: string, title: string, length: string, texture: string) {
  return { name, title, length, texture, thumbnail: `/api/v1/hairstyles/${name}/thumbnail.webp` };
}

let refused: string | null = null;
let many = false;

beforeEach(() => {
  refused = null;
  many = false;
  vi.stubGlobal(
    "fetch",
    vi.fn(async (path: string) => {
      if (path.endsWith("/hairstyles")) {
        return new Response(JSON.stringify({ styles: many ? MANY : STYLES, colors: {} }));
      }
      if (refused !== null && path.includes(refused)) {
        const problem = JSON.stringify({
          detail: "There is no such style.",
          code: "x",
          status: 404,
        });
        const headers = { "Content-Type": "application/problem+json" };
        return new Response(problem, { status: 404, headers });
      }
      return new Response(
        encodeStrands({
          smooth: [
            [
              [0, 0.1, 0],
              [0, 0.2, 0],
            ],
          ],
        }),
      );
    }),
  );
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

async function renderPanel(
  hair: Hair = HAIR,
  changes: Partial<HairState> = {},
  note: string | null = null,
) {
  const setHair = vi.fn();
  const prefetch = vi.fn();
  const still = { awaited: null, problem: null, settled: true };
  const state: HairState = { hair, ...still, setHair, prefetch, ...changes };
  render(<HairPanel state={state} photoPicture="/preview.png" note={note} />);
  await screen.findByRole("radio", { name: "Afro" });
  return setHair;
}

test("a style is chosen like any radio button, beside the photo's hair and none", async () => {
  const setHair = await renderPanel();
  expect(screen.getByRole("radio", { name: "Bob" })).toHaveProperty("checked", true);
  for (const [name, style] of [
    ["Afro", "afro"],
    ["None", NO_HAIR],
    ["From the photo", PHOTO_STYLE],
  ] as const) {
    fireEvent.click(screen.getByRole("radio", { name }));
    expect(setHair).toHaveBeenLastCalledWith({ ...HAIR, style });
  }
});

test("filters by length and texture leave what fits both, and say how many", async () => {
  await renderPanel();
  fireEvent.click(screen.getByRole("button", { name: "Short" }));
  expect(screen.queryByRole("radio", { name: "Bob" })).toBeNull();
  expect(screen.getByText("2 of 3 styles")).toBeTruthy();
  fireEvent.click(screen.getByRole("button", { name: "Coily" }));
  expect(screen.queryByRole("radio", { name: "Buzz cut" })).toBeNull();
  expect(screen.getByRole("radio", { name: "Afro" })).toBeTruthy();
  fireEvent.click(screen.getByRole("button", { name: "Short" }));
  fireEvent.click(screen.getByRole("button", { name: "Coily" }));
  expect(screen.getByText("3 of 3 styles")).toBeTruthy();
});

test("a search finds styles by the beginnings of words", async () => {
  many = true;
  await renderPanel();
  const search = screen.getByRole("searchbox", { name: "Search hairstyles" });
  fireEvent.change(search, { target: { value: "bu cut" } });
  expect(screen.getByRole("radio", { name: "Buzz cut" })).toBeTruthy();
  expect(screen.queryByRole("radio", { name: "Afro" })).toBeNull();
  fireEvent.change(search, { target: { value: "coily" } });
  expect(screen.getByRole("radio", { name: "Afro" })).toBeTruthy();
  fireEvent.change(search, { target: { value: "wig" } });
  expect(screen.getByText(/No style fits/)).toBeTruthy();
  fireEvent.click(screen.getByRole("button", { name: "Show all" }));
  expect(screen.getByRole("radio", { name: "Buzz cut" })).toBeTruthy();
});

test("an avatar without hair says why, and offers styles", async () => {
  const hat = "A hat, a hood or a scarf covers the hair, so the avatar has none.";
  const bare = {
    hair: null,
    warnings: ["The light is harsh.", hat],
  } as unknown as AvatarParameters;
  expect(hairNoteOf(bare)).toBe(hat);
  expect(hairNoteOf({ ...bare, warnings: [] })).toContain("no hair");
  const worn = { hair: { style: "bob" }, warnings: [hat] } as unknown as AvatarParameters;
  expect(hairNoteOf(worn)).toBeNull();
  await renderPanel({ ...HAIR, style: NO_HAIR }, {}, hat);
  expect(screen.getByRole("note").textContent).toContain("try on");
});

test("a colour is one of the named ones, any other, or the hair's own", async () => {
  const setHair = await renderPanel({ ...HAIR, colour: "black" });
  expect(screen.getByRole("radio", { name: "Black" })).toHaveProperty("checked", true);
  fireEvent.click(screen.getByRole("radio", { name: "Copper" }));
  expect(setHair).toHaveBeenLastCalledWith({ ...HAIR, colour: "copper" });
  fireEvent.click(screen.getByRole("radio", { name: "Its own" }));
  expect(setHair).toHaveBeenLastCalledWith({ ...HAIR, colour: null });
  fireEvent.change(screen.getByLabelText("Any colour"), { target: { value: "#102030" } });
  expect(setHair).toHaveBeenLastCalledWith({ ...HAIR, colour: "#102030" });
});

test("sliders change the cut, and a reset takes it back", async () => {
  const edit = { ...UNEDITED, curl: 0.4 };
  const setHair = await renderPanel({ ...HAIR, edit });
  fireEvent.change(screen.getByRole("slider", { name: "Length" }), { target: { value: "0.5" } });
  expect(setHair).toHaveBeenLastCalledWith({ ...HAIR, edit: { ...edit, length: 0.5 } });
  fireEvent.doubleClick(screen.getByRole("slider", { name: "Curl" }));
  expect(setHair).toHaveBeenLastCalledWith({ ...HAIR, edit: UNEDITED });
  fireEvent.click(screen.getByRole("button", { name: "Reset the cut" }));
  expect(setHair).toHaveBeenLastCalledWith({ ...HAIR, edit: UNEDITED });
});

test("a bald head has nothing to cut or colour", async () => {
  await renderPanel({ ...HAIR, style: NO_HAIR });
  expect(screen.queryByRole("slider")).toBeNull();
  expect(screen.queryByRole("radio", { name: "Black" })).toBeNull();
});

test("why hair cannot be shown is said", async () => {
  await renderPanel(HAIR, { problem: "The hair file is too short to be one." });
  expect(screen.getByRole("alert").textContent).toBe("The hair file is too short to be one.");
});

function wornBy(record: object | null) {
  const viewer = { setHair: vi.fn(async () => undefined), setHairLook: vi.fn() };
  const parameters = { hair: record } as unknown as AvatarParameters;
  const shown = viewer as unknown as AvatarViewer;
  const { result } = renderHook(() =>
    useHair(shown, "/api/v1/avatars/a1/hair.strands", parameters),
  );
  return { viewer, result };
}

test("the head wears the hair of its files, and each style is fetched once", async () => {
  const { viewer, result } = wornBy({ source: "photo", style: "photo", edit: UNEDITED });
  await waitFor(() => expect(viewer.setHair).toHaveBeenCalledTimes(1));
  for (const style of ["bob", NO_HAIR, "photo"]) {
    const calls = viewer.setHair.mock.calls.length;
    result.current.setHair({ ...HAIR, style });
    await waitFor(() => expect(viewer.setHair).toHaveBeenCalledTimes(calls + 1));
  }
  expect(viewer.setHair).toHaveBeenNthCalledWith(3, null);
  expect(vi.mocked(fetch).mock.calls.map(([path]) => path)).toEqual([
    "/api/v1/avatars/a1/hair.strands",
    "/api/v1/avatars/a1/hair.strands?style=bob",
  ]);
});

test("length and colour ask no server", async () => {
  const { viewer, result } = wornBy({ source: "library", style: "bob", edit: UNEDITED });
  await waitFor(() => expect(viewer.setHair).toHaveBeenCalledTimes(1));
  const edit = { ...UNEDITED, length: 0.5 };
  result.current.setHair({ ...HAIR, colour: "red", edit });
  await waitFor(() =>
    expect(viewer.setHairLook).toHaveBeenLastCalledWith({ ...edit, colour: strandColourOf("red") }),
  );
  expect(viewer.setHair).toHaveBeenCalledTimes(1);
  expect(fetch).toHaveBeenCalledTimes(1);
});

test("a style that the server refuses leaves its sentence", async () => {
  refused = "afro";
  const { result } = wornBy(null);
  result.current.setHair({ ...HAIR, style: "afro" });
  await waitFor(() => expect(result.current.problem).toBe("There is no such style."));
  result.current.setHair(HAIR);
  await waitFor(() => expect(result.current.problem).toBeNull());
});

test("archives without hair, and from before there was any, are bald", () => {
  expect(hairOf(null).style).toBe(NO_HAIR);
  expect(hairOf(undefined).style).toBe(NO_HAIR);
  const edit = { ...UNEDITED, curl: 1.5 };
  const record = { source: "library", style: "bob", edit } as HairRecord;
  expect(hairOf(record)).toEqual({ ...HAIR, edit });
});

test("only a change makes other hair", () => {
  expect(sameHair(HAIR, { ...HAIR, edit: { ...UNEDITED } })).toBe(true);
  expect(sameHair(HAIR, { ...HAIR, colour: "red" })).toBe(false);
  expect(sameHair(HAIR, { ...HAIR, edit: { ...UNEDITED, density: 0.5 } })).toBe(false);
  expect(chosenHairOf({ ...HAIR, colour: "red" })).toEqual({
    style: "bob",
    color: "red",
    edit: UNEDITED,
  });
});

test("a colour of one's own is read as sRGB, and names are the server's", () => {
  expect(strandColourOf("#ffffff").linear).toEqual([1, 1, 1]);
  expect(strandColourOf("#808080").linear[0]).toBeCloseTo(0.2159, 3);
  expect(lookOf(HAIR).colour).toBeNull();
  const css = SWATCHES.map((swatch) => swatch.css);
  expect(new Set(css).size).toBe(SWATCHES.length);
  expect(css.every((colour) => /^#[0-9a-f]{6}$/.test(colour))).toBe(true);
});
