"""Owns the closed set of verdicts, worst first, and whose fault each is. Never decides which one a run gets."""

from __future__ import annotations

import enum


class Blame(enum.Enum):
    """Whose move it is after a verdict."""

    NOBODY = "nobody"
    CONTESTANT = "contestant"
    SETTER = "setter"
    JUDGE = "judge"


class Verdict(enum.StrEnum):
    """One judgement, worst first in declaration order: ``Verdict.JE`` is the worst, ``Verdict.AC`` the best."""

    JE = "JE"
    CE = "CE"
    RFE = "RFE"
    VE = "VE"
    MLE = "MLE"
    RTE = "RTE"
    TLE = "TLE"
    OLE = "OLE"
    WA = "WA"
    PA = "PA"
    AC = "AC"

    @property
    def blame(self) -> Blame:
        """Who has to act: nobody on AC, the setter on VE, we on JE, else the contestant."""
        return _BLAME.get(self, Blame.CONTESTANT)

    @property
    def phrase(self) -> str:
        """The words a person reads, in English and lower case: ``"time limit exceeded"``."""
        return _PHRASES[self]


_BLAME = {Verdict.AC: Blame.NOBODY, Verdict.VE: Blame.SETTER, Verdict.JE: Blame.JUDGE}
_PHRASES = {
    Verdict.JE: "judge error",
    Verdict.CE: "compile error",
    Verdict.RFE: "restricted function",
    Verdict.VE: "validator error",
    Verdict.MLE: "memory limit exceeded",
    Verdict.RTE: "run-time error",
    Verdict.TLE: "time limit exceeded",
    Verdict.OLE: "output limit exceeded",
    Verdict.WA: "wrong answer",
    Verdict.PA: "partially accepted",
    Verdict.AC: "accepted",
}
