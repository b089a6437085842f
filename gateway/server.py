"""Runs the web process: socket, sweeper, worker, HTTP."""

import signal
import socket
import sys
from types import FrameType

import uvicorn

from gateway.application import create_application
from gateway.hair_process import HairProcess
from gateway.services import open_local_services
from gateway.settings import Settings
from gateway.sweeper import Sweeper
from gateway.worker_keeper import WorkerKeeper
from reconstruction_backend.errors import EX_UNAVAILABLE, CameoError

WORKER_COMMAND = (sys.executable, "-m", "gateway.worker")
OPEN_ANSWERS_END_WITHIN_S = 2


class AddressNotAvailable(CameoError):
    """The address cannot be listened on."""

    code = "address_not_available"
    exit_code = EX_UNAVAILABLE


def serve(settings: Settings, worker_command: tuple[str, ...] = WORKER_COMMAND) -> None:
    """Serve until SIGINT or SIGTERM. Raises AddressNotAvailable."""
    signal.signal(signal.SIGTERM, _exit)  # uvicorn raises it again when it has shut down
    listener = _listen(settings)
    services = open_local_services(settings)
    hair = HairProcess()
    server = uvicorn.Server(
        uvicorn.Config(
            create_application(services, settings, lambda: server.should_exit, hair),
            log_level="warning",
            timeout_graceful_shutdown=OPEN_ANSWERS_END_WITHIN_S,
            server_header=False,
        )
    )
    host, port = listener.getsockname()[:2]
    address = f"[{host}]" if ":" in host else host
    print(f"Cameo is at http://{address}:{port} (Ctrl-C ends it)", flush=True)
    with Sweeper(services), hair:
        if settings.worker == "external":
            server.run(sockets=[listener])
            return
        with WorkerKeeper(worker_command, settings.to_environment()):
            server.run(sockets=[listener])


def _exit(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family)
    except OSError as error:
        raise AddressNotAvailable(
            f"Cannot listen on {settings.host}:{settings.port} ({error.strerror}); "
            "set CAMEO_PORT to a free one."
        ) from error
