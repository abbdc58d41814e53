"""Owns the rules of contests: made, changed, thawed. Never of what happens in one."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from contest import visibility
from contest.rules import Phase
from mesh.errors import Conflict
from services.recorder import rows
from services.recorder.effects import Effects
from services.recorder.rules.forms import LONG_TEXT_LIMIT_BYTES, Faults, is_alias, is_color, is_label, listed
from services.recorder.rules.phases import PHASES_JOB, pull_phases
from services.recorder.rules.rights import actor_of, require, run_contest, viewer_as
from services.recorder.view import Needs, View
from wire.commands import ChangeContest, Command, CreateContest, ThawContest

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
LONGEST = timedelta(days=366 * 2)
MOST_PROBLEMS = 200
MOST_PENALTY_S = 24 * 3600
MOST_POINTS = 1_000_000
POINTS_DENOMINATOR = 1_000_000


def needs_of_contest(command: Command, needs: Needs) -> None:
    """The contest as it is, and the problems that it shall have."""
    body = command.body
    assert isinstance(body, CreateContest | ChangeContest | ThawContest)
    if isinstance(body, ThawContest):
        needs.contests.add(body.contest)
        return
    needs.contests.add(body.alias)
    needs.jobs.add(PHASES_JOB)
    needs.problems.update(problem.alias for problem in body.problems)
    if isinstance(body, ChangeContest):
        needs.used_problems.add(body.alias)


def create_contest(command: Command, view: View) -> Effects:
    """Organisers and admins; whoever creates it runs it.

    Raises: `Forbidden` (``forbidden``), `Invalid` (``contest-invalid``), `Conflict` (``contest-exists``).
    """
    body = command.body
    assert isinstance(body, CreateContest)
    account = actor_of(command, view)
    require(visibility.may_create_contest(viewer_as(account)), "admins and organisers")
    _check(body, account, frozenset(), view)
    if view.find(rows.Contest, body.alias) is not None:
        raise Conflict(f"there is a contest {body.alias} already; choose another alias", code="contest-exists")
    effects = Effects()
    effects.insert(_row(body, account.username, view.now))
    for place, problem in enumerate(body.problems):
        effects.insert(rows.ContestProblem(body.alias, problem.alias, place, problem.label, problem.color, problem.points))
    pull_phases(view, effects)
    effects.tell(body.alias, "contest-created", alias=body.alias)
    return effects


def change_contest(command: Command, view: View) -> Effects:
    """Those who run it, at any time; a problem that somebody has submitted to stays.

    Raises: `NotFound` (``no-such-contest``), `Forbidden` (``not-jury``), `Invalid` (``contest-invalid``).
    """
    body = command.body
    assert isinstance(body, ChangeContest)
    contest = run_contest(command, view, body.alias)
    shown = {problem.alias: problem for problem in view.problems_of(body.alias)}
    _check(body, actor_of(command, view), frozenset(shown), view)
    effects = Effects()
    wanted = _row(body, contest.organiser, contest.created_at)
    is_still_thawed = contest.thawed_at is not None and contest.thawed_at >= body.start + timedelta(seconds=body.duration_s)
    kept = replace(wanted, seq=contest.seq, thawed_at=contest.thawed_at if is_still_thawed else None)
    effects.change(contest, **{name: value for name, value in rows.values_of(kept).items() if name not in {"alias", "seq"}})
    for place, problem in enumerate(body.problems):
        row = rows.ContestProblem(body.alias, problem.alias, place, problem.label, problem.color, problem.points)
        if problem.alias in shown:
            effects.change(shown[problem.alias], place=place, label=row.label, color=row.color, points=row.points)
        else:
            effects.insert(row)
    gone = set(shown) - {problem.alias for problem in body.problems}
    for alias in sorted(gone):
        effects.delete(shown[alias])
    pull_phases(view, effects)
    effects.tell(body.alias, "contest-changed", alias=body.alias)
    return effects


def thaw_contest(command: Command, view: View) -> Effects:
    """Those who run it, after the end. Thawing again changes nothing.

    Raises: `NotFound` (``no-such-contest``), `Forbidden` (``not-jury``), `Conflict` (``contest-not-over``, ``no-freeze``).
    """
    body = command.body
    assert isinstance(body, ThawContest)
    contest = run_contest(command, view, body.contest)
    if contest.rules.freeze_start is None:
        raise Conflict(f"{contest.alias} has no freeze to lift", code="no-freeze")
    if contest.rules.phase(view.now) is not Phase.ENDED:
        raise Conflict(f"{contest.alias} is not over; the freeze can be lifted after its end", code="contest-not-over")
    effects = Effects()
    if contest.thawed_at is None:
        effects.change(contest, thawed_at=view.now)
        effects.tell(contest.alias, "contest-thawed", alias=contest.alias)
    return effects


def _row(body: CreateContest | ChangeContest, organiser: str, created_at: datetime) -> rows.Contest:
    return rows.Contest(
        alias=body.alias, title=body.title, description=body.description, organiser=organiser, mode=body.mode.value,
        start_at=body.start, duration_s=body.duration_s, freeze_s=body.freeze_s, penalty_s=body.penalty_s, thawed_at=None,
        languages=list(body.languages), is_public=body.is_public, seq=0, created_at=created_at,
        feedback=body.feedback, compile_feedback=body.compile_feedback,
    )  # fmt: skip


def _check(body: CreateContest | ChangeContest, account: rows.Account, shown: frozenset[str], view: View) -> None:
    faults = Faults()
    faults.unless(is_alias(body.alias), f"alias {body.alias[:64]!r}: letters, digits, _ and - only, at most 64")
    faults.check_line("title", body.title)
    faults.check_text("description", body.description, LONG_TEXT_LIMIT_BYTES // 4, is_optional=True)
    if body.start.tzinfo is None:
        faults.add("start must say its time zone")
    else:
        faults.unless(EARLIEST <= body.start < LATEST, f"start must lie between {EARLIEST.year} and {LATEST.year}")
    is_sane = 0 < body.duration_s <= LONGEST.total_seconds()
    faults.unless(is_sane, f"duration_s must be positive and at most {LONGEST.days} days")
    faults.unless(0 <= body.freeze_s <= max(body.duration_s, 0), "freeze_s must lie between 0 and duration_s")
    faults.unless(0 <= body.penalty_s <= MOST_PENALTY_S, f"penalty_s must lie between 0 and {MOST_PENALTY_S}")
    faults.unless(body.feedback in visibility.FEEDBACK, f"feedback {body.feedback[:32]!r} is none of {', '.join(visibility.FEEDBACK)}")
    known = visibility.COMPILE_FEEDBACK
    faults.unless(body.compile_feedback in known, f"compile_feedback {body.compile_feedback[:32]!r} is none of {', '.join(known)}")
    unknown = sorted(set(body.languages) - view.bounds.languages)
    faults.unless(not unknown, f"unknown languages: {listed(unknown)}")
    _check_problems(body, account, shown, view, faults)
    faults.refuse("contest-invalid")


def _check_problems(
    body: CreateContest | ChangeContest, account: rows.Account, shown: frozenset[str], view: View, faults: Faults
) -> None:
    faults.unless(len(body.problems) <= MOST_PROBLEMS, f"at most {MOST_PROBLEMS} problems")
    for what, values in (("problem", [one.alias for one in body.problems]), ("label", [one.label for one in body.problems])):
        twice = sorted(value for value, times in Counter(values).items() if times > 1)
        faults.unless(not twice, f"{what} given twice: {listed(twice)}")
    for problem in body.problems:
        known = view.find(rows.Problem, problem.alias)
        if known is None:
            faults.add(f"there is no problem {problem.alias[:64]}")
        elif problem.alias not in shown and not visibility.may_change_problem(viewer_as(account), known.owner):
            faults.add(f"problem {problem.alias} belongs to {known.owner}; only its owner and admins may show it")
        faults.unless(is_label(problem.label), f"label {problem.label[:16]!r}: letters, digits, _ and - only, at most 16")
        faults.unless(is_color(problem.color), f"color {problem.color[:16]!r} is not a hex colour such as #ff8800")
        is_sane = 0 < problem.points <= MOST_POINTS and problem.points.denominator <= POINTS_DENOMINATOR
        faults.unless(is_sane, f"points of {problem.alias[:64]} must be positive and at most {MOST_POINTS}")
    stuck = sorted((shown - {problem.alias for problem in body.problems}) & view.used_problems(body.alias))
    faults.unless(not stuck, f"somebody has submitted to {listed(stuck)}: these problems must stay")
