"""Owns which languages a form offers: those that the contest allows and, when that is known, that a runner has."""

from __future__ import annotations

from services.frontend.access import ContestAccess
from services.frontend.desk import Desk
from services.frontend.languages import LANGUAGES, Language


async def languages_of(desk: Desk, access: ContestAccess) -> list[Language]:
    """The languages to choose from, in the usual order; all that are allowed when no runner is there to tell."""
    allowed = [language for language in LANGUAGES.values() if not access.contest.languages or language.id in access.contest.languages]
    have = await desk.judging.languages()
    offered = [language for language in allowed if have and language.id in have]
    return offered or allowed
