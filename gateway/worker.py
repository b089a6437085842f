"""The worker process: `python -m gateway.worker`. It alone loads a reconstruction backend."""

import argparse
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from types import FrameType

from gateway.avatar_maker import AvatarMaker
from gateway.heartbeat import Heartbeat
from gateway.job_runner import JobRunner
from gateway.services import Services, open_local_services
from gateway.settings import Settings
from reconstruction_backend.errors import CameoError

log = logging.getLogger(__name__)

RECEIVE_TIMEOUT_S = 0.5
PARENT_CHECK_INTERVAL_S = 1.0
HEARTBEATS_PER_LEASE = 3
LOADING_FAILED = "The models could not be loaded; the log has why."


def run_worker(
    worker_id: str,
    services: Services,
    settings: Settings,
    load_maker: Callable[[], AvatarMaker],
    stopping: threading.Event,
) -> int:
    """Load the maker, then take up jobs until `stopping` is set. Returns an exit code."""
    interval_s = settings.lease_s / HEARTBEATS_PER_LEASE
    with Heartbeat(services.ledger, worker_id, interval_s) as heartbeat:
        try:
            maker = load_maker()
        except CameoError as error:
            services.ledger.report_worker(worker_id, "broken", str(error))
            print(f"cameo worker: {error}", file=sys.stderr)
            return error.exit_code
        except Exception:
            services.ledger.report_worker(worker_id, "broken", LOADING_FAILED)
            raise
        heartbeat.ready()
        runner = JobRunner(worker_id, services, maker, heartbeat, stopping)
        while not stopping.is_set():
            job_id = services.queue.receive(RECEIVE_TIMEOUT_S)
            if job_id is not None:
                runner.run(job_id)
    services.ledger.remove_worker(worker_id)
    return 0


def main(load_maker: Callable[[], AvatarMaker]) -> int:
    """Command line of a worker process around any maker."""
    parser = argparse.ArgumentParser(prog="python -m gateway.worker", description=__doc__)
    parser.add_argument("--worker-id", default=f"{socket.gethostname()}-{os.getpid()}")
    parser.add_argument("--parent", type=int, help="stop when this process is no longer the parent")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    stopping = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    if arguments.parent is not None:
        _stop_without(arguments.parent, stopping)
    try:
        settings = Settings.from_environment(os.environ)
    except CameoError as error:
        print(f"cameo worker: {error}", file=sys.stderr)
        return error.exit_code
    services = open_local_services(settings)
    return run_worker(arguments.worker_id, services, settings, load_maker, stopping)


def _stop_without(parent: int, stopping: threading.Event) -> None:
    """An orphan must not go on working: its gateway was killed without a word."""

    def watch() -> None:
        while os.getppid() == parent:
            if stopping.wait(PARENT_CHECK_INTERVAL_S):
                return
        stopping.set()

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


def load_pipeline_maker() -> AvatarMaker:
    """The product's maker; importing it takes seconds, which is why it happens here."""
    from gateway.pipeline_maker import PipelineMaker

    return PipelineMaker()


if __name__ == "__main__":
    sys.exit(main(load_pipeline_maker))
