"""With the freeze in force the public board is a function of earlier verdicts and of the number of submissions, nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from contest.rules import Audience, Mode
from contest.scoreboard import Change, Fact, Judged, Scoreboard, Submitted, rebuild
from contest.verdicts import Verdict
from tests.contest.worlds import DURATION_S, PROBLEMS, START, TEAMS, VERDICTS, World, rules_of, score_of, worlds

FREEZE_S = 3600
FREEZE = START + timedelta(seconds=DURATION_S - FREEZE_S)
AFTER = START + timedelta(seconds=DURATION_S + 1)
MODES = st.sampled_from(Mode)


def tell(world: World, facts: tuple[Fact, ...], audience: Audience) -> tuple[Scoreboard, list[Change | None]]:
    board = Scoreboard("finals", world.rules, PROBLEMS, TEAMS, audience)
    return board, [board.apply(fact, version) for version, fact in enumerate(facts, 1)]


@given(st.data(), MODES)
@settings(max_examples=400, deadline=None)
def test_replacing_every_hidden_verdict_changes_neither_public_board_nor_changes(data: st.DataObject, mode: Mode) -> None:
    world = data.draw(worlds(mode, FREEZE_S))
    told = {fact.submission: fact for fact in world.facts if isinstance(fact, Submitted)}

    def replaced(fact: Fact) -> Fact:
        if isinstance(fact, Submitted) or told[fact.submission].submitted_at < FREEZE:
            return fact
        verdict = data.draw(VERDICTS)
        return Judged(fact.submission, verdict, score_of(told[fact.submission].problem, verdict, data.draw(st.integers(1, 6))))

    other = tuple(replaced(fact) for fact in world.facts)
    board, changes = tell(world, world.facts, Audience.PUBLIC)
    other_board, other_changes = tell(world, other, Audience.PUBLIC)
    assert changes == other_changes
    assert board.snapshot(99, AFTER) == other_board.snapshot(99, AFTER)
    again = rebuild("finals", world.rules, PROBLEMS, TEAMS, Audience.PUBLIC, submissions=World(world.rules, other).submissions())
    assert again.snapshot(99, AFTER) == board.snapshot(99, AFTER)


@given(st.data(), MODES)
@settings(max_examples=200, deadline=None)
def test_hidden_verdict_is_no_news_to_the_public(data: st.DataObject, mode: Mode) -> None:
    world = data.draw(worlds(mode, FREEZE_S))
    hidden = {fact.submission for fact in world.facts if isinstance(fact, Submitted) and fact.submitted_at >= FREEZE}
    _, changes = tell(world, world.facts, Audience.PUBLIC)
    assert all(change is None for fact, change in zip(world.facts, changes, strict=True) if isinstance(fact, Judged) and fact.submission in hidden)


@given(st.data(), MODES)
@settings(max_examples=150, deadline=None)
def test_thawed_public_board_equals_the_jury_board(data: st.DataObject, mode: Mode) -> None:
    world = data.draw(worlds(mode, FREEZE_S))
    thawed = replace(world.rules, thawed_at=AFTER)
    public = rebuild("finals", thawed, PROBLEMS, TEAMS, Audience.PUBLIC, submissions=world.submissions())
    jury, _ = tell(world, world.facts, Audience.JURY)
    assert public.rows() == jury.rows()


def test_hidden_try_shows_as_pending_whatever_becomes_of_it() -> None:
    public = Scoreboard("finals", rules_of(Mode.ICPC, FREEZE_S), PROBLEMS, TEAMS, Audience.PUBLIC)
    before = public.apply(Submitted("s1", "t1", "apples", FREEZE - timedelta(seconds=1)), 1)
    assert before is not None
    public.apply(Judged("s1", Verdict.WA), 2)
    public.apply(Submitted("s2", "t1", "apples", FREEZE), 3)
    for version, verdict in enumerate(Verdict, 4):
        assert public.apply(Judged("s2", verdict, Fraction(verdict is Verdict.AC)), version) is None
    cell = public.rows()[0]["cells"][0]
    assert (cell["state"], cell["tries"], cell["pending"], cell["time_s"]) == ("pending", 1, 1, None)


def test_verdict_on_earlier_submission_still_arrives_during_the_freeze() -> None:
    public = Scoreboard("finals", rules_of(Mode.ICPC, FREEZE_S), PROBLEMS, TEAMS, Audience.PUBLIC)
    public.apply(Submitted("s1", "t1", "apples", FREEZE - timedelta(microseconds=1)), 1)
    change = public.apply(Judged("s1", Verdict.AC, Fraction(1)), 2)
    assert change is not None
    assert change.rows[0]["solved"] == 1


def test_snapshot_says_in_its_head_whether_and_since_when_it_is_frozen() -> None:
    def head(now_s: int, thawed: bool = False) -> tuple[str, bool, str | None]:
        rules = rules_of(Mode.ICPC, FREEZE_S, AFTER if thawed else None)
        whole = Scoreboard("finals", rules, PROBLEMS, TEAMS, Audience.PUBLIC).snapshot(0, START + timedelta(seconds=now_s))
        return whole["phase"], whole["is_frozen"], whole["frozen_since"]

    assert head(-1) == ("before", False, None)
    assert head(0) == ("running", False, None)
    assert head(DURATION_S - FREEZE_S) == ("frozen", True, "2026-03-14T13:00:00.000Z")
    assert head(DURATION_S) == ("ended", True, "2026-03-14T13:00:00.000Z")
    assert head(DURATION_S + 2, thawed=True) == ("ended", False, None)
