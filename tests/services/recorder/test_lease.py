"""The rules of leases, without a database: one holder at a time, who is late changes nothing, nothing stays undone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.recorder.rows import Job
from services.recorder.schedule import lease
from services.recorder.schedule.lease import BACKOFF_S, Turn

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
LEASE_S = 10.0
FRESH = Job("sweep", BEGIN, "", BEGIN, None, 0, 0, "")


def _turn(job: Job) -> Turn:
    return Turn(job.name, job.holder, job.due_at)


def _after(seconds: float) -> datetime:
    return BEGIN + timedelta(seconds=seconds)


class AnyOrderOfRecorders(RuleBasedStateMachine):
    """Recorders that look, work, freeze, die and come late, on one row and the database's clock."""

    def __init__(self) -> None:
        super().__init__()
        self.job = FRESH
        self.now = BEGIN
        self.count = 0
        self.turns: list[Turn] = []
        self.renewed: dict[str, datetime] = {}
        self.settled: set[str] = set()

    @rule(seconds=st.sampled_from([0.0, 0.001, 3.0, LEASE_S, 60.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    @rule()
    def somebody_looks(self) -> None:
        self.count += 1
        before = self.job
        claimed = lease.claim(before, f"r{self.count}", self.now, LEASE_S)
        is_free = not before.holder or before.held_until <= self.now
        assert (claimed is not None) == (is_free and before.due_at <= self.now), "due and free, and nothing else"
        assert (claimed is not None) == (lease.wait_s(before, self.now) == 0)
        if claimed is not None:
            self.job = claimed
            self.turns.append(_turn(claimed))
            self.renewed[claimed.holder] = self.now

    @precondition(lambda self: self.turns)
    @rule(number=st.integers(0, 50), how=st.sampled_from(["renew", "end", "fail", "let-go"]))
    def somebody_who_had_it_comes(self, number: int, how: str) -> None:
        turn = self.turns[number % len(self.turns)]
        match how:
            case "renew":
                wanted = lease.renew(self.job, turn, self.now, LEASE_S)
            case "end":
                wanted = lease.end(self.job, turn, self.now, 30.0, 5)
            case "fail":
                wanted = lease.fail(self.job, turn, self.now, 5, "broken")
            case _:
                wanted = lease.let_go(self.job, turn, self.now)
        assert (wanted is not None) == (self.job.holder == turn.holder), "only the holder is heard"
        if wanted is None:
            return
        assert turn.holder not in self.settled, "a turn ends once"
        self.job = wanted
        if how == "renew":
            assert wanted.held_until >= self.now + timedelta(seconds=LEASE_S)
            self.renewed[turn.holder] = self.now
        else:
            assert wanted.holder == ""
            self.settled.add(turn.holder)

    @rule()
    def a_command_pulls_it_nearer(self) -> None:
        self.job = replace(self.job, due_at=LONG_AGO)

    @invariant()
    def no_two_live_leases(self) -> None:
        alive = [
            holder for holder, at in self.renewed.items() if holder not in self.settled and at + timedelta(seconds=LEASE_S) > self.now
        ]
        assert len(alive) <= 1, "a second one was let in while the first was alive"

    @invariant()
    def it_comes_to_its_turn(self) -> None:
        later = self.now + timedelta(seconds=lease.wait_s(self.job, self.now))
        assert lease.claim(self.job, "patient", later, LEASE_S) is not None, "who waits as long as he is told gets it"
        assert later - self.now <= timedelta(seconds=max(LEASE_S, 30.0, *BACKOFF_S))


TestAnyOrderOfRecorders = AnyOrderOfRecorders.TestCase
TestAnyOrderOfRecorders.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


def test_a_failing_job_waits_longer_and_longer_and_says_why() -> None:
    job, now = FRESH, BEGIN
    pauses = []
    for number in range(1, 8):
        claimed = lease.claim(job, f"r{number}", now, LEASE_S)
        assert claimed is not None
        failed = lease.fail(claimed, _turn(claimed), now, 3, f"broken {number}")
        assert failed is not None
        assert (failed.failures, failed.error) == (number, f"broken {number}")
        pauses.append((failed.due_at - now).total_seconds())
        job, now = failed, failed.due_at
    assert pauses == [*BACKOFF_S, BACKOFF_S[-1], BACKOFF_S[-1]]
    claimed = lease.claim(job, "r", now, LEASE_S)
    assert claimed is not None
    mended = lease.end(claimed, _turn(claimed), now, 15.0, 3)
    assert mended is not None
    assert (mended.failures, mended.error) == (0, "")


def test_who_pulls_a_job_nearer_while_it_runs_is_not_overruled_by_its_end() -> None:
    pulled = replace(FRESH, due_at=LONG_AGO)
    claimed = lease.claim(pulled, "r1", _after(1), LEASE_S)
    assert claimed is not None
    again = replace(claimed, due_at=LONG_AGO)  # the same moment as before: it must be seen all the same
    ended = lease.end(again, _turn(claimed), _after(2), 3600.0, 1)
    assert ended is not None
    assert ended.due_at == LONG_AGO
    undisturbed = lease.end(claimed, _turn(claimed), _after(2), 3600.0, 1)
    assert undisturbed is not None
    assert undisturbed.due_at == _after(3602)
