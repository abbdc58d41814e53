"""Owns the rules of submissions and rejudges, and the work that follows from them. Never judges."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from contest import visibility
from contest.rules import Phase
from contest.visibility import Viewer
from mesh.clock import iso, micros
from mesh.codec import encode
from mesh.errors import Conflict, Forbidden, Invalid, NotFound, TooLarge
from mesh.ids import derived_id
from mesh.outside import fault_of_url
from services.recorder import rows
from services.recorder.effects import Effects
from services.recorder.rules.forms import SOURCE_LIMIT_BYTES, Faults
from services.recorder.rules.rights import enter_contest, problem_in, run_contest
from services.recorder.view import Needs, View
from wire import priorities
from wire.commands import Command, Rejudge, Submit
from wire.judging import JudgeSubmission
from wire.languages import allowed
from wire.queues import SUBMISSIONS

FILENAME_LIMIT = 200


def needs_of_submission(command: Command, needs: Needs) -> None:
    """The contest, the problem, and whether the author is a contestant."""
    body = command.body
    assert isinstance(body, Submit)
    needs.contests.add(body.contest)
    needs.problems.add(body.problem)
    needs.contestants.add((body.contest, command.actor))


def submit(command: Command, view: View) -> Effects:
    """Contestants while the contest runs (by the time of the wish, however late it comes); those who run it always, off the board.

    Raises: `NotFound` (``no-such-contest``, ``no-such-problem``), `Forbidden` (``not-registered``, ``priority-not-allowed``), `Conflict`
    (``contest-not-started``, ``contest-ended``), `TooLarge` (``source-too-large``), `Invalid` (``language-not-allowed``,
    ``submission-invalid``, ``clock-ahead``).
    """
    body = command.body
    assert isinstance(body, Submit)
    contest, viewer = enter_contest(command, view, body.contest)
    is_on_board = _is_on_board(command, contest, viewer, view)
    problem_in(view, contest.alias, body.problem)
    _check_form(body)
    _check_language(body, contest, view.find(rows.Problem, body.problem), view)
    row = rows.Submission(
        id=command.id, contest=contest.alias, problem=body.problem, username=command.actor, language=body.language,
        filename=body.filename, source=body.source, submitted_at=command.at, recorded_at=view.now,
        priority=_priority(body.priority, viewer, is_on_board=is_on_board), is_on_board=is_on_board, status="queued",
        run=derived_id("run", command.id), verdict=None, score=None, time_ms=None, memory_bytes=None, judged_at=None,
        correlation=command.correlation, webhook_url=body.webhook_url or None,
    )  # fmt: skip
    effects = Effects()
    effects.insert(row)
    _judge(row, contest, view, effects)
    effects.tell(contest.alias, "submitted", **told(row, view))
    return effects


def needs_of_rejudge(command: Command, needs: Needs) -> None:
    """The submission with its source; its contest and problem follow."""
    assert isinstance(command.body, Rejudge)
    needs.submissions.add(command.body.submission)
    needs.sources.add(command.body.submission)


def rejudge(command: Command, view: View) -> Effects:
    """Those who run the contest; a new run, against the problem's newest version, behind everybody else's work.

    Raises: `NotFound` (``no-such-submission``), `Forbidden` (``not-jury``), `Conflict` (``submission-in-judging``).
    """
    body = command.body
    assert isinstance(body, Rejudge)
    known = view.find(rows.Submission, body.submission)
    if known is None:
        raise NotFound(f"there is no submission {body.submission}", code="no-such-submission")
    contest = run_contest(command, view, known.contest)
    if known.status != "judged":
        raise Conflict("the submission is being judged; wait for its verdict", code="submission-in-judging")
    run = derived_id("run", command.id)
    effects = Effects()
    effects.change(known, run=run, status="queued", verdict=None, score=None, time_ms=None, memory_bytes=None, judged_at=None)
    row = replace(known, run=run, priority="low")
    _judge(row, contest, view, effects)
    effects.tell(contest.alias, "rejudged", **told(row, view))
    return effects


def told(row: rows.Submission, view: View) -> dict[str, Any]:
    """What every event about a submission says of it; ``submitted_us`` is the time that counts, exactly."""
    return {
        "id": row.id, "problem": row.problem, "label": view.label_of(row.contest, row.problem), "username": row.username,
        "team": view.team_of(row.contest, row.username), "language": row.language, "at": iso(row.submitted_at),
        "submitted_us": micros(row.submitted_at), "run": row.run, "is_on_board": row.is_on_board,
    }  # fmt: skip


def work_of(
    submission: rows.Submission, run: rows.Run, allowed_languages: tuple[str, ...], now: datetime, *, message_id: str = "", feedback: str = "verdict"
) -> rows.Work:
    """The message that asks for a run to be judged; its id is the run's unless another is given, so that sending it again is harmless."""
    message = JudgeSubmission(
        run=run.id, submission=submission.id, contest=submission.contest, problem=submission.problem, version=run.version,
        language=submission.language, source=submission.source, author=submission.username, priority=run.priority,
        filename=submission.filename, correlation=submission.correlation, allowed_languages=allowed_languages, sends=run.sends,
        feedback=feedback,
        rejudging=run.rejudging or "",
    )  # fmt: skip
    return rows.Work(message_id or run.id, SUBMISSIONS[run.priority].name, encode(message), submission.correlation, now)


