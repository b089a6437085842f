import { useCallback, useEffect, useRef, useState } from "react";
import { deleteJob, type Job, readJob } from "./api/gateway";

const ASK_AGAIN_MS = 400;
/** Longer than any browser needs to begin a download of a local file. */
const DELETE_AFTER_MS = 60_000;
const FILE_NAME = "avatar.zip";

export type WornFilesState =
  | { name: "idle" }
  | { name: "making" }
  | { name: "saved" }
  | { name: "failed"; sentence: string };

/** Asks for an avatar like that of a job, changed in one way: a job of its own. */
export type Change = (jobId: string) => Promise<Job>;

/** Has the server write an avatar's files changed, saves them, and deletes that copy. */
export function useWornFiles(jobId: string): {
  state: WornFilesState;
  make: (changes: readonly Change[]) => void;
} {
  const [state, setState] = useState<WornFilesState>({ name: "idle" });
  const active = useRef(true);
  useEffect(() => {
    active.current = true;
    return () => {
      active.current = false;
    };
  }, []);
  const make = useCallback(
    (changes: readonly Change[]) => {
      setState({ name: "making" });
      const finish = (next: WornFilesState) => active.current && setState(next);
      write(jobId, changes, () => active.current).then(
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

/** One change after the other, each to what the one before has made. */
async function write(
  jobId: string,
  changes: readonly Change[],
  wanted: () => boolean,
): Promise<void> {
  let last: Job | null = null;
  for (const change of changes) {
    last = await finished(await change(last?.id ?? jobId));
  }
  if (last !== null && wanted()) {
    save(last);
  }
}

/** Raises an Error with the sentence of a job that failed. */
async function finished(started: Job): Promise<Job> {
  let job = started;
  while (job.state === "queued" || job.state === "running") {
    await new Promise((resolve) => window.setTimeout(resolve, ASK_AGAIN_MS));
    job = await readJob(job.id);
  }
  const copy = job.id;
  if (job.failure !== null) {
    throw new Error(job.failure.detail);
  }
  window.setTimeout(() => void deleteJob(copy).catch(() => undefined), DELETE_AFTER_MS);
  return job;
}

function save(job: Job): void {
  const link = document.createElement("a");
  link.href = job.links.archive;
  link.download = FILE_NAME;
  link.click();
}
