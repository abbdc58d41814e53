"""Owns the rules of registration. Never makes an account: contestants are accounts that exist."""

from __future__ import annotations

from collections import Counter

from mesh.errors import NotFound
from services.recorder import rows
from services.recorder.effects import Effects
from services.recorder.rules.forms import Faults, listed
from services.recorder.rules.rights import run_contest
from services.recorder.view import Needs, View
from wire.commands import Command, RegisterTeams

MOST_TEAMS = 20_000


def needs_of_teams(command: Command, needs: Needs) -> None:
    """The contest, the accounts, and who is registered already."""
    body = command.body
    assert isinstance(body, RegisterTeams)
    needs.contests.add(body.contest)
    needs.accounts.update(team.username for team in body.teams)
    needs.contestants.update((body.contest, team.username) for team in body.teams)


def register_teams(command: Command, view: View) -> Effects:
    """Those who run the contest; one already registered takes the new name and group.

    Raises: `NotFound` (``no-such-contest``, ``no-such-account`` naming every one that is missing), `Forbidden`
    (``not-jury``), `Invalid` (``teams-invalid``).
    """
    body = command.body
    assert isinstance(body, RegisterTeams)
    contest = run_contest(command, view, body.contest)
    _check(body)
    missing = [team.username for team in body.teams if view.find(rows.Account, team.username) is None]
    if missing:
        raise NotFound(f"there are no accounts {listed(missing)}; create them first", code="no-such-account", details=missing)
    effects = Effects()
    for team in body.teams:
        known = view.find(rows.Contestant, contest.alias, team.username)
        if known is None:
            effects.insert(rows.Contestant(contest.alias, team.username, team.name, team.group, view.now))
        elif (known.name, known.team_group) != (team.name, team.group):
            effects.change(known, name=team.name, team_group=team.group)
    if effects.inserts or effects.changes:
        effects.tell(contest.alias, "teams-registered", usernames=[team.username for team in body.teams])
    return effects


def _check(body: RegisterTeams) -> None:
    faults = Faults()
    faults.unless(0 < len(body.teams) <= MOST_TEAMS, f"between 1 and {MOST_TEAMS} teams at once")
    twice = sorted(name for name, times in Counter(team.username for team in body.teams).items() if times > 1)
    faults.unless(not twice, f"username given twice: {listed(twice)}")
    for team in body.teams:
        faults.check_line(f"name of {team.username[:64]}", team.name)
        faults.check_line(f"group of {team.username[:64]}", team.group, is_optional=True)
    faults.refuse("teams-invalid")
