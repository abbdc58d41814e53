"""Owns the calls about questions, answers and announcements."""

from __future__ import annotations

from datetime import datetime

from aiohttp import web

from services.frontend.actions import clarifications
from services.frontend.api.route import Call, NoQuery, Reply, Route, Shape, View
from services.frontend.reads.clarifications import Clarification


class Question(Shape, frozen=True):
    """A question. ``problem`` is an alias or label, empty for a general one."""

    text: str
    problem: str = ""


class Answer(Shape, frozen=True):
    """An answer; ``is_public`` shows question and answer to everybody."""

    text: str
    is_public: bool = False


class Announcement(Shape, frozen=True):
    """What the jury tells everybody."""

    text: str
    problem: str = ""


class ClarificationView(View, frozen=True):
    """A question with its answer, or an announcement. ``username`` is empty where the asker is not the caller's to know."""

    id: str
    contest: str
    problem: str
    username: str
    text: str
    asked_at: datetime
    answer: str | None
    answered_at: datetime | None
    is_public: bool
    is_announcement: bool
    status: str
    message: str


class AcceptedQuestion(View, frozen=True):
    """Safe in the queue: the jury will see it."""

    id: str


async def list_clarifications(call: Call[None, NoQuery]) -> list[ClarificationView]:
    """What the caller may read: the jury all, contestants their own and what was told to everybody."""
    return [
        view_of(one, names_asker=names_asker)
        for one, names_asker in await clarifications.list_readable(call.desk, call.actor, call.name("alias"))
    ]


async def ask(call: Call[Question, NoQuery]) -> Reply:
    """Asks the jury."""
    made = await clarifications.ask(call.desk, call.actor, call.name("alias"), call.body.text, call.body.problem)
    return Reply(AcceptedQuestion(id=made), 202)


async def answer(call: Call[Answer, NoQuery]) -> web.Response:
    """Answers a question, to its author or to everybody; answering again replaces the answer."""
    await clarifications.answer(call.desk, call.actor, call.name("id"), call.body.text, is_public=call.body.is_public)
    return web.Response(status=204)


async def announce(call: Call[Announcement, NoQuery]) -> Reply:
    """Tells everybody in the contest."""
    made = await clarifications.announce(call.desk, call.actor, call.name("alias"), call.body.text, call.body.problem)
    return Reply(AcceptedQuestion(id=made), 201)


def view_of(one: Clarification, *, names_asker: bool) -> ClarificationView:
    """A clarification, with or without the name of whoever asked."""
    return ClarificationView(
        id=one.id, contest=one.contest, problem=one.problem, username=one.username if names_asker else "", text=one.text,
        asked_at=one.asked_at, answer=one.answer, answered_at=one.answered_at, is_public=one.is_public,
        is_announcement=one.is_announcement, status=one.status, message=one.message,
    )  # fmt: skip


ROUTES = (
    Route("GET", "/contests/{alias}/clarifications", list_clarifications, list[ClarificationView], codes=("no-such-contest",)),
    Route(
        "POST", "/contests/{alias}/clarifications", ask, AcceptedQuestion, Question, status=202,
        codes=("no-such-contest", "not-registered", "contest-ended", "clarification-invalid", "too-many-questions", "queue-unavailable"),
    ),
    Route(
        "POST", "/clarifications/{id}/answer", answer, body=Answer, status=204,
        codes=("no-such-clarification", "not-jury", "clarification-invalid", "not-a-question"),
    ),
    Route(
        "POST", "/contests/{alias}/announcements", announce, AcceptedQuestion, Announcement, status=201,
        codes=("no-such-contest", "not-jury", "clarification-invalid"),
    ),
)  # fmt: skip
