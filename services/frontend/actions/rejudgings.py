"""Owns judging again as a set, and a person's word in place of a verdict. The recorder has the last word."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from contest.verdicts import Verdict
from mesh.errors import DeadlineExceeded, Forbidden, Invalid, MeshError, NotFound
from services.frontend.access import ContestAccess, check_signed_in
from services.frontend.actor import Actor
from services.frontend.applying import APPLYING
from services.frontend.desk import Desk
from wire.rejudging import READY, ApplyRejudging, DropRejudging, Filter, OpenRejudging, OverrideVerdict


APPLY_WAIT_S: Final = 8.0
"""Thousands of verdicts take seconds to be put in force, in one step; who waits for them is told by then that they will be."""


def with_aliases(access: ContestAccess, wanted: Filter) -> Filter:
    """The filter with problems by alias, where labels were given; a problem that left the contest is known by its alias alone."""
    named = [access.contest.problem(one) for one in wanted.problems]
    return replace(wanted, problems=tuple(found.alias if found else one for one, found in zip(wanted.problems, named, strict=True)))


async def open_set(desk: Desk, actor: Actor, wanted: OpenRejudging) -> str:
    """Has the submissions of a filter judged again beside what counts; returns the set's id.

    Raises: `NotFound` (``no-such-contest``), `Forbidden` (``not-jury``), `Invalid` (``rejudging-invalid``, ``rejudging-empty``),
    `TooLarge` (``rejudging-too-large``), `TooMany` (``too-many-rejudgings``).
    """
    access = await desk.access.contest_as_jury(actor, wanted.contest)
    command = desk.commands.make(actor.username, replace(wanted, contest=access.contest.alias, filter=with_aliases(access, wanted.filter)))
    await desk.commands.apply(command)
    return command.id


async def apply_set(desk: Desk, actor: Actor, rejudging: str, *, accept_judge_errors: bool = False) -> bool:
    """Makes the verdicts of a set those that count; False when that takes longer than somebody waits: it is being done.

    Raises: `NotFound`, `Conflict` (``rejudging-not-ready``, ``rejudging-settled``, ``rejudging-has-judge-errors``).
    """
    found, _ = await desk.access.rejudging(actor, rejudging)
    known = await desk.applying.command_of(found.id, actor.username)
    command = desk.commands.make(actor.username, ApplyRejudging(found.id, accept_judge_errors), command=known)
    if found.state in {READY, APPLYING}:  # any other is refused, and a note of it could outlive us
        await desk.applying.begin(found.id, actor.username, command.id)
    try:
        await desk.commands.apply(command, timeout_s=APPLY_WAIT_S)
    except DeadlineExceeded:
        return False
    except MeshError:
        await desk.applying.end(found.id)
        raise
    await desk.applying.end(found.id)
    return True


async def drop_set(desk: Desk, actor: Actor, rejudging: str) -> None:
    """Forgets a set. Raises: `NotFound`, `Conflict` (``rejudging-settled``)."""
    found, _ = await desk.access.rejudging(actor, rejudging)
    await desk.commands.apply(desk.commands.make(actor.username, DropRejudging(found.id)))


async def override(desk: Desk, actor: Actor, wanted: OverrideVerdict) -> None:
    """Puts a verdict in force by hand. Raises: `NotFound`, `Forbidden` (``not-jury``), `Invalid` (``override-invalid``)."""
    check_signed_in(actor)
    detail, access = await desk.access.submission(actor, wanted.submission)
    if not access.is_jury:
        raise Forbidden("only the jury may override a verdict", code="not-jury")
    if detail.submission.status in {"accepted", "refused"}:
        raise NotFound("this submission is not in the record", code="no-such-submission")
    if wanted.verdict not in Verdict.__members__:
        raise Invalid(f"there is no verdict {wanted.verdict[:16]!r}; choose one of {', '.join(Verdict)}", code="override-invalid")
    await desk.commands.apply(desk.commands.make(actor.username, wanted))
