"""Owns what is said about runners and about a grader's work, for operators and for whoever waits. Never judges."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RunnerFacts:
    """What a runner says of itself with each claim: the machine, its slots, the version of each language.

    ``speed`` is how fast it does a fixed piece of work, 1 for the reference machine; ``trouble`` is why it takes no work, empty when well.
    ``unpinned`` slots should have a core of their own and have none. ``is_held`` while an operator holds it, whose last word about it was of ``directed_us`` (µs since 1970; 0: never one).
    """

    host: str
    slots: int = 1
    versions: dict[str, str] = field(default_factory=dict)
    speed: float = 0.0
    mode: str = ""
    kernel: str = ""
    cores: tuple[int, ...] = ()
    trouble: str = ""
    is_held: bool = False
    directed_us: int = 0
    unpinned: int = 0

    @property
    def is_out(self) -> bool:
        """Whether it takes no work."""
        return self.is_held or bool(self.trouble)


@dataclass(frozen=True, slots=True)
class DirectRunner:
    """An operator's word about every slot of a runner, by its ``host``: hold it (what it has it ends), or take it into service again.

    The runner keeps it, across its own restarts and the graders'; of two words the later counts (``at_us``, µs since 1970).
    """

    host: str
    is_held: bool
    by: str
    at_us: int


@dataclass(frozen=True, slots=True)
class DirectAnswer:
    """Whether a runner of that name was heard of lately."""

    is_known: bool


@dataclass(frozen=True, slots=True)
class RunnerStatus:
    """A runner as the grader sees it. ``seen_s_ago`` in seconds; ``attempt`` is what it works on, empty when idle.

    ``judged`` and ``judge_errors`` count its attempts since the grader started; ``is_held``: an operator gives it no more work.
    """

    name: str
    languages: tuple[str, ...]
    seen_s_ago: float
    attempt: str = ""
    submission: str = ""
    facts: RunnerFacts | None = None
    judged: int = 0
    judge_errors: int = 0
    is_held: bool = False

    @property
    def is_out(self) -> bool:
        """Whether it takes no work: as it says itself, or as an operator said."""
        return self.is_held or (self.facts is not None and bool(self.facts.trouble))


@dataclass(frozen=True, slots=True)
class GraderStatus:
    """A grader's own view of its work.

    ``waiting`` counts runs per priority, in its queue and here, None when the broker does not say; ``held`` those here. ``mean_run_s`` is how long a
    runner needed for a run in the last five minutes, ``estimated_wait_s`` how long a submission to a running contest would
    wait for one; None when nobody can say. ``lacking`` counts the runs here that wait for a language that no runner in service has.
    """

    waiting: dict[str, int | None] = field(default_factory=dict)
    running: int = 0
    runners: tuple[RunnerStatus, ...] = ()
    judged_since_start: int = 0
    oldest_waiting_s: float = 0.0
    mean_run_s: float | None = None
    estimated_wait_s: float | None = None
    held: dict[str, int] = field(default_factory=dict)
    lacking: dict[str, int] = field(default_factory=dict)
