import { beforeEach, expect, test, vi } from "vitest";
import type { JobEvent } from "../src/api/gateway";
import { JobEventStream } from "../src/api/JobEventStream";
import { eventOf } from "./jobs";

/** The browser's part, played by the test. */
class FakeEventSource {
  static readonly CLOSED = 2;
  static latest: FakeEventSource;
  readyState = 0;
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;
  onmessage: ((message: { data: string }) => void) | null = null;

  constructor(readonly url: string) {
    FakeEventSource.latest = this;
  }

  close(): void {
    this.readyState = FakeEventSource.CLOSED;
  }

  say(event: JobEvent): void {
    this.onmessage?.({ data: JSON.stringify(event) });
  }
}

const listener = { event: vi.fn(), connection: vi.fn(), closed: vi.fn() };

beforeEach(() => {
  vi.resetAllMocks();
  vi.stubGlobal("EventSource", FakeEventSource);
});

test("events told twice are heard once", () => {
  new JobEventStream("/events", listener);
  const source = FakeEventSource.latest;
  source.say(eventOf(1, "queued"));
  source.say(eventOf(1, "queued"));
  source.say(eventOf(2, "started"));
  expect(listener.event.mock.calls.map(([event]) => event.number)).toEqual([1, 2]);
});

test("the last event closes the stream", () => {
  const stream = new JobEventStream("/events", listener);
  FakeEventSource.latest.say(eventOf(1, "succeeded"));
  expect(FakeEventSource.latest.readyState).toBe(FakeEventSource.CLOSED);
  expect(stream.toldTheEnd).toBe(true);
  expect(listener.closed).toHaveBeenCalledOnce();
});

test("a broken connection is told, and that it is back", () => {
  new JobEventStream("/events", listener);
  FakeEventSource.latest.onerror?.();
  FakeEventSource.latest.onopen?.();
  expect(listener.connection.mock.calls).toEqual([["reconnecting"], ["live"]]);
  expect(listener.closed).not.toHaveBeenCalled();
});

test("a refused connection is not waited for", () => {
  const stream = new JobEventStream("/events", listener);
  FakeEventSource.latest.readyState = FakeEventSource.CLOSED;
  FakeEventSource.latest.onerror?.();
  expect(listener.closed).toHaveBeenCalledOnce();
  expect(stream.toldTheEnd).toBe(false);
});