def _judge(row: rows.Submission, contest: rows.Contest, view: View, effects: Effects) -> None:
    problem = view.find(rows.Problem, row.problem)
    if problem is None:
        raise NotFound(f"there is no problem {row.problem}", code="no-such-problem")
    run = rows.Run(row.run, row.id, problem.version, row.priority, created_at=view.now, sent_at=view.now, sends=1)
    effects.insert(run)
    effects.give(work_of(row, run, tuple(contest.languages), view.now, feedback=contest.feedback))


def _check_form(body: Submit) -> None:
    size_bytes = len(body.source.encode())
    if size_bytes > SOURCE_LIMIT_BYTES:
        raise TooLarge(f"the source has {size_bytes} bytes; at most {SOURCE_LIMIT_BYTES} are taken", code="source-too-large")
    faults = Faults()
    faults.unless(bool(body.source.strip()), "the source is empty")
    faults.unless("\x00" not in body.source, "the source has NUL characters: submit text")
    faults.check_line("filename", body.filename, FILENAME_LIMIT, is_optional=True)
    fault = fault_of_url(body.webhook_url) if body.webhook_url else ""
    faults.unless(not fault, f"webhook_url cannot be called: {fault}")
    faults.refuse("submission-invalid")


def _check_language(body: Submit, contest: rows.Contest, problem: rows.Problem | None, view: View) -> None:
    taken = allowed(contest.languages, (problem.languages if problem else None) or ())
    if body.language not in view.bounds.languages.intersection(taken):
        told = f"choose one of {', '.join(taken)}" if taken else "the contest and the problem have none in common: tell the jury"
        raise Invalid(f"{body.language[:32]!r} is not a language for this problem here; {told}", code="language-not-allowed")


def _is_on_board(command: Command, contest: rows.Contest, viewer: Viewer, view: View) -> bool:
    if command.at > view.now + timedelta(seconds=view.bounds.clock_tolerance_s):
        raise Invalid("the submission comes from the future: a server's clock is wrong, tell the operator", code="clock-ahead")
    phase = contest.rules.phase(command.at)
    if not visibility.may_submit(viewer, contest.rules, command.at):
        if phase is Phase.BEFORE:
            raise Conflict(f"{contest.title} has not started", code="contest-not-started")
        raise Conflict(f"{contest.title} is over: nothing can be submitted any more", code="contest-ended")
    return viewer.is_contestant and phase in {Phase.RUNNING, Phase.FROZEN}


def _priority(wished: str, viewer: Viewer, *, is_on_board: bool) -> str:
    if not wished:
        return priorities.due(is_on_board=is_on_board)
    allowed = priorities.choices(is_in_charge=viewer.is_in_charge, is_on_board=is_on_board)
    if wished not in allowed:
        raise Forbidden(f"priority {wished[:32]!r} is not for you here; choose one of {', '.join(allowed)}", code="priority-not-allowed")
    return wished
