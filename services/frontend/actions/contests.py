"""Owns the making and running of contests. Rules of a contest are the recorder's to refuse; rights are checked here."""

from __future__ import annotations

from mesh.errors import Conflict, Invalid, NotFound
from services.frontend.access import check_organiser
from services.frontend.actor import Actor
from services.frontend.desk import Desk
from services.frontend.languages import LANGUAGES
from wire.commands import ChangeContest, CreateContest, RegisterTeams, Team, ThawContest


_TEAMS_AT_ONCE = 1000
"""A command fits into one call; registering again changes nothing, so that parts are harmless."""


async def create_contest(desk: Desk, actor: Actor, wanted: CreateContest) -> None:
    """Makes a contest; the actor becomes its organiser.

    Raises: `Forbidden` (``not-organiser``), `Conflict` (``contest-exists``), `Invalid` (``contest-invalid``, ``unknown-language``),
    `NotFound` (``no-such-problem``).
    """
    check_organiser(actor)
    await _check(desk, actor, wanted)
    if await desk.contests.find(wanted.alias) is not None:
        raise Conflict(f"there is a contest {wanted.alias!r} already", code="contest-exists")
    await desk.commands.apply(desk.commands.make(actor.username, wanted))
    desk.access.forget_contest(wanted.alias)


async def change_contest(desk: Desk, actor: Actor, wanted: ChangeContest) -> None:
    """Changes a contest to what is wanted. Raises: `NotFound`, `Forbidden` (``not-jury``), `Invalid`."""
    access = await desk.access.contest_as_jury(actor, wanted.alias)
    await _check(desk, actor, wanted, {problem.alias for problem in access.contest.problems})
    await desk.commands.apply(desk.commands.make(actor.username, wanted))
    desk.access.forget_contest(wanted.alias)


async def thaw(desk: Desk, actor: Actor, contest: str) -> None:
    """Shows the public what the freeze hid. Raises: `NotFound`, `Forbidden` (``not-jury``), `Conflict` (``contest-not-over``)."""
    access = await desk.access.contest_as_jury(actor, contest)
    if access.now < access.contest.end:
        raise Conflict("the freeze is lifted after the end of the contest", code="contest-not-over")
    await desk.commands.apply(desk.commands.make(actor.username, ThawContest(contest)))
    desk.access.forget_contest(contest)


async def register_teams(desk: Desk, actor: Actor, contest: str, teams: tuple[Team, ...]) -> None:
    """Registers accounts as contestants; one already registered takes the new name and group.

    Raises: `NotFound` (``no-such-account``, with all of them in the details), `Forbidden` (``not-jury``), `Invalid` (``teams-invalid``).
    """
    await desk.access.contest_as_jury(actor, contest)
    names = [team.username for team in teams]
    if not teams or len(set(names)) != len(names):
        raise Invalid("name at least one team, and each username once", code="teams-invalid")
    missing = sorted(set(names) - await desk.accounts.which_exist(names))
    if missing:
        raise NotFound(f"there is no account {', '.join(missing[:20])}: create it first", code="no-such-account", details=missing)
    for start in range(0, len(teams), _TEAMS_AT_ONCE):
        part = RegisterTeams(contest, teams[start : start + _TEAMS_AT_ONCE])
        await desk.commands.apply(desk.commands.make(actor.username, part))
    desk.access.forget_contest(contest, names)


async def _check(desk: Desk, actor: Actor, wanted: CreateContest | ChangeContest, kept: set[str] | None = None) -> None:
    unknown = [language for language in wanted.languages if language not in LANGUAGES]
    if unknown:
        raise Invalid(f"there is no language {unknown[0]!r}; known are {', '.join(LANGUAGES)}", code="unknown-language")
    for problem in wanted.problems:
        if problem.alias not in (kept or set()):
            await desk.access.problem(actor, problem.alias)
