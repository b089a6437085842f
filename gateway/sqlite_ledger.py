"""`JobLedger` in a SQLite file (WAL, synchronous FULL): for processes that share one machine."""

import json
import sqlite3
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gateway.job_ledger import LeaseLost, LeasePolicy
from gateway.jobs import (
    TOO_MANY_ATTEMPTS,
    EventKind,
    Failure,
    Job,
    JobEvent,
    JobState,
    Lease,
    WorkerReport,
    WorkerState,
)
from gateway.sqlite_database import SqliteDatabase
from reconstruction_backend.progress import StageEvent

SCHEMA_VERSION = 1
SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    id TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    created_at REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    token INTEGER,
    lease_expires_at REAL,
    failure TEXT,
    warnings TEXT NOT NULL DEFAULT '[]'
);
CREATE INDEX IF NOT EXISTS jobs_by_state ON jobs (state, created_at);
CREATE TABLE IF NOT EXISTS attempts (
    token INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    worker_id TEXT NOT NULL,
    started_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS events (
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    kind TEXT NOT NULL,
    at REAL NOT NULL,
    attempt INTEGER NOT NULL,
    stage TEXT,
    failure TEXT,
    PRIMARY KEY (job_id, number)
);
CREATE TABLE IF NOT EXISTS workers (
    id TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    detail TEXT NOT NULL,
    at REAL NOT NULL
)
"""


class SqliteJobLedger:
    """AUTOINCREMENT never reuses a number, so an attempt's row number is its fencing token."""

    def __init__(
        self, path: Path, policy: LeasePolicy, clock: Callable[[], float] = time.time
    ) -> None:
        self._database = SqliteDatabase(path, SCHEMA, SCHEMA_VERSION, synchronous="FULL")
        self._policy = policy
        self._clock = clock

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def create(self, job_id: str) -> Job:
        """Enter a queued job."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO jobs (id, state, created_at) VALUES (?, ?, ?)",
                (job_id, JobState.QUEUED, self._clock()),
            )
            self._add_event(connection, job_id, "queued", attempt=0)
            row = connection.execute("SELECT * FROM jobs WHERE id = ?", (job_id,)).fetchone()
        return _job(row)

    def find(self, job_id: str) -> Job | None:
        """The job as it stands."""
        rows = self._database.rows("SELECT * FROM jobs WHERE id = ?", job_id)
        return _job(rows[0]) if rows else None

    def delete(self, job_id: str) -> None:
        """Forget the job and its events; a second time does nothing."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM jobs WHERE id = ?", (job_id,))

    def waiting(self) -> tuple[str, ...]:
        """Ids of the queued jobs, oldest first."""
        return self._ids_in(JobState.QUEUED)

    def finished(self) -> tuple[str, ...]:
        """Ids of the jobs that succeeded or failed, oldest first."""
        return self._ids_in(JobState.SUCCEEDED, JobState.FAILED)

    def claim(self, job_id: str, worker_id: str) -> Lease | None:
        """Start an attempt. None if the job is not queued: somebody was faster, or it is gone."""
        with self._database.transaction() as connection:
            row = connection.execute(
                "SELECT attempts FROM jobs WHERE id = ? AND state = ?", (job_id, JobState.QUEUED)
            ).fetchone()
            if row is None:
                return None
            token = connection.execute(
                "INSERT INTO attempts (job_id, worker_id, started_at) VALUES (?, ?, ?)",
                (job_id, worker_id, self._clock()),
            ).lastrowid
            assert token is not None
            attempt = row["attempts"] + 1
            connection.execute(
                "UPDATE jobs SET state = ?, attempts = ?, token = ?, lease_expires_at = ?"
                " WHERE id = ?",
                (JobState.RUNNING, attempt, token, self._lease_end(), job_id),
            )
            self._add_event(connection, job_id, "started", attempt)
        return Lease(job_id, attempt, token)

    def renew(self, lease: Lease) -> None:
        """Heartbeat. Raises LeaseLost."""
        with self._database.transaction() as connection:
            self._renew(connection, lease)

    def record_stage(self, lease: Lease, stage: StageEvent) -> None:
        """Add an event and renew. Raises LeaseLost."""
        with self._database.transaction() as connection:
            self._renew(connection, lease)
            self._add_event(connection, lease.job_id, "stage", lease.attempt, stage=stage)

    def succeed(self, lease: Lease, warnings: tuple[str, ...]) -> None:
        """End the job well. Raises LeaseLost."""
        with self._database.transaction() as connection:
            self._update_held(
                connection,
                lease,
                "state = ?, lease_expires_at = NULL, warnings = ?",
                JobState.SUCCEEDED,
                json.dumps(warnings),
            )
            self._add_event(connection, lease.job_id, "succeeded", lease.attempt)

    def fail(self, lease: Lease, failure: Failure) -> None:
        """End the job with a stated failure. Raises LeaseLost."""
        with self._database.transaction() as connection:
            self._update_held(
                connection,
                lease,
                "state = ?, lease_expires_at = NULL, failure = ?",
                JobState.FAILED,
                _to_json(failure),
            )
            self._add_event(connection, lease.job_id, "failed", lease.attempt, failure=failure)

    def release(self, lease: Lease) -> None:
        """Give the job back untouched; the attempt does not count. Raises LeaseLost."""
        with self._database.transaction() as connection:
            self._update_held(
                connection,
                lease,
                "state = ?, token = NULL, lease_expires_at = NULL, attempts = attempts - 1",
                JobState.QUEUED,
            )
            self._add_event(connection, lease.job_id, "returned", lease.attempt)

    def return_lost(self) -> tuple[Job, ...]:
        """Requeue jobs whose lease expired, or fail them after too many attempts."""
        with self._database.transaction() as connection:
            lost = connection.execute(
                "SELECT id, attempts FROM jobs WHERE state = ? AND lease_expires_at < ?",
                (JobState.RUNNING, self._clock()),
            ).fetchall()
            for row in lost:
                self._return(connection, row["id"], row["attempts"])
            returned = [
                connection.execute("SELECT * FROM jobs WHERE id = ?", (row["id"],)).fetchone()
                for row in lost
            ]
        return tuple(_job(row) for row in returned)

    def events_after(self, job_id: str, number: int) -> tuple[JobEvent, ...]:
        """The job's events with a larger number, in order; none if there is no such job."""
        rows = self._database.rows(
            "SELECT * FROM events WHERE job_id = ? AND number > ? ORDER BY number", job_id, number
        )
        return tuple(_event(row) for row in rows)

    def report_worker(self, worker_id: str, state: WorkerState, detail: str = "") -> None:
        """Note how a worker is."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO workers (id, state, detail, at) VALUES (?, ?, ?, ?)",
                (worker_id, state, detail, self._clock()),
            )

    def remove_worker(self, worker_id: str) -> None:
        """Forget a worker that has ended."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM workers WHERE id = ?", (worker_id,))

    def workers(self) -> tuple[WorkerReport, ...]:
        """The latest report of each worker, newest first."""
        rows = self._database.rows("SELECT * FROM workers ORDER BY at DESC")
        return tuple(
            WorkerReport(row["id"], row["state"], row["detail"], row["at"]) for row in rows
        )

    def _ids_in(self, *states: JobState) -> tuple[str, ...]:
        marks = ", ".join("?" for _ in states)
        rows = self._database.rows(
            f"SELECT id FROM jobs WHERE state IN ({marks}) ORDER BY created_at, id", *states
        )
        return tuple(row["id"] for row in rows)

    def _lease_end(self) -> float:
        return self._clock() + self._policy.lease_s

    def _renew(self, connection: sqlite3.Connection, lease: Lease) -> None:
        self._update_held(connection, lease, "lease_expires_at = ?", self._lease_end())

    def _update_held(
        self, connection: sqlite3.Connection, lease: Lease, changes: str, *values: Any
    ) -> None:
        """Change the job only if this very attempt still runs it. Raises LeaseLost."""
        cursor = connection.execute(
            f"UPDATE jobs SET {changes} WHERE id = ? AND state = ? AND token = ?",
            (*values, lease.job_id, JobState.RUNNING, lease.token),
        )
        if cursor.rowcount == 0:
            raise LeaseLost(f"Attempt {lease.attempt} at job {lease.job_id} is no longer wanted.")

    def _return(self, connection: sqlite3.Connection, job_id: str, attempts: int) -> None:
        hopeless = attempts >= self._policy.max_attempts
        failure = TOO_MANY_ATTEMPTS if hopeless else None
        connection.execute(
            "UPDATE jobs SET state = ?, token = NULL, lease_expires_at = NULL, failure = ?"
            " WHERE id = ?",
            (
                JobState.FAILED if hopeless else JobState.QUEUED,
                None if failure is None else _to_json(failure),
                job_id,
            ),
        )
        kind: EventKind = "failed" if hopeless else "returned"
        self._add_event(connection, job_id, kind, attempts, failure=failure)

    def _add_event(
        self,
        connection: sqlite3.Connection,
        job_id: str,
        kind: EventKind,
        attempt: int,
        stage: StageEvent | None = None,
        failure: Failure | None = None,
    ) -> None:
        connection.execute(
            "INSERT INTO events (job_id, number, kind, at, attempt, stage, failure)"
            " SELECT ?, coalesce(max(number), 0) + 1, ?, ?, ?, ?, ? FROM events WHERE job_id = ?",
            (
                job_id,
                kind,
                self._clock(),
                attempt,
                None if stage is None else _to_json(stage),
                None if failure is None else _to_json(failure),
                job_id,
            ),
        )


def _to_json(value: StageEvent | Failure) -> str:
    return json.dumps(asdict(value))


def _failure(text: str | None) -> Failure | None:
    return None if text is None else Failure(**json.loads(text))


def _job(row: sqlite3.Row) -> Job:
    return Job(
        id=row["id"],
        state=JobState(row["state"]),
        created_at=row["created_at"],
        attempts=row["attempts"],
        token=row["token"],
        failure=_failure(row["failure"]),
        warnings=tuple(json.loads(row["warnings"])),
    )


def _event(row: sqlite3.Row) -> JobEvent:
    return JobEvent(
        number=row["number"],
        kind=row["kind"],
        at=row["at"],
        attempt=row["attempt"],
        stage=None if row["stage"] is None else StageEvent(**json.loads(row["stage"])),
        failure=_failure(row["failure"]),
    )
