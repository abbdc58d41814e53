"""Measures the scoreboard at 10,000 teams x 13 problems: one verdict to delta bytes, against folding the whole board anew.

The bytes are those of the delta that the recorder publishes (its envelope, a headline, adds about a microsecond): the changed
row's figures, the changed cell, and the move. Rounds alternate between the two; teams are picked at random, so caches are cold. The
collector has been told that the board stays (`mesh.startup.freeze_memory`), as after a start. Medians of batches of 100 facts.
"""

from __future__ import annotations

import gc
import random
import statistics
import time
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from contest.facts import BoardProblem, BoardSubmission, BoardTeam, Fact, Judged, Submitted
from contest.rules import Audience, ContestRules, Mode
from contest.scoreboard import Scoreboard, rebuild
from contest.verdicts import Verdict
from mesh.codec import encode
from mesh.startup import freeze_memory

TEAMS, PROBLEMS, ROUNDS, FACTS, BATCH = 10_000, 13, 5, 2_000, 100
START = datetime(2026, 3, 14, 9, 0, tzinfo=UTC)
LATE = START + timedelta(hours=4, minutes=50)


def measure() -> dict[str, Any]:
    """Microseconds per verdict, seconds per rebuild, and their ratio; ICPC, and IOI beside it."""
    try:
        return _measure(Mode.ICPC) | _measure(Mode.IOI)
    finally:
        gc.unfreeze()


def _measure(mode: Mode) -> dict[str, Any]:
    dice = random.Random(7)
    rules = ContestRules(mode, START, 5 * 3600, 3600)
    problems = [BoardProblem(f"p{n}", chr(65 + n), "#aabbcc", title=f"Problem {n}", max_score=Fraction(1 if mode is Mode.ICPC else 100)) for n in range(PROBLEMS)]
    teams = [BoardTeam(f"team{n:05}", f"University of Somewhere {n} - Team {n:05}", "Somewhere") for n in range(TEAMS)]
    submissions = _submissions(mode, problems, teams, dice)
    board: Scoreboard | None = None
    rebuild_s: list[float] = []
    snapshot_s: list[float] = []
    submitted_us: list[float] = []
    rejected_us: list[float] = []
    accepted_us: list[float] = []
    row_bytes, whole = 0, b""
    for _ in range(ROUNDS):
        began = time.perf_counter()
        board = rebuild("finals", rules, problems, teams, Audience.JURY, submissions=submissions, version=1)
        rebuild_s.append(time.perf_counter() - began)
        freeze_memory()
        entering, rejecting, accepting = _facts(mode, board, teams, problems, dice)
        submitted_us += _told(board, entering)[0]
        rejected_us += _told(board, rejecting)[0]
        each_us, row_bytes = _told(board, accepting)
        accepted_us += each_us
        began = time.perf_counter()
        whole = encode(board.snapshot(2, LATE))
        snapshot_s.append(time.perf_counter() - began)
    verdict_us = max(statistics.median(accepted_us), statistics.median(rejected_us))
    ratio = statistics.median(rebuild_s) * 1e6 / verdict_us
    name = mode.value.upper()
    return {
        f"{name}: accepted verdict to delta bytes": _goal(statistics.median(accepted_us), "µs", "<= 15 µs", 15, f"{row_bytes} bytes"),
        f"{name}: rejected verdict to delta bytes": _goal(statistics.median(rejected_us), "µs", "<= 15 µs", 15, ""),
        f"{name}: submission to delta bytes": _goal(statistics.median(submitted_us), "µs", "<= 15 µs", 15, ""),
        f"{name}: rebuild of {len(submissions):,} submissions": {"value": statistics.median(rebuild_s), "unit": "s"},
        f"{name}: rebuild / verdict": {"value": ratio, "unit": "x", "goal": ">= 1,000 x", "is_met": ratio >= 1000},
        f"{name}: whole board to bytes": {"value": statistics.median(snapshot_s) * 1e3, "unit": "ms", "note": f"{len(whole):,} bytes"},
    }


def _goal(value: float, unit: str, goal: str, most: float, note: str) -> dict[str, Any]:
    return {"value": value, "unit": unit, "goal": goal, "is_met": value <= most, "note": note}


def _submissions(mode: Mode, problems: list[BoardProblem], teams: list[BoardTeam], dice: random.Random) -> list[BoardSubmission]:
    """About 260,000, as research measured: up to four tries a problem, teams of every skill."""
    made = []
    for team in teams:
        skill = dice.betavariate(2, 3)
        for problem in problems:
            for number in range(dice.randrange(5)):
                at = START + timedelta(seconds=dice.randrange(4 * 3600))
                verdict, score = _verdict(mode, problem, dice.random() < skill, dice)
                made.append(BoardSubmission(f"{team.username}-{problem.label}-{number}", team.username, problem.alias, at, verdict, score))
    return made


def _verdict(mode: Mode, problem: BoardProblem, is_accepted: bool, dice: random.Random) -> tuple[Verdict, Fraction]:
    if is_accepted:
        return Verdict.AC, problem.max_score
    return (Verdict.PA, Fraction(dice.randrange(100))) if mode is Mode.IOI else (Verdict.WA, Fraction(0))


def _facts(
    mode: Mode, board: Scoreboard, teams: list[BoardTeam], problems: list[BoardProblem], dice: random.Random
) -> tuple[list[Fact], list[Fact], list[Fact]]:
    """Late submissions at unsolved problems, then a rejection of each, then its rejudging to accepted: every fact shows."""
    solved = {(row["username"], cell["label"]) for row in board.rows() for cell in row["cells"] if cell["state"] == "solved"}
    open_cells = [(team, problem) for team in teams for problem in problems if (team.username, problem.label) not in solved]
    entering: list[Fact] = []
    rejecting: list[Fact] = []
    accepting: list[Fact] = []
    for number, (team, problem) in enumerate(dice.sample(open_cells, FACTS)):
        late = Submitted(f"late-{number}", team.username, problem.alias, LATE + timedelta(milliseconds=number))
        entering.append(late)
        rejecting.append(Judged(late.submission, *_verdict(mode, problem, False, dice)))
        accepting.append(Judged(late.submission, Verdict.AC, problem.max_score))
    return entering, rejecting, accepting


def _told(board: Scoreboard, facts: list[Fact]) -> tuple[list[float], int]:
    """Microseconds from fact to bytes, per batch, and the bytes of one."""
    each_us, body = [], b""
    for start in range(0, len(facts), BATCH):
        began = time.perf_counter()
        for version, fact in enumerate(facts[start : start + BATCH], board.version + 1):
            change = board.apply(fact, version)
            if change is not None:
                told = {
                    "contest": board.contest, "audience": board.audience.value, "version": change.version, "after": change.after,
                    "rows": change.rows, "moves": change.moves,
                }  # fmt: skip
                body = encode(told)
        each_us.append((time.perf_counter() - began) / BATCH * 1e6)
    return each_us, len(body)
