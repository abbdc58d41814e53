"""The fold and the rebuild are one; the board is what its definition says; changes carry a watcher from board to board."""

from __future__ import annotations

import random
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from contest.rules import Audience, Mode
from contest.scoreboard import Change, Judged, Scoreboard, Submitted, rebuild
from contest.verdicts import Verdict
from tests.contest.worlds import DURATION_S, PROBLEMS, START, TEAMS, World, expected_rows, rules_of, worlds

AFTER = START + timedelta(seconds=DURATION_S + 1)
MODES, AUDIENCES = st.sampled_from(Mode), st.sampled_from(Audience)
FREEZES = st.sampled_from((0, 3600))


def board_of(world: World, audience: Audience) -> Scoreboard:
    return Scoreboard("finals", world.rules, PROBLEMS, TEAMS, audience)


def rebuilt(world: World, audience: Audience) -> Scoreboard:
    return rebuild("finals", world.rules, PROBLEMS, TEAMS, audience, submissions=world.submissions())


@given(st.data(), MODES, AUDIENCES, FREEZES)
@settings(max_examples=400, deadline=None)
def test_applying_all_facts_equals_rebuilding_from_the_final_state(data: st.DataObject, mode: Mode, audience: Audience, freeze_s: int) -> None:
    world = data.draw(worlds(mode, freeze_s))
    board = board_of(world, audience)
    for version, fact in enumerate(world.facts, 1):
        board.apply(fact, version)
    assert board.snapshot(99, AFTER) == rebuilt(world, audience).snapshot(99, AFTER)
    assert board.rows() == expected_in_order(expected_rows(world.rules, world.submissions(), audience), board.rows())


@given(st.data(), MODES, AUDIENCES)
@settings(max_examples=150, deadline=None)
def test_order_of_the_record_does_not_matter_to_a_rebuild(data: st.DataObject, mode: Mode, audience: Audience) -> None:
    world = data.draw(worlds(mode, 3600))
    shuffled = world.submissions()
    random.Random(data.draw(st.integers())).shuffle(shuffled)
    other = rebuild("finals", world.rules, PROBLEMS, TEAMS, audience, submissions=shuffled)
    assert other.rows() == rebuilt(world, audience).rows()


@given(st.data(), MODES, AUDIENCES)
@settings(max_examples=300, deadline=None)
def test_who_applies_every_change_holds_the_board(data: st.DataObject, mode: Mode, audience: Audience) -> None:
    world = data.draw(worlds(mode, 3600))
    board = board_of(world, audience)
    watched, held = board.rows(), 0
    for version, fact in enumerate(world.facts, 1):
        before = board.rows()
        change = board.apply(fact, version)
        if change is None:
            assert board.rows() == before
            continue
        assert (change.after, change.version) == (held, version)
        held = version
        watched = watch(watched, change, mode)
        assert watched == board.rows()
        old, new = ({row["username"]: row for row in rows} for rows in (before, board.rows()))
        for row in change.rows:
            assert merged(old[row["username"]], row) != old[row["username"]], "a row that did not change was told"
            assert merged(old[row["username"]], row) == new[row["username"]], "a row was told with a wrong place, rank or cell"
            assert not [cell for cell in row["cells"] if cell in old[row["username"]]["cells"]], "a cell that did not change was told"


@given(st.data(), MODES, AUDIENCES)
@settings(max_examples=100, deadline=None)
def test_who_fetches_the_board_at_any_version_and_applies_what_comes_after_holds_the_board(data: st.DataObject, mode: Mode, audience: Audience) -> None:
    world = data.draw(worlds(mode, 3600))
    fetched_at = data.draw(st.integers(0, len(world.facts)))
    board = board_of(world, audience)
    watched, held, changes = board.rows(), 0, 0
    for version, fact in enumerate(world.facts, 1):
        change = board.apply(fact, version)
        if version == fetched_at:
            watched, held = board.snapshot(version, AFTER)["rows"], version
        elif change is not None and version > held:
            assert change.after <= held, "nothing is missing"
            watched, held, changes = watch(watched, change, mode), version, changes + 1
    event(f"changes applied: {min(changes, 3)}")
    assert watched == rebuilt(world, audience).rows()


@given(st.data(), AUDIENCES)
@settings(max_examples=50, deadline=None)
def test_fact_told_twice_changes_nothing(data: st.DataObject, audience: Audience) -> None:
    world = data.draw(worlds(Mode.ICPC, 3600))
    board = board_of(world, audience)
    for version, fact in enumerate(world.facts, 1):
        board.apply(fact, version)
        assert board.apply(fact, version) is None


