import type { Health } from "../api/gateway";

interface HealthNoteProps {
  /** undefined before the first answer, null when there is none. */
  health: Health | null | undefined;
}

/** Says what keeps a portrait from being worked on at once; nothing when all is well. */
export function HealthNote({ health }: HealthNoteProps) {
  const note = noteOf(health);
  return (
    <p className="health" role="status">
      {note !== null && <span className={`health-dot health-${note.tone}`} aria-hidden="true" />}
      {note?.text}
    </p>
  );
}

interface Note {
  tone: "wait" | "bad" | "good";
  text: string;
}

function noteOf(health: Health | null | undefined): Note | null {
  if (health === undefined) {
    return null;
  }
  if (health === null) {
    return { tone: "bad", text: "Cameo's server does not answer. Is it still running?" };
  }
  switch (health.worker.state) {
    case "ready":
      return { tone: "good", text: "Ready" };
    case "starting":
      return { tone: "wait", text: "Warming up; a photo can be chosen already" };
    case "absent":
      return { tone: "wait", text: "Waiting for a worker to start" };
    case "broken":
      return { tone: "bad", text: health.worker.detail };
  }
}
