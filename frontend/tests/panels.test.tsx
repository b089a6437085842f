// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Health } from "../src/api/gateway";
import { EMOTIONS } from "../src/emotions";
import { type Face, NEUTRAL } from "../src/face";
import { advance, START } from "../src/journey";
import { ChoosePanel } from "../src/panels/ChoosePanel";
import { FacePanel } from "../src/panels/FacePanel";
import { OriginPanel } from "../src/panels/OriginPanel";
import { Tabs } from "../src/panels/Tabs";
import { WorkPanel } from "../src/panels/WorkPanel";
import { ARKIT_NAMES } from "./arkit";
import { jobOf, stageEvent } from "./jobs";

const HEALTH: Health = {
  version: "0",
  worker: { state: "ready", detail: "" },
  waiting_jobs: 0,
  max_upload_bytes: 2_000_000,
};

beforeEach(() => {
  const body = JSON.stringify(HEALTH);
  vi.stubGlobal(
    "fetch",
    vi.fn(async () => new Response(body, { headers: { "Content-Type": "application/json" } })),
  );
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

test("a chosen photo is handed on", async () => {
  const onChoose = vi.fn();
  render(<ChoosePanel problem={null} onChoose={onChoose} />);
  await screen.findByText("Ready");
  const photo = new File(["x"], "me.jpg", { type: "image/jpeg" });
  fireEvent.change(screen.getByLabelText("Portrait photo"), { target: { files: [photo] } });
  expect(onChoose).toHaveBeenCalledExactlyOnceWith(photo, "2048");
});

test("a chosen texture size goes with the photo", async () => {
  const onChoose = vi.fn();
  render(<ChoosePanel problem={null} onChoose={onChoose} />);
  await screen.findByText("Ready");
  fireEvent.click(screen.getByRole("radio", { name: /Fine/ }));
  const photo = new File(["x"], "me.jpg", { type: "image/jpeg" });
  fireEvent.change(screen.getByLabelText("Portrait photo"), { target: { files: [photo] } });
  expect(onChoose).toHaveBeenCalledExactlyOnceWith(photo, "4096");
});

test("a photo that the server would refuse for its size is not sent", async () => {
  const onChoose = vi.fn();
  render(<ChoosePanel problem={null} onChoose={onChoose} />);
  await screen.findByText("Ready");
  const photo = new File([new Uint8Array(2_000_001)], "me.jpg");
  fireEvent.change(screen.getByLabelText("Portrait photo"), { target: { files: [photo] } });
  expect(onChoose).not.toHaveBeenCalled();
  expect(screen.getByRole("alert").textContent).toBe("The photo is larger than 2 MB.");
});

test("a photo can be dropped on the page", async () => {
  const onChoose = vi.fn();
  render(<ChoosePanel problem={null} onChoose={onChoose} />);
  await screen.findByText("Ready");
  const photo = new File(["x"], "me.jpg");
  fireEvent.drop(window, { dataTransfer: { files: [photo] } });
  expect(onChoose).toHaveBeenCalledExactlyOnceWith(photo, "2048");
});

test("why there is no avatar stands on the start page", async () => {
  render(<ChoosePanel problem="No face was found." onChoose={vi.fn()} />);
  expect(screen.getByRole("alert").textContent).toBe("No face was found.");
  await screen.findByText("Ready");
});

test("a server that is gone is noticed", async () => {
  vi.stubGlobal("fetch", vi.fn().mockRejectedValue(new TypeError("Failed to fetch")));
  render(<ChoosePanel problem={null} onChoose={vi.fn()} />);
  await waitFor(() => expect(screen.getByRole("status").textContent).toMatch(/does not answer/));
});

test("the running stage is the headline", () => {
  const journey = [
    { type: "jobOpened", job: jobOf() } as const,
    { type: "jobEvent", event: stageEvent(2, "landmarks", "started") } as const,
  ].reduce(advance, START);
  if (journey.at !== "working") {
    throw new Error(`at ${journey.at}`);
  }
  const { rerender } = render(<WorkPanel work={{ ...journey, waiting: false }} />);
  expect(screen.getByRole("status").textContent).toBe("Finding the face");
  rerender(<WorkPanel work={{ ...journey, connection: "reconnecting" }} />);
  expect(screen.getByRole("alert").textContent).toMatch(/connection/);
});

function renderFace(names: readonly string[], face: Face = NEUTRAL) {
  const handlers = { onFace: vi.fn(), onIdle: vi.fn(), onSpeak: vi.fn() };
  render(<FacePanel names={names} face={face} photoFace={null} idle={false} {...handlers} />);
  return handlers;
}

test("a muscle's slider moves both sides at once", () => {
  const { onFace } = renderFace(ARKIT_NAMES);
  fireEvent.change(screen.getByLabelText("Smile"), { target: { value: "0.5" } });
  const muscles = { mouthSmileLeft: 0.5, mouthSmileRight: 0.5 };
  expect(onFace).toHaveBeenCalledExactlyOnceWith({ ...NEUTRAL, muscles });
});

test("a head with emotions has a slider for each, an older one has none", () => {
  const { onFace } = renderFace([...ARKIT_NAMES, ...EMOTIONS]);
  fireEvent.change(screen.getByLabelText("Sadness"), { target: { value: "0.4" } });
  expect(onFace).toHaveBeenCalledExactlyOnceWith({ ...NEUTRAL, emotions: { sadness: 0.4 } });
  cleanup();
  renderFace(ARKIT_NAMES);
  expect(screen.queryByLabelText("Sadness")).toBeNull();
  expect(screen.queryByRole("button", { name: "Say it" })).toBeNull();
});

test("words are handed on to be formed", () => {
  const { onSpeak } = renderFace(["viseme_aa"]);
  fireEvent.change(screen.getByRole("textbox"), { target: { value: "mama" } });
  fireEvent.click(screen.getByRole("button", { name: "Say it" }));
  expect(onSpeak).toHaveBeenCalledExactlyOnceWith("mama");
});

test("the overlay is switched on, and says when it cannot be", () => {
  const provenance = { shown: false, share: 0.8, problem: null, show: vi.fn(), setShare: vi.fn() };
  const shares = { seen: 0.4, mirrored: 0.004, invented: 0.596 };
  const { rerender } = render(<OriginPanel shares={shares} provenance={provenance} />);
  expect(screen.getByText("40 %")).toBeTruthy();
  expect(screen.getByText("< 1 %")).toBeTruthy();
  fireEvent.click(screen.getByRole("switch", { name: "Show it on the head" }));
  expect(provenance.show).toHaveBeenCalledExactlyOnceWith(true);
  rerender(<OriginPanel shares={shares} provenance={{ ...provenance, shown: true }} />);
  fireEvent.change(screen.getByLabelText("Strength"), { target: { value: "0.3" } });
  expect(provenance.setShare).toHaveBeenCalledExactlyOnceWith(0.3);
  rerender(<OriginPanel shares={shares} provenance={{ ...provenance, problem: "No map." }} />);
  expect(screen.getByRole("alert").textContent).toBe("No map.");
});

test("tabs are walked through with the arrow keys", () => {
  const tabs = ["One", "Two"].map((name) => ({ name, content: `Content ${name}` }));
  render(<Tabs label="Test" tabs={tabs} />);
  fireEvent.keyDown(screen.getByRole("tab", { name: "One" }), { key: "ArrowLeft" });
  const second = screen.getByRole("tab", { name: "Two" });
  expect(second.getAttribute("aria-selected")).toBe("true");
  expect(document.activeElement).toBe(second);
  expect(screen.getByRole("tabpanel").textContent).toBe("Content Two");
});
