import { expect, test } from "vitest";
import { advance, type Journey, START, type Step, type Working } from "../src/journey";
import { eventOf, jobOf, stageEvent } from "./jobs";

const PHOTO = { file: new Blob(), url: "blob:photo" };
const job = jobOf();

function after(...steps: Step[]): Journey {
  return steps.reduce(advance, START);
}

function working(...steps: Step[]): Working {
  const journey = after(
    { type: "photoChosen", photo: PHOTO },
    { type: "jobCreated", job },
    ...steps,
  );
  if (journey.at !== "working") {
    throw new Error(`at ${journey.at}`);
  }
  return journey;
}

const started: Step = { type: "jobEvent", event: eventOf(2, "started") };

test("stages appear in order with their times", () => {
  const { stages, stageTotal, waiting } = working(
    started,
    { type: "jobEvent", event: stageEvent(3, "portrait", "started") },
    { type: "jobEvent", event: stageEvent(4, "portrait", "finished", 12) },
    { type: "jobEvent", event: stageEvent(5, "landmarks", "started") },
  );
  expect(waiting).toBe(false);
  expect(stageTotal).toBe(4);
  expect(stages).toEqual([
    { name: "portrait", elapsedMs: 12 },
    { name: "landmarks", elapsedMs: null },
  ]);
});

test("an interrupted job begins its stages anew", () => {
  const journey = working(
    started,
    { type: "jobEvent", event: stageEvent(3, "portrait", "finished", 12) },
    { type: "jobEvent", event: eventOf(4, "returned") },
  );
  expect(journey).toMatchObject({ stages: [], waiting: true, interruptions: 1 });
});

test("the photo stays with the avatar that was made of it", () => {
  const done = jobOf({ state: "succeeded" });
  const chosen: Step = { type: "photoChosen", photo: PHOTO };
  const finished: Step = { type: "jobFinished", job: done };
  expect(after(chosen, { type: "jobCreated", job }, finished)).toEqual({
    at: "viewing",
    job: done,
    photo: PHOTO,
  });
  expect(after(finished)).toEqual({ at: "viewing", job: done, photo: null });
});

test("following the same job anew keeps the photo, another's job does not", () => {
  const again = working({ type: "jobOpened", job: jobOf({ state: "running" }) });
  expect(again.photo).toBe(PHOTO);
  const other = working({ type: "jobOpened", job: jobOf({ id: "b".repeat(32) }) });
  expect(other.photo).toBeNull();
});

test("a failed job leads back to the start with its sentence", () => {
  const failure = { code: "no_face", detail: "No face was found." };
  const journey = after(started, { type: "jobFinished", job: jobOf({ state: "failed", failure }) });
  expect(journey).toEqual({ at: "choosing", problem: "No face was found." });
});

test("news of a job that nobody waits for changes nothing", () => {
  for (const step of [started, { type: "connection", connection: "reconnecting" } as const]) {
    expect(advance(START, step)).toBe(START);
  }
});
