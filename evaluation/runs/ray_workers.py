"""The same on a Ray cluster (Moritz et al. 2018): for many thousands of photos.

Photos travel as bytes and come back as figures and pictures, so that no node needs the files; each
node needs this package and, for learned metrics, their weights.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from evaluation.runs.records import Failure
from evaluation.runs.workers import (
    DEATH,
    ONE_THREAD,
    EvaluatorFactory,
    Outcome,
    Photo,
    Worker,
    read,
)
from reconstruction_backend.errors import InvalidOption, ModelNotAvailable

LOCAL = "local"
"""Not an address: starts a Ray of its own on this machine."""
ATTEMPTS = 2


@dataclass(frozen=True)
class _Task:
    photo: Photo
    data: bytes
    actor: Any
    attempt: int


def measure_on_ray(
    factory: EvaluatorFactory, photos: Iterable[Photo], workers: int | None, address: str
) -> Iterator[tuple[int, Outcome]]:
    """Keys and outcomes, in the order in which they are done.

    `workers` is by default the number of the cluster's cores. Raises ModelNotAvailable without
    Ray, and InvalidOption where the cluster does not answer.
    """
    ray = _connected(address, workers)
    try:
        count = workers or max(1, int(ray.cluster_resources().get("CPU", 1)))
        actor_class = ray.remote(num_cpus=1, max_restarts=-1)(Worker)
        actors = [actor_class.remote(factory) for _ in range(count)]
        yield from _spread(ray, actors, iter(photos))
    finally:
        ray.shutdown()


def _spread(ray: Any, idle: list[Any], queue: Iterator[Photo]) -> Iterator[tuple[int, Outcome]]:
    """One photo at a time to each actor; one whose actor dies is tried once more."""
    running: dict[Any, _Task] = {}

    def start(photo: Photo, data: bytes, actor: Any, attempt: int) -> None:
        running[actor.measure.remote(data)] = _Task(photo, data, actor, attempt)

    while True:
        while idle and (photo := next(queue, None)) is not None:
            data = read(photo)
            if isinstance(data, Failure):
                yield photo.key, data
            else:
                start(photo, data, idle.pop(), 1)
        if not running:
            return
        done, _ = ray.wait(list(running), num_returns=1)
        task = running.pop(done[0])
        try:
            outcome = ray.get(done[0])
        except (ray.exceptions.RayActorError, ray.exceptions.RayTaskError):
            if task.attempt < ATTEMPTS:
                start(task.photo, task.data, task.actor, task.attempt + 1)
                continue
            outcome = DEATH
        idle.append(task.actor)
        yield task.photo.key, outcome


def _connected(address: str, workers: int | None) -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing leaves the machine
    try:
        import ray
    except ImportError as error:
        raise ModelNotAvailable(
            "Ray is not installed; run pip install 'cameo-avatar[cluster]'."
        ) from error
    options: dict[str, Any] = {
        "runtime_env": {"env_vars": dict(ONE_THREAD)},
        "log_to_driver": False,
        "logging_level": "ERROR",
    }
    if address == LOCAL:
        options |= {"num_cpus": workers or os.cpu_count(), "include_dashboard": False}
    try:
        ray.init(address=address, **options)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise InvalidOption(f"No Ray cluster answers at {address!r}.") from error
    return ray
