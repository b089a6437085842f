"""What the gateway knows of a job: its state, its lease, and its numbered events."""

import re
import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from reconstruction_backend.progress import StageEvent

JOB_ID_PATTERN = re.compile(r"[0-9a-f]{32}")


def new_job_id() -> str:
    """128 random bits in hexadecimal: nobody guesses another's avatar."""
    return secrets.token_hex(16)


class JobState(StrEnum):
    """A job moves queued -> running -> succeeded or failed; a lost worker returns it to queued."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"

    @property
    def is_final(self) -> bool:
        """Nothing more will happen."""
        return self in (JobState.SUCCEEDED, JobState.FAILED)


@dataclass(frozen=True)
class Failure:
    """Why there is no avatar: the code of a CameoError and one clear sentence."""

    code: str
    sentence: str


TOO_MANY_ATTEMPTS = Failure(
    code="worker_lost",
    sentence="The reconstruction was interrupted too often and has been given up; "
    "please try the photo again.",
)


@dataclass(frozen=True)
class Job:
    """One portrait on its way to an avatar; the avatar has the job's id."""

    id: str
    state: JobState
    created_at: float
    """Unix time, seconds."""
    attempts: int
    """Times that a worker has taken it up, those that gave it back in order not counted."""
    token: int | None
    """Fencing token of the attempt that runs or that succeeded."""
    failure: Failure | None
    """Set when failed."""
    warnings: tuple[str, ...]
    """Of the finished reconstruction, one sentence each."""


@dataclass(frozen=True)
class Lease:
    """A worker's right to a job, until it expires or a later attempt takes over."""

    job_id: str
    attempt: int
    """From 1."""
    token: int
    """Larger for every later attempt at any job. Writes under an old token are refused."""


EventKind = Literal["queued", "started", "stage", "returned", "succeeded", "failed"]


@dataclass(frozen=True)
class JobEvent:
    """Something that happened to a job."""

    number: int
    """Of this job, from 1, without gaps."""
    kind: EventKind
    """`returned`: the worker was lost or stopped, and the job waits again."""
    at: float
    """Unix time, seconds."""
    attempt: int
    """0 before the first."""
    stage: StageEvent | None = None
    """Only of kind `stage`."""
    failure: Failure | None = None
    """Only of kind `failed`."""


WorkerState = Literal["starting", "ready", "broken"]


@dataclass(frozen=True)
class WorkerReport:
    """What a worker last said of itself."""

    worker_id: str
    state: WorkerState
    detail: str
    """Empty, or one sentence on why it is broken."""
    at: float
    """Unix time, seconds."""
