"""Owns the rules of judging again as a set: opened, made to count or forgotten as one. Never judges, never asks for a run.

A set is opened with what it shall judge; the job `services.recorder.schedule.filling` asks for its runs, a few at a time.
Which word counts when two speak of one submission: the one that was asked for later, whenever it came.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from contest.verdicts import Verdict
from mesh.clock import iso
from mesh.codec import as_builtins
from mesh.errors import Conflict, Invalid, NotFound, TooLarge, TooMany
from services.recorder import rows
from services.recorder.effects import Effects, LetGo, PutInForce
from services.recorder.rules.forms import TEXT_LIMIT, Faults
from services.recorder.rules.phases import AT_ONCE
from services.recorder.rules.problems import HASH_LIMIT
from services.recorder.rules.rights import run_contest
from services.recorder.rules.submissions import told
from services.recorder.rules.webhooks import tell_of_verdict
from services.recorder.view import Candidate, Needs, View
from wire.commands import Command
from wire.news import Headline, jury_topic
from wire.rejudging import (
    APPLIED, DROPPED, MOST_SUBMISSIONS, READY, RUNNING, ApplyRejudging, DropRejudging, OpenRejudging, Selection,
)  # fmt: skip

FILLING_JOB: Final = "rejudgings"
MOST_OPEN: Final = 20
"""Sets of a contest that are neither applied nor dropped."""


def needs_of_opening(command: Command, needs: Needs) -> None:
    """The contest, what the filter selects in it, and the job that asks for runs."""
    body = command.body
    assert isinstance(body, OpenRejudging)
    needs.contests.add(body.contest)
    needs.selections[command.id] = (body.contest, body.filter)
    needs.jobs.add(FILLING_JOB)
    if body.version:
        needs.versions.update((problem, body.version) for problem in body.filter.problems[:1])


def open_rejudging(command: Command, view: View) -> Effects:
    """Those who run the contest. What it judges and by which versions is settled here; the submissions stay as they are.

    Raises: `NotFound` (``no-such-contest``), `Forbidden` (``not-jury``), `Invalid` (``rejudging-invalid``, ``rejudging-empty``),
    `TooLarge` (``rejudging-too-large``), `TooMany` (``too-many-rejudgings``).
    """
    body = command.body
    assert isinstance(body, OpenRejudging)
    contest = run_contest(command, view, body.contest)
    _check_form(body)
    found = view.selections[command.id]
    if not found:
        raise Invalid(f"no judged submission of this contest fits the filter: choose less{_strangers(body, view)}", code="rejudging-empty")
    version = _published(body.filter.problems[0], body.version, view) if body.version else ""
    if len(found) > MOST_SUBMISSIONS:
        raise TooLarge(f"a set judges at most {MOST_SUBMISSIONS:,} submissions: narrow the filter and open several", code="rejudging-too-large")
    if view.open_sets[contest.alias] >= MOST_OPEN:
        raise TooMany(f"{contest.alias} has {MOST_OPEN} open sets: apply or drop some first", code="too-many-rejudgings")
    selection = Selection(tuple(one for one, _ in found), {problem: version or _version(view, problem) for problem in {of for _, of in found}})
    row = rows.Rejudging(
        command.id, contest.alias, command.actor, body.reason.strip(), as_builtins(body.filter), version, RUNNING, len(found), 0, view.now,
        selected=as_builtins(selection),
    )
    effects = Effects()
    effects.insert(row)
    job = view.find(rows.Job, FILLING_JOB)
    if job is not None:
        effects.change(job, due_at=AT_ONCE)
    effects.tell(
        contest.alias, "rejudging-opened", id=row.id, count=row.count, reason=row.reason, filter=row.filter, version=row.version,
    )  # fmt: skip
    return effects


def needs_of_applying(command: Command, needs: Needs) -> None:
    """The set with its runs and what is in force beside them; contest, authors and their webhooks follow."""
    assert isinstance(command.body, ApplyRejudging)
    needs.rejudgings.add(command.body.rejudging)
    needs.applied_sets.add(command.body.rejudging)


def apply_rejudging(command: Command, view: View) -> Effects:
    """Those who run the contest, when every run has its verdict. What was judged anew or overridden since stays as it is.

    Raises: `NotFound` (``no-such-rejudging``), `Forbidden` (``not-jury``), `Conflict` (``rejudging-not-ready``, ``rejudging-settled``,
    ``rejudging-has-judge-errors``).
    """
    body = command.body
    assert isinstance(body, ApplyRejudging)
    row = _open_set(command, view, body.rejudging)
    if row.state != READY:
        raise Conflict(f"{row.count - row.judged:,} of {row.count:,} runs have no verdict yet: wait, or drop the set", code="rejudging-not-ready")
    found = view.candidates[row.id]
    kept = tuple(one.run for one in found if not one.is_due)
    changes = [one for one in found if one.is_change]
    broken = sum(one.verdict == Verdict.JE for one in changes)
    if broken and not body.accept_judge_errors:
        raise Conflict(
            f"{broken:,} verdicts would become judge errors: find out what was wrong and open another set, or say that you accept them",
            code="rejudging-has-judge-errors",
        )
    effects = Effects()
    effects.change(
        row, state=APPLIED, settled_at=view.now, settled_by=command.actor, changed=len(changes), kept=len(kept), selected=None,
    )  # fmt: skip
    effects.settle_set(PutInForce(row.id, kept))
    effects.tell(row.contest, "rejudging-applied", id=row.id, count=row.count, changed=len(changes), kept=len(kept))
    for one in changes:
        _tell_change(one, row, view, effects)
    return effects


def needs_of_dropping(command: Command, needs: Needs) -> None:
    """The set; its contest follows."""
    assert isinstance(command.body, DropRejudging)
    needs.rejudgings.add(command.body.rejudging)


def drop_rejudging(command: Command, view: View) -> Effects:
    """Those who run the contest, at any time before it is applied. Runs that wait end without a verdict.

    Raises: `NotFound` (``no-such-rejudging``), `Forbidden` (``not-jury``), `Conflict` (``rejudging-settled``).
    """
    body = command.body
    assert isinstance(body, DropRejudging)
    row = _open_set(command, view, body.rejudging)
    effects = Effects()
    effects.change(row, state=DROPPED, settled_at=view.now, settled_by=command.actor, selected=None)
    effects.settle_set(LetGo(row.id, row.created_at))
    effects.tell(row.contest, "rejudging-dropped", id=row.id, count=row.count, judged=row.judged)
    return effects


def count_verdict(row: rows.Rejudging, view: View, effects: Effects) -> None:
    """One more run of a set has its verdict; with the last one it is ready."""
    if row.state != RUNNING:
        return
    judged = row.judged + 1
    if judged < row.count:
        effects.change(row, judged=judged)
        effects.hint(jury_topic(row.contest), headline_of(row, judged, view.now))
        return
    effects.change(row, judged=judged, state=READY)
    effects.tell(row.contest, "rejudging-ready", id=row.id, count=row.count)


def headline_of(row: rows.Rejudging, judged: int, at: datetime) -> Headline:
    """What the jury is told of a set while it runs."""
    told = {"id": row.id, "contest": row.contest, "state": RUNNING, "count": row.count, "judged": judged}
    return Headline("rejudging", iso(at), told)


def _tell_change(one: Candidate, row: rows.Rejudging, view: View, effects: Effects) -> None:
    submission = view.find(rows.Submission, one.submission)
    assert submission is not None, "what a set changes is loaded with it"
    now: dict[str, Any] = {"verdict": one.verdict, "score": one.score, "time_ms": one.time_ms, "memory_bytes": one.memory_bytes}
    judged = rows.changed(submission, {"run": one.run, "status": "judged", "judged_at": view.now, **now})
    run = view.find(rows.Run, one.run)
    assert run is not None, "what a set changes is loaded with it"
    tell_of_verdict(judged, run, view, effects)
    effects.tell(
        row.contest, "judged", **told(judged, view), verdict=one.verdict, score=as_builtins(one.score), time_ms=one.time_ms,
        memory_bytes=one.memory_bytes, is_in_force=True, rejudging=row.id, was_verdict=one.was_verdict,
    )  # fmt: skip


def _open_set(command: Command, view: View, rejudging: str) -> rows.Rejudging:
    row = view.find(rows.Rejudging, rejudging)
    if row is None:
        raise NotFound(f"there is no set of rejudges {rejudging[:64]}", code="no-such-rejudging")
    run_contest(command, view, row.contest)
    if row.state in {APPLIED, DROPPED}:
        raise Conflict(f"this set was {row.state} by {row.settled_by} already: nothing is left to decide", code="rejudging-settled")
    return row


def _strangers(body: OpenRejudging, view: View) -> str:
    """Problems of the filter that the contest does not have, which may be why nothing fits it."""
    known = {shown.alias for shown in view.problems_of(body.contest)}
    strange = [one[:64] for one in body.filter.problems if one not in known]
    return f" ({body.contest} has no problem {', '.join(strange[:10])})" if strange else ""


def _version(view: View, problem: str) -> str:
    row = view.find(rows.Problem, problem)
    assert row is not None, "what was submitted to is recorded"
    return row.version


def _published(alias: str, wanted: str, view: View) -> str:
    """The judging version that is meant, by itself or by its commit."""
    problem = view.find(rows.Problem, alias)
    if problem is not None and wanted in {problem.version, problem.commit_hash}:
        return problem.version
    if not (version := view.known_versions.get((alias, wanted), "")):
        raise Invalid(f"{alias} never had the version {wanted}, nor that commit: choose one that was published, or none for the newest", code="rejudging-invalid")
    return version


def _check_form(body: OpenRejudging) -> None:
    faults, asked = Faults(), body.filter
    faults.check_line("the reason", body.reason, TEXT_LIMIT)
    for verdict in asked.verdicts:
        faults.unless(verdict in Verdict.__members__, f"there is no verdict {verdict[:16]!r}")
    for what, values in (("submissions", asked.submissions), ("users", asked.usernames)):
        faults.unless(len(values) <= MOST_NAMED, f"at most {MOST_NAMED:,} {what} can be named")
    if body.version:
        faults.unless(body.version.isalnum() and len(body.version) <= HASH_LIMIT, "the version is not a hash")
        faults.unless(len(asked.problems) == 1, "a version is of one problem: let the filter name just that one")
    faults.refuse("rejudging-invalid")


MOST_NAMED: Final = 1_000
"""Submissions or accounts that a filter may name."""
