"""Owns how events of the audit log are said to people. Never decides who reads them; knows no request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from services.frontend.languages import name_of
from services.frontend.pages import words
from services.frontend.reads.events import Event


@dataclass(frozen=True, slots=True)
class Told:
    """An event in words: what was done, where it can be seen (empty: nowhere), what more there is to say, whether somebody did it."""

    words: str
    href: str = ""
    more: str = ""
    has_actor: bool = True


GROUPS: Final[dict[str, tuple[str, frozenset[str]]]] = {
    "judging": (
        "Judging by people",
        frozenset({
            "rejudged", "overridden", "priority-set", "rejudging-opened", "rejudging-ready", "rejudging-applied", "rejudging-dropped",
        }),
    ),
    "contest": (
        "Contest and teams",
        frozenset({
            "contest-created", "contest-changed", "contest-thawed", "contest-started", "contest-frozen", "contest-ended", "teams-registered",
        }),
    ),
    "talk": ("Questions and announcements", frozenset({"clarification-asked", "clarification-answered", "announced"})),
    "runs": ("Submissions and verdicts", frozenset({"submitted", "judged"})),
    "site": ("Accounts and problems", frozenset({"account-created", "password-changed", "webhook-set", "webhook-forgotten", "problem-recorded"})),
}  # fmt: skip
"""What can be shown by itself: its name and the kinds of events."""

NOISE: Final = GROUPS["runs"][1]
"""What is left out unless it is asked for: it would hide what people decide."""


def told(event: Event) -> Told:
    """An event in words, the actor left out."""
    say = _SAYINGS.get(event.kind)
    return say(event, event.body) if say is not None else Told(event.kind.replace("-", " "))


def actor_said(actor: str) -> str:
    """Who did it: an account's name, or a service by what it is."""
    return f"the {actor.removeprefix('service:')}" if actor.startswith("service:") else actor


def _judged(_: Event, body: Mapping[str, Any]) -> Told:
    if "rejudging" in body:
        return Told(f"changed the verdict of {_of(body)}: {_verdict(body.get('was_verdict'))} → {_verdict(body['verdict'])}", _at(body), "by a set that was applied")
    more = "" if body["is_in_force"] else "overtaken by another judging: it does not count"
    return Told(f"judged {_of(body)}: {_verdict(body['verdict'])}", _at(body), more)


def _overridden(_: Event, body: Mapping[str, Any]) -> Told:
    change = f"{_verdict(body['was_verdict'])} → {_verdict(body['verdict'])}"
    if body["was_verdict"] == body["verdict"]:
        change = f"{_verdict(body['verdict'])}, score {words.points(_score(body['was_score']))} → {words.points(_score(body['score']))}"
    return Told(f"overrode the verdict of {_of(body)}: {change}", _at(body), body["reason"])


def _set(what: Callable[[Mapping[str, Any]], str], more: Callable[[Mapping[str, Any]], str] = lambda _: "") -> Callable[[Event, Mapping[str, Any]], Told]:
    def say(_: Event, body: Mapping[str, Any]) -> Told:
        return Told(what(body), f"/rejudgings/{body['id']}", more(body))

    return say


def _contest(what: str) -> Callable[[Event, Mapping[str, Any]], Told]:
    return lambda event, _: Told(f"{what} the contest", f"/contests/{event.contest}")


def _question(what: str, text: str) -> Callable[[Event, Mapping[str, Any]], Told]:
    return lambda event, body: Told(what, f"/contests/{event.contest}/clarifications", _cut(str(body.get(text) or "")))


def _account(what: str) -> Callable[[Event, Mapping[str, Any]], Told]:
    return lambda _, body: Told(f"{what} {body['username']}", "/accounts")


def _many(count: int, one: str) -> str:
    return f"{count:,} {one}{'' if count == 1 else 's'}"


_SAYINGS: Final[dict[str, Callable[[Event, Mapping[str, Any]], Told]]] = {
    "submitted": lambda _, body: Told(f"handed in {body['label']} in {name_of(body['language'])}", _at(body)),
    "judged": _judged,
    "overridden": _overridden,
    "rejudged": lambda _, body: Told(f"had {_of(body)} judged again", _at(body)),
    "priority-set": lambda _, body: Told(f"moved {_of(body)} from {body['was']} to {body['priority']}", _at(body)),
    "rejudging-opened": _set(lambda body: f"opened a set of {_many(body['count'], 'rejudge')}", lambda body: body["reason"]),
    "rejudging-ready": lambda _, body: Told(
        f"A set of {_many(body['count'], 'rejudge')} is judged and can be decided", f"/rejudgings/{body['id']}", has_actor=False,
    ),
    "rejudging-applied": _set(
        lambda body: f"applied a set of {_many(body['count'], 'rejudge')}: {_many(body['changed'], 'verdict')} changed",
        lambda body: f"{body['kept']:,} left alone: judged anew or overridden since" if body["kept"] else "",
    ),
    "rejudging-dropped": _set(lambda body: f"dropped a set of {_many(body['count'], 'rejudge')}", lambda body: f"{body['judged']:,} were judged"),
    "contest-created": _contest("made"),
    "contest-changed": _contest("changed"),
    "contest-thawed": _contest("lifted the freeze of"),
    "contest-started": lambda event, _: Told("The contest began", f"/contests/{event.contest}", has_actor=False),
    "contest-frozen": lambda event, _: Told("The board froze", f"/contests/{event.contest}/scoreboard", has_actor=False),
    "contest-ended": lambda event, _: Told("The contest ended", f"/contests/{event.contest}", has_actor=False),
    "teams-registered": lambda event, body: Told(
        f"registered {_many(len(body['usernames']), 'team')}", f"/contests/{event.contest}/teams", _cut(", ".join(body["usernames"])),
    ),
    "clarification-asked": _question("asked a question", "text"),
    "clarification-answered": lambda event, body: Told(
        f"answered a question of {body['username']}{' for everybody' if body['is_public'] else ''}", f"/contests/{event.contest}/clarifications", _cut(body["answer"] or ""),
    ),
    "announced": _question("announced", "text"),
    "account-created": lambda _, body: Told(f"made the account {body['username']} ({body['role']})", "/accounts"),
    "password-changed": _account("set a new password for"),
    "webhook-set": _account("set the webhook of"),
    "webhook-forgotten": _account("removed the webhook of"),
    "problem-recorded": lambda _, body: Told(
        f"took in problem {body['alias']}", f"/problems/{body['alias']}", f"commit {body['commit'][:12]}, judging version {body['version'][:12]}",
    ),
}  # fmt: skip


def _of(body: Mapping[str, Any]) -> str:
    return f"{body['label']} by {body['team']}"


def _at(body: Mapping[str, Any]) -> str:
    return f"/submissions/{body['id']}"


def _verdict(name: str | None) -> str:
    return words.VERDICT_CHIPS[name].word if name in words.VERDICT_CHIPS else "nothing"


def _score(text: str | None) -> Fraction | None:
    return Fraction(text) if text else None


def _cut(text: str, most: int = 300) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
