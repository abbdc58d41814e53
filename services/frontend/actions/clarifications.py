"""Owns asking, answering and announcing."""

from __future__ import annotations

from contest.visibility import ClarificationFacts, may_see_clarification
from mesh.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from mesh.ids import is_id
from services.frontend.access import ContestAccess, check_signed_in
from services.frontend.actor import Actor
from services.frontend.desk import Desk
from services.frontend.pending import PendingQuestion
from services.frontend.reads.clarifications import Clarification
from wire.commands import Announce, AnswerClarification, AskClarification

_MOST = 4_000


async def ask(desk: Desk, actor: Actor, contest: str, text: str, problem: str = "") -> str:
    """Asks the jury; returns the question's id when it is safe in the queue. ``problem`` is an alias or label, empty for none.

    Raises: `NotFound` (``no-such-problem``), `Forbidden` (``not-registered``), `Conflict` (``contest-ended``),
    `Invalid` (``clarification-invalid``), `TooMany` (``too-many-questions``), `Unavailable`.
    """
    check_signed_in(actor)
    access = await desk.access.contest(actor, contest)
    if not access.may_ask:
        if access.contestant is None:
            if access.away is not None:
                raise access.away  # he may have registered just before
            raise Forbidden("only contestants ask; you are not registered here", code="not-registered")
        raise Conflict("the contest is over", code="contest-ended")
    body = AskClarification(access.contest.alias, checked_text(text), _problem(access, problem))
    await desk.limits.spend_question(actor.username)
    command = desk.commands.make(actor.username, body)
    pending = PendingQuestion(command.id, body.contest, body.problem, actor.username, body.text, command.at)
    await desk.commands.publish(command)
    await _keep(desk, pending)
    return command.id


async def answer(desk: Desk, actor: Actor, clarification: str, text: str, *, is_public: bool) -> None:
    """Answers a question, to its author or to everybody. Raises: `NotFound` (``no-such-clarification``), `Forbidden` (``not-jury``), `Invalid`."""
    check_signed_in(actor)
    known = await desk.clarifications.find(clarification) if is_id(clarification) else None
    if known is None:
        raise NotFound("there is no such clarification", code="no-such-clarification")
    await desk.access.contest_as_jury(actor, known.contest)
    if known.is_announcement:
        raise Conflict("an announcement takes no answer; announce again", code="not-a-question")
    body = AnswerClarification(clarification, checked_text(text), is_public)
    await desk.commands.apply(desk.commands.make(actor.username, body))


async def announce(desk: Desk, actor: Actor, contest: str, text: str, problem: str = "") -> str:
    """Tells everybody in a contest; returns the announcement's id. Raises: `NotFound`, `Forbidden` (``not-jury``), `Invalid` (``clarification-invalid``)."""
    access = await desk.access.contest_as_jury(actor, contest)
    command = desk.commands.make(actor.username, Announce(access.contest.alias, checked_text(text), _problem(access, problem)))
    await desk.commands.apply(command)
    return command.id


async def list_readable(desk: Desk, actor: Actor, contest: str) -> list[tuple[Clarification, bool]]:
    """What the actor may read, each with whether he may know who asked. Raises: `NotFound` (``no-such-contest``)."""
    access = await desk.access.contest(actor, contest)
    alias = access.contest.alias
    if access.is_jury:
        return [(one, True) for one in await desk.clarifications.of_jury(alias)]
    if actor.is_signed_in:
        found = await desk.clarifications.of_contestant(alias, actor.username)
    else:
        found = await desk.clarifications.of_public(alias)
    rules, is_public = access.contest.rules, access.contest.is_public
    return [
        (one, one.username == actor.username and not one.is_announcement)
        for one in found
        if may_see_clarification(
            access.viewer, ClarificationFacts(one.username, one.is_public, one.is_announcement), rules, access.now, is_public=is_public
        )
    ]


def checked_text(text: str) -> str:
    """The text without space around it. Raises: `Invalid` (``clarification-invalid``)."""
    text = text.replace("\r\n", "\n").strip()
    if not text or len(text) > _MOST or "\x00" in text:
        raise Invalid(f"write between 1 and {_MOST:,} characters", code="clarification-invalid")
    return text


async def _keep(desk: Desk, pending: PendingQuestion) -> None:
    try:
        await desk.questions.keep(pending)
    except Unavailable as away:
        desk.log.warning("overlay-away", question=pending.id, why=away.code)


def _problem(access: ContestAccess, wanted: str) -> str:
    if not wanted:
        return ""
    problem = access.contest.problem(wanted) if access.shows_problems else None
    if problem is None:
        raise NotFound(f"there is no problem {wanted!r} in {access.contest.title}", code="no-such-problem")
    return problem.alias
