"""The whole process tree: a gateway process and its worker process, killed in all ways."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from gateway_fakes import PAUSE_VARIABLE, STAGES
from test_gateway_http import png

from gateway.settings import Settings

PATIENCE_S = 60.0
LEASE_S = 1.5
SERVE_WITH_FAKE_WORKER = """
import os, sys
from gateway.server import serve
from gateway.settings import Settings
serve(Settings.from_environment(os.environ), (sys.executable, sys.argv[1]))
"""
FAKE_WORKER = Path(__file__).with_name("gateway_fakes.py")

pytestmark = pytest.mark.heavy


@dataclass(frozen=True)
class Server:
    """A running gateway."""

    process: subprocess.Popen[str]
    client: httpx.Client

    def upload(self) -> str:
        response = self.client.post("/api/v1/avatars", files={"photo": ("a.png", png())})
        assert response.status_code == 202, response.text
        return response.json()["id"]

    def job(self, job_id: str) -> dict[str, Any]:
        return self.client.get(f"/api/v1/jobs/{job_id}").json()

    def events(self, job_id: str, after: int = 0) -> Iterator[dict[str, Any]]:
        headers = {"Last-Event-ID": str(after)}
        with self.client.stream("GET", f"/api/v1/jobs/{job_id}/events", headers=headers) as answer:
            for line in answer.iter_lines():
                if line.startswith("data: "):
                    yield json.loads(line.removeprefix("data: "))

    def worker_process_id(self) -> int:
        """Waits for a worker that is ready."""
        wait_for(lambda: self.client.get("/api/v1/health").json()["worker"]["state"] == "ready")
        children = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        (child,) = {int(word) for path in children for word in path.read_text().split()}
        return child


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def is_alive(process_id: int) -> bool:
    try:
        state = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@contextmanager
def running(settings: Settings, stage_pause_s: float = 0.0) -> Generator[Server]:
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", SERVE_WITH_FAKE_WORKER, str(FAKE_WORKER)],
        env={**os.environ, **settings.to_environment(), PAUSE_VARIABLE: str(stage_pause_s)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        words = process.stdout.readline().split()
        url = next(word for word in words if word.startswith("http://127.0.0.1:"))
        with httpx.Client(base_url=url, timeout=PATIENCE_S) as client:
            yield Server(process, client)
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE_S)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return replace(Settings(), port=0, data_dir=tmp_path, lease_s=LEASE_S, max_attempts=2)


def test_stages_arrive_while_the_job_runs_and_a_lost_connection_loses_none(
    settings: Settings,
) -> None:
    with running(settings, stage_pause_s=0.3) as server:
        job_id = server.upload()
        first: list[dict[str, Any]] = []
        for event in server.events(job_id):
            first.append(event)
            if event["stage"] is not None:
                break
        assert server.job(job_id)["state"] == "running"
        rest = list(server.events(job_id, after=first[-1]["number"]))
        numbers = [event["number"] for event in first + rest]
        assert numbers == list(range(1, 2 + 2 * len(STAGES) + 2))
        assert rest[-1]["kind"] == "succeeded"


def test_a_job_outlives_its_killed_worker(settings: Settings) -> None:
    with running(settings, stage_pause_s=0.3) as server:
        worker = server.worker_process_id()
        job_id = server.upload()
        wait_for(lambda: server.job(job_id)["state"] == "running")
        os.kill(worker, signal.SIGKILL)
        events = list(server.events(job_id))
        kinds = [event["kind"] for event in events if event["kind"] != "stage"]
        assert kinds == ["queued", "started", "returned", "started", "succeeded"]
        assert server.job(job_id)["attempts"] == 2
        assert server.client.get(f"/api/v1/avatars/{job_id}/archive").content.startswith(b"PK")


def test_a_job_that_kills_every_worker_fails_and_says_so(settings: Settings) -> None:
    with running(settings, stage_pause_s=5.0) as server:
        job_id = server.upload()

        def runs_for_the(attempt: int) -> bool:
            job = server.job(job_id)
            return job["state"] == "running" and job["attempts"] == attempt

        # the next worker may take the job up at once, so that it is never seen waiting
        for attempt in range(1, settings.max_attempts + 1):
            wait_for(partial(runs_for_the, attempt))
            os.kill(server.worker_process_id(), signal.SIGKILL)
        wait_for(lambda: server.job(job_id)["state"] == "failed")
        assert server.job(job_id)["failure"]["code"] == "worker_lost"


def test_an_accepted_job_survives_a_killed_gateway(settings: Settings) -> None:
    with running(replace(settings, worker="external")) as server:
        job_id = server.upload()
        server.process.kill()
    with running(settings) as server:
        assert list(server.events(job_id))[-1]["kind"] == "succeeded"


@pytest.mark.parametrize("cause", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_no_worker_outlives_its_gateway(settings: Settings, cause: signal.Signals) -> None:
    with running(settings) as server:
        worker = server.worker_process_id()
        assert is_alive(worker)
        server.process.send_signal(cause)
        server.process.wait(PATIENCE_S)
        wait_for(lambda: not is_alive(worker))


def test_an_interrupted_job_is_given_back_at_once(settings: Settings) -> None:
    patient = replace(settings, lease_s=1000.0)
    with running(patient, stage_pause_s=0.3) as server:
        job_id = server.upload()
        wait_for(lambda: server.job(job_id)["state"] == "running")
        server.process.terminate()
        assert server.process.wait(PATIENCE_S) == 0
    with running(patient) as server:
        assert list(server.events(job_id))[-1]["kind"] == "succeeded"
        assert server.job(job_id)["attempts"] == 1


def test_open_event_streams_do_not_hold_up_the_end(settings: Settings) -> None:
    with running(replace(settings, worker="external")) as server:
        job_id = server.upload()
        events = server.events(job_id)
        assert next(events)["kind"] == "queued"
        server.process.terminate()
        started = time.monotonic()
        assert list(events) == []
        assert server.process.wait(PATIENCE_S) == 0
        assert time.monotonic() - started < PATIENCE_S / 2


def test_a_taken_port_is_one_sentence_and_an_exit_code(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        environment = {**os.environ, **replace(settings, port=port).to_environment()}
        done = subprocess.run(
            [sys.executable, "-m", "gateway"], env=environment, capture_output=True, text=True
        )
    assert done.returncode == 69
    assert done.stderr.count("\n") == 1
    assert f"127.0.0.1:{port}" in done.stderr


def test_several_uploads_at_once_all_end_well(settings: Settings) -> None:
    with running(settings) as server:
        ids: list[str] = []
        threads = [threading.Thread(target=lambda: ids.append(server.upload())) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(set(ids)) == len(threads)
        for job_id in ids:
            assert list(server.events(job_id))[-1]["kind"] == "succeeded"
