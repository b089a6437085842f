"""A worker's sign of life, in a thread of its own: the reconstruction leaves no time for it."""

import logging
from collections.abc import Generator
from contextlib import contextmanager

from gateway.background_task import BackgroundTask
from gateway.job_ledger import JobLedger, LeaseLost
from gateway.jobs import Lease, WorkerState

log = logging.getLogger(__name__)


class Heartbeat(BackgroundTask):
    """Reports the worker and renews the lease it holds, until the `with` block ends."""

    def __init__(self, ledger: JobLedger, worker_id: str, interval_s: float) -> None:
        super().__init__("heartbeat", daemon=True)
        self._ledger = ledger
        self._worker_id = worker_id
        self._interval_s = interval_s
        self._state: WorkerState = "starting"
        self._lease: Lease | None = None

    def ready(self) -> None:
        """The models are warm."""
        self._state = "ready"
        self._ledger.report_worker(self._worker_id, self._state)

    @contextmanager
    def holding(self, lease: Lease) -> Generator[None]:
        """Renew this lease too while the block runs."""
        self._lease = lease
        try:
            yield
        finally:
            self._lease = None

    def _prepare(self) -> None:
        self._ledger.report_worker(self._worker_id, self._state)

    def _run(self) -> None:
        while not self._stopping.wait(self._interval_s):
            try:
                self._beat()
            except Exception:
                log.exception("A heartbeat failed; trying again in %.1f s.", self._interval_s)

    def _beat(self) -> None:
        self._ledger.report_worker(self._worker_id, self._state)
        lease = self._lease
        if lease is None:
            return
        try:
            self._ledger.renew(lease)
        except LeaseLost:
            self._lease = None  # the working thread finds out at its next stage
