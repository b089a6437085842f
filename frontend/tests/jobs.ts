// Jobs and events as the gateway would send them.

import type { Job, JobEvent } from "../src/api/gateway";

export function jobOf(changes: Partial<Job> = {}): Job {
  const id = changes.id ?? "a".repeat(32);
  const avatar = `/api/v1/avatars/${id}`;
  return {
    id,
    state: "queued",
    created_at: 0,
    attempts: 0,
    failure: null,
    warnings: [],
    links: {
      self: `/api/v1/jobs/${id}`,
      events: `/api/v1/jobs/${id}/events`,
      archive: `${avatar}/archive`,
      model: `${avatar}/avatar.glb`,
      preview: `${avatar}/preview.png`,
      provenance: `${avatar}/head_provenance.png`,
      residual_light: `${avatar}/head_light.png`,
      parameters: `${avatar}/avatar.json`,
      hair: `${avatar}/hair.strands`,
    },
    ...changes,
  };
}

export function eventOf(number: number, kind: JobEvent["kind"]): JobEvent {
  return { number, kind, at: 0, attempt: 1, stage: null, failure: null };
}

export function stageEvent(
  number: number,
  name: string,
  state: "started" | "finished",
  elapsedMs = 0,
): JobEvent {
  const stage = { name, state, index: 0, total: 4, elapsed_ms: elapsedMs };
  return { ...eventOf(number, "stage"), stage };
}
