"""Work that goes on in a thread of its own while a `with` block runs."""

import threading
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self


class BackgroundTask(ABC):
    """Starts a thread on entering the block; on leaving tells it to stop and waits for it."""

    def __init__(self, name: str, *, daemon: bool = False) -> None:
        self._stopping = threading.Event()
        """`_run` ends soon after this is set."""
        self._thread = threading.Thread(target=self._run, name=name, daemon=daemon)

    def __enter__(self) -> Self:
        self._prepare()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stopping.set()
        self._thread.join()

    def _prepare(self) -> None:
        """What has to be done before the block begins; in the thread of the caller."""
        return

    @abstractmethod
    def _run(self) -> None:
        """The thread's work, until `_stopping` is set."""
