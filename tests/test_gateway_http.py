"""The HTTP interface, with the web application and a job runner in this process."""

import io
import json
import re
import subprocess
import sys
import threading
import time
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from gateway_fakes import STAGES, FakeMaker
from httpx2 import Response
from PIL import Image

from gateway.application import create_application
from gateway.artifact_store import ArtifactNotFound
from gateway.artifacts import photo_key, source_key, texture_size_key
from gateway.avatar_maker import AvatarMaker
from gateway.heartbeat import Heartbeat
from gateway.job_runner import JobRunner
from gateway.services import Services, open_local_services
from gateway.settings import Settings
from gateway.sweeper import Sweeper
from reconstruction_backend.expression.choice import NEUTRAL, ExpressionChoice
from reconstruction_backend.expression.emotions import EmotionIntensities
from reconstruction_backend.hair.choice import SAME_HAIR, HairChoice
from reconstruction_backend.progress import ProgressListener, StageEvent

ORIGIN = "http://127.0.0.1:8000"
UNKNOWN_JOB = "0" * 32


def png(side: int = 8) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (side, side), "tan").save(buffer, "png")
    return buffer.getvalue()


def png_header_of(width: int, height: int) -> bytes:
    """A PNG that announces a size and has no pixels."""
    size = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size + b"\x08\x02\0\0\0") + chunk(b"IDAT", b"")


def chunk(kind: bytes, data: bytes) -> bytes:
    """Of a PNG file."""
    check = zlib.crc32(kind + data)
    return len(data).to_bytes(4, "big") + kind + data + check.to_bytes(4, "big")


@dataclass(frozen=True)
class Gateway:
    """A client, and the worker's part to be done by hand."""

    client: TestClient
    services: Services
    settings: Settings

    def upload(self, photo: bytes, media_type: str = "image/png") -> Response:
        return self.client.post("/api/v1/avatars", files={"photo": ("me.png", photo, media_type)})

    def start_job(self, photo: bytes | None = None) -> str:
        response = self.upload(png() if photo is None else photo)
        assert response.status_code == 202, response.text
        return response.json()["id"]

    def work(self, maker: AvatarMaker | None = None) -> None:
        """Take one job from the queue and see it to its end."""
        job_id = self.services.queue.receive(0)
        assert job_id is not None
        heartbeat = Heartbeat(self.services.ledger, "worker", interval_s=1.0)
        runner = JobRunner(
            "worker", self.services, maker or FakeMaker(), heartbeat, threading.Event()
        )
        runner.run(job_id)

    def events(self, job_id: str, last_event_id: int | None = None) -> list[dict[str, object]]:
        headers = {} if last_event_id is None else {"Last-Event-ID": str(last_event_id)}
        response = self.client.get(f"/api/v1/jobs/{job_id}/events", headers=headers)
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        data = re.findall(r"^id: (\d+)\ndata: (.*)\n\n", response.text, re.MULTILINE)
        events = [json.loads(text) for _, text in data]
        assert [event["number"] for event in events] == [int(number) for number, _ in data]
        return events

    def stored_photo(self, job_id: str) -> bytes:
        return self.services.store.read(photo_key(job_id))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return replace(
        Settings(),
        data_dir=tmp_path / "data",
        frontend_dir=tmp_path / "dist",
        max_upload_bytes=20_000,
        max_waiting_jobs=3,
    )


@pytest.fixture
def gateway(settings: Settings) -> Iterator[Gateway]:
    services = open_local_services(settings)
    with TestClient(create_application(services, settings), base_url=ORIGIN) as client:
        yield Gateway(client, services, settings)


def assert_problem(response: Response, status: int, code: str) -> None:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["code"] == code
    assert problem["status"] == status
    assert problem["detail"].endswith(".")
    assert "\n" not in problem["detail"]


def test_a_photo_becomes_an_avatar(gateway: Gateway) -> None:
    response = gateway.upload(png())
    assert response.status_code == 202
    job = response.json()
    assert response.headers["location"] == job["links"]["self"]
    assert job["state"] == "queued"
    assert gateway.stored_photo(job["id"]) == png()
    gateway.work()
    job = gateway.client.get(job["links"]["self"]).json()
    assert (job["state"], job["warnings"]) == ("succeeded", ["Another face was left aside."])
    for link, content in {
        "model": b"avatar.glb",
        "preview": b"preview.png",
        "provenance": b"head_provenance.png",
        "residual_light": b"head_light.png",
        "parameters": b"avatar.json",
    }.items():
        assert gateway.client.get(job["links"][link]).content == content
    archive = gateway.client.get(job["links"]["archive"])
    assert archive.content.startswith(b"PK")
    assert archive.headers["content-type"] == "application/zip"
    assert 'filename="avatar.zip"' in archive.headers["content-disposition"]


