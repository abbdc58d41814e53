"""Reports on packages as the record has them, for tests of who reads them."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from typing import Any

from contest.verdicts import Verdict
from mesh.codec import as_builtins
from wire.problems import Finding
from wire.verification import LimitEvidence, LimitRule, SubmissionReport

COMMIT, OLD = "c" * 40, "b" * 40
GOOD, WRONG = "submissions/accepted/good.cpp", "submissions/wrong_answer/lucky.py"
FINDINGS = (
    Finding("error", "submission-unexpected", WRONG, "got AC, expected WA <b>"),
    Finding("warning", "limit-too-tight", GOOD, "needs 0.9 s"),
    Finding("hint", "no-submission-exceeds", "", "no submission is expected to exceed the time limit"),
)
TRIED = (
    SubmissionReport(GOOD, "cpp", ("AC",), Verdict.AC, Fraction(1), 900, 1 << 20, "secret/02-big"),
    SubmissionReport(WRONG, "python3", ("WA",), Verdict.AC, Fraction(1), 20, 2 << 20, "secret/01", is_allowed=False),
)
EVIDENCE = LimitEvidence(2000, LimitRule(is_stated=False), GOOD, 900, measured_ms=2000)


def row(at: datetime, state: str = "failed", **values: Any) -> dict[str, Any]:
    """The values of a row of ``reports``, whole for one that ended."""
    has_ended = state != "waiting"
    return {
        "alias": "sum", "commit_hash": COMMIT, "version": "v" * 40, "state": state, "asked_at": at, "sent_at": at, "sends": 1,
        "findings": as_builtins(FINDINGS) if has_ended else [], "submissions": as_builtins(TRIED) if has_ended else [],
        "evidence": as_builtins(EVIDENCE) if has_ended else None, "ended_at": at if has_ended else None, **values,
    }  # fmt: skip
