"""Starts the embedded worker process, and starts it again when it dies."""

import logging
import os
import subprocess
import time
from collections.abc import Mapping, Sequence

from gateway.background_task import BackgroundTask

log = logging.getLogger(__name__)

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
HEALTHY_AFTER_S = 30.0
GRACE_S = 3.0


class WorkerKeeper(BackgroundTask):
    """Keeps one process of `command` alive while the `with` block runs."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        super().__init__("worker-keeper")
        self._command = [*command, "--parent", str(os.getpid())]
        self._environment = {**os.environ, **environment}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def process_id(self) -> int | None:
        """Of the process that runs now, if one does."""
        process = self._process
        return None if process is None else process.pid

    def _run(self) -> None:
        pause_s = FIRST_PAUSE_S
        while not self._stopping.is_set():
            started = time.monotonic()
            exit_code = self._run_once()
            if self._stopping.is_set():
                return
            if time.monotonic() - started > HEALTHY_AFTER_S:
                pause_s = FIRST_PAUSE_S
            log.warning("The worker ended (%d); starting it in %.1f s.", exit_code, pause_s)
            self._stopping.wait(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    def _run_once(self) -> int:
        # A session of its own: Ctrl-C reaches the gateway alone, which then ends the worker.
        process = subprocess.Popen(
            self._command, env=self._environment, start_new_session=True, stdin=subprocess.DEVNULL
        )
        self._process = process
        while process.poll() is None and not self._stopping.wait(0.1):
            pass
        self._process = None
        if process.poll() is None:
            process.terminate()
        try:
            return process.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()