@pytest.mark.parametrize("ending", [b"", b"no face", b"defect"])
def test_the_photo_is_deleted_when_the_job_has_ended(gateway: Gateway, ending: bytes) -> None:
    job_id = gateway.start_job(png() + ending)
    gateway.work()
    with pytest.raises(ArtifactNotFound):
        gateway.stored_photo(job_id)


def test_an_unchanged_file_is_not_sent_again(gateway: Gateway) -> None:
    job_id = gateway.start_job()
    gateway.work()
    path = f"/api/v1/avatars/{job_id}/avatar.glb"
    tag = gateway.client.get(path).headers["etag"]
    again = gateway.client.get(path, headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("photo", "media_type", "status", "code"),
    [
        (b"", "image/png", 422, "invalid_image"),
        (b"Dear diary", "text/plain", 415, "invalid_image"),
        (b"Dear diary", "application/octet-stream", 422, "invalid_image"),
        (b"Dear diary", "image/jpeg", 422, "invalid_image"),
        (png()[:-20], "image/png", 422, "invalid_image"),
        (png_header_of(0, 0), "image/png", 422, "invalid_image"),
        (png_header_of(50_000, 50_000), "image/png", 422, "image_too_large"),
        (png() + bytes(30_000), "image/png", 413, "upload_too_large"),
    ],
)
def test_a_bad_upload_is_refused_in_one_sentence(
    gateway: Gateway, photo: bytes, media_type: str, status: int, code: str
) -> None:
    assert_problem(gateway.upload(photo, media_type), status, code)
    assert gateway.services.ledger.waiting() == ()
    assert gateway.services.store.owners(untouched_for_s=-60) == ()


def test_a_body_of_unknown_length_is_cut_off(gateway: Gateway) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        yield b'--x\r\nContent-Disposition: form-data; name="photo"; filename="a"\r\n\r\n'
        while sent < 100 * gateway.settings.max_upload_bytes:
            sent += 1000
            yield bytes(1000)

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    response = gateway.client.post("/api/v1/avatars", content=endless(), headers=headers)
    assert_problem(response, 413, "upload_too_large")


@pytest.mark.parametrize("request_arguments", [{}, {"data": {"photo": "text"}}, {"json": {}}])
def test_a_request_without_a_file_is_refused(
    gateway: Gateway, request_arguments: dict[str, dict[str, str]]
) -> None:
    assert_problem(
        gateway.client.post("/api/v1/avatars", **request_arguments),  # pyright: ignore[reportArgumentType]
        422,
        "invalid_request",
    )


def test_a_photo_without_a_face_fails_with_the_error_s_code(gateway: Gateway) -> None:
    job_id = gateway.start_job(png() + b"no face")
    gateway.work()
    job = gateway.client.get(f"/api/v1/jobs/{job_id}").json()
    assert job["state"] == "failed"
    assert job["failure"] == {"code": "no_face", "detail": "No face was found in the photo."}
    assert gateway.events(job_id)[-1]["failure"] == job["failure"]
    assert_problem(gateway.client.get(job["links"]["archive"]), 409, "no_face")


