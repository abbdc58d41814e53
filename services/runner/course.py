"""Owns how far the examination of a package is: what was found, who is asked no more, what it took. Never asks anybody."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from wire.judging import Examined
from wire.problems import Finding

MOST_FINDINGS = 50
SAID_CHARACTERS = 600
ERROR, WARNING = "error", "warning"


@dataclass(slots=True)
class Findings:
    """What was found, at most `MOST_FINDINGS` of it; ``more`` counts the rest."""

    found: list[Finding] = field(default_factory=list)
    more: int = 0

    def add(self, severity: str, code: str, path: str, message: str) -> None:
        """Takes one more, or counts it."""
        if len(self.found) < MOST_FINDINGS:
            self.found.append(Finding(severity, code, path, message[:SAID_CHARACTERS]))
        else:
            self.more += 1

    def all(self) -> tuple[Finding, ...]:
        """What was found, and how much more."""
        rest = Finding(WARNING, "more-findings", "", f"{self.more} more findings of this kind are not shown")
        return (*self.found, rest) if self.more else tuple(self.found)


@dataclass(slots=True)
class Course:
    """How far an examination is; ``silent`` are the places of those who failed, and are asked no more."""

    findings: Findings
    silent: set[int]
    cases: int
    spent_ms: float
    asked: int = 0

    @classmethod
    def behind(cls, done: Examined) -> Course:
        """Where an attempt before this one handed back."""
        findings = Findings(list(done.findings), done.more)
        return cls(findings, set(done.silent), done.cases, done.spent_ms, done.asked)

    def examined(self, broken_off: int) -> Examined:
        """The same as it is handed back; who comes next was broken off so often."""
        findings = self.findings
        silent = tuple(sorted(self.silent))
        return Examined(self.cases, tuple(findings.found), findings.more, silent, round(self.spent_ms), self.asked, broken_off)

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Counts what the programs take."""
        began = time.perf_counter()
        yield
        self.spent_ms += (time.perf_counter() - began) * 1000
