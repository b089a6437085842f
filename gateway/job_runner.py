"""One job in a worker: claim, reconstruct, store, finish."""

import logging
import tempfile
import threading
import zipfile
from pathlib import Path

from gateway.artifact_store import ArtifactNotFound
from gateway.artifacts import (
    ARCHIVE,
    ARCHIVE_MEMBERS,
    HAIR_MEMBERS,
    artifact_key,
    attempt_key,
    expression_key,
    hair_key,
    photo_key,
    source_key,
    texture_size_key,
    used_up_keys,
)
from gateway.avatar_maker import AvatarMaker
from gateway.heartbeat import Heartbeat
from gateway.job_ledger import LeaseLost
from gateway.jobs import Failure, Lease
from gateway.services import Services
from reconstruction_backend.errors import CameoError
from reconstruction_backend.expression.choice import NEUTRAL, ExpressionChoice
from reconstruction_backend.expression.record import ChosenExpression
from reconstruction_backend.hair.choice import SAME_HAIR, HairChoice
from reconstruction_backend.hair.record import ChosenHair
from reconstruction_backend.progress import StageEvent

log = logging.getLogger(__name__)

INTERNAL_ERROR = Failure(
    code="internal_error",
    sentence="The reconstruction failed for a reason that is not the photo's; the log has it.",
)


class WorkerStopping(Exception):
    """The worker was asked to stop: the job goes back to the queue."""


class JobRunner:
    """Runs jobs one at a time with a warm maker."""

    def __init__(
        self,
        worker_id: str,
        services: Services,
        maker: AvatarMaker,
        heartbeat: Heartbeat,
        stopping: threading.Event,
    ) -> None:
        self._worker_id = worker_id
        self._services = services
        self._maker = maker
        self._heartbeat = heartbeat
        self._stopping = stopping

    def run(self, job_id: str) -> None:
        """Take the job up, unless somebody else has it; see it to an end or give it back."""
        lease = self._services.ledger.claim(job_id, self._worker_id)
        if lease is None:
            return
        with self._heartbeat.holding(lease):
            try:
                self._attempt(lease)
            except LeaseLost as lost:
                log.warning("%s", lost)
                self._services.store.delete(attempt_key(lease))
                return
        log.info("Attempt %d at job %s has ended.", lease.attempt, job_id)

    def _attempt(self, lease: Lease) -> None:
        ledger = self._services.ledger
        try:
            warnings = self._make(lease)
        except WorkerStopping:
            ledger.release(lease)
            return
        except LeaseLost:
            raise
        except CameoError as error:
            ledger.fail(lease, Failure(error.code, str(error)))
        except Exception:
            log.exception("Job %s failed.", lease.job_id)
            ledger.fail(lease, INTERNAL_ERROR)
        else:
            ledger.succeed(lease, warnings)
        for key in used_up_keys(lease.job_id):
            self._services.store.delete(key)

    def _make(self, lease: Lease) -> tuple[str, ...]:
        def tell(stage: StageEvent) -> None:
            if self._stopping.is_set():
                raise WorkerStopping
            self._services.ledger.record_stage(lease, stage)

        choice, hair = self._choice(lease.job_id), self._hair(lease.job_id)
        photo, source = (self._input(key(lease.job_id)) for key in (photo_key, source_key))
        with tempfile.TemporaryDirectory(prefix="cameo-") as folder:
            archive_path = Path(folder) / ARCHIVE.name
            if source is not None:
                warnings = self._maker.make_again(source, archive_path, tell, choice, hair)
            elif photo is not None:
                texture_size = self._texture_size(lease.job_id)
                warnings = self._maker.make(
                    photo, archive_path, tell, choice or NEUTRAL, texture_size, hair
                )
            else:
                raise LeaseLost(f"The photo of job {lease.job_id} has been deleted.")
            self._keep(lease, archive_path)
        return warnings

    def _input(self, key: str) -> bytes | None:
        try:
            return self._services.store.read(key)
        except ArtifactNotFound:
            return None

    def _choice(self, job_id: str) -> ExpressionChoice | None:
        said = self._input(expression_key(job_id))
        return None if said is None else ChosenExpression.model_validate_json(said).choice()

    def _hair(self, job_id: str) -> HairChoice:
        said = self._input(hair_key(job_id))
        return SAME_HAIR if said is None else ChosenHair.model_validate_json(said).choice()

    def _texture_size(self, job_id: str) -> int | None:
        said = self._input(texture_size_key(job_id))
        return None if said is None else int(said)

    def _keep(self, lease: Lease, archive_path: Path) -> None:
        store = self._services.store
        with zipfile.ZipFile(archive_path) as archive:
            names = set(archive.namelist())
            hair = [kind for kind in HAIR_MEMBERS if kind.name in names]
            for kind in (*ARCHIVE_MEMBERS, *hair):
                store.write(artifact_key(lease.job_id, lease.token, kind), archive.read(kind.name))
        store.write(artifact_key(lease.job_id, lease.token, ARCHIVE), archive_path.read_bytes())