def test_a_defect_fails_without_telling_its_insides(
    gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    job_id = gateway.start_job(png() + b"defect")
    gateway.work()
    failure = gateway.client.get(f"/api/v1/jobs/{job_id}").json()["failure"]
    assert failure["code"] == "internal_error"
    assert "ZeroDivision" not in failure["detail"]
    assert "ZeroDivision" in caplog.text


def test_an_unfinished_avatar_is_not_served(gateway: Gateway) -> None:
    job_id = gateway.start_job()
    assert_problem(gateway.client.get(f"/api/v1/avatars/{job_id}/archive"), 409, "not_ready")


@pytest.mark.parametrize("path", ["jobs/{}", "jobs/{}/events", "avatars/{}/avatar.glb"])
def test_an_unknown_avatar_is_not_found(gateway: Gateway, path: str) -> None:
    unknown = gateway.client.get("/api/v1/" + path.format(UNKNOWN_JOB))
    assert_problem(unknown, 404, "not_found")
    malformed = gateway.client.get("/api/v1/" + path.format("..%2fledger"))
    assert malformed.status_code in (404, 422)


def test_too_many_waiting_jobs_refuse_another(gateway: Gateway) -> None:
    for _ in range(gateway.settings.max_waiting_jobs):
        gateway.start_job()
    assert_problem(gateway.upload(png()), 503, "busy")


def test_events_tell_every_stage_and_can_be_resumed_anywhere(gateway: Gateway) -> None:
    job_id = gateway.start_job()
    gateway.work()
    events = gateway.events(job_id)
    stages = [event["stage"] for event in events if event["kind"] == "stage"]
    assert [(stage["name"], stage["state"]) for stage in stages] == [  # pyright: ignore[reportIndexIssue, reportOptionalSubscript]
        (name, state) for name in STAGES for state in ("started", "finished")
    ]
    for seen in range(len(events)):
        assert gateway.events(job_id, last_event_id=seen) == events[seen:]
    done = gateway.client.get(
        f"/api/v1/jobs/{job_id}/events", headers={"Last-Event-ID": str(len(events))}
    )
    assert (done.status_code, done.content) == (204, b"")


def test_deleting_removes_everything_and_may_be_repeated(gateway: Gateway) -> None:
    job_id = gateway.start_job()
    gateway.work()
    for _ in range(2):
        assert gateway.client.delete(f"/api/v1/jobs/{job_id}").status_code == 204
    assert_problem(gateway.client.get(f"/api/v1/jobs/{job_id}"), 404, "not_found")
    assert gateway.services.store.owners(untouched_for_s=-60) == ()


def test_a_job_deleted_while_it_runs_leaves_nothing(gateway: Gateway) -> None:
    job_id = gateway.start_job()

    class Deleting(FakeMaker):
        def make(
            self,
            photo: bytes,
            archive_path: Path,
            progress: ProgressListener,
            choice: ExpressionChoice = NEUTRAL,
            texture_size: int | None = None,
            hair: HairChoice = SAME_HAIR,
        ) -> tuple[str, ...]:
            def tell_and_delete(stage: StageEvent) -> None:
                progress(stage)
                if stage == StageEvent("export", "finished", 4, 5, 1.5):
                    gateway.client.delete(f"/api/v1/jobs/{job_id}")

            return super().make(photo, archive_path, tell_and_delete, choice)

    gateway.work(Deleting())
    assert_problem(gateway.client.get(f"/api/v1/jobs/{job_id}"), 404, "not_found")
    with pytest.raises(ArtifactNotFound):
        gateway.services.store.read(f"{job_id}/1/avatar.zip")


def test_a_message_for_a_job_in_other_hands_does_no_harm(gateway: Gateway) -> None:
    job_id = gateway.start_job()
    gateway.work()
    before = gateway.events(job_id)
    gateway.services.queue.publish(job_id)
    gateway.work()
    assert gateway.events(job_id) == before


def test_the_sweeper_finds_lost_messages_and_orphans(gateway: Gateway) -> None:
    job_id = gateway.start_job()
    assert gateway.services.queue.receive(0) == job_id
    sweeper = Sweeper(gateway.services)
    sweeper.tidy()
    assert gateway.services.queue.receive(0) == job_id
    assert gateway.stored_photo(job_id) == png()


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "evil:8000"])
def test_other_names_for_this_machine_are_refused(gateway: Gateway, host: str) -> None:
    response = gateway.client.get("/api/v1/health", headers={"Host": host})
    assert_problem(response, 403, "forbidden")


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "[::1]:8000"])
def test_this_machine_s_names_are_answered(gateway: Gateway, host: str) -> None:
    assert gateway.client.get("/api/v1/health", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    ("origin", "status"),
    [(ORIGIN, 202), ("https://evil.example", 403), ("http://127.0.0.1:9000", 403), ("null", 403)],
)
def test_only_the_own_page_may_upload(gateway: Gateway, origin: str, status: int) -> None:
    response = gateway.client.post(
        "/api/v1/avatars", files={"photo": ("a", png(), "image/png")}, headers={"Origin": origin}
    )
    assert response.status_code == status


def test_health_tells_the_worker_s_state(gateway: Gateway) -> None:
    def state() -> str:
        return gateway.client.get("/api/v1/health").json()["worker"]["state"]

    assert state() == "absent"
    gateway.services.ledger.report_worker("one", "broken", "No model.")
    assert gateway.client.get("/api/v1/health").json()["worker"] == {
        "state": "broken",
        "detail": "No model.",
    }
    gateway.services.ledger.report_worker("two", "starting")
    assert state() == "starting"
    gateway.services.ledger.report_worker("three", "ready")
    assert state() == "ready"


def test_every_answer_forbids_what_the_page_does_not_need(gateway: Gateway) -> None:
    for path in ("/", "/api/v1/health", "/nowhere", f"/api/v1/jobs/{UNKNOWN_JOB}"):
        headers = gateway.client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "http" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


def test_an_unbuilt_page_says_so(gateway: Gateway) -> None:
    assert_problem(gateway.client.get("/"), 503, "page_not_built")


