"""Makers of commands, and of a small contest: an admin, an organiser, contestants, two problems."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from contest.limits import Limits
from contest.results import CaseResult
from contest.rules import Mode
from contest.verdicts import Verdict
from mesh.ids import derived_id, new_id
from wire.commands import (
    AskClarification, ChangeContest, Command, CommandBody, ContestProblem, CreateAccount, CreateContest, RecordProblem, RecordVerdict,
    RegisterTeams, Rejudge, Submit, Team,
)  # fmt: skip

NOW = datetime.now(UTC).replace(microsecond=0)
"""When everything happens: a real time, since certificates and signed words are checked against it."""

START = NOW - timedelta(hours=1)
HASH = "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$c29tZWhhc2g"
VERSION = "b" * 40
GRADER = "service:grader"
GITSERVER = "service:gitserver"
RECORDER = "service:recorder"


def command(actor: str, body: CommandBody, *, at: datetime = NOW, name: str = "", correlation: str = "") -> Command:
    return Command(name or new_id(), type(body).__name__, actor, at, body, correlation)


def account(username: str, role: str = "contestant", actor: str = RECORDER, **values: Any) -> Command:
    return command(actor, CreateAccount(username, values.pop("name", username.title()), values.pop("password_hash", HASH), role, **values))


def problem(alias: str, owner: str = "olga", **values: Any) -> Command:
    known: dict[str, Any] = {"title": alias.title(), "commit": "a" * 40, "version": VERSION, "limits": Limits(), "case_count": 3}
    at = values.pop("at", NOW)
    return command(GITSERVER, RecordProblem(alias=alias, owner=owner, **(known | values)), at=at)


def contest_body(alias: str = "finals", **values: Any) -> CreateContest:
    known: dict[str, Any] = {
        "title": "Finals", "mode": Mode.ICPC, "start": START, "duration_s": 4 * 3600,
        "problems": (ContestProblem("apples", "A", "#f00"), ContestProblem("bridges", "B")),
    }  # fmt: skip
    return CreateContest(alias=alias, **(known | values))


def contest(actor: str = "olga", alias: str = "finals", **values: Any) -> Command:
    return command(actor, contest_body(alias, **values))


def change(actor: str = "olga", alias: str = "finals", **values: Any) -> Command:
    body = contest_body(alias, **values)
    return command(actor, ChangeContest(**{name: getattr(body, name) for name in body.__slots__}))


def teams(*usernames: str, actor: str = "olga", alias: str = "finals") -> Command:
    return command(actor, RegisterTeams(alias, tuple(Team(username, f"Team {username}", "North") for username in usernames)))


def submit(actor: str = "ana", problem: str = "apples", language: str = "cpp", source: str = "int main(){}", **values: Any) -> Command:
    kept = {name: values.pop(name) for name in ("at", "name", "correlation") if name in values}
    return command(actor, Submit(values.pop("contest", "finals"), problem, language, source, **values), **kept)


def first_run(submission: Command | str) -> str:
    return derived_id("run", submission if isinstance(submission, str) else submission.id)


def verdict(submission: Command, of: Verdict = Verdict.AC, *, run: str = "", cases: Sequence[CaseResult] = (), **values: Any) -> Command:
    run = run or first_run(submission)
    known: dict[str, Any] = {
        "attempt": new_id(), "version": VERSION, "score": Fraction(of is Verdict.AC), "time_ms": 12, "memory_bytes": 3 << 20, "runner": "r1",
    }  # fmt: skip
    body = RecordVerdict(submission=submission.id, run=run, verdict=of, cases=tuple(cases), **(known | values))
    return command(GRADER, body, name=derived_id("verdict", run))


def rejudge(submission: Command, actor: str = "olga") -> Command:
    return command(actor, Rejudge(submission.id))


def ask(actor: str = "ana", text: str = "Is n positive?", **values: Any) -> Command:
    at = values.pop("at", NOW)
    return command(actor, AskClarification(values.pop("contest", "finals"), text, **values), at=at)


def settled_world(usernames: Sequence[str] = ("ana", "ben")) -> list[Command]:
    """Everything that a submission needs, in order."""
    return [
        account("root", "admin"), account("olga", "organiser"), account("otto", "organiser"), account("carl"),
        *(account(username) for username in usernames),
        problem("apples"), problem("bridges"), problem("rooted", owner="root"), contest(), teams(*usernames),
    ]  # fmt: skip
