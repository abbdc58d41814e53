"""Under any order of claims, reports, silences and repetitions every run ends with exactly one verdict."""

from __future__ import annotations

import dataclasses
import itertools

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule

from contest.verdicts import Verdict
from services.grader.docket import Docket, Patience
from services.grader.runs import Attempt, AttemptDead, Run, Seeker, Stage, Standby
from tests.services.grader.cases import ACCEPTED, WRONG, Slip, end, manifest, order, results, slip
from wire.commands import RecordVerdict
from wire.judging import ATTEMPT_OUTCOMES, Progress, Step
from wire.queues import PRIORITIES, PRIORITY_WEIGHTS

PATIENCE = Patience(first_sign_s=10, lease_s=20, judge_errors=3, losses=6, elsewhere_s=15)
RUNNERS = [Seeker("r1", frozenset({"cpp", "java"})), Seeker("r2", frozenset({"cpp"}), frozenset({"v1"})), Seeker("r3", frozenset({"java"}))]


def fresh_docket() -> Docket:
    numbers = itertools.count(1)
    return Docket(PATIENCE, PRIORITY_WEIGHTS, lambda: f"attempt-{next(numbers)}")


def others(_: Run) -> bool:
    return True


class AnyOrderOfEvents(RuleBasedStateMachine):
    """The docket against everything that runners, lines, clocks and queues may do to it."""

    names = Bundle("names")
    attempts = Bundle("attempts")

    def __init__(self) -> None:
        super().__init__()
        self.docket = fresh_docket()
        self.now = 0.0
        self.count = 0
        self.standbys: list[Standby] = []
        self.slips: dict[str, list[Slip]] = {}
        self.verdicts: dict[str, list[RecordVerdict]] = {}
        self.handed_out: set[str] = set()
        self.dead: set[str] = set()

    # ── what may happen ──

    @rule(target=names, priority=st.sampled_from(PRIORITIES), author=st.sampled_from("ab"), language=st.sampled_from(["cpp", "java"]))
    def message_comes(self, priority: str, author: str, language: str):
        self.count += 1
        name = f"s{self.count}"
        run = self.docket.admit(order(name, priority=priority, author=author, language=language), self.new_slip(name), self.now)
        assert run is not None
        return name

    @rule(name=names)
    def message_comes_again(self, name: str) -> None:
        if self.held(name) is not None:  # what is settled is remembered elsewhere
            assert self.docket.admit(order(name), self.new_slip(name), self.now) is None

    @rule(name=names, priority=st.sampled_from(PRIORITIES), sends=st.integers(1, 3))
    def message_comes_at_another_level(self, name: str, priority: str, sends: int) -> None:
        run = self.held(name)
        if run is None:
            return
        before = run.order
        copy = dataclasses.replace(before, priority=priority, sends=sends)
        assert self.docket.admit(copy, self.new_slip(name), self.now) is None, "it is the same run"
        assert run.order == (copy if sends > before.sends else before), "what was sent later counts"

    @rule(name=names)
    def somebody_is_called_to_give_way(self, name: str) -> None:
        run = self.held(name)
        called = self.docket.call_for(run, self.now) if run is not None else None
        if isinstance(called, Standby):
            assert called.yields
        elif called is not None:
            assert run is not None
            assert (run.stage, called.run.priority, called.run.attempt) == (Stage.WAITING, "low", called)

    @rule(slot=st.sampled_from(("r1", "r2")), is_leaving=st.booleans())
    def a_slot_of_another_grader_stands_by(self, slot: str, is_leaving: bool) -> None:
        if is_leaving and self.standbys:
            self.docket.stand_down(self.standbys.pop(), self.now)
        else:
            self.standbys.append(self.docket.stand_by(Seeker(slot, frozenset({"cpp"})), self.now))

    @rule(slot=st.sampled_from(("r1", "r2")))
    def a_slot_asks_anew(self, slot: str) -> None:
        self.docket.arrived(slot, self.now)

    @rule(name=names, is_known=st.booleans())
    def gitserver_answers(self, name: str, is_known: bool) -> None:
        run = self.held(name)
        if run is not None and run.stage is Stage.PREPARING:
            if is_known:
                self.docket.pin(run, manifest(), self.now)
            else:
                self.docket.abandon(run, "no such problem")

    @rule(name=names)
    def no_runner_has_the_language(self, name: str) -> None:
        run = self.held(name)
        if run is not None and run.stage is Stage.WAITING:
            self.docket.abandon(run, "no runner has it")

    @rule(target=attempts, seeker=st.sampled_from(RUNNERS))
    def runner_claims(self, seeker: Seeker):
        attempt = self.docket.claim(seeker, self.now, has_others=others)
        if attempt is None:
            return multiple()
        assert attempt.id not in self.handed_out, "an attempt id is fresh"
        assert attempt.run.order.language in seeker.languages
        self.handed_out.add(attempt.id)
        return attempt

    @rule(attempt=attempts)
    def runner_reports_progress(self, attempt: Attempt) -> None:
        if attempt.id in self.dead:
            with pytest.raises(AttemptDead):
                self.docket.attempt(attempt.id)
        else:
            live = self.docket.attempt(attempt.id)
            live.extend(self.now)
            live.note(Step.RUNNING, Progress(attempt.id, Step.RUNNING, results(Verdict.AC)).results)

    @rule(attempt=attempts, outcome=st.sampled_from([*ATTEMPT_OUTCOMES, "nonsense"]), of=st.sampled_from([ACCEPTED, WRONG, ACCEPTED[:1], ()]))
    def runner_ends(self, attempt: Attempt, outcome: str, of) -> None:
        if attempt.id in self.dead:
            with pytest.raises(AttemptDead):
                self.docket.finish(end(attempt.id, outcome, of), self.now)
        else:
            self.docket.finish(end(attempt.id, outcome, of), self.now)
            self.dead.add(attempt.id)

    @rule(attempt=attempts, never_arrived=st.booleans())
    def line_breaks(self, attempt: Attempt, never_arrived: bool) -> None:
        if attempt.id not in self.dead:
            (self.docket.take_back if never_arrived else self.docket.lose)(attempt, self.now)
            self.dead.add(attempt.id)

    @rule(seconds=st.sampled_from([1.0, 9.0, 30.0, 200.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        for attempt in self.docket.silent(self.now):
            assert attempt.id not in self.dead
            self.docket.lose(attempt, self.now)
            self.dead.add(attempt.id)

    @rule(name=names)
    def verdict_is_safe(self, name: str) -> None:
        run = self.held(name)
        if run is not None and run.stage is Stage.CONCLUDED:
            assert run.verdict is not None
            self.verdicts.setdefault(name, []).append(run.verdict)
            while deliveries := self.docket.unsettled(run):
                for delivery in deliveries:
                    assert isinstance(delivery, Slip)
                    delivery.acks += 1

    # ── what holds at any moment ──

    @invariant()
    def a_run_is_in_one_runners_hands(self) -> None:
        held = [attempt.run for attempt in self.docket.running()]
        assert len(held) == len({run.id for run in held})
        assert all(run.stage is Stage.RUNNING and run.attempt is not None for run in held)
        assert {attempt.id for attempt in self.docket.running()} == self.handed_out - self.dead

    @invariant()
    def nothing_is_acknowledged_before_its_verdict(self) -> None:
        for name, slips in self.slips.items():
            assert all(one.acks == (1 if name in self.verdicts else 0) for one in slips)

    @invariant()
    def every_run_is_somewhere(self) -> None:
        assert {run.id for run in self.docket.held()} == {order(name).run for name in self.slips if name not in self.verdicts}

    def teardown(self) -> None:
        """Let the world behave from here on: everything ends, each with one verdict, each message acknowledged once."""
        for name in self.slips:
            self.gitserver_answers(name, True)
        self.now += 1000
        for attempt in self.docket.silent(self.now):
            self.docket.lose(attempt, self.now)
        while (attempt := self.docket.claim(RUNNERS[0], self.now + 1000, has_others=others)) is not None:
            self.docket.finish(end(attempt.id), self.now)
        for name in self.slips:
            self.verdict_is_safe(name)
        assert not self.docket.held()
        assert {name: len(said) for name, said in self.verdicts.items()} == dict.fromkeys(self.slips, 1)
        assert all(one.acks == 1 for slips in self.slips.values() for one in slips)

    # ── tools ──

    def new_slip(self, name: str) -> Slip:
        one = slip(name)
        self.slips.setdefault(name, []).append(one)
        return one

    def held(self, name: str) -> Run | None:
        return next((run for run in self.docket.held() if run.id == order(name).run), None)


TestAnyOrderOfEvents = AnyOrderOfEvents.TestCase
TestAnyOrderOfEvents.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)


def pinned(docket: Docket, name: str, **changes: str) -> Run:
    run = docket.admit(order(name, **changes), slip(name), 0)
    assert run is not None
    docket.pin(run, manifest(version=run.order.version), 0)
    return run


def test_failed_run_waits_for_another_runner_but_not_for_ever() -> None:
    docket = fresh_docket()
    run = pinned(docket, "a")
    attempt = docket.claim(RUNNERS[0], 0, has_others=others)
    assert attempt is not None
    docket.finish(end(attempt.id, "judge-error", ()), 1)
    assert docket.claim(RUNNERS[0], 2, has_others=others) is None
    assert docket.claim(RUNNERS[1], 2, has_others=others) is not None
    docket.lose(run.attempt, 3)  # type: ignore[arg-type]
    assert docket.claim(RUNNERS[1], 3 + PATIENCE.elsewhere_s - 0.1, has_others=others) is None
    assert docket.claim(RUNNERS[1], 3 + PATIENCE.elsewhere_s, has_others=others) is not None


def test_only_runner_gets_a_failed_run_again_at_once() -> None:
    docket = fresh_docket()
    pinned(docket, "a")
    attempt = docket.claim(RUNNERS[0], 0, has_others=others)
    assert attempt is not None
    docket.finish(end(attempt.id, "judge-error", ()), 1)
    assert docket.claim(RUNNERS[0], 1, has_others=lambda _: False) is not None


@pytest.mark.parametrize(("outcome", "tries"), [("judge-error", 3), ("lost", 6)])
def test_run_that_fails_everywhere_ends_with_je_and_says_why(outcome: str, tries: int) -> None:
    docket = fresh_docket()
    run = pinned(docket, "a")
    for number in range(tries):
        assert run.stage is Stage.WAITING, number
        attempt = docket.claim(RUNNERS[number % 2], 1000 * number, has_others=others)
        assert attempt is not None
        if outcome == "lost":
            docket.lose(attempt, 1000 * number)
        else:
            docket.finish(end(attempt.id, outcome, (), message="disk full"), 1000 * number)
    assert run.verdict is not None
    assert (run.verdict.verdict, run.verdict.decisive_case) == (Verdict.JE, 0)
    assert ("disk full" if outcome == "judge-error" else "6 runners were lost") in run.verdict.cases[0].message


def test_handing_back_costs_no_try() -> None:
    docket = fresh_docket()
    run = pinned(docket, "a")
    for _ in range(20):
        attempt = docket.claim(RUNNERS[0], 0, has_others=others)
        assert attempt is not None
        docket.finish(end(attempt.id, "handed-back", ()), 0)
    assert (run.stage, run.judge_errors, run.losses) == (Stage.WAITING, 0, 0)


def test_attempt_without_a_first_sign_dies_soon_and_with_signs_lives_a_lease_however_long_its_cases_may_take() -> None:
    docket = fresh_docket()
    pinned(docket, "a")
    attempt = docket.claim(RUNNERS[0], 0, has_others=others)
    assert attempt is not None
    assert docket.silent(PATIENCE.first_sign_s - 0.1) == []
    assert docket.silent(PATIENCE.first_sign_s) == [attempt]
    attempt.extend(5)
    assert attempt.lease_s == PATIENCE.lease_s, "signs come while it compiles and while a case runs, too"
    assert docket.silent(5 + attempt.lease_s - 0.1) == []
    assert docket.silent(5 + attempt.lease_s) == [attempt]


def test_last_word_said_twice_is_known() -> None:
    docket = fresh_docket()
    pinned(docket, "a")
    attempt = docket.claim(RUNNERS[0], 0, has_others=others)
    assert attempt is not None
    assert not docket.has_ended(attempt.id)
    docket.finish(end(attempt.id), 1)
    assert docket.has_ended(attempt.id)


def test_runner_with_warm_inputs_gets_what_it_is_warm_for() -> None:
    docket = fresh_docket()
    pinned(docket, "cold", author="a", version="v9")
    pinned(docket, "warm", author="b")
    attempt = docket.claim(RUNNERS[1], 0, has_others=others)
    assert attempt is not None
    assert attempt.run.order == order("warm", author="b")


def test_a_copy_at_a_higher_level_moves_the_run_up_and_it_is_judged_once() -> None:
    docket = fresh_docket()
    for name in ("first", "second", "third"):
        run = docket.admit(order(name, priority="low"), slip(name), 0.0)
        assert run is not None
        docket.pin(run, manifest(), 0.0)
    copy = slip("third")
    assert docket.admit(dataclasses.replace(order("third", priority="contest"), sends=2), copy, 1.0) is None
    assert docket.waiting_by_priority() == {"low": 2, "contest": 1}
    attempt = docket.claim(RUNNERS[0], 2.0, has_others=others)
    assert attempt is not None
    assert attempt.run.id == order("third").run, "it goes before what waited longer at the lower level"
    run = docket.finish(end(attempt.id), 3.0)
    assert len(docket.unsettled(run)) == 2, "both messages go with its one verdict"
    claimed = [docket.claim(RUNNERS[0], 4.0, has_others=others) for _ in range(3)]
    assert [one.run.id for one in claimed if one is not None] == [order("first").run, order("second").run]


def test_an_old_copy_that_comes_late_moves_nothing() -> None:
    docket = fresh_docket()
    run = docket.admit(dataclasses.replace(order("one", priority="contest"), sends=2), slip("one"), 0.0)
    assert run is not None
    docket.pin(run, manifest(), 0.0)
    assert docket.admit(order("one", priority="low"), slip("one"), 1.0) is None
    assert (run.priority, docket.waiting_by_priority()) == ("contest", {"contest": 1})


def test_a_copy_that_comes_while_it_is_judged_counts_when_it_comes_back() -> None:
    docket = fresh_docket()
    run = docket.admit(order("one", priority="low"), slip("one"), 0.0)
    assert run is not None
    docket.pin(run, manifest(), 0.0)
    attempt = docket.claim(RUNNERS[0], 1.0, has_others=others)
    assert attempt is not None
    docket.admit(dataclasses.replace(order("one", priority="contest"), sends=2), slip("one"), 2.0)
    docket.lose(attempt, 3.0)
    assert docket.waiting_by_priority() == {"contest": 1}