def test_the_built_page_is_served_and_nothing_beside_it(settings: Settings) -> None:
    settings.frontend_dir.mkdir(parents=True)
    (settings.frontend_dir / "index.html").write_text("<!doctype html>page")
    (settings.frontend_dir.parent / "secret").write_text("secret")
    application = create_application(open_local_services(settings), settings)
    with TestClient(application, base_url=ORIGIN) as client:
        assert client.get("/").text == "<!doctype html>page"
        for path in ("/../secret", "/%2e%2e/secret", "/..%2fsecret"):
            assert "secret" not in client.get(path).text
        assert_problem(client.get("/nowhere"), 404, "not_found")


def test_the_web_process_loads_no_backend() -> None:
    code = (
        "import sys, gateway.__main__;"
        "heavy = {'torch', 'mediapipe', 'cv2', 'scipy', 'numba', 'embreex'} & set(sys.modules);"
        "sys.exit(', '.join(heavy) or 0)"
    )
    started = time.monotonic()
    subprocess.run([sys.executable, "-c", code], check=True)
    assert time.monotonic() - started < 30.0


HAPPY = ExpressionChoice(
    EmotionIntensities(happiness=0.8), weights=(("jawOpen", 0.2),), gaze_deg=(5.0, -3.0)
)
HAPPY_JSON = {
    "emotions": {"happiness": 0.8},
    "expression": {"jawOpen": 0.2},
    "gaze_deg": [5.0, -3.0],
}


def face_of(gateway: Gateway, job_id: str) -> str:
    archive = gateway.client.get(f"/api/v1/avatars/{job_id}/archive").content
    return zipfile.ZipFile(io.BytesIO(archive)).comment.decode()


def worn(face: ExpressionChoice | None, hair: HairChoice = SAME_HAIR) -> str:
    return repr((face, hair))


def test_an_avatar_is_made_with_the_face_that_was_asked_for(gateway: Gateway) -> None:
    response = gateway.client.post(
        "/api/v1/avatars",
        files={"photo": ("me.png", png(), "image/png")},
        data={"expression": json.dumps(HAPPY_JSON)},
    )
    assert response.status_code == 202, response.text
    gateway.work()
    assert face_of(gateway, response.json()["id"]) == worn(HAPPY)


@pytest.mark.parametrize("size", ["1024", "4096", None])
def test_an_avatar_is_made_with_the_texture_size_that_was_asked_for(
    gateway: Gateway, size: str | None
) -> None:
    response = gateway.client.post(
        "/api/v1/avatars",
        files={"photo": ("me.png", png(), "image/png")},
        data={} if size is None else {"texture_size": size},
    )
    assert response.status_code == 202, response.text
    gateway.work()
    job_id = response.json()["id"]
    archive = gateway.client.get(f"/api/v1/avatars/{job_id}/archive").content
    assert zipfile.ZipFile(io.BytesIO(archive)).read("texture_size").decode() == str(size)
    with pytest.raises(ArtifactNotFound):
        gateway.services.store.read(texture_size_key(job_id))


def test_a_texture_size_that_there_is_not_is_refused(gateway: Gateway) -> None:
    response = gateway.client.post(
        "/api/v1/avatars",
        files={"photo": ("me.png", png(), "image/png")},
        data={"texture_size": "3000"},
    )
    assert response.status_code == 422


def test_an_avatar_is_made_again_with_another_face(gateway: Gateway) -> None:
    job_id = gateway.start_job()
    expressions = f"/api/v1/avatars/{job_id}/expressions"
    assert gateway.client.post(expressions, json=HAPPY_JSON).status_code == 409
    gateway.work()
    assert face_of(gateway, job_id) == worn(NEUTRAL)
    response = gateway.client.post(expressions, json=HAPPY_JSON)
    assert response.status_code == 202, response.text
    again = response.json()["id"]
    assert again != job_id
    gateway.work()
    assert face_of(gateway, again) == worn(HAPPY)
    with pytest.raises(ArtifactNotFound):
        gateway.services.store.read(source_key(again))
    assert (
        gateway.client.post(f"/api/v1/avatars/{UNKNOWN_JOB}/expressions", json={}).status_code
        == 404
    )


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ("happy", "JSON"),
        ('{"emotions": {"joy": 1}}', "joy"),
        ('{"emotions": {"fear": 2}}', "fear"),
        ('{"expression": {"smile": 1}}', "smile"),
        ('{"gaze_deg": [80, 0]}', "gaze"),
    ],
)
def test_a_face_that_cannot_be_made_is_refused(gateway: Gateway, wrong: str, named: str) -> None:
    response = gateway.client.post(
        "/api/v1/avatars",
        files={"photo": ("me.png", png(), "image/png")},
        data={"expression": wrong},
    )
    assert response.status_code == 422
    assert response.json()["code"] == "invalid_option"
    assert named in response.json()["detail"]
