import { useCallback, useEffect, useReducer } from "react";
import {
  createAvatar,
  deleteJob,
  type Job,
  RequestRefused,
  readJob,
  type TextureSize,
} from "./api/gateway";
import { JobEventStream } from "./api/JobEventStream";
import { advance, type Journey, START, type Step } from "./journey";

const FOLLOW_AGAIN_MS = 1000;

interface JourneyControls {
  journey: Journey;
  choose(photo: Blob, textureSize: TextureSize): void;
  startOver(): void;
  remove(job: Job): void;
}

/** Drives the journey: sends the photo, follows the job, keeps the address bar in step. */
export function useJourney(): JourneyControls {
  const [journey, step] = useReducer(advance, START);
  useOpenFromAddress(step);
  useFollowedJob(journey, step);
  usePhotoLifetime(journey);
  const choose = useCallback(
    (file: Blob, textureSize: TextureSize) => void sendPhoto(file, textureSize, step),
    [],
  );
  const startOver = useCallback(() => {
    setAddress(null);
    step({ type: "startOver" });
  }, []);
  const remove = useCallback(
    (job: Job) => {
      startOver();
      deleteJob(job.id).catch((error: unknown) => step(refused(error)));
    },
    [startOver],
  );
  return { journey, choose, startOver, remove };
}

type Advance = (step: Step) => void;

async function sendPhoto(file: Blob, textureSize: TextureSize, step: Advance): Promise<void> {
  step({ type: "photoChosen", photo: { file, url: URL.createObjectURL(file) } });
  try {
    const job = await createAvatar(file, textureSize);
    setAddress(job.id);
    step({ type: "jobCreated", job });
  } catch (error) {
    step(refused(error));
  }
}

/** Shows the job as it stands; follows it (anew) if it has not ended. */
async function openJob(jobId: string, step: Advance): Promise<void> {
  try {
    const job = await readJob(jobId);
    step({ type: isFinal(job) ? "jobFinished" : "jobOpened", job });
  } catch (error) {
    step(refused(error));
  }
}

function useOpenFromAddress(step: Advance): void {
  useEffect(() => {
    const open = () => {
      const jobId = window.location.hash.slice(1);
      if (jobId === "") {
        step({ type: "startOver" });
        return;
      }
      void openJob(jobId, step);
    };
    if (window.location.hash !== "") {
      open();
    }
    window.addEventListener("hashchange", open);
    return () => window.removeEventListener("hashchange", open);
  }, [step]);
}

function useFollowedJob(journey: Journey, step: Advance): void {
  const job = journey.at === "working" ? journey.job : null;
  useEffect(() => {
    if (job === null) {
      return;
    }
    let timer: number | undefined;
    const stream = new JobEventStream(job.links.events, {
      event: (event) => step({ type: "jobEvent", event }),
      connection: (connection) => step({ type: "connection", connection }),
      closed: () => {
        const pause = stream.toldTheEnd ? 0 : FOLLOW_AGAIN_MS;
        timer = window.setTimeout(() => void openJob(job.id, step), pause);
      },
    });
    return () => {
      window.clearTimeout(timer);
      stream.close();
    };
  }, [job, step]);
}

function usePhotoLifetime(journey: Journey): void {
  const url = journey.at === "choosing" ? null : (journey.photo?.url ?? null);
  useEffect(() => {
    if (url === null) {
      return;
    }
    return () => URL.revokeObjectURL(url);
  }, [url]);
}

/** Without a hashchange event: the page is already where the address says. */
function setAddress(jobId: string | null): void {
  const address = jobId === null ? window.location.pathname : `#${jobId}`;
  window.history.pushState(null, "", address);
}

function isFinal(job: Job): boolean {
  return job.state === "succeeded" || job.state === "failed";
}

function refused(error: unknown): Step {
  if (!(error instanceof RequestRefused)) {
    throw error;
  }
  return { type: "refused", sentence: error.message };
}
