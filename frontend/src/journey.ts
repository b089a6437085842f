// Where the visitor is between photo and avatar: one state, changed by one pure function.

import type { Job, JobEvent } from "./api/gateway";
import type { Connection } from "./api/JobEventStream";

export interface StageTime {
  name: string;
  /** null while the stage runs. */
  elapsedMs: number | null;
}

export interface Photo {
  file: Blob;
  /** Object URL; the photo is shown from the browser's memory, never from the server. */
  url: string;
}

export interface Choosing {
  at: "choosing";
  problem: string | null;
}

export interface Working {
  at: "working";
  /** null while the photo is being sent. */
  job: Job | null;
  /** null when the page was opened at a running job. */
  photo: Photo | null;
  stages: StageTime[];
  stageTotal: number | null;
  waiting: boolean;
  connection: Connection;
  /** Times that the work was interrupted and begun again. */
  interruptions: number;
}

export interface Viewing {
  at: "viewing";
  job: Job;
  photo: Photo | null;
}

export type Journey = Choosing | Working | Viewing;

export type Step =
  | { type: "photoChosen"; photo: Photo }
  | { type: "jobCreated"; job: Job }
  | { type: "jobOpened"; job: Job }
  | { type: "jobEvent"; event: JobEvent }
  | { type: "connection"; connection: Connection }
  | { type: "jobFinished"; job: Job }
  | { type: "refused"; sentence: string }
  | { type: "startOver" };

export const START: Journey = { at: "choosing", problem: null };

export function advance(journey: Journey, step: Step): Journey {
  switch (step.type) {
    case "photoChosen":
      return working(null, step.photo);
    case "jobCreated":
      return journey.at === "working" ? { ...journey, job: step.job } : journey;
    case "jobOpened":
      return working(step.job, photoOf(journey, step.job));
    case "jobEvent":
      return journey.at === "working" ? told(journey, step.event) : journey;
    case "connection":
      return journey.at === "working" ? { ...journey, connection: step.connection } : journey;
    case "jobFinished":
      return finished(journey, step.job);
    case "refused":
      return { at: "choosing", problem: step.sentence };
    case "startOver":
      return START;
  }
}

/** The browser still has the photo if it is this job's that is followed anew. */
function photoOf(journey: Journey, job: Job): Photo | null {
  return journey.at === "working" && journey.job?.id === job.id ? journey.photo : null;
}

function working(job: Job | null, photo: Photo | null): Working {
  return {
    at: "working",
    job,
    photo,
    stages: [],
    stageTotal: null,
    waiting: true,
    connection: "live",
    interruptions: 0,
  };
}

function told(journey: Working, event: JobEvent): Working {
  if (event.kind === "started") {
    return { ...journey, waiting: false, stages: [] };
  }
  if (event.kind === "returned") {
    return { ...journey, waiting: true, stages: [], interruptions: journey.interruptions + 1 };
  }
  if (event.stage === null) {
    return journey;
  }
  const { name, state, elapsed_ms, total } = event.stage;
  const earlier = journey.stages.filter((stage) => stage.name !== name);
  const elapsedMs = state === "finished" ? elapsed_ms : null;
  return { ...journey, stageTotal: total, stages: [...earlier, { name, elapsedMs }] };
}

function finished(journey: Journey, job: Job): Journey {
  if (job.failure !== null) {
    return { at: "choosing", problem: job.failure.detail };
  }
  return { at: "viewing", job, photo: journey.at === "working" ? journey.photo : null };
}
