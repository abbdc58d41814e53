"""Owns which languages a form offers: those that the contest allows, each with whether a runner has it now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from services.frontend.access import ContestAccess
from services.frontend.desk import Desk
from services.frontend.languages import LANGUAGES, Language


@dataclass(frozen=True, slots=True)
class Choice:
    """A language to choose. ``is_had`` is false when it is known that no runner has it: what is submitted in it would wait."""

    id: str
    name: str
    extensions: tuple[str, ...]
    is_had: bool


async def languages_of(desk: Desk, access: ContestAccess) -> list[Choice]:
    """The languages to choose from, in the usual order: those that the contest names; else all that runners have."""
    named = access.contest.languages
    choices = await choices_among(desk, (language for language in LANGUAGES.values() if not named or language.id in named))
    return choices if named else [choice for choice in choices if choice.is_had] or choices


async def choices_among(desk: Desk, languages: Iterable[Language]) -> list[Choice]:
    """The languages as choices; all can be chosen while no runner is there to tell."""
    have = await desk.judging.languages()
    return [Choice(one.id, one.name, one.extensions, is_had=not have or one.id in have) for one in languages]
