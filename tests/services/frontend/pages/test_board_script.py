"""The browser's board, fed with the recorder's deltas, is the board that the house folds: the same rows in the same order."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from contest.facts import BoardProblem, BoardTeam, Change, Judged, Submitted
from contest.rules import Audience, ContestRules, Mode
from contest.scoreboard import Scoreboard
from contest.verdicts import Verdict
from services.frontend.pages import words

SCRIPT = Path(__file__).resolve().parents[4] / "services" / "frontend" / "static" / "board.js"
MINUS = "\u2212"
START = datetime(2026, 5, 16, 9, tzinfo=UTC)
DRIVER = """
import { readFileSync } from "node:fs";
const { APPLIED, Board, GAP, OLD, signOf, wordsOf, points, hoursMinutes, filtered } = await import(process.argv[2]);
const story = JSON.parse(readFileSync(0, "utf8"));
const results = [];
for (const { snapshot, deltas } of story.boards) {
  const board = new Board(snapshot);
  const told = deltas.map((delta) => board.apply(delta));
  results.push({ told, rows: board.rows, version: board.version, tallies: board.tallies() });
}
const cells = story.cells.map(([cell, mode]) => [signOf(cell, mode), wordsOf(cell, mode)]);
const values = { points: story.points.map(points), times: story.times.map(hoursMinutes) };
const found = story.searches.map(([name, group]) => filtered(story.boards[0].snapshot.rows, name, group).map((row) => row.username));
process.stdout.write(JSON.stringify({ results, cells, values, found }));
"""


def told(**story: Any) -> Any:
    """What the script makes of a story."""
    node = shutil.which("node")
    assert node, "node is missing: install the Debian package nodejs"
    whole = {"boards": [], "cells": [], "points": [], "times": [], "searches": [], **story}
    driver = ["--input-type=module", "--eval", DRIVER]
    done = subprocess.run([node, *driver, "-", SCRIPT.as_uri()], input=json.dumps(whole), capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def delta_of(change: Change) -> dict[str, Any]:
    return {"version": change.version, "after": change.after, "rows": list(change.rows), "moves": [list(move) for move in change.moves]}


def a_story(seed: int, mode: Mode, audience: Audience, teams: int = 12, facts: int = 120) -> tuple[dict[str, Any], list[dict[str, Any]], list[Any]]:
    """A snapshot in the middle of a contest, the deltas after it, and the rows at the end."""
    dice = random.Random(seed)
    rules = ContestRules(mode, START, 5 * 3600, 3600)
    problems = [BoardProblem(name, name.upper(), "#123456", Fraction(100), name, Fraction(1)) for name in "abcd"]
    board = Scoreboard("c", rules, problems, [BoardTeam(f"t{number}", f"Team {dice.randint(1, 5)}", "G") for number in range(teams)], audience)
    undecided: list[str] = []
    snapshot, deltas = board.snapshot(0, START), list[dict[str, Any]]()
    for version in range(1, facts + 1):
        if undecided and dice.random() < 0.5:
            one = undecided.pop(dice.randrange(len(undecided)))
            score = Fraction(dice.randint(0, 4), 4) if mode is Mode.IOI else Fraction(0)
            verdict = dice.choice((Verdict.AC, Verdict.WA, Verdict.WA, Verdict.CE)) if mode is Mode.ICPC else Verdict.PA
            change = board.apply(Judged(one, verdict, Fraction(1) if verdict is Verdict.AC else score), version)
        else:
            undecided.append(f"s{version:04}")
            at = START + timedelta(minutes=dice.randint(0, 299))
            change = board.apply(Submitted(undecided[-1], f"t{dice.randrange(teams)}", dice.choice("abcd"), at), version)
        if version == facts // 3:
            snapshot, deltas = board.snapshot(version, START + timedelta(hours=2)), []
        elif change is not None:
            deltas.append(delta_of(change))
    return snapshot, deltas, board.rows()


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("audience", list(Audience))
def test_snapshot_and_deltas_give_the_board_that_the_house_folds(mode: Mode, audience: Audience) -> None:
    stories = [a_story(seed, mode, audience) for seed in range(25)]
    results = told(boards=[{"snapshot": snapshot, "deltas": deltas} for snapshot, deltas, _ in stories])["results"]
    for (_, deltas, rows), result in zip(stories, results, strict=True):
        assert set(result["told"]) <= {"applied"}
        assert result["rows"] == json.loads(json.dumps(rows))
        assert result["version"] == (deltas[-1]["version"] if deltas else result["version"])


def test_a_missing_delta_is_noticed_and_a_repeated_one_is_not_applied_again() -> None:
    snapshot, deltas, rows = a_story(3, Mode.ICPC, Audience.PUBLIC)
    whole, gap = told(boards=[
        {"snapshot": snapshot, "deltas": [delta for delta in deltas for _ in range(2)]},
        {"snapshot": snapshot, "deltas": [deltas[0], *deltas[2:]]},
    ])["results"]  # fmt: skip
    assert whole["told"] == ["applied", "old"] * len(deltas)
    assert whole["rows"] == json.loads(json.dumps(rows))
    assert gap["told"] == ["applied", *["gap"] * (len(deltas) - 2)]


def test_the_numbers_under_the_board_count_teams() -> None:
    snapshot, _, _ = a_story(1, Mode.ICPC, Audience.JURY)
    [result] = told(boards=[{"snapshot": snapshot, "deltas": []}])["results"]
    for column, tally in enumerate(result["tallies"]):
        states = [row["cells"][column]["state"] for row in snapshot["rows"]]
        assert tally == {"solved": states.count("solved"), "tried": len(states) - states.count("empty")}


def test_cells_say_in_words_what_they_show_in_signs() -> None:
    cell = {"label": "A", "state": "solved", "tries": 3, "pending": 0, "time_s": 4449, "is_first": True, "score": "100"}
    tried = {**cell, "state": "tried", "is_first": False, "time_s": None, "tries": 2, "score": "0"}
    partial = {**cell, "state": "partial", "is_first": False, "tries": 1, "score": "125/3"}
    stories = [
        (cell, "icpc", "★+2", "solved at 1:14 after 2 rejected, first to solve"),
        ({**cell, "tries": 1, "is_first": False}, "icpc", "+", "solved at 1:14"),
        (tried, "icpc", f"{MINUS}2", "2 rejected"),
        ({**tried, "state": "pending", "pending": 1}, "icpc", f"{MINUS}2 ?1", "2 rejected, 1 waiting"),
        ({**tried, "state": "pending", "tries": 0, "pending": 3}, "icpc", "?3", "3 waiting"),
        (partial, "ioi", "41.67", "41.67 points"),
        ({**cell, "is_first": False}, "ioi", "100", "full score at 1:14 after 2 rejected"),
    ]  # fmt: skip
    assert told(cells=[(one, mode) for one, mode, _, _ in stories])["cells"] == [[sign, said] for _, _, sign, said in stories]


def test_numbers_are_written_alike_on_the_server_and_in_the_browser() -> None:
    scores, times = ["0", "100", "125/3", "1/2", "283"], [0, 59, 60, 3599, 3600, 86_400, 359_999]
    values = told(points=scores, times=times)["values"]
    assert values == {"points": [words.points(score) for score in scores], "times": [words.hours_minutes(time) for time in times]}


def test_a_search_finds_names_without_their_accents() -> None:
    snapshot, _, _ = a_story(1, Mode.ICPC, Audience.PUBLIC, teams=3, facts=6)
    for row, name in zip(snapshot["rows"], ("Équipe Zürich", "Łódź", "plain"), strict=True):
        row.update(name=name, group="North" if name == "plain" else "South")
    by_name = {row["name"]: row["username"] for row in snapshot["rows"]}
    found = told(boards=[{"snapshot": snapshot, "deltas": []}], searches=[("zurich", ""), ("EQUIPE", ""), ("", "North"), ("nobody", ""), ("", "")])["found"]
    assert found == [[by_name["Équipe Zürich"]], [by_name["Équipe Zürich"]], [by_name["plain"]], [], [row["username"] for row in snapshot["rows"]]]
