"""Owns the rule by which a person's word takes the place of a run's verdict. Never judges."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from contest.verdicts import Verdict
from mesh.codec import as_builtins
from mesh.errors import Invalid, NotFound
from mesh.ids import derived_id
from services.recorder import rows
from services.recorder.effects import Effects
from services.recorder.rules.forms import TEXT_LIMIT, Faults
from services.recorder.rules.rights import run_contest
from services.recorder.rules.submissions import told
from services.recorder.rules.webhooks import tell_of_verdict
from services.recorder.view import Needs, View
from wire.commands import Command
from wire.rejudging import OverrideVerdict

MOST_DIGITS: Final = 60
"""Of a score that a person gives, numerator and denominator together."""


def needs_of_override(command: Command, needs: Needs) -> None:
    """The submission with its run in force; its contest, problem, author and his webhook follow."""
    body = command.body
    assert isinstance(body, OverrideVerdict)
    needs.submissions.add(body.submission)
    needs.told_submissions.add(body.submission)
    needs.runs_in_force.add(body.submission)


def override_verdict(command: Command, view: View) -> Effects:
    """Those who run the contest, at any time: a run in which nothing was run, in force until the next rejudge says otherwise.

    Without a score it is what the verdict is worth: the problem's full score when accepted, else nothing.
    Raises: `NotFound` (``no-such-submission``), `Forbidden` (``not-jury``), `Invalid` (``override-invalid``).
    """
    body = command.body
    assert isinstance(body, OverrideVerdict)
    known = view.find(rows.Submission, body.submission)
    if known is None:
        raise NotFound(f"there is no submission {body.submission[:64]}", code="no-such-submission")
    contest = run_contest(command, view, known.contest)
    problem, before = view.find(rows.Problem, known.problem), view.find(rows.Run, known.run)
    assert problem is not None, "what was submitted to is recorded"
    assert before is not None, "every submission has a run"
    score = _checked_score(body, problem)
    figures = {
        "verdict": body.verdict, "score": score, "time_ms": known.time_ms or 0, "memory_bytes": known.memory_bytes or 0, "judged_at": view.now,
    }  # fmt: skip
    blank = rows.Run(
        derived_id("run", command.id), known.id, before.version, known.priority, view.now, view.now, 0,
        replaces=known.run, by_hand=command.actor, reason=body.reason.strip(), cases=[], compile_output="", runner="",
    )  # fmt: skip
    run = rows.changed(blank, figures)
    effects = Effects()
    if before.judged_at is None:
        effects.change(before, judged_at=view.now)  # nobody waits for it any more; what it says later changes nothing
    effects.insert(run)
    judged = rows.changed(known, {"run": run.id, "status": "judged", **figures})
    effects.change(known, run=run.id, status="judged", **figures)
    tell_of_verdict(judged, run, view, effects)
    effects.tell(
        contest.alias, "overridden", **told(judged, view), verdict=body.verdict, score=as_builtins(score), time_ms=figures["time_ms"],
        memory_bytes=figures["memory_bytes"], is_in_force=True, reason=run.reason, was_verdict=known.verdict, was_score=as_builtins(known.score),
    )  # fmt: skip
    return effects


def _checked_score(body: OverrideVerdict, problem: rows.Problem) -> Fraction:
    faults, score = Faults(), body.score
    faults.unless(body.verdict in Verdict.__members__, f"there is no verdict {body.verdict[:16]!r}; choose one of {', '.join(Verdict)}")
    faults.check_line("the reason", body.reason, TEXT_LIMIT)
    if score is None:
        score = problem.max_score if body.verdict == Verdict.AC else Fraction(0)
    most = problem.max_score
    faults.unless(0 <= score <= most, f"the score is not between 0 and {most}")
    faults.unless(len(f"{score.numerator}{score.denominator}") <= MOST_DIGITS, f"the score has more than {MOST_DIGITS} digits")
    faults.refuse("override-invalid")
    if contradiction := _contradiction(body.verdict, score, problem):
        raise Invalid(contradiction, code="override-invalid")
    return score


def _contradiction(verdict: str, score: Fraction, problem: rows.Problem) -> str:
    """Why no judge would say both of a submission to this problem; empty when one could. An accepted one may have fewer points than the most."""
    most = problem.max_score
    if verdict == Verdict.PA:
        if not problem.is_scoring:
            return "the problem gives no points in part: AC, or what was wrong, say WA"
        return "" if 0 < score < most else f"PA is for a score between 0 and {most}, neither of them: give one, or AC, or what was wrong, say WA"
    if verdict == Verdict.AC:
        return "" if problem.is_scoring or score == most else f"AC is worth {most} here, not {score}"
    return f"{verdict} is worth nothing, not {score}: leave the score out, or give PA" if score else ""
