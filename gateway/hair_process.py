"""A process of its own that grows strands, kept warm beside the web process.

Growing takes compiled code and the head model, which the web process does not load, and may not
wait behind portraits in the worker's queue. Messages go through a pair of sockets: the choice as
JSON, the two files of the avatar's head, each with its length; the answer likewise.
"""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from multiprocessing.connection import Connection

from gateway.hair_maker import AvatarHead, HairNotReady
from reconstruction_backend.errors import CameoError
from reconstruction_backend.hair.record import ChosenHair

COMMAND = (sys.executable, "-m", "gateway.hair_worker")
ANSWERS_WITHIN_S = 30.0
"""The first answer waits for the process to load; later ones take a fraction of a second."""
_GRACE_S = 2.0


class HairRefused(CameoError):
    """What the process answered instead of strands; `code` is that of its error."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class HairProcess:
    """`HairMaker` in another process, which starts when it is first needed.

    A context manager; the process ends with the block, and with this process however it ends.
    """

    def __init__(
        self, command: Sequence[str] = COMMAND, turn_within_s: float = ANSWERS_WITHIN_S
    ) -> None:
        """`turn_within_s`: how long a request waits for those before it."""
        self._command = tuple(command)
        self._turn_within_s = turn_within_s
        self._one_at_a_time = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._line: Connection | None = None

    def __enter__(self) -> "HairProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def prepare(self) -> None:
        """Start the process, without waiting until it is ready."""
        with self._one_at_a_time:
            if not self._runs:
                self._start()

    @property
    def _runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def strands(self, chosen: ChosenHair, head: AvatarHead | None) -> bytes | None:
        """As the protocol says. Raises HairNotReady or HairRefused."""
        # whoever waits here holds one of the web process's few threads
        if not self._one_at_a_time.acquire(timeout=self._turn_within_s):
            raise HairNotReady("Too much hair is asked for at once; try again.")
        try:
            if not self._runs:
                self._start()
            return self._ask(chosen, head)
        except (OSError, EOFError) as error:
            self._stop()
            raise HairNotReady("The hair cannot be grown now; try again.") from error
        finally:
            self._one_at_a_time.release()

    def _ask(self, chosen: ChosenHair, head: AvatarHead | None) -> bytes | None:
        line = self._line
        if line is None:
            raise EOFError
        line.send_bytes(chosen.model_dump_json().encode())
        line.send_bytes(b"" if head is None else head.parameters)
        line.send_bytes(b"" if head is None or head.guides is None else head.guides)
        if not line.poll(ANSWERS_WITHIN_S):
            raise EOFError
        said = json.loads(line.recv_bytes())
        data = line.recv_bytes()
        if said is None:
            return data or None
        raise HairRefused(said["code"], said["sentence"])

    def _start(self) -> None:
        self._stop()
        ours, theirs = socket.socketpair()
        with theirs:
            descriptor = theirs.fileno()
            self._process = subprocess.Popen(
                [*self._command, str(descriptor)],
                pass_fds=(descriptor,),
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                env={**os.environ, "NUMBA_NUM_THREADS": "1"},
            )
        self._line = Connection(ours.detach())

    def _stop(self) -> None:
        """The process ends when its socket is closed."""
        if self._line is not None:
            self._line.close()
            self._line = None
        if self._process is None:
            return
        try:
            self._process.wait(_GRACE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None
