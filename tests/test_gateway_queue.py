"""The contract of `JobQueue`."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.job_queue import JobQueue
from gateway.sqlite_queue import SqliteJobQueue


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[JobQueue]:
    sqlite = SqliteJobQueue(tmp_path / "queue.sqlite3")
    yield sqlite
    sqlite.close()


def test_ids_come_out_in_the_order_they_went_in(queue: JobQueue) -> None:
    for job_id in ("b", "a", "c"):
        queue.publish(job_id)
    assert [queue.receive(0) for _ in range(4)] == ["b", "a", "c", None]


def test_an_id_that_waits_is_not_doubled(queue: JobQueue) -> None:
    queue.publish("a")
    queue.publish("a")
    assert [queue.receive(0), queue.receive(0)] == ["a", None]


def test_an_id_taken_out_can_be_announced_again(queue: JobQueue) -> None:
    queue.publish("a")
    queue.receive(0)
    queue.publish("a")
    assert queue.receive(0) == "a"


def test_receive_waits_for_an_id(queue: JobQueue) -> None:
    threading.Timer(0.1, queue.publish, ["late"]).start()
    assert queue.receive(10.0) == "late"


def test_receive_gives_up_in_time(queue: JobQueue) -> None:
    started = time.monotonic()
    assert queue.receive(0.1) is None
    assert time.monotonic() - started >= 0.1


def test_each_id_reaches_one_receiver_only(tmp_path: Path) -> None:
    ids = [f"job-{i}" for i in range(40)]
    sender = SqliteJobQueue(tmp_path / "queue.sqlite3")
    for job_id in ids:
        sender.publish(job_id)
    received: list[str] = []

    def drain() -> None:
        queue = SqliteJobQueue(tmp_path / "queue.sqlite3")
        while (job_id := queue.receive(0)) is not None:
            received.append(job_id)
        queue.close()

    threads = [threading.Thread(target=drain) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sender.close()
    assert sorted(received) == sorted(ids)
