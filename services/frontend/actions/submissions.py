"""Owns handing in and judging again. Rules are checked here so that mistakes are told at once; the recorder has the last word."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import re
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from contest.rules import Phase
from mesh.errors import Conflict, Forbidden, Invalid, MeshError, NotFound, Refused, TooLarge, Unavailable
from mesh.ids import derived_id, new_id
from services.frontend.access import ContestAccess, check_signed_in
from services.frontend.actions.webhooks import check_for_submission
from services.frontend.actor import Actor
from services.frontend.desk import Desk
from services.frontend.languages import LANGUAGES
from services.frontend.pending import ON_ITS_WAY, PendingSubmission
from services.frontend.reads.contests import ContestProblem
from services.frontend.reads.submissions import SubmissionDetail
from services.frontend.repetitions import reused
from services.frontend.together import both
from wire import priorities
from wire.commands import Command, Rejudge, SetPriority, Submit
from wire.queues import PRIORITIES

FINAL = frozenset({"judged", "refused"})
"""The statuses of a submission that has come to its end."""

WAITING = frozenset({"accepted", "queued"})
"""The statuses of one that no runner has yet."""

_LAG_S = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
"""When to look again after news that the replica has not heard of yet."""

_MOST_KEY = 200
_MOST_FILENAME = 100
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
"""What the recorder refuses in the name of a file."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to hand in. ``problem`` is an alias or a label; ``key`` makes a repetition the same submission.

    ``priority`` is a level of `wire.queues.PRIORITIES`, or empty for what the author is due.
    """

    contest: str
    problem: str
    language: str
    source: str
    filename: str = ""
    key: str = ""
    webhook_url: str = ""
    priority: str = ""


def id_of(actor: Actor, wish: Wish) -> str:
    """The id that a submission gets: a fresh one, or with a key the one that this account's key always gives.

    Raises: `Refused` (``bad-idempotency-key``).
    """
    if not wish.key:
        return new_id()
    if len(wish.key) > _MOST_KEY or not wish.key.isprintable():
        raise Refused(f"an Idempotency-Key has at most {_MOST_KEY} printable characters", code="bad-idempotency-key")
    return derived_id("submission", actor.username, wish.contest, wish.key)


async def submit(desk: Desk, actor: Actor, wish: Wish, *, submission: str = "", at: datetime | None = None) -> str:
    """Takes a submission; returns its id when it is safe in the queue. It will get a verdict, or a refusal that is told.

    Raises: `NotFound` (``no-such-contest``, ``no-such-problem``), `Forbidden` (``not-registered``, ``priority-not-allowed``), `Conflict`
    (``contest-not-started``, ``contest-ended``, ``idempotency-key-reused``, ``webhook-secret-missing``), `Invalid`
    (``unknown-language``, ``language-not-allowed``, ``empty-source``, ``bad-source``, ``webhook-url-refused``,
    ``bad-filename``, ``unknown-priority``), `TooLarge` (``source-too-large``), `TooMany` (``too-many-submissions``), `Unavailable`
    (``queue-unavailable``: not known whether it was taken; ``queue-full``: it was not; ``record-unavailable``: nobody can say whether he takes part).
    """
    check_signed_in(actor)
    submission = submission or id_of(actor, wish)
    try:
        await _take(desk, actor, wish, submission, at or desk.clock.now())
    except MeshError as refused:
        desk.metrics.counter("submissions_refused_total").labels(refused.code).inc()
        raise
    desk.metrics.counter("submissions_accepted_total").inc()
    return submission


async def submit_and_wait(desk: Desk, actor: Actor, wish: Wish, wait_s: float) -> tuple[str, SubmissionDetail | None]:
    """The same, and waits for the verdict, which is pushed (and looked for while nothing can be); after ``wait_s`` what there is, if anything.

    Raises: as `submit`; `Unavailable` (``too-many-waiting``).
    """
    check_signed_in(actor)
    submission, came_at = id_of(actor, wish), desk.clock.now()  # what is heard of it may take a moment to be followed
    now_s = asyncio.get_running_loop().time
    ends_at = now_s() + wait_s
    pauses_s: Iterator[float] = iter(())
    async with desk.bell.waiting(submission, actor.username) as rung:
        await submit(desk, actor, wish, submission=submission, at=came_at)
        while True:
            detail = await _visible(desk, actor, submission)
            left_s = ends_at - now_s()
            if left_s <= 0 or desk.bell.is_closed or (detail is not None and detail.submission.status in FINAL):
                return submission, detail
            try:
                async with asyncio.timeout(min(left_s, next(pauses_s, desk.bell.look_again_s))):
                    await rung.wait()
            except TimeoutError:
                continue
            rung.clear()
            pauses_s = iter(_LAG_S)


async def rejudge(desk: Desk, actor: Actor, submission: str) -> None:
    """Has a submission judged once more against the newest version of its problem. Raises: `NotFound`, `Forbidden` (``not-jury``)."""
    check_signed_in(actor)
    _, access = await desk.access.submission(actor, submission)
    if not access.is_jury:
        raise Forbidden("only the jury may have a submission judged again", code="not-jury")
    await desk.commands.apply(desk.commands.make(actor.username, Rejudge(submission)))


async def set_priority(desk: Desk, actor: Actor, submission: str, priority: str) -> None:
    """Moves a submission that waits to another level of judging.

    Raises: `NotFound`, `Forbidden` (``not-jury``), `Invalid` (``unknown-priority``), `Conflict` (``submission-judged``).
    """
    check_signed_in(actor)
    _, access = await desk.access.submission(actor, submission)
    if not access.is_jury:
        raise Forbidden("only the jury may change how urgently a submission is judged", code="not-jury")
    _check_priority(priority, PRIORITIES)
    await desk.commands.apply(desk.commands.make(actor.username, SetPriority(submission, priority)))


def check_source(desk: Desk, source: str) -> None:
    """Refuses a source that cannot be judged. Raises: `Invalid` (``empty-source``, ``bad-source``), `TooLarge` (``source-too-large``)."""
    try:
        size = len(source.encode())
    except UnicodeEncodeError as wrong:
        raise Invalid("the source is not valid Unicode text", code="bad-source") from wrong
    if size > desk.config.max_source_bytes:
        raise TooLarge(f"the source has {size:,} bytes; at most {desk.config.max_source_bytes:,} are taken", code="source-too-large")
    if not source.strip():
        raise Invalid("the source is empty", code="empty-source")
    if "\x00" in source:
        raise Invalid("the source has a zero byte; hand in text", code="bad-source")


async def _take(desk: Desk, actor: Actor, wish: Wish, submission: str, now: datetime) -> None:
    is_repetition = False
    if wish.key:
        named = (await desk.access.contest(actor, wish.contest)).contest.problem(wish.problem)
        wish = replace(wish, problem=named.alias if named is not None else wish.problem)  # a label and its alias are one wish
        known = await _known(desk, submission, wish)
        if known is not None and known.status not in ON_ITS_WAY:
            return  # the record has it, or has refused it
        is_repetition = known is not None
        now = known.submitted_at if known is not None and known.submitted_at is not None else now
    _, access = await both(desk.limits.spend_submission(actor.username), desk.access.contest(actor, wish.contest))
    problem = _check(desk, access, wish, now)
    if wish.webhook_url:
        await check_for_submission(desk, actor, wish.webhook_url)
    body = Submit(
        access.contest.alias, problem.alias, wish.language, wish.source, wish.filename[:_MOST_FILENAME], wish.priority, wish.webhook_url
    )
    pending = PendingSubmission(
        submission, contest=body.contest, problem=body.problem, username=actor.username, language=body.language,
        filename=body.filename, submitted_at=now,
    )  # fmt: skip
    if wish.key:
        await desk.repetitions.claim(submission, _digest(wish))
    command = desk.commands.make(actor.username, body, command=submission, at=now)
    _, failure = await both(_keep(desk, pending), _tried(desk.commands.publish(command)))
    if failure is not None:
        if is_repetition or failure.code != "queue-unavailable":  # nothing was taken by this request: it costs its author nothing
            await desk.limits.give_back_submission(actor.username)
        await _tell_failure(desk, command, pending, failure)


def _check(desk: Desk, access: ContestAccess, wish: Wish, now: datetime) -> ContestProblem:
    contest = access.contest
    if not access.is_jury:
        if access.contestant is None:
            if access.away is not None:
                raise access.away  # he may have registered just before
            raise Forbidden(f"you are not registered in {contest.title}; ask its organiser", code="not-registered")
        if now < contest.start:
            raise Conflict(f"{contest.title} has not begun", code="contest-not-started")
        if now >= contest.end:
            raise Conflict(f"{contest.title} is over", code="contest-ended")
    problem = contest.problem(wish.problem)
    if problem is None:
        raise NotFound(f"there is no problem {wish.problem!r} in {contest.title}", code="no-such-problem")
    _check_language(wish.language, contest.languages_for(problem))
    check_source(desk, wish.source)
    if _CONTROL.search(wish.filename[:_MOST_FILENAME]):
        raise Invalid("the name of the file has control characters: take them out, or send no filename", code="bad-filename")
    if wish.priority:
        is_on_board = access.contestant is not None and contest.phase(now) in {Phase.RUNNING, Phase.FROZEN}
        _check_priority(wish.priority, priorities.choices(is_in_charge=access.is_jury, is_on_board=is_on_board))
    return problem


def _check_language(language: str, taken: Sequence[str]) -> None:
    listed = ", ".join(taken) or "none: the contest and the problem have no language in common"
    if language not in LANGUAGES:
        raise Invalid(f"there is no language {language!r}; allowed here are {listed}", code="unknown-language")
    if language not in taken:
        raise Invalid(f"{language} is not allowed here; allowed are {listed}", code="language-not-allowed")


def _check_priority(wished: str, allowed: Sequence[str]) -> None:
    if wished not in PRIORITIES:
        raise Invalid(f"there is no priority {wished[:32]!r}; choose one of {', '.join(allowed)}", code="unknown-priority")
    if wished not in allowed:
        raise Forbidden(
            f"priority {wished!r} is for those who run the contest; choose one of {', '.join(allowed)}, or none", code="priority-not-allowed"
        )


async def _visible(desk: Desk, actor: Actor, submission: str) -> SubmissionDetail | None:
    try:
        return (await desk.access.submission(actor, submission))[0]
    except (NotFound, Unavailable):
        return None


async def _known(desk: Desk, submission: str, wish: Wish) -> PendingSubmission | None:
    """What an earlier request with this key handed in. Raises: `Conflict` (``idempotency-key-reused``) when it was something else."""
    is_same = await desk.repetitions.check(submission, _digest(wish))
    try:
        detail = await desk.submissions.find(submission)
    except Unavailable:
        return None  # sending it again under its id is harmless
    if detail is None:
        return None
    shown = detail.submission
    if not is_same and detail.source:  # a day later the record is asked, which does not know the wished priority
        recorded = replace(
            wish, problem=shown.problem, language=shown.language, source=detail.source, filename=shown.filename, webhook_url=detail.webhook_url
        )
        if _digest(recorded) != _digest(wish):
            raise reused()
    return PendingSubmission(submission, status=shown.status, submitted_at=shown.submitted_at)


async def _keep(desk: Desk, pending: PendingSubmission) -> None:
    try:
        await desk.pending.keep(pending)
    except Unavailable as away:
        desk.log.warning("overlay-away", submission=pending.id, why=away.code)


async def _tried(publishing: Coroutine[Any, Any, None]) -> MeshError | None:
    try:
        await publishing
    except MeshError as failure:
        return failure
    return None


async def _tell_failure(desk: Desk, command: Command, pending: PendingSubmission, failure: MeshError) -> None:
    """Takes the overlay back when the queue surely has nothing. When it may have, says so and sends it again until it has."""
    if failure.code != "queue-unavailable":
        with contextlib.suppress(Unavailable):
            await desk.pending.drop(pending.id, pending.username)
        await desk.repetitions.drop(pending.id)
        if not isinstance(failure, Unavailable):
            raise failure
        desk.log.warning("submission-not-taken", submission=pending.id, code=failure.code, reason=failure.message)
        raise Unavailable(
            "the queue takes nothing just now, so your submission was not taken: hand it in again in a moment",
            code=failure.code, retry_after_s=failure.retry_after_s or 5,
        ) from failure  # fmt: skip
    await desk.unsettled.take(command, pending)
    raise Unavailable(
        "the queue is away and it is not known whether your submission was taken. It is sent again by itself: look at your submissions "
        "in a moment before you hand it in anew; with the same Idempotency-Key it counts once",
        code=failure.code, retry_after_s=failure.retry_after_s or 5, details={"id": pending.id},
    ) from failure  # fmt: skip


def _digest(wish: Wish) -> str:
    parts = (wish.problem, wish.language, wish.source, wish.filename[:_MOST_FILENAME], wish.webhook_url, wish.priority)
    return hashlib.sha256(repr(parts).encode()).hexdigest()  # unlike the text itself, its repr can always be encoded
