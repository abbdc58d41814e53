"""Owns what is said about judging again as a set: opened, looked at, then applied or dropped as one. Never judges.

A set's runs do not touch their submissions before it is applied: the board stands still, and the difference can be seen first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any, Final, Literal, TypeAlias

RUNNING: Final = "running"
READY: Final = "ready"
APPLIED: Final = "applied"
DROPPED: Final = "dropped"
STATES: Final = (RUNNING, READY, APPLIED, DROPPED)
"""Where a set stands: some of its runs have no verdict yet; all have one; its verdicts count; it is forgotten."""

MOST_SUBMISSIONS: Final = 20_000
"""The most submissions of one set."""

def dropped_key(rejudging: str) -> str:
    """Where the cache says that a set was dropped: its runs that wait need not be judged. Its absence says nothing."""
    return f"rejudging-dropped:{rejudging}"


def applying_key(rejudging: str) -> str:
    """Where the state store says that a set is being applied: an `applying_note`. Its absence says nothing."""
    return f"applying:{rejudging}"


def applying_note(command: str, actor: str) -> bytes:
    """The command by which it is applied, and who asked."""
    return f"{command} {actor}".encode()


Condition: TypeAlias = tuple[str, Literal["in", "from", "before"], Any]
"""A column of ``submissions``, or ``runner`` of its run in force; what it must be one of, not be before, or be before."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which judged submissions of a contest; what is empty does not narrow. ``since`` and ``until`` (itself not) are the times that count."""

    problems: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    usernames: tuple[str, ...] = ()
    verdicts: tuple[str, ...] = ()
    submissions: tuple[str, ...] = ()
    runner: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self) -> list[Condition]:
        """What it asks of a judged submission of the contest; whoever reads the record makes a query of it."""
        lists = {"problem": self.problems, "language": self.languages, "username": self.usernames, "verdict": self.verdicts, "id": self.submissions}
        found: list[Condition] = [(column, "in", values) for column, values in lists.items() if values]
        if self.runner:
            found.append(("runner", "in", (self.runner,)))
        if self.since is not None:
            found.append(("submitted_at", "from", self.since))
        if self.until is not None:
            found.append(("submitted_at", "before", self.until))
        return found


@dataclass(frozen=True, slots=True)
class Selection:
    """What a set judges: its submissions, oldest first, and the judging version of each problem, as they were when it was opened."""

    submissions: tuple[str, ...]
    versions: dict[str, str]


@dataclass(frozen=True, slots=True)
class OpenRejudging:
    """Judges the submissions of a filter again, beside what counts. Its id is the command's id.

    ``version`` is a judging version of the one problem that the filter then must name; empty: the newest of each problem.
    """

    contest: str
    filter: Filter
    reason: str
    version: str = ""


@dataclass(frozen=True, slots=True)
class ApplyRejudging:
    """Makes every verdict of a set that is ready the one that counts, in one step.

    Where it would turn verdicts into judge errors it is refused unless ``accept_judge_errors``.
    """

    rejudging: str
    accept_judge_errors: bool = False


@dataclass(frozen=True, slots=True)
class DropRejudging:
    """Forgets a set: what counts stays. Runs that wait are not judged any more."""

    rejudging: str


@dataclass(frozen=True, slots=True)
class OverrideVerdict:
    """A person's word in place of a run's, with the reason; kept in the audit log, and in force until the next rejudge."""

    submission: str
    verdict: str
    reason: str
    score: Fraction | None = None
