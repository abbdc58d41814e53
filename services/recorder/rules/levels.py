"""Owns the rule by which a submission that waits is moved to another level of judging. Never judges."""

from __future__ import annotations

from dataclasses import replace

from mesh.errors import Conflict, Invalid, NotFound
from mesh.ids import derived_id
from services.recorder import rows
from services.recorder.effects import Effects
from services.recorder.rules.rights import run_contest
from services.recorder.rules.submissions import told, work_of
from services.recorder.view import Needs, View
from wire.commands import Command, SetPriority
from wire.queues import PRIORITIES


def needs_of_priority(command: Command, needs: Needs) -> None:
    """The submission with its source and its run in force; its contest follows."""
    body = command.body
    assert isinstance(body, SetPriority)
    needs.submissions.add(body.submission)
    needs.sources.add(body.submission)
    needs.runs_in_force.add(body.submission)


def set_priority(command: Command, view: View) -> Effects:
    """Those who run the contest, while there is no verdict: the same run is asked for once more, at the new level.

    The copy at the old level stays where it is; the grader knows both by their run and judges it once.
    Raises: `NotFound` (``no-such-submission``), `Forbidden` (``not-jury``), `Invalid` (``unknown-priority``), `Conflict` (``submission-judged``).
    """
    body = command.body
    assert isinstance(body, SetPriority)
    submission = view.find(rows.Submission, body.submission)
    if submission is None:
        raise NotFound(f"there is no submission {body.submission}", code="no-such-submission")
    contest = run_contest(command, view, submission.contest)
    if body.priority not in PRIORITIES:
        raise Invalid(f"there is no priority {body.priority[:32]!r}; choose one of {', '.join(PRIORITIES)}", code="unknown-priority")
    run = view.find(rows.Run, submission.run)
    if run is None or run.judged_at is not None:
        raise Conflict("the submission has its verdict: there is nothing left to move", code="submission-judged")
    effects = Effects()
    if run.priority == body.priority:
        return effects
    moved = replace(run, priority=body.priority, sends=run.sends + 1, sent_at=view.now)
    effects.change(run, priority=moved.priority, sends=moved.sends, sent_at=moved.sent_at)
    languages = tuple(contest.languages)
    effects.give(work_of(submission, moved, languages, view.now, message_id=derived_id("moved", command.id), feedback=contest.feedback))
    effects.tell(contest.alias, "priority-set", **told(submission, view), priority=moved.priority, was=run.priority)
    return effects
