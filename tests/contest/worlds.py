"""Random contests for the property tests, and what a board of one must look like, computed the slow and obvious way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from contest.facts import BoardProblem, BoardSubmission, BoardTeam, Fact, Judged, Submitted
from contest.rules import Audience, ContestRules, Mode
from contest.verdicts import Verdict

START = datetime(2026, 3, 14, 9, 0, tzinfo=UTC)
DURATION_S = 300 * 60
PROBLEMS = (
    BoardProblem("apples", "A", "#d00", Fraction(100), "Apples"),
    BoardProblem("bridges", "B", "#0a0", Fraction(50), "Bridges", max_score=Fraction(30)),
    BoardProblem("cables", "C", "#00d", Fraction(7), "Cables", max_score=Fraction(3)),
)
TEAMS = (
    BoardTeam("t4", "Delta"), BoardTeam("t1", "Alpha", "North"), BoardTeam("t3", "charlie"), BoardTeam("t2", "Alpha", "South"),
)  # fmt: skip


def rules_of(mode: Mode, freeze_s: int = 0, thawed_at: datetime | None = None) -> ContestRules:
    return ContestRules(mode, START, DURATION_S, freeze_s, thawed_at=thawed_at)


@dataclass(frozen=True)
class World:
    """A contest as the record has it after all facts, and the facts in the order of commit."""

    rules: ContestRules
    facts: tuple[Fact, ...]

    def submissions(self) -> list[BoardSubmission]:
        final: dict[str, BoardSubmission] = {}
        for fact in self.facts:
            if isinstance(fact, Submitted):
                final[fact.submission] = BoardSubmission(fact.submission, fact.username, fact.problem, fact.submitted_at)
            else:
                final[fact.submission] = replace(final[fact.submission], verdict=fact.verdict, score=fact.score)
        return list(final.values())


def score_of(problem: str, verdict: Verdict, part: int) -> Fraction:
    full = next(one.max_score for one in PROBLEMS if one.alias == problem)
    if verdict is Verdict.AC:
        return full
    return full * part / 7 if verdict is Verdict.PA else Fraction(0)


VERDICTS = st.sampled_from((Verdict.AC, Verdict.AC, Verdict.PA, Verdict.WA, Verdict.TLE, Verdict.CE, Verdict.JE, Verdict.VE))
# few distinct times, so that ties, minute borders and the freeze are met often; some lie outside the contest
SECONDS = st.sampled_from((-1, 0, 59, 60, 61, 600, 600, 14_399, 14_400, 14_401, 17_000, DURATION_S - 1, DURATION_S))


@st.composite
def worlds(draw: st.DrawFn, mode: Mode, freeze_s: int = 0) -> World:
    facts: list[Fact] = []
    told: list[Submitted] = []
    for number in range(draw(st.integers(0, 24))):
        if told and draw(st.integers(0, 2)):
            of = draw(st.sampled_from(told))
            if draw(st.integers(0, 9)) == 0:
                facts.append(Judged(of.submission, None))
                continue
            verdict = draw(VERDICTS)
            facts.append(Judged(of.submission, verdict, score_of(of.problem, verdict, draw(st.integers(1, 6)))))
        else:
            at = START + timedelta(seconds=draw(SECONDS))
            who, what = draw(st.sampled_from(("t1", "t2", "t3", "t4", "coach"))), draw(st.sampled_from(("apples", "bridges", "cables")))
            told.append(Submitted(f"s{draw(st.integers(0, 9))}{number:02}", who, what, at))
            facts.append(told[-1])
    return World(rules_of(mode, freeze_s), tuple(facts))


def expected_rows(rules: ContestRules, submissions: list[BoardSubmission], audience: Audience) -> list[dict[str, Any]]:
    """The board by definition: no increments, no packing, no caches."""
    end = START + timedelta(seconds=DURATION_S)
    names = {team.username for team in TEAMS}
    seen = sorted(
        (one for one in submissions if one.username in names and START <= one.submitted_at < end),
        key=lambda one: (one.submitted_at, one.submission),
    )
    if audience is Audience.PUBLIC:
        seen = [replace(one, verdict=None, score=Fraction(0)) if rules.hides(one.submitted_at) else one for one in seen]
    first: dict[str, str] = {}
    for problem in PROBLEMS:
        for one in seen:
            if one.problem == problem.alias and one.verdict is None and not (audience is Audience.PUBLIC and rules.hides(one.submitted_at)):
                break
            if one.problem == problem.alias and _is_full(rules, one, problem):
                first[problem.alias] = one.username
                break
    rows = []
    for team in TEAMS:
        cells, penalty, last, score, solved = [], 0, 0, Fraction(0), 0
        for problem in PROBLEMS:
            cell = _expected_cell(rules, [one for one in seen if (one.username, one.problem) == (team.username, problem.alias)], problem)
            cell["is_first"] = first.get(problem.alias) == team.username
            penalty += cell.pop("penalty")
            score += Fraction(cell["score"])
            solved += cell["state"] == "solved"
            last = max(last, cell["time_s"] or 0)
            cells.append(cell)
        rows.append({"username": team.username, "name": team.name, "group": team.group, "solved": solved, "penalty_s": penalty,
                     "score": str(score), "last_s": last, "cells": cells})  # fmt: skip

    def merit(row: dict[str, Any]) -> tuple[Any, ...]:
        return (-Fraction(row["score"]),) if rules.mode is Mode.IOI else (-row["solved"], row["penalty_s"], row["last_s"])

    rows.sort(key=lambda row: (*merit(row), row["name"].casefold(), row["name"], row["username"]))
    for place, row in enumerate(rows):
        row["place"] = place
        row["rank"] = 1 + sum(merit(other) < merit(row) for other in rows)
    return rows


def _is_full(rules: ContestRules, one: BoardSubmission, problem: BoardProblem) -> bool:
    if one.verdict in {None, Verdict.CE, Verdict.JE, Verdict.VE}:
        return False
    return one.verdict is Verdict.AC if rules.mode is Mode.ICPC else one.score >= problem.max_score


def _expected_cell(rules: ContestRules, tries: list[BoardSubmission], problem: BoardProblem) -> dict[str, Any]:
    full = next((place for place, one in enumerate(tries) if _is_full(rules, one, problem)), None)
    counted = tries if full is None else tries[: full + 1]
    judged = [one for one in counted if one.verdict not in {None, Verdict.CE, Verdict.JE, Verdict.VE}]
    pending = sum(one.verdict is None for one in counted)
    points, time_s, penalty = Fraction(0), None, 0
    if rules.mode is Mode.ICPC and full is not None:
        time_s = int((tries[full].submitted_at - START).total_seconds())
        points, penalty = Fraction(1), time_s // 60 * 60 + 1200 * (len(judged) - 1)
    if rules.mode is Mode.IOI:
        best = max((one.score for one in judged), default=Fraction(0))
        if best > 0:
            reached = next(one for one in judged if one.score == best)
            points, time_s = best / problem.max_score * problem.points, int((reached.submitted_at - START).total_seconds())
    state = "solved" if full is not None else "pending" if pending else "partial" if points else "tried" if judged else "empty"
    return {"label": problem.label, "state": state, "tries": len(judged), "pending": pending, "time_s": time_s, "score": str(points),
            "penalty": penalty}  # fmt: skip
