"""Hair over HTTP: styles to try on, strands on any head, other hair for keeps."""

import io
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from gateway_fakes import HAIR, FakeMaker
from photo_files import astronaut, encode
from PIL import Image
from test_hair_database import random_guides, written_database

from gateway.application import create_application
from gateway.hair_maker import AvatarHead, HairNotReady
from gateway.hair_process import HairProcess, HairRefused
from gateway.heartbeat import Heartbeat
from gateway.job_runner import JobRunner
from gateway.services import Services, open_local_services
from gateway.settings import Settings
from reconstruction_backend.hair.choice import HairChoice, HairEdit
from reconstruction_backend.hair.database import StyleDatabase, UnknownStyle
from reconstruction_backend.hair.record import ChosenEdit, ChosenHair

ORIGIN = "http://localhost"
STRANDS = "application/vnd.cameo.strands"


@dataclass
class FakeHairMaker:
    """Says what it was asked for."""

    asked: list[tuple[ChosenHair, AvatarHead | None]] = field(default_factory=list)
    prepared: bool = False

    def prepare(self) -> None:
        self.prepared = True

    def strands(self, chosen: ChosenHair, head: AvatarHead | None) -> bytes | None:
        self.asked.append((chosen, head))
        if chosen.style == "nobody":
            raise UnknownStyle("There is no hairstyle 'nobody'.")
        return None if chosen.style == "none" else b"CAMH grown"


@dataclass(frozen=True)
class Gateway:
    client: TestClient
    services: Services
    maker: FakeHairMaker

    def avatar(self, **fields: str) -> str:
        photo = encode(Image.fromarray(astronaut()[:64, :64]), "PNG")
        answer = self.client.post(
            "/api/v1/avatars", files={"photo": ("me.png", photo, "image/png")}, data=fields
        )
        assert answer.status_code == 202, answer.text
        self.work()
        return answer.json()["id"]

    def work(self) -> None:
        job_id = self.services.queue.receive(0)
        assert job_id is not None
        heartbeat = Heartbeat(self.services.ledger, "worker", interval_s=1.0)
        JobRunner("worker", self.services, FakeMaker(), heartbeat, threading.Event()).run(job_id)

    def worn(self, job_id: str) -> str:
        archive = self.client.get(f"/api/v1/avatars/{job_id}/archive").content
        return zipfile.ZipFile(io.BytesIO(archive)).comment.decode()


@pytest.fixture
def gateway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    styles = tmp_path / "hair_db"
    styles.mkdir()
    written_database(styles, random_guides(1))
    database = StyleDatabase.open(styles)
    monkeypatch.setattr(StyleDatabase, "open", lambda: database)
    settings = replace(Settings(), data_dir=tmp_path / "data", frontend_dir=tmp_path / "dist")
    services, maker = open_local_services(settings), FakeHairMaker()
    application = create_application(services, settings, hair=maker)
    with TestClient(application, base_url=ORIGIN) as client:
        yield Gateway(client, services, maker)


def test_the_styles_are_listed_with_their_pictures(gateway: Gateway) -> None:
    listed = gateway.client.get("/api/v1/hairstyles").json()
    assert gateway.maker.prepared
    (style,) = listed["styles"]
    assert (style["name"], style["title"], style["texture"]) == (
        "box-braids",
        "Box braids",
        "coily",
    )
    picture = gateway.client.get(style["thumbnail"])
    assert (picture.content, picture.headers["content-type"]) == (b"RIFF", "image/webp")
    assert gateway.client.get("/api/v1/hairstyles/bob/thumbnail.webp").status_code == 404
    assert listed["colors"]["black"] < listed["colors"]["white"] <= "#ffffff"


def test_strands_of_a_style_are_grown_as_they_are_asked_for(gateway: Gateway) -> None:
    path = "/api/v1/hairstyles/box-braids/hair.strands?color=red&length=0.5"
    answer = gateway.client.get(path)
    assert (answer.content, answer.headers["content-type"]) == (b"CAMH grown", STRANDS)
    chosen, head = gateway.maker.asked[-1]
    assert chosen == ChosenHair(style="box-braids", color="red", edit=ChosenEdit(length=0.5))
    assert head is None
    assert gateway.client.get(path.replace("0.5", "9")).status_code == 422
    unknown = gateway.client.get("/api/v1/hairstyles/nobody/hair.strands")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_style")


