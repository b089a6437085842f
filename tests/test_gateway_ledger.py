"""The contract of `JobLedger`, and laws that hold in every history of it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
)

from gateway.job_ledger import JobLedger, LeaseLost, LeasePolicy
from gateway.jobs import TOO_MANY_ATTEMPTS, Failure, JobState, Lease, new_job_id
from gateway.sqlite_database import UnknownDatabaseVersion
from gateway.sqlite_ledger import SqliteJobLedger
from reconstruction_backend.progress import StageEvent

POLICY = LeasePolicy(lease_s=10.0, max_attempts=2)
STAGE = StageEvent("landmarks", "finished", 1, 5, 6.25)
NO_FACE = Failure("no_face", "No face was found.")


class Clock:
    """A time that tests move."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(tmp_path: Path, clock: Clock) -> Iterator[JobLedger]:
    sqlite = SqliteJobLedger(tmp_path / "ledger.sqlite3", POLICY, clock)
    yield sqlite
    sqlite.close()


def claimed(ledger: JobLedger) -> Lease:
    job = ledger.create(new_job_id())
    lease = ledger.claim(job.id, "worker")
    assert lease is not None
    return lease


def state_of(ledger: JobLedger, job_id: str) -> JobState:
    job = ledger.find(job_id)
    assert job is not None
    return job.state


def test_a_created_job_is_found_and_waits(ledger: JobLedger) -> None:
    job = ledger.create(new_job_id())
    assert ledger.find(job.id) == job
    assert job.state is JobState.QUEUED
    assert ledger.waiting() == (job.id,)


def test_only_one_of_two_claims_succeeds(ledger: JobLedger) -> None:
    lease = claimed(ledger)
    assert ledger.claim(lease.job_id, "another") is None
    assert ledger.waiting() == ()


def test_an_unknown_job_cannot_be_claimed(ledger: JobLedger) -> None:
    assert ledger.claim(new_job_id(), "worker") is None
    assert ledger.find(new_job_id()) is None
    assert ledger.events_after(new_job_id(), 0) == ()


def test_a_finished_job_tells_its_history_in_order(ledger: JobLedger) -> None:
    lease = claimed(ledger)
    ledger.record_stage(lease, STAGE)
    ledger.succeed(lease, ("One warning.",))
    events = ledger.events_after(lease.job_id, 0)
    assert [event.number for event in events] == [1, 2, 3, 4]
    assert [event.kind for event in events] == ["queued", "started", "stage", "succeeded"]
    assert events[2].stage == STAGE
    assert ledger.events_after(lease.job_id, 2) == events[2:]
    job = ledger.find(lease.job_id)
    assert job is not None
    assert (job.state, job.token, job.warnings) == (
        JobState.SUCCEEDED,
        lease.token,
        ("One warning.",),
    )
    assert ledger.finished() == (lease.job_id,)


def test_a_failure_keeps_its_code_and_sentence(ledger: JobLedger) -> None:
    lease = claimed(ledger)
    ledger.fail(lease, NO_FACE)
    job = ledger.find(lease.job_id)
    assert job is not None
    assert (job.state, job.failure) == (JobState.FAILED, NO_FACE)
    assert ledger.events_after(lease.job_id, 2)[0].failure == NO_FACE


def test_a_silent_worker_loses_its_job_to_a_later_attempt(ledger: JobLedger, clock: Clock) -> None:
    late = claimed(ledger)
    clock.now += POLICY.lease_s + 1
    (returned,) = ledger.return_lost()
    assert (returned.id, returned.state) == (late.job_id, JobState.QUEUED)
    fresh = ledger.claim(late.job_id, "another")
    assert fresh is not None
    assert fresh.token > late.token
    assert fresh.attempt == 2
    ledger.record_stage(fresh, STAGE)


@pytest.mark.parametrize("write", ["renew", "record_stage", "succeed", "fail", "release"])
@pytest.mark.parametrize("cause", ["taken over", "returned", "deleted", "finished"])
def test_a_late_worker_can_change_nothing(
    ledger: JobLedger, clock: Clock, write: str, cause: str
) -> None:
    late = claimed(ledger)
    if cause == "deleted":
        ledger.delete(late.job_id)
    elif cause == "finished":
        ledger.succeed(late, ())
    else:
        clock.now += POLICY.lease_s + 1
        ledger.return_lost()
        if cause == "taken over":
            ledger.claim(late.job_id, "another")
    before = ledger.find(late.job_id), ledger.events_after(late.job_id, 0)
    writes = {
        "renew": lambda: ledger.renew(late),
        "record_stage": lambda: ledger.record_stage(late, STAGE),
        "succeed": lambda: ledger.succeed(late, ()),
        "fail": lambda: ledger.fail(late, NO_FACE),
        "release": lambda: ledger.release(late),
    }
    with pytest.raises(LeaseLost):
        writes[write]()
    assert (ledger.find(late.job_id), ledger.events_after(late.job_id, 0)) == before


@pytest.mark.parametrize("sign", ["renew", "stage"])
def test_a_sign_of_life_keeps_the_job(ledger: JobLedger, clock: Clock, sign: str) -> None:
    lease = claimed(ledger)
    for _ in range(3):
        clock.now += 0.9 * POLICY.lease_s
        if sign == "renew":
            ledger.renew(lease)
        else:
            ledger.record_stage(lease, STAGE)
        assert ledger.return_lost() == ()
    ledger.succeed(lease, ())


