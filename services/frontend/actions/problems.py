"""Owns the bringing of problem packages. Never opens one: the gitserver does, and says every error at once."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

from contest import visibility
from mesh.errors import Forbidden, Invalid, MeshError
from mesh.ids import derived_id
from services.frontend.access import check_organiser, check_signed_in
from services.frontend.actor import Actor
from services.frontend.commands import as_service
from services.frontend.desk import Desk
from services.frontend.reads.problems import Problem
from wire.commands import RecordProblem
from wire.problems import ImportAnswer, ImportRequest
from wire.services import GITSERVER

_ALIAS = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Imported:
    """An accepted package. ``is_recorded`` is False when the recorder is away: it is recorded as soon as it is back."""

    answer: ImportAnswer
    is_recorded: bool


async def upload_problem(desk: Desk, actor: Actor, alias: str, chunks: AsyncIterator[bytes]) -> Imported:
    """Brings a zip of a package; an alias that exists gets a new version, if it is the actor's.

    Raises: `Forbidden` (``not-organiser``, ``not-owner``), `Invalid` (``bad-alias``; what the gitserver finds, in the
    details), `TooLarge`, `Unavailable`.
    """
    check_organiser(actor)
    if alias:
        await check_alias(desk, actor, alias)
    answer = await desk.packages.import_zip(ImportRequest(alias, actor.username), chunks)
    command = as_service(desk.commands.make(actor.username, wish_of(answer), command=recording_id(answer)), GITSERVER)
    try:
        await desk.commands.apply(command, reader=actor.username)
    except MeshError as away:
        if not away.is_retryable:
            raise
        desk.log.warning("import-not-recorded-yet", alias=answer.card.alias, why=away.code)
        return Imported(answer, is_recorded=False)
    return Imported(answer, is_recorded=True)


async def list_own(desk: Desk, actor: Actor) -> list[Problem]:
    """The problems that the actor may change: an admin all, others their own."""
    check_signed_in(actor)
    return await (desk.problems.list_all() if actor.is_admin else desk.problems.owned_by(actor.username))


async def check_alias(desk: Desk, actor: Actor, alias: str) -> None:
    """Lets pass an alias that is free or the actor's own. Raises: `Invalid` (``bad-alias``), `Forbidden` (``not-owner``)."""
    if not _ALIAS.fullmatch(alias):
        raise Invalid("an alias has 1 to 64 small letters, digits, - and _, and begins and ends with a letter or digit", code="bad-alias")
    known = await desk.problems.find(alias)
    if known is not None and not visibility.may_change_problem(actor.viewer, known.owner):
        raise Forbidden(f"the problem {alias!r} belongs to somebody else", code="not-owner")


def wish_of(answer: ImportAnswer) -> RecordProblem:
    """The change of the record that follows from an accepted package: the very one that the gitserver publishes."""
    card = answer.card
    return RecordProblem(
        alias=card.alias, title=card.title, commit=card.commit, version=card.version, limits=card.limits, owner=answer.owner,
        case_count=card.case_count, samples=len(card.samples),
        statement_languages=tuple(dict.fromkeys(statement.language for statement in card.statements)),
        has_pdf=any(statement.format == "pdf" for statement in card.statements), is_scoring=card.is_scoring, max_score=card.max_score,
        languages=card.languages,
    )  # fmt: skip


def recording_id(answer: ImportAnswer) -> str:
    """The id under which it is applied once, whoever asks first."""
    return derived_id("problem", answer.card.alias, answer.card.commit)
