"""A job's events as server-sent events, resumable with Last-Event-ID."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable

from fastapi.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from gateway.job_ledger import JobLedger
from gateway.jobs import JobEvent
from gateway.resources import EventResource

POLL_INTERVAL_S = 0.1
KEEP_ALIVE_S = 15.0
RETRY_MS = 1000
FINAL_KINDS = frozenset({"succeeded", "failed"})


class EventStreamResponse(StreamingResponse):
    """text/event-stream."""

    media_type = "text/event-stream"


async def event_stream(
    ledger: JobLedger, job_id: str, after: int, is_stopping: Callable[[], bool]
) -> AsyncIterator[str]:
    """Past events beyond `after`, then new ones as they come, to the job's last."""
    yield f"retry: {RETRY_MS}\n\n"
    spoken = time.monotonic()
    while not is_stopping():
        events = await run_in_threadpool(ledger.events_after, job_id, after)
        for event in events:
            yield _as_text(event)
            after, spoken = event.number, time.monotonic()
            if event.kind in FINAL_KINDS:
                return
        if not events and await run_in_threadpool(ledger.find, job_id) is None:
            return  # deleted; a client that comes back is told so
        if time.monotonic() - spoken > KEEP_ALIVE_S:
            yield ": still here\n\n"
            spoken = time.monotonic()
        await asyncio.sleep(POLL_INTERVAL_S)


def _as_text(event: JobEvent) -> str:
    return f"id: {event.number}\ndata: {EventResource.of(event).model_dump_json()}\n\n"
