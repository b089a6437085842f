// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Health } from "../src/api/gateway";
import { advance, START } from "../src/journey";
import { ChoosePanel } from "../src/panels/ChoosePanel";
import { ExpressionPanel } from "../src/panels/ExpressionPanel";
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
  expect(onChoose).toHaveBeenCalledExactlyOnceWith(photo);
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
  expect(onChoose).toHaveBeenCalledExactlyOnceWith(photo);
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

test("a slider moves both sides at once", () => {
  const onChange = vi.fn();
  render(
    <ExpressionPanel
      names={ARKIT_NAMES}
      weights={{}}
      photoWeights={{ jawOpen: 0.3 }}
      onChange={onChange}
      onPose={vi.fn()}
    />,
  );
  const [smile] = screen.getAllByLabelText("Smile");
  if (smile === undefined) {
    throw new Error("no slider");
  }
  fireEvent.change(smile, { target: { value: "0.5" } });
  expect(onChange).toHaveBeenCalledWith(["mouthSmileLeft", "mouthSmileRight"], 0.5);
});