def test_submissions_of_strangers_at_other_problems_or_out_of_time_never_enter() -> None:
    board = Scoreboard("finals", rules_of(Mode.ICPC), PROBLEMS, TEAMS, Audience.JURY)
    strangers = (
        Submitted("s1", "coach", "apples", START), Submitted("s2", "t1", "zebra", START),
        Submitted("s3", "t1", "apples", START - timedelta(microseconds=1)), Submitted("s4", "t1", "apples", START + timedelta(seconds=DURATION_S)),
    )  # fmt: skip
    for fact in strangers:
        assert board.apply(fact, 1) is None
        assert board.apply(Judged(fact.submission, Verdict.AC, Fraction(1)), 2) is None
    assert board.version == 0


def test_rejudge_takes_a_solved_problem_and_the_first_mark_away() -> None:
    board = Scoreboard("finals", rules_of(Mode.ICPC), PROBLEMS, TEAMS, Audience.JURY)
    for version, (who, minute) in enumerate((("t1", 10), ("t2", 20)), 1):
        board.apply(Submitted(who, who, "apples", START + timedelta(minutes=minute)), version)
        board.apply(Judged(who, Verdict.AC, Fraction(1)), version)
    change = board.apply(Judged("t1", Verdict.WA), 3)
    assert change is not None
    assert {row["username"]: (row["solved"], row["cells"][0]["is_first"]) for row in change.rows} == {"t1": (0, False), "t2": (1, True)}
    assert change.moves == (("t1", 0, 1),)


def test_nobody_is_first_while_an_earlier_try_is_undecided() -> None:
    board = Scoreboard("finals", rules_of(Mode.ICPC), PROBLEMS, TEAMS, Audience.PUBLIC)
    board.apply(Submitted("early", "t1", "apples", START), 1)
    board.apply(Submitted("late", "t2", "apples", START + timedelta(minutes=1)), 2)
    won = board.apply(Judged("late", Verdict.AC, Fraction(1)), 3)
    assert won is not None
    assert not won.rows[0]["cells"][0]["is_first"]
    known = board.apply(Judged("early", Verdict.WA), 4)
    assert known is not None
    assert {row["username"]: row["cells"][0]["is_first"] for row in known.rows} == {"t1": False, "t2": True}


def test_scores_of_any_denominator_stay_exact_and_ordered() -> None:
    board = Scoreboard("finals", rules_of(Mode.IOI), PROBLEMS[:1], TEAMS, Audience.JURY)
    for version, (who, score) in enumerate((("t1", Fraction(1, 3)), ("t2", Fraction(33333333, 100000000)), ("t3", Fraction(1, 3))), 1):
        board.apply(Submitted(who, who, "apples", START), version)
        board.apply(Judged(who, Verdict.PA, score), version)
    assert [(row["username"], row["rank"], row["score"]) for row in board.rows()] == [
        ("t1", 1, "100/3"), ("t3", 1, "100/3"), ("t2", 3, "33333333/1000000"), ("t4", 4, "0"),
    ]  # fmt: skip


def test_contest_without_teams_or_problems_has_an_empty_board() -> None:
    empty = Scoreboard("finals", rules_of(Mode.ICPC), (), (), Audience.PUBLIC)
    assert empty.snapshot(0, AFTER)["rows"] == []


@pytest.mark.parametrize("audience", list(Audience))
def test_columns_stay_hidden_from_the_public_before_the_start(audience: Audience) -> None:
    board = Scoreboard("finals", rules_of(Mode.ICPC), PROBLEMS, TEAMS, audience)
    before = board.snapshot(0, START - timedelta(seconds=1))
    widths = {len(row["cells"]) for row in before["rows"]} | {len(before["problems"])}
    assert widths == ({0} if audience is Audience.PUBLIC else {3})
    assert {len(row["cells"]) for row in board.snapshot(0, START)["rows"]} == {3}


def expected_in_order(expected: list[dict[str, Any]], like: list[dict[str, Any]]) -> list[dict[str, Any]]:
    assert [list(row) for row in like] == [list(like[0])] * len(like)
    return [{name: row[name] for name in like[0]} for row in expected]


def merged(row: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    """A row with what a change tells of it: figures over figures, each cell over the one with its label."""
    fresh = {cell["label"]: cell for cell in told["cells"]}
    assert fresh.keys() <= {cell["label"] for cell in row["cells"]}
    return {**row, **told, "cells": [fresh.get(cell["label"], cell) for cell in row["cells"]]}


def watch(rows: list[dict[str, Any]], change: Change, mode: Mode) -> list[dict[str, Any]]:
    """What a browser does with a change: move, merge, rank anew."""
    rows = [dict(row) for row in rows]
    for username, before, after in change.moves:
        moved = rows.pop(before)
        assert moved["username"] == username
        rows.insert(after, moved)
    fresh = {row["username"]: row for row in change.rows}
    rows = [merged(row, fresh[row["username"]]) if row["username"] in fresh else row for row in rows]
    merits = [row["score"] if mode is Mode.IOI else (row["solved"], row["penalty_s"], row["last_s"]) for row in rows]
    for place, row in enumerate(rows):
        row["place"] = place
        row["rank"] = merits.index(merits[place]) + 1
    return rows
