import { useCallback, useEffect, useRef, useState } from "react";
import {
  type ChosenExpression,
  changeExpression,
  deleteJob,
  type Job,
  readJob,
} from "./api/gateway";

const ASK_AGAIN_MS = 400;
/** Longer than any browser needs to begin a download of a local file. */
const DELETE_AFTER_MS = 60_000;
const FILE_NAME = "avatar.zip";

export type FaceFilesState =
  | { name: "idle" }
  | { name: "making" }
  | { name: "saved" }
  | { name: "failed"; sentence: string };

/** Has the server write an avatar's files with another face, saves them, and deletes that copy. */
export function useFaceFiles(jobId: string): {
  state: FaceFilesState;
  make: (chosen: ChosenExpression) => void;
} {
  const [state, setState] = useState<FaceFilesState>({ name: "idle" });
  const active = useRef(true);
  useEffect(() => {
    active.current = true;
    return () => {
      active.current = false;
    };
  }, []);
  const make = useCallback(
    (chosen: ChosenExpression) => {
      setState({ name: "making" });
      const finish = (next: FaceFilesState) => active.current && setState(next);
      write(jobId, chosen, () => active.current).then(
        () => finish({ name: "saved" }),
        (error: unknown) => {
          const sentence = error instanceof Error ? error.message : "The files cannot be written.";
          finish({ name: "failed", sentence });
        },
      );
    },
    [jobId],
  );
  return { state, make };
}

async function write(
  jobId: string,
  chosen: ChosenExpression,
  wanted: () => boolean,
): Promise<void> {
  let job = await changeExpression(jobId, chosen);
  while (job.state === "queued" || job.state === "running") {
    await new Promise((resolve) => window.setTimeout(resolve, ASK_AGAIN_MS));
    job = await readJob(job.id);
  }
  const copy = job.id;
  if (job.failure !== null) {
    throw new Error(job.failure.detail);
  }
  if (wanted()) {
    save(job);
  }
  window.setTimeout(() => void deleteJob(copy).catch(() => undefined), DELETE_AFTER_MS);
}

function save(job: Job): void {
  const link = document.createElement("a");
  link.href = job.links.archive;
  link.download = FILE_NAME;
  link.click();
}
