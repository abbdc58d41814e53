"""Owns what the end of an errand amounts to, and what is kept of one that is handed back: a run of a trial, whose verdict goes to the trial and not to the record. Pure."""

from __future__ import annotations

from fractions import Fraction

from contest.verdicts import Verdict
from services.grader.conclusions import NotJudged, conclude, give_up
from services.grader.runs import Run
from wire.commands import RecordVerdict
from wire.judging import MOST_BREAKS, VALIDATE, AttemptEnd, Examined
from wire.problems import Finding

_SETTERS_FAULT = frozenset({"compile-error", "checker-error"})


def keep_any(run: Run, end: AttemptEnd) -> None:
    """Keeps what an attempt had done when it was handed back, unless more is known: the next one begins behind it."""
    if (len(end.results), len(end.rulings), end.broken_off) > (len(run.kept), len(run.rulings), run.broken_off):
        run.kept, run.rulings, run.broken_off = end.results, end.rulings, end.broken_off
    if run.errand is not None and end.examined is not None:
        known = run.errand.examined
        run.errand.examined = end.examined if known is None else max(known, end.examined, key=_how_far)


def _how_far(examined: Examined) -> tuple[int, int, int, int]:
    return (examined.cases, examined.asked, len(examined.silent), examined.broken_off)


def put_off(run: Run) -> RecordVerdict | None:
    """The end of a trial's run that would have kept somebody waiting too often; None for any other.

    Everybody else's trials would wait for it: it ends without a verdict, and the trial says that it has to be tried again.
    """
    if run.errand is None or run.broken_off < MOST_BREAKS:
        return None
    run.errand.is_put_off = True
    return give_up(run, f"broken off {MOST_BREAKS} times for submissions that somebody waited for")


def conclude_any(run: Run, end: AttemptEnd) -> RecordVerdict:
    """As `conclude`; of inputs that were validated the verdict is AC, or WA when something is wrong, and the errand has the findings.

    Raises: `NotJudged`.
    """
    if run.errand is None or run.errand.task != VALIDATE:
        return conclude(run, end)
    if end.outcome in _SETTERS_FAULT:
        said = (end.compile_output or end.message).strip() or "it ended in no way that is agreed on"
        run.errand.findings = (*end.findings, Finding("error", "input-validator-broken", "input_validators", said))
    elif end.outcome == "validated":
        run.errand.findings = end.findings
    else:
        raise NotJudged(end.message or f"the runner ended a validation with {end.outcome!r}")
    is_fine = not any(finding.severity == "error" for finding in run.errand.findings)
    return RecordVerdict(
        run.order.submission, run.id, end.attempt, run.order.version, Verdict.AC if is_fine else Verdict.WA, Fraction(is_fine), 0, 0, (),
        runner=end.runner,
    )  # fmt: skip
