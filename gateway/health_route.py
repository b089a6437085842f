"""The route /api/v1/health."""

import time
from importlib.metadata import version

from fastapi import APIRouter

from gateway.dependencies import ContextDependency
from gateway.jobs import WorkerReport
from gateway.resources import HealthResource, WorkerResource
from gateway.sweeper import WORKER_FORGOTTEN_AFTER_S

router = APIRouter(prefix="/api/v1", tags=["health"])

STATES_FROM_BEST = ("ready", "starting", "broken")


@router.get("/health")
def read_health(context: ContextDependency) -> HealthResource:
    """Whether avatars can be made now, and what may be sent."""
    ledger = context.services.ledger
    return HealthResource(
        version=version("cameo-avatar"),
        worker=_best(ledger.workers()),
        waiting_jobs=len(ledger.waiting()),
        max_upload_bytes=context.settings.max_upload_bytes,
    )


def _best(reports: tuple[WorkerReport, ...]) -> WorkerResource:
    latest = time.time() - WORKER_FORGOTTEN_AFTER_S
    alive = [report for report in reports if report.at >= latest]
    if not alive:
        return WorkerResource(state="absent", detail="No worker is running.")
    best = min(alive, key=lambda report: STATES_FROM_BEST.index(report.state))
    return WorkerResource(state=best.state, detail=best.detail)