def test_too_many_lost_workers_end_in_a_stated_failure(ledger: JobLedger, clock: Clock) -> None:
    job_id = ledger.create(new_job_id()).id
    for _ in range(POLICY.max_attempts):
        assert ledger.claim(job_id, "worker") is not None
        clock.now += POLICY.lease_s + 1
        ledger.return_lost()
    job = ledger.find(job_id)
    assert job is not None
    assert (job.state, job.failure) == (JobState.FAILED, TOO_MANY_ATTEMPTS)
    assert ledger.claim(job_id, "worker") is None
    assert ledger.events_after(job_id, 0)[-1].failure == TOO_MANY_ATTEMPTS


def test_a_job_given_back_in_order_does_not_use_up_attempts(ledger: JobLedger) -> None:
    job_id = ledger.create(new_job_id()).id
    for _ in range(3 * POLICY.max_attempts):
        lease = ledger.claim(job_id, "worker")
        assert lease is not None
        assert lease.attempt == 1
        ledger.release(lease)
    assert state_of(ledger, job_id) is JobState.QUEUED


def test_deleting_twice_is_deleting_once(ledger: JobLedger) -> None:
    job_id = ledger.create(new_job_id()).id
    ledger.delete(job_id)
    ledger.delete(job_id)
    assert ledger.find(job_id) is None
    assert ledger.events_after(job_id, 0) == ()


def test_workers_are_listed_newest_first(ledger: JobLedger, clock: Clock) -> None:
    ledger.report_worker("one", "starting")
    clock.now += 1
    ledger.report_worker("two", "broken", "No model.")
    clock.now += 1
    ledger.report_worker("one", "ready")
    assert [(worker.worker_id, worker.state) for worker in ledger.workers()] == [
        ("one", "ready"),
        ("two", "broken"),
    ]
    ledger.remove_worker("one")
    assert [worker.detail for worker in ledger.workers()] == ["No model."]


def test_everything_is_still_there_when_the_ledger_is_opened_again(tmp_path: Path) -> None:
    first = SqliteJobLedger(tmp_path / "ledger.sqlite3", POLICY)
    lease = claimed(first)
    first.record_stage(lease, STAGE)
    told = first.events_after(lease.job_id, 0)
    first.close()
    second = SqliteJobLedger(tmp_path / "ledger.sqlite3", POLICY)
    assert second.events_after(lease.job_id, 0) == told
    second.succeed(lease, ())
    second.close()


def test_a_ledger_of_another_version_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ledger.sqlite3"
    SqliteJobLedger(path, POLICY).close()
    monkeypatch.setattr("gateway.sqlite_ledger.SCHEMA_VERSION", 99)
    with pytest.raises(UnknownDatabaseVersion, match="version 1"):
        SqliteJobLedger(path, POLICY)


class LedgerHistory(RuleBasedStateMachine):
    """Any order of claims, endings, losses and deletions."""

    jobs = Bundle[str]("jobs")
    leases = Bundle[Lease]("leases")

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.clock = Clock()
        self.ledger = SqliteJobLedger(
            Path(self.folder.name) / "ledger.sqlite3", replace(POLICY, max_attempts=3), self.clock
        )
        self.ids: set[str] = set()
        self.latest_token = 0
        self.endings: dict[str, int] = {}

    @rule(target=jobs)
    def create(self) -> str:
        job = self.ledger.create(new_job_id())
        self.ids.add(job.id)
        return job.id

    @rule(target=leases, job_id=jobs)
    def claim(self, job_id: str):
        lease = self.ledger.claim(job_id, "worker")
        if lease is None:
            return multiple()
        assert lease.token > self.latest_token
        self.latest_token = lease.token
        return lease

    @rule(lease=leases, ending=st.booleans())
    def end(self, lease: Lease, ending: bool) -> None:
        try:
            if ending:
                self.ledger.succeed(lease, ())
            else:
                self.ledger.fail(lease, NO_FACE)
        except LeaseLost:
            return
        self.endings[lease.job_id] = self.endings.get(lease.job_id, 0) + 1

    @rule(lease=leases)
    def tell(self, lease: Lease) -> None:
        job = self.ledger.find(lease.job_id)
        holds = job is not None and (job.state, job.token) == (JobState.RUNNING, lease.token)
        try:
            self.ledger.record_stage(lease, STAGE)
        except LeaseLost:
            assert not holds
        else:
            assert holds

    @rule()
    def lose_all(self) -> None:
        self.clock.now += POLICY.lease_s + 1
        self.ledger.return_lost()

    @rule(job_id=consumes(jobs))
    def delete(self, job_id: str) -> None:
        self.ledger.delete(job_id)
        self.ids.discard(job_id)

    @invariant()
    def jobs_end_at_most_once(self) -> None:
        assert all(count == 1 for count in self.endings.values())

    @invariant()
    def events_are_numbered_without_gaps(self) -> None:
        for job_id in self.ids:
            numbers = [event.number for event in self.ledger.events_after(job_id, 0)]
            assert numbers == list(range(1, len(numbers) + 1))

    @invariant()
    def every_job_waits_runs_or_has_ended(self) -> None:
        waiting, finished = set(self.ledger.waiting()), set(self.ledger.finished())
        running = {job_id for job_id in self.ids if self._state(job_id) is JobState.RUNNING}
        assert waiting | finished | running == self.ids
        assert len(waiting) + len(finished) + len(running) == len(self.ids)

    def _state(self, job_id: str) -> JobState:
        return state_of(self.ledger, job_id)

    def teardown(self) -> None:
        self.ledger.close()
        self.folder.cleanup()


TestLedgerHistory = LedgerHistory.TestCase
TestLedgerHistory.settings = settings(max_examples=15, stateful_step_count=25)
