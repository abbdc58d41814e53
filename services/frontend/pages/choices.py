"""Owns which languages a form offers: those that the contest and the problem take, each with whether a runner has it now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mesh.errors import MeshError
from services.frontend.access import ContestAccess
from services.frontend.desk import Desk
from services.frontend.languages import LANGUAGES, Language, versions_of
from services.frontend.reads.contests import ContestProblem
from wire.languages import ONLY_WHEN_NAMED
from wire.runners import RunnerStatus


@dataclass(frozen=True, slots=True)
class Choice:
    """A language to choose. ``is_had`` is false when it is known that no runner has it: what is submitted in it would wait.

    ``versions`` are what its runners say; ``labels`` are the problems that take it, where a form is for several.
    """

    id: str
    name: str
    extensions: tuple[str, ...]
    is_had: bool
    versions: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


async def languages_of(desk: Desk, access: ContestAccess, problem: ContestProblem | None = None) -> list[Choice]:
    """The languages to choose from, in the usual order, for one problem or for all of them: those that the contest or a problem names;
    where none is named, those that runners have.
    """
    contest = access.contest
    shown = (problem,) if problem is not None else contest.problems if access.shows_problems else ()
    taken = {one.label: contest.languages_for(one) for one in shown}
    named = {*contest.languages, *(language for one in shown for language in one.languages)}
    offered = [one for one in LANGUAGES.values() if any(one.id in languages for languages in taken.values())]
    choices = _choices(offered, await _runners(desk), taken)
    return [choice for choice in choices if choice.is_had or choice.id in named] or choices


async def languages_to_allow(desk: Desk) -> list[Choice]:
    """The languages that a contest may narrow itself to; a text is taken where a problem asks for one, whatever the contest says."""
    return _choices((one for one in LANGUAGES.values() if one.id not in ONLY_WHEN_NAMED), await _runners(desk), {})


async def every_language(desk: Desk) -> list[Choice]:
    """All there are, with what runners say of them."""
    return _choices(LANGUAGES.values(), await _runners(desk), {})


def _choices(languages: Iterable[Language], runners: tuple[RunnerStatus, ...], taken: dict[str, tuple[str, ...]]) -> list[Choice]:
    """The languages as choices; all can be chosen while no runner is there to tell."""
    have = {language for runner in runners for language in runner.languages}
    versions = versions_of(runners)
    return [
        Choice(
            one.id, one.name, one.extensions, is_had=not have or one.id in have, versions=versions.get(one.id, ()),
            labels=tuple(label for label, languages in taken.items() if one.id in languages),
        )
        for one in languages
    ]  # fmt: skip


async def _runners(desk: Desk) -> tuple[RunnerStatus, ...]:
    try:
        return (await desk.judging.status()).runners
    except MeshError:
        return ()
