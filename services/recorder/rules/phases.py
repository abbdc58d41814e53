"""Owns the rule by which a contest is said to have started, frozen or ended: at its time, once. Never watches a clock: the scheduler does."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from contest.rules import ContestRules
from mesh.clock import iso, micros
from mesh.errors import Conflict
from mesh.ids import derived_id
from services.recorder import rows
from services.recorder.effects import Effects
from services.recorder.rules.rights import find_contest, require_service
from services.recorder.view import Needs, View
from wire import services
from wire.commands import Command, MarkPhase

PHASES_JOB: Final = "phases"
AT_ONCE: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
"""A due time that has passed by every clock."""


def boundaries_of(rules: ContestRules) -> list[tuple[str, datetime]]:
    """What comes to pass in a contest and when, in order."""
    found = [("started", rules.start), ("ended", rules.end)]
    if rules.freeze_start is not None:
        found.insert(1, ("frozen", rules.freeze_start))
    return found


def mark_id(contest: str, phase: str, at: datetime) -> str:
    """The id of the command that says so: a contest that is moved gets another one, a mark that is repeated the same."""
    return derived_id("phase", contest, phase, str(micros(at)))


def needs_of_mark(command: Command, needs: Needs) -> None:
    """The contest."""
    assert isinstance(command.body, MarkPhase)
    needs.contests.add(command.body.contest)


def mark_phase(command: Command, view: View) -> Effects:
    """The scheduler says so, when the time has come.

    Raises: `Forbidden` (``forbidden``), `NotFound` (``no-such-contest``), `Conflict` (``phase-not-reached``: the contest was moved).
    """
    body = command.body
    assert isinstance(body, MarkPhase)
    require_service(command, services.RECORDER)
    contest = find_contest(view, body.contest)
    at = dict(boundaries_of(contest.rules)).get(body.phase)
    tolerance = timedelta(seconds=view.bounds.clock_tolerance_s)
    if at is None or at > view.now + tolerance or command.id != mark_id(contest.alias, body.phase, at):
        raise Conflict(f"{contest.alias} has not {body.phase}: it was changed meanwhile", code="phase-not-reached")
    effects = Effects()
    effects.tell(contest.alias, f"contest-{body.phase}", alias=contest.alias, phase=body.phase, moment=iso(at))
    return effects


def pull_phases(view: View, effects: Effects) -> None:
    """A contest is made or moved: the scheduler shall look at once. In the same transaction, so that it cannot be forgotten."""
    job = view.find(rows.Job, PHASES_JOB)
    if job is not None:
        effects.change(job, due_at=AT_ONCE)
