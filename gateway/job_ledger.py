"""The seam `JobLedger`: the truth about jobs."""

from dataclasses import dataclass
from typing import Protocol

from gateway.jobs import Failure, Job, JobEvent, Lease, WorkerReport, WorkerState
from reconstruction_backend.progress import StageEvent


class LeaseLost(Exception):
    """The job was deleted, finished, or given to a later attempt: the caller must drop its work."""


@dataclass(frozen=True)
class LeasePolicy:
    """When a job counts as lost, and when as hopeless."""

    lease_s: float
    """Seconds that a claim or a renewal lasts."""
    max_attempts: int
    """A job lost so many times fails."""


class JobLedger(Protocol):
    """Jobs, attempts and events. Every method is atomic, and durable when it returns."""

    def create(self, job_id: str) -> Job:
        """Enter a queued job."""
        ...

    def find(self, job_id: str) -> Job | None:
        """The job as it stands."""
        ...

    def delete(self, job_id: str) -> None:
        """Forget the job and its events; a second time does nothing."""
        ...

    def waiting(self) -> tuple[str, ...]:
        """Ids of the queued jobs, oldest first."""
        ...

    def finished(self) -> tuple[str, ...]:
        """Ids of the jobs that succeeded or failed, oldest first."""
        ...

    def claim(self, job_id: str, worker_id: str) -> Lease | None:
        """Start an attempt. None if the job is not queued: somebody was faster, or it is gone."""
        ...

    def renew(self, lease: Lease) -> None:
        """Heartbeat. Raises LeaseLost."""
        ...

    def record_stage(self, lease: Lease, stage: StageEvent) -> None:
        """Add an event and renew. Raises LeaseLost."""
        ...

    def succeed(self, lease: Lease, warnings: tuple[str, ...]) -> None:
        """End the job well. Raises LeaseLost."""
        ...

    def fail(self, lease: Lease, failure: Failure) -> None:
        """End the job with a stated failure. Raises LeaseLost."""
        ...

    def release(self, lease: Lease) -> None:
        """Give the job back untouched; the attempt does not count. Raises LeaseLost."""
        ...

    def return_lost(self) -> tuple[Job, ...]:
        """Requeue jobs whose lease expired, or fail them after too many attempts."""
        ...

    def events_after(self, job_id: str, number: int) -> tuple[JobEvent, ...]:
        """The job's events with a larger number, in order; none if there is no such job."""
        ...

    def report_worker(self, worker_id: str, state: WorkerState, detail: str = "") -> None:
        """Note how a worker is."""
        ...

    def remove_worker(self, worker_id: str) -> None:
        """Forget a worker that has ended."""
        ...

    def workers(self) -> tuple[WorkerReport, ...]:
        """The latest report of each worker, newest first."""
        ...
