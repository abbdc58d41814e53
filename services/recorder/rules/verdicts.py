"""Owns the rules of verdicts: one per run, and the run in force decides. Never computes one."""

from __future__ import annotations

from mesh.codec import as_builtins
from mesh.errors import Invalid, NotFound
from services.recorder import rows
from services.recorder.effects import Effects
from services.recorder.rules.forms import COMPILE_OUTPUT_LIMIT, TEXT_LIMIT, without_nul
from services.recorder.rules.rejudging import count_verdict
from services.recorder.rules.rights import require_service
from services.recorder.rules.submissions import told
from services.recorder.rules.webhooks import tell_of_verdict
from services.recorder.view import Needs, View
from wire import services
from wire.commands import Command, RecordVerdict

MOST_FIGURE = 2**62
MOST_SCORE_DIGITS = 190


def needs_of_verdict(command: Command, needs: Needs) -> None:
    """The submission and the run; the contest, the author and his webhook follow."""
    body = command.body
    assert isinstance(body, RecordVerdict)
    needs.submissions.add(body.submission)
    needs.told_submissions.add(body.submission)
    needs.runs.add(body.run)


def record_verdict(command: Command, view: View) -> Effects:
    """The grader alone says so. A run that has a verdict keeps it; a run that a rejudge has overtaken only keeps its own.

    A run of a set says nothing of its submission before the set is applied: the verdict is counted, that is all.

    Raises: `Forbidden` (``forbidden``), `NotFound` (``no-such-run``), `Invalid` (``verdict-invalid``).
    """
    body = command.body
    assert isinstance(body, RecordVerdict)
    require_service(command, services.GRADER)
    run = view.find(rows.Run, body.run)
    submission = view.find(rows.Submission, body.submission)
    if run is None or submission is None or run.submission != submission.id:
        raise NotFound(f"there is no run {body.run} of submission {body.submission}", code="no-such-run")
    _check_figures(body)
    effects = Effects()
    if run.judged_at is not None:
        return effects
    figures = {
        "verdict": body.verdict.value, "score": body.score, "time_ms": body.time_ms, "memory_bytes": body.memory_bytes, "judged_at": view.now,
    }  # fmt: skip
    said = {
        "attempt": body.attempt, "cases": body.cases, "decisive_case": body.decisive_case, "group_results": body.groups,
        "compile_output": without_nul(body.compile_output)[:COMPILE_OUTPUT_LIMIT], "runner": without_nul(body.runner)[:TEXT_LIMIT],
    }  # fmt: skip
    effects.change(run, **figures, **said)
    if run.rejudging is not None:
        _count_in_set(run.rejudging, view, effects)
        return effects
    is_in_force = submission.run == run.id
    if is_in_force:
        effects.change(submission, **figures, status="judged")
        tell_of_verdict(submission, rows.changed(run, {**figures, **said}), view, effects)
    effects.tell(
        submission.contest, "judged", **(told(submission, view) | {"run": run.id}), verdict=body.verdict.value,
        score=as_builtins(body.score), time_ms=body.time_ms, memory_bytes=body.memory_bytes, is_in_force=is_in_force,
    )  # fmt: skip
    return effects


def _count_in_set(rejudging: str, view: View, effects: Effects) -> None:
    row = view.find(rows.Rejudging, rejudging)
    assert row is not None, "a run's set is loaded with it"
    count_verdict(row, view, effects)


def _check_figures(body: RecordVerdict) -> None:
    is_sane = (
        0 <= body.time_ms < MOST_FIGURE
        and 0 <= body.memory_bytes < MOST_FIGURE
        and body.score >= 0
        and len(f"{body.score.numerator}/{body.score.denominator}") <= MOST_SCORE_DIGITS
    )
    if not is_sane:
        raise Invalid("a figure of the verdict is out of its range", code="verdict-invalid")
