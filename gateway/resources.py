"""What the HTTP interface says of jobs: the source of the OpenAPI document's types."""

from typing import Literal

from pydantic import BaseModel

from gateway.jobs import EventKind, Failure, Job, JobEvent, JobState, WorkerState
from reconstruction_backend.progress import StageEvent


class FailureResource(BaseModel):
    """Why there is no avatar."""

    code: str
    detail: str
    """One clear sentence for the user."""

    @classmethod
    def of(cls, failure: Failure) -> "FailureResource":
        """From the ledger's."""
        return cls(code=failure.code, detail=failure.sentence)


class StageResource(BaseModel):
    """A stage of the reconstruction began or ended."""

    name: str
    state: Literal["started", "finished"]
    index: int
    """From 0."""
    total: int
    elapsed_ms: float
    """0 when started."""

    @classmethod
    def of(cls, stage: StageEvent) -> "StageResource":
        """From the pipeline's."""
        return cls(
            name=stage.stage,
            state=stage.state,
            index=stage.index,
            total=stage.total,
            elapsed_ms=stage.elapsed_ms,
        )


class JobLinks(BaseModel):
    """Paths on this server."""

    self: str
    events: str
    archive: str
    model: str
    preview: str
    provenance: str
    residual_light: str
    parameters: str
    hair: str
    """Strands (docs/strand-format.md); 404 for an avatar without hair."""


class JobResource(BaseModel):
    """One portrait on its way to an avatar."""

    id: str
    """Also the avatar's."""
    state: JobState
    created_at: float
    """Unix time, seconds."""
    attempts: int
    failure: FailureResource | None
    """Set when failed."""
    warnings: list[str]
    """Of the finished reconstruction, one sentence each."""
    links: JobLinks

    @classmethod
    def of(cls, job: Job) -> "JobResource":
        """From the ledger's."""
        job_path, avatar_path = f"/api/v1/jobs/{job.id}", f"/api/v1/avatars/{job.id}"
        return cls(
            id=job.id,
            state=job.state,
            created_at=job.created_at,
            attempts=job.attempts,
            failure=None if job.failure is None else FailureResource.of(job.failure),
            warnings=list(job.warnings),
            links=JobLinks(
                self=job_path,
                events=f"{job_path}/events",
                archive=f"{avatar_path}/archive",
                model=f"{avatar_path}/avatar.glb",
                preview=f"{avatar_path}/preview.png",
                provenance=f"{avatar_path}/head_provenance.png",
                residual_light=f"{avatar_path}/head_light.png",
                parameters=f"{avatar_path}/avatar.json",
                hair=f"{avatar_path}/hair.strands",
            ),
        )


class EventResource(BaseModel):
    """The data of one server-sent event; its id is `number`."""

    number: int
    """Of this job, from 1, without gaps."""
    kind: EventKind
    at: float
    """Unix time, seconds."""
    attempt: int
    stage: StageResource | None
    failure: FailureResource | None

    @classmethod
    def of(cls, event: JobEvent) -> "EventResource":
        """From the ledger's."""
        return cls(
            number=event.number,
            kind=event.kind,
            at=event.at,
            attempt=event.attempt,
            stage=None if event.stage is None else StageResource.of(event.stage),
            failure=None if event.failure is None else FailureResource.of(event.failure),
        )


class WorkerResource(BaseModel):
    """How the workers are."""

    state: WorkerState | Literal["absent"]
    """The best of all: ready if any is."""
    detail: str
    """Empty, or one sentence on why none is ready."""


class HealthResource(BaseModel):
    """Whether avatars can be made now, and what may be sent."""

    version: str
    worker: WorkerResource
    waiting_jobs: int
    max_upload_bytes: int