def test_an_avatars_strands_are_its_files_or_grown_on_its_head(gateway: Gateway) -> None:
    job_id = gateway.avatar()
    path = f"/api/v1/avatars/{job_id}/hair.strands"
    stored = gateway.client.get(path)
    assert (stored.content, stored.headers["content-type"]) == (HAIR, STRANDS)
    again = gateway.client.get(path, headers={"If-None-Match": stored.headers["etag"]})
    assert again.status_code == 304
    assert gateway.maker.asked == []
    assert gateway.client.get(f"{path}?style=box-braids").content == b"CAMH grown"
    chosen, head = gateway.maker.asked[-1]
    assert chosen == ChosenHair(style="box-braids", edit=ChosenEdit())
    assert head == AvatarHead(b"avatar.json", None)
    assert gateway.client.get(f"{path}?style=none").status_code == 404


def test_an_avatar_gets_other_hair_for_keeps(gateway: Gateway) -> None:
    job_id = gateway.avatar(hair='{"style": "none"}')
    assert repr(HairChoice(style="none")) in gateway.worn(job_id)
    wanted = {"style": "box-braids", "color": "#334455", "edit": {"length": 1.5}}
    answer = gateway.client.post(f"/api/v1/avatars/{job_id}/hair", json=wanted)
    assert answer.status_code == 202, answer.text
    gateway.work()
    other = answer.json()["id"]
    assert other != job_id
    assert gateway.worn(other) == repr(
        (None, HairChoice("box-braids", "#334455", HairEdit(length=1.5)))
    )


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"style": "box-braids", "colour": "red"}, "invalid_request"),
        ({"style": "box-braids", "edit": {"lenght": 0.5}}, "invalid_request"),
        ({"style": "nobody"}, "unknown_style"),
        ({"color": "mauve-ish"}, "invalid_option"),
        ({"edit": {"length": 7}}, "invalid_request"),
        ({"style": "../etc"}, "invalid_request"),
    ],
)
def test_hair_that_there_is_not_is_refused_at_once(
    gateway: Gateway, wanted: dict[str, object], code: str
) -> None:
    job_id = gateway.avatar()
    answer = gateway.client.post(f"/api/v1/avatars/{job_id}/hair", json=wanted)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert gateway.services.ledger.waiting() == ()


def test_without_a_process_that_grows_hair_the_gateway_says_so(tmp_path: Path) -> None:
    settings = replace(Settings(), data_dir=tmp_path, frontend_dir=tmp_path)
    application = create_application(open_local_services(settings), settings)
    with TestClient(application, base_url=ORIGIN) as client:
        answer = client.get("/api/v1/hairstyles/bob/hair.strands")
        assert (answer.status_code, answer.json()["code"]) == (503, "hair_not_ready")


ECHO = """
import sys
import time
from multiprocessing.connection import Connection
from gateway.hair_worker import answer_all
from reconstruction_backend.hair.database import UnknownStyle

class Echo:
    def strands(self, chosen, head):
        if chosen.style == "die":
            sys.exit(3)
        if chosen.style == "slow":
            time.sleep(1)
        if chosen.style == "nobody":
            raise UnknownStyle("There is none.")
        return None if head is None else chosen.style.encode() + head.parameters + head.guides

answer_all(Connection(int(sys.argv[1])), Echo())
"""


def test_the_hair_process_answers_refuses_and_comes_back_when_it_dies() -> None:
    with HairProcess((sys.executable, "-c", ECHO)) as hair:
        hair.prepare()
        head = AvatarHead(b" on ", b"a head")
        assert hair.strands(ChosenHair(style="bob"), head) == b"bob on a head"
        assert hair.strands(ChosenHair(style="bob"), None) is None
        with pytest.raises(HairRefused, match=r"There is none\.") as refused:
            hair.strands(ChosenHair(style="nobody"), head)
        assert refused.value.code == "unknown_style"
        with pytest.raises(HairNotReady):
            hair.strands(ChosenHair(style="die"), head)
        assert hair.strands(ChosenHair(style="bob"), head) == b"bob on a head"


def test_a_request_behind_a_slow_one_is_told_to_come_again() -> None:
    head = AvatarHead(b" on ", b"a head")
    with HairProcess((sys.executable, "-c", ECHO), turn_within_s=0.1) as hair:
        hair.strands(ChosenHair(style="bob"), head)  # it has started
        slow = threading.Thread(target=hair.strands, args=(ChosenHair(style="slow"), head))
        slow.start()
        time.sleep(0.2)
        with pytest.raises(HairNotReady, match="at once"):
            hair.strands(ChosenHair(style="bob"), head)
        slow.join()
        assert hair.strands(ChosenHair(style="bob"), head) == b"bob on a head"
