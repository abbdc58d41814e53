"""Sets of rejudges, a verdict by hand and an audit log for the sample record, so that their pages have something to show."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from mesh.clock import iso, micros
from mesh.ids import derived_id
from wire.rejudging import APPLIED, DROPPED, READY, RUNNING

CONTEST = "spring-open"
SETS = {state: derived_id("set", state) for state in (RUNNING, READY, APPLIED, DROPPED)}
"""The sample's sets, by their state."""

NEW_VERSION = "c0ffee5eed" + "2" * 30


def add_rejudgings(tables: dict[str, list[dict[str, Any]]], now: datetime) -> None:
    """One set in each state: the one to be decided judged problem A once more, and thinks otherwise of some."""
    judged = [row for row in tables["submissions"] if row["contest"] == CONTEST and row["status"] == "judged"]
    aqueducts = sorted((row for row in judged if row["problem"] == "aqueducts"), key=lambda row: row["submitted_at"])
    reasons = {
        READY: "Answers with trailing zeros were refused", RUNNING: "runner-2 was overheated between 2:10 and 2:40",
        APPLIED: "Case 17 had a wrong answer file", DROPPED: "A try with a longer time limit",
    }  # fmt: skip
    for number, (state, reason) in enumerate(reasons.items()):
        at = now - timedelta(minutes=7 + 31 * number)
        mine = aqueducts if state == READY else judged[number * 20 : number * 20 + 40]
        done = len(mine) if state in {READY, APPLIED} else len(mine) // 3
        is_settled = state in {APPLIED, DROPPED}
        tables.setdefault("rejudgings", []).append({
            "id": SETS[state], "contest": CONTEST, "actor": "olga", "reason": reason, "version": NEW_VERSION if state == READY else "", "state": state,
            "filter": {"problems": ["aqueducts"]} if state == READY else {"runner": "runner-2"} if state == RUNNING else {"verdicts": ["WA", "TLE"]},
            "count": len(mine), "judged": done, "created_at": at, "filled": len(mine), "selected": None,
            "settled_at": at + timedelta(minutes=4) if is_settled else None, "settled_by": "admin" if is_settled else None,
            "changed": 0 if state == APPLIED else None, "kept": 1 if state == APPLIED else None,
        })  # fmt: skip
        for place, row in enumerate(mine):
            _run(tables, row, state, at, "" if place >= done else _said(row, place, state))
    _events(tables, now, aqueducts)
    for problem in tables["problems"]:
        if problem["alias"] == "aqueducts":
            problem["version"] = NEW_VERSION


def _said(row: dict[str, Any], place: int, state: str) -> str:
    if state == READY and place % 3 == 1 and row["verdict"] in {"WA", "RTE", "TLE"}:
        return "AC"
    return "TLE" if state == READY and place % 11 == 5 else str(row["verdict"])


def _run(tables: dict[str, list[dict[str, Any]]], row: dict[str, Any], state: str, at: datetime, verdict: str) -> None:
    failing = {"AC": None, "CE": None}.get(verdict, 4)
    cases = [
        {
            "index": index, "verdict": verdict if index == failing else "AC", "time_ms": 20 + 7 * index, "memory_bytes": 9 << 20, "name": f"secret/{index + 1:02}",
            "message": "expected 1201.0, found 1201" if index == failing and verdict == "WA" else "",
        }
        for index in range(12 if failing is None else failing + 1)
    ]  # fmt: skip
    is_said = bool(verdict)
    tables["runs"].append({
        "id": derived_id("run", SETS[state], row["id"]), "submission": row["id"], "version": NEW_VERSION if state == READY else "1" * 40, "priority": "low",
        "created_at": at, "sent_at": at, "sends": 1, "rejudging": SETS[state], "replaces": row["run"], "attempt": None,
        "verdict": verdict or None, "score": Fraction(verdict == "AC") if is_said else None, "time_ms": row["time_ms"] + 11 if is_said else None,
        "memory_bytes": row["memory_bytes"] if is_said else None, "cases": cases if is_said and verdict != "CE" else [], "decisive_case": failing if is_said else None,
        "compile_output": "", "runner": "runner-1" if is_said else None, "judged_at": at + timedelta(minutes=1) if is_said else None,
    })  # fmt: skip


def _events(tables: dict[str, list[dict[str, Any]]], now: datetime, judged: list[dict[str, Any]]) -> None:
    names = {row["username"]: row["name"] for row in tables["contestants"] if row["contest"] == CONTEST}

    def of(row: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": row["id"], "problem": row["problem"], "label": "A", "username": row["username"], "team": names[row["username"]], "language": row["language"],
            "at": iso(row["submitted_at"]), "submitted_us": micros(row["submitted_at"]), "run": row["run"], "is_on_board": True,
        }  # fmt: skip

    one, other = of(judged[0]), of(judged[1])
    figures = {"score": "1", "time_ms": 12, "memory_bytes": 1 << 20, "is_in_force": True}
    told: list[tuple[str, str, str, dict[str, Any]]] = [
        (CONTEST, "contest-created", "olga", {"alias": CONTEST}), (CONTEST, "teams-registered", "olga", {"usernames": sorted(names)[:12]}),
        (CONTEST, "contest-started", "service:recorder", {"alias": CONTEST, "phase": "started", "moment": iso(now)}),
        (CONTEST, "submitted", one["username"], one), (CONTEST, "judged", "service:grader", one | figures | {"verdict": "AC"}),
        (CONTEST, "clarification-asked", "team01", {"id": "1", "problem": "", "text": "Is n positive?", "username": "team01"}),
        (CONTEST, "priority-set", "olga", other | {"priority": "normal", "was": "contest"}), (CONTEST, "rejudged", "olga", other),
        (CONTEST, "overridden", "olga", one | figures | {"verdict": "AC", "was_verdict": "WA", "was_score": "0", "reason": "The checker refused 1201.0 for 1201."}),
        (CONTEST, "rejudging-opened", "olga", {"id": SETS[APPLIED], "count": 40, "reason": "Case 17 had a wrong answer file", "filter": {}, "version": ""}),
        (CONTEST, "rejudging-ready", "service:grader", {"id": SETS[APPLIED], "count": 40}),
        (CONTEST, "rejudging-applied", "admin", {"id": SETS[APPLIED], "count": 40, "changed": 1, "kept": 1}),
        (CONTEST, "judged", "admin", other | figures | {"verdict": "AC", "was_verdict": "WA", "rejudging": SETS[APPLIED]}),
        (CONTEST, "contest-frozen", "service:recorder", {"alias": CONTEST, "phase": "frozen", "moment": iso(now)}),
        ("", "account-created", "admin", {"username": "olga", "role": "organiser"}),
        ("", "problem-recorded", "service:gitserver", {"alias": "aqueducts", "commit": "d" * 40, "version": "1" * 40}),
        ("", "problem-recorded", "service:gitserver", {"alias": "aqueducts", "commit": "e" * 40, "version": NEW_VERSION}),
    ]  # fmt: skip
    count: dict[str, int] = {}
    for number, (contest, kind, actor, body) in enumerate(told):
        count[contest] = count.get(contest, 0) + 1
        at = now - timedelta(minutes=9 * (len(told) - number))
        tables.setdefault("events", []).append({
            "contest": contest, "seq": count[contest], "kind": kind, "at": at, "actor": actor, "command": derived_id("event", str(number)), "body": body,
        })  # fmt: skip
