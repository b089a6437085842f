"""The gateway's three seams, opened together."""

from dataclasses import dataclass

from gateway.artifact_store import ArtifactStore
from gateway.folder_store import FolderArtifactStore
from gateway.job_ledger import JobLedger, LeasePolicy
from gateway.job_queue import JobQueue
from gateway.settings import Settings
from gateway.sqlite_ledger import SqliteJobLedger
from gateway.sqlite_queue import SqliteJobQueue


@dataclass(frozen=True)
class Services:
    """What the web process and the workers share."""

    ledger: JobLedger
    queue: JobQueue
    store: ArtifactStore


def open_local_services(settings: Settings) -> Services:
    """Ledger, queue and artifacts in `settings.data_dir`, created if need be."""
    policy = LeasePolicy(lease_s=settings.lease_s, max_attempts=settings.max_attempts)
    return Services(
        ledger=SqliteJobLedger(settings.data_dir / "ledger.sqlite3", policy),
        queue=SqliteJobQueue(settings.data_dir / "queue.sqlite3"),
        store=FolderArtifactStore(settings.data_dir / "artifacts"),
    )
