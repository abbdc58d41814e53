"""Owns the picture of runners by machine, made of what graders say of single slots. Never asks anybody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from wire.runners import RunnerStatus

WORDS: Final[Mapping[str, str]] = {"working": "working", "idle": "idle", "draining": "held, ends what it has", "held": "held", "out": "took itself out"}
"""The states of a runner, as people read them."""


@dataclass(frozen=True, slots=True)
class Runner:
    """A runner: its slots together. ``state`` is one of `WORDS`; ``trouble`` is why it took itself out; ``unpinned`` slots have no core of their own.

    ``speed`` is relative to the reference machine, 0 when nobody measured it; ``judged`` and ``judge_errors`` count since the graders started.
    """

    host: str
    state: str
    slots: tuple[RunnerStatus, ...]
    versions: Mapping[str, str]
    speed: float
    mode: str
    kernel: str
    cores: tuple[int, ...]
    unpinned: int
    trouble: str
    is_held: bool
    judged: int
    judge_errors: int
    seen_s_ago: float


def inventory_of(statuses: Iterable[RunnerStatus]) -> tuple[Runner, ...]:
    """Every runner, by name. What its slots say of it is the same, but for the moment: the one heard of last counts."""
    slots: dict[str, list[RunnerStatus]] = {}
    for status in statuses:
        slots.setdefault(status.facts.host if status.facts else status.name, []).append(status)
    return tuple(_runner(host, sorted(found, key=lambda one: one.name)) for host, found in sorted(slots.items()))


def _runner(host: str, slots: list[RunnerStatus]) -> Runner:
    latest = min(slots, key=lambda one: one.seen_s_ago)
    facts = latest.facts
    versions = facts.versions if facts else dict.fromkeys(latest.languages, "")
    is_held, trouble = any(one.is_held for one in slots), facts.trouble if facts else ""
    return Runner(
        host, _state(slots, trouble, is_held=is_held), tuple(slots), versions, facts.speed if facts else 0.0, facts.mode if facts else "",
        facts.kernel if facts else "", facts.cores if facts else (), facts.unpinned if facts else 0, trouble, is_held, sum(one.judged for one in slots),
        sum(one.judge_errors for one in slots), latest.seen_s_ago,
    )  # fmt: skip


def _state(slots: list[RunnerStatus], trouble: str, *, is_held: bool) -> str:
    is_working = any(one.attempt for one in slots)
    if is_held:
        return "draining" if is_working else "held"
    if trouble:
        return "out"
    return "working" if is_working else "idle"
