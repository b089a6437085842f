"""The seam `JobQueue`: tells workers that a job waits. The ledger stays the truth."""

from typing import Protocol


class JobQueue(Protocol):
    """Carries job ids only. A message lost or doubled does no harm: claims go by the ledger."""

    def publish(self, job_id: str) -> None:
        """Announce a job; an id that already waits may be announced again."""
        ...

    def receive(self, timeout_s: float) -> str | None:
        """Take the oldest id, waiting up to `timeout_s` for one."""
        ...
