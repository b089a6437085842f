"""Many photos at once: processes of this machine, each with its own warm evaluator.

Whatever happens to one photo is told in its outcome and nowhere else. A process that dies (out of
memory, a crash in native code) takes the pool with it; the photos that were under way then are
tried once more, each alone, so that the one that kills is known and the others are measured.
"""

import multiprocessing
import os
import signal
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass

from evaluation.portraits.measurement import Evaluator, Measurement
from evaluation.runs.records import DEFECT, DIED, Failure
from reconstruction_backend.errors import CameoError

EvaluatorFactory = Callable[[], Evaluator]
Outcome = Measurement | Failure
ONE_THREAD: Mapping[str, str] = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"
)
"""Workers do not compete with each other; and sums come out the same wherever they run."""
DEATH = Failure(DIED, "The process that measured this photo died; it may lack memory.")


@dataclass(frozen=True)
class Photo:
    """A photo to be measured."""

    key: int
    data: Callable[[], bytes]
    """Reads the file when its turn has come. May raise a CameoError."""


def measure_locally(
    factory: EvaluatorFactory, photos: Iterable[Photo], workers: int
) -> Iterator[tuple[int, Outcome]]:
    """Keys and outcomes, in the order in which they are done."""
    queue = iter(photos)
    with _environment(ONE_THREAD):
        while True:
            suspects: list[Photo] = []
            yield from _until_broken(factory, queue, workers, suspects)
            if not suspects:
                return
            for photo in suspects:
                again: list[Photo] = []
                yield from _until_broken(factory, iter([photo]), 1, again)
                yield from ((each.key, DEATH) for each in again)


def _until_broken(
    factory: EvaluatorFactory, queue: Iterator[Photo], workers: int, suspects: list[Photo]
) -> Iterator[tuple[int, Outcome]]:
    """Go on until all are done or the pool broke; then `suspects` are those under way."""
    context = multiprocessing.get_context("spawn")  # fork would copy this process' threads' locks
    with ProcessPoolExecutor(workers, context, _start_worker, (factory,)) as pool:
        running: dict[Future[Outcome], Photo] = {}
        while True:
            # no more than there are workers, so that all that are submitted are under way
            while len(running) < workers and not suspects:
                photo = next(queue, None)
                if photo is None:
                    break
                data = read(photo)
                if isinstance(data, Failure):
                    yield photo.key, data
                    continue
                try:
                    running[pool.submit(_measure, data)] = photo
                except BrokenProcessPool:
                    suspects.append(photo)
            if not running:
                return
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                photo = running.pop(future)
                if isinstance(future.exception(), BrokenProcessPool):
                    suspects.append(photo)
                else:
                    yield photo.key, future.result()


def read(photo: Photo) -> bytes | Failure:
    """The photo's bytes, or why there are none."""
    try:
        return photo.data()
    except CameoError as error:
        return Failure(error.code, str(error))


class Worker:
    """One process' evaluator, loaded by its first photo: what is missing is told like a failure."""

    def __init__(self, factory: EvaluatorFactory) -> None:
        self._factory = factory
        self._evaluator: Evaluator | None = None

    def measure(self, photo: bytes) -> Outcome:
        """Every exception becomes a failure of this photo."""
        try:
            if self._evaluator is None:
                self._evaluator = self._factory()
            return self._evaluator(photo)
        except CameoError as error:
            return Failure(error.code, str(error))
        except Exception as error:  # a defect of ours must not end a run over thousands of photos
            return Failure(DEFECT, f"{type(error).__name__}: {error}")


_WORKER: list[Worker] = []
"""Of this process, where it is one of the pool's."""


def _start_worker(factory: EvaluatorFactory) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends the run, and its workers
    _WORKER[:] = [Worker(factory)]


def _measure(photo: bytes) -> Outcome:
    return _WORKER[0].measure(photo)


@contextmanager
def _environment(variables: Mapping[str, str]) -> Generator[None]:
    """What processes that are started in the block inherit."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
