"""Sets right what crashes leave behind: lost jobs, lost messages, photos without a job."""

import logging
import time

from gateway.artifacts import used_up_keys
from gateway.background_task import BackgroundTask
from gateway.jobs import JobState
from gateway.services import Services

log = logging.getLogger(__name__)

SWEEP_INTERVAL_S = 1.0
ANNOUNCE_INTERVAL_S = 15.0
ORPHAN_AGE_S = 3600.0
WORKER_FORGOTTEN_AFTER_S = 60.0


class Sweeper(BackgroundTask):
    """Sweeps in a thread while the `with` block runs; several may run at the same time."""

    def __init__(self, services: Services, interval_s: float = SWEEP_INTERVAL_S) -> None:
        super().__init__("sweeper")
        self._services = services
        self._interval_s = interval_s

    def sweep(self) -> None:
        """Return the jobs of lost workers to the queue, or fail them."""
        for job in self._services.ledger.return_lost():
            if job.state is JobState.QUEUED:
                self._services.queue.publish(job.id)
            else:
                self._forget_inputs(job.id)

    def announce(self) -> None:
        """Publish every waiting job again: a message may have been lost."""
        for job_id in self._services.ledger.waiting():
            self._services.queue.publish(job_id)

    def tidy(self) -> None:
        """At start-up: announce, and remove what belongs to no job or is no longer needed."""
        ledger, store = self._services.ledger, self._services.store
        self.announce()
        for job_id in ledger.finished():
            self._forget_inputs(job_id)
        for owner in store.owners(untouched_for_s=ORPHAN_AGE_S):
            if ledger.find(owner) is None:
                store.delete(owner)
        for report in ledger.workers():
            if report.at < time.time() - WORKER_FORGOTTEN_AFTER_S:
                ledger.remove_worker(report.worker_id)

    def _forget_inputs(self, job_id: str) -> None:
        for key in used_up_keys(job_id):
            self._services.store.delete(key)

    def _prepare(self) -> None:
        self.tidy()

    def _run(self) -> None:
        announced = time.monotonic()
        while not self._stopping.wait(self._interval_s):
            try:
                self.sweep()
                if time.monotonic() - announced > ANNOUNCE_INTERVAL_S:
                    self.announce()
                    announced = time.monotonic()
            except Exception:
                log.exception("A sweep failed; trying again in %.1f s.", self._interval_s)
