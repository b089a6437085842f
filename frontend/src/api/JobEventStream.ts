import type { JobEvent } from "./gateway";

export type Connection = "live" | "reconnecting";

export interface JobEventListener {
  event(event: JobEvent): void;
  connection(connection: Connection): void;
  /** The server has nothing more to say, or refuses to: look at the job itself. */
  closed(): void;
}

/** A job's events. The browser reconnects by itself and resumes with Last-Event-ID. */
export class JobEventStream {
  readonly #source: EventSource;
  #lastNumber = 0;
  /** The job's last event has come. */
  toldTheEnd = false;

  constructor(path: string, listener: JobEventListener) {
    this.#source = new EventSource(path);
    this.#source.onopen = () => listener.connection("live");
    this.#source.onmessage = (message: MessageEvent<string>) => {
      const event = JSON.parse(message.data) as JobEvent;
      if (event.number <= this.#lastNumber) {
        return;
      }
      this.#lastNumber = event.number;
      listener.event(event);
      if (event.kind === "succeeded" || event.kind === "failed") {
        this.toldTheEnd = true;
        this.close();
        listener.closed();
      }
    };
    this.#source.onerror = () => {
      if (this.#source.readyState === EventSource.CLOSED) {
        listener.closed();
      } else {
        listener.connection("reconnecting");
      }
    };
  }

  close(): void {
    this.#source.close();
  }
}
