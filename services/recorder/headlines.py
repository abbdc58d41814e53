"""Owns the turning of events into news: who hears what. Pure. Never tells any: `teller` does."""

from __future__ import annotations

from typing import Any

from contest.feedback import authors_figures
from mesh.clock import iso
from services.recorder import rows
from wire.commands import Command, Outcome
from wire.news import Headline, contest_topic, jury_topic, user_topic
from wire.rejudging import APPLIED, DROPPED, READY, RUNNING
from wire.verification import WAITING

Item = tuple[str, Headline]

_OF_SUBMISSION = ("id", "problem", "label", "username", "team", "language", "at")
_OF_VERDICT = ("id", "problem", "label", "username", "team", "verdict", "score", "time_ms", "memory_bytes")
_OF_QUESTION = ("id", "problem", "text", "username")
_OF_ANSWER = ("id", "problem", "text", "answer", "is_public")


def headlines_of(event: rows.Event) -> list[Item]:
    """What is told of an event, by topic; scoreboards apart."""
    body, contest = event.body, event.contest
    match event.kind:
        case "submitted" | "rejudged":
            return _tell(event, "submission", _chosen(event, _OF_SUBMISSION) | {"status": "queued"}, user_topic(body["username"]), jury_topic(contest))
        case "judged" | "overridden" if body["is_in_force"]:
            told = _chosen(event, _OF_VERDICT) | {"status": "judged"}
            return [*_tell(event, "verdict", _for_author(told), user_topic(body["username"])), *_tell(event, "verdict", told, jury_topic(contest))]
        case "clarification-asked":
            told = _chosen(event, _OF_QUESTION) | {"at": iso(event.at)}
            return _tell(event, "clarification", told, user_topic(body["username"]), jury_topic(contest))
        case "clarification-answered":
            is_open = body["is_public"] and body.get("is_begun", True)  # before the start nobody but the jury reads of problems
            public = (contest_topic(contest),) if is_open else ()
            return _tell(event, "answer", _chosen(event, _OF_ANSWER), user_topic(body["username"]), jury_topic(contest), *public)
        case "announced":
            told = _chosen(event, ("id", "problem", "text")) | {"at": iso(event.at)}
            return _tell(event, "announcement", told, contest_topic(contest), jury_topic(contest))
        case "contest-created" | "contest-changed" | "contest-thawed" | "teams-registered":
            return _tell(event, "contest", {"alias": contest}, contest_topic(contest), jury_topic(contest))
        case "contest-started" | "contest-frozen" | "contest-ended":
            return _tell(event, "contest", {"alias": contest, "phase": body["phase"]}, contest_topic(contest), jury_topic(contest))
        case "rejudging-opened" | "rejudging-ready" | "rejudging-applied" | "rejudging-dropped":
            judged = 0 if event.kind == "rejudging-opened" else body.get("judged", body["count"])
            return _tell(event, "rejudging", _of_set(event, judged), jury_topic(contest))
        case "priority-set":
            return _tell(event, "submission", _chosen(event, _OF_SUBMISSION) | {"status": "queued"}, jury_topic(contest))
        case _:
            return _of_trial(event)


def _for_author(told: dict[str, Any]) -> dict[str, Any]:
    """What every author may know, whatever his contest shows: an event does not know that."""
    time_ms, memory_bytes = authors_figures("", told["time_ms"], told["memory_bytes"])
    return told | {"time_ms": time_ms, "memory_bytes": memory_bytes}


def _of_trial(event: rows.Event) -> list[Item]:
    body = event.body
    match event.kind:
        case "problem-tried" if body["is_newest"]:
            told = {name: body[name] for name in ("alias", "commit", "state", "errors", "warnings")}
        case "trial-asked":
            told = {"alias": body["alias"], "commit": body["commit"], "state": WAITING, "errors": 0, "warnings": 0}
        case _:
            return []
    return _tell(event, "report", told, user_topic(body["owner"]))


_STATES = {"rejudging-opened": RUNNING, "rejudging-ready": READY, "rejudging-applied": APPLIED, "rejudging-dropped": DROPPED}


def headline_of_refusal(command: Command, outcome: Outcome, at: str) -> Item:
    """What the actor is told when a command that was accepted for recording is refused."""
    told = {"id": command.id, "kind": command.kind, "code": outcome.code, "message": outcome.message}
    return user_topic(command.actor), Headline("refused", at, told)


def _chosen(event: rows.Event, names: tuple[str, ...]) -> dict[str, Any]:
    return {"contest": event.contest} | {name: event.body[name] for name in names}


def _of_set(event: rows.Event, judged: int) -> dict[str, Any]:
    return {"id": event.body["id"], "contest": event.contest, "state": _STATES[event.kind], "count": event.body["count"], "judged": judged}


def _tell(event: rows.Event, kind: str, body: dict[str, Any], *topics: str) -> list[Item]:
    headline = Headline(kind, iso(event.at), body)
    return [(topic, headline) for topic in topics]
