"""The gateway's settings: read from the environment once, at start-up, and handed down."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast, get_args

from reconstruction_backend.errors import InvalidOption

REPOSITORY = Path(__file__).resolve().parent.parent
BYTES_PER_MEGABYTE = 1_000_000

WorkerMode = Literal["embedded", "external"]


@dataclass(frozen=True)
class Settings:
    """Everything that can differ between two installations."""

    host: str = "127.0.0.1"
    """Address to listen on; the default is reachable from this machine only."""
    port: int = 8000
    """0 takes a free one."""
    data_dir: Path = REPOSITORY / "var" / "gateway"
    """Ledger, queue and artifacts. Gateway and workers share it."""
    frontend_dir: Path = REPOSITORY / "frontend" / "dist"
    """The built page."""
    allowed_hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "[::1]")
    """Values of the Host header that are answered; others are refused (DNS rebinding)."""
    worker: WorkerMode = "embedded"
    """`embedded`: the gateway starts one worker process and keeps it alive."""
    max_upload_bytes: int = 25 * BYTES_PER_MEGABYTE
    """A larger upload is refused before it is read."""
    max_waiting_jobs: int = 100
    """A new job is refused while so many wait."""
    max_attempts: int = 3
    """A job whose worker is lost so often is failed."""
    lease_s: float = 10.0
    """A worker silent for so long has lost its job."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Read `CAMEO_*`. Raises InvalidOption, naming the variable."""
        read = _Reader(environment)
        defaults = cls()
        megabytes = defaults.max_upload_bytes // BYTES_PER_MEGABYTE
        return cls(
            host=read.text("CAMEO_HOST", defaults.host),
            port=read.whole("CAMEO_PORT", defaults.port, least=0),
            data_dir=Path(read.text("CAMEO_DATA_DIR", str(defaults.data_dir))),
            frontend_dir=Path(read.text("CAMEO_FRONTEND_DIR", str(defaults.frontend_dir))),
            allowed_hosts=tuple(
                read.text("CAMEO_ALLOWED_HOSTS", ",".join(defaults.allowed_hosts)).split(",")
            ),
            worker=read.worker_mode("CAMEO_WORKER", defaults.worker),
            max_upload_bytes=BYTES_PER_MEGABYTE
            * read.whole("CAMEO_MAX_UPLOAD_MB", megabytes, least=1),
            max_waiting_jobs=read.whole(
                "CAMEO_MAX_WAITING_JOBS", defaults.max_waiting_jobs, least=1
            ),
            max_attempts=read.whole("CAMEO_MAX_ATTEMPTS", defaults.max_attempts, least=1),
            lease_s=read.seconds("CAMEO_LEASE_S", defaults.lease_s),
        )

    def to_environment(self) -> dict[str, str]:
        """The variables that `from_environment` reads back to the same settings."""
        return {
            "CAMEO_HOST": self.host,
            "CAMEO_PORT": str(self.port),
            "CAMEO_DATA_DIR": str(self.data_dir),
            "CAMEO_FRONTEND_DIR": str(self.frontend_dir),
            "CAMEO_ALLOWED_HOSTS": ",".join(self.allowed_hosts),
            "CAMEO_WORKER": self.worker,
            "CAMEO_MAX_UPLOAD_MB": str(self.max_upload_bytes // BYTES_PER_MEGABYTE),
            "CAMEO_MAX_WAITING_JOBS": str(self.max_waiting_jobs),
            "CAMEO_MAX_ATTEMPTS": str(self.max_attempts),
            "CAMEO_LEASE_S": str(self.lease_s),
        }


class _Reader:
    """Typed reading of environment variables; an empty one counts as absent."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def text(self, name: str, default: str) -> str:
        return self._environment.get(name) or default

    def whole(self, name: str, default: int, least: int) -> int:
        value = self.text(name, str(default))
        if not value.isascii() or not value.isdigit() or int(value) < least:
            raise InvalidOption(f"{name} must be a whole number of at least {least}, not {value}.")
        return int(value)

    def seconds(self, name: str, default: float) -> float:
        value = self.text(name, str(default))
        try:
            number = float(value)
        except ValueError:
            number = 0.0
        if not 0.0 < number < float("inf"):
            raise InvalidOption(f"{name} must be a positive number of seconds, not {value}.")
        return number

    def worker_mode(self, name: str, default: WorkerMode) -> WorkerMode:
        value = self.text(name, default)
        if value not in get_args(WorkerMode):
            raise InvalidOption(f"{name} must be embedded or external, not {value}.")
        return cast(WorkerMode, value)
