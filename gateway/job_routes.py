"""Routes under /api/v1/jobs."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Header, Response

from gateway.dependencies import Context, ContextDependency, JobId
from gateway.event_stream import EventStreamResponse, event_stream
from gateway.jobs import Job
from gateway.problems import Problem, refusals
from gateway.resources import EventResource, JobResource

router = APIRouter(prefix="/api/v1/jobs", tags=["jobs"])


def find_job(context: Context, job_id: str) -> Job:
    """The job as it stands. Raises Problem 404."""
    job = context.services.ledger.find(job_id)
    if job is None:
        raise Problem(
            HTTPStatus.NOT_FOUND, "not_found", "There is no such avatar; it may have been deleted."
        )
    return job


@router.get("/{job_id}", responses=refusals(HTTPStatus.NOT_FOUND))
def read_job(job_id: JobId, context: ContextDependency) -> JobResource:
    """The job as it stands."""
    return JobResource.of(find_job(context, job_id))


@router.get(
    "/{job_id}/events",
    response_class=EventStreamResponse,
    responses={
        200: {"model": EventResource, "description": "Server-sent events until the job ends"},
        204: {"description": "The job has ended, and its last event is known: do not come back"},
        **refusals(HTTPStatus.NOT_FOUND),
    },
)
def stream_events(
    job_id: JobId,
    context: ContextDependency,
    last_event_id: Annotated[int, Header(ge=0)] = 0,
) -> Response:
    """The job's events, past and coming; `Last-Event-ID` resumes after that number."""
    ledger = context.services.ledger
    job = find_job(context, job_id)
    if job.state.is_final and not ledger.events_after(job_id, last_event_id):
        return Response(status_code=HTTPStatus.NO_CONTENT)
    return EventStreamResponse(
        event_stream(ledger, job_id, last_event_id, context.is_stopping),
        headers={"Cache-Control": "no-store"},
    )


@router.delete("/{job_id}", status_code=HTTPStatus.NO_CONTENT)
def delete_job(job_id: JobId, context: ContextDependency) -> None:
    """Forget the job, its photo and its avatar; a second time does nothing."""
    context.services.ledger.delete(job_id)
    context.services.store.delete(job_id)
