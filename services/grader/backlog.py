"""Owns the order in which waiting runs are handed out. Never knows runners, attempts or messages; has no clock.

Levels take turns by smooth weighted round robin: each that has something for the claimer gains its weight, the richest
is served and pays what all gained. So the lowest gets its share, however much there is above it. Within a level authors share alike (start tags of fair queuing: who has had less is
first), and runs whose inputs the claimer holds go before others of the same turn. What is overtaken `PATIENCE` times
goes first: nobody starves, whoever else keeps coming.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Generic, Protocol, TypeVar

PATIENCE = 64
"""How often a run may be overtaken within its level."""


class Waiting(Protocol):
    """What the order looks at."""

    @property
    def priority(self) -> str: ...
    @property
    def author(self) -> str: ...


R = TypeVar("R", bound=Waiting)


class Backlog(Generic[R]):
    """Waiting runs. Adding costs nothing, picking looks at each once: meant for the hundreds of a prefetch window."""

    def __init__(self, weights: Mapping[str, int]) -> None:
        self._weights = weights
        self._credit = dict.fromkeys(weights, 0)
        self._levels: dict[str, _Level[R]] = {priority: _Level() for priority in weights}

    def add(self, run: R, *, is_return: bool = False) -> None:
        """Puts a run in line; one that returns from a failed attempt goes before what has not been tried."""
        self._levels[run.priority].add(run, is_return=is_return)

    def remove(self, run: R) -> None:
        """Takes a run out. Raises: ValueError when it is not there."""
        self._levels[run.priority].remove(run)

    def pick(self, is_warm: Callable[[R], bool], suits: Callable[[R], bool]) -> R | None:
        """Takes out the next of the runs that suit; None when none does."""
        open_levels = {priority: found for priority, level in self._levels.items() if (found := level.suiting(suits))}
        if not open_levels:
            return None
        for priority in open_levels:
            self._credit[priority] += self._weights[priority]
        chosen = max(open_levels, key=lambda priority: (self._credit[priority], self._weights[priority]))
        self._credit[chosen] -= sum(self._weights[priority] for priority in open_levels)
        return self._levels[chosen].take(open_levels[chosen], is_warm)

    def __iter__(self) -> Iterator[R]:
        for level in self._levels.values():
            yield from level.runs()

    def __len__(self) -> int:
        return sum(len(level) for level in self._levels.values())

    def count(self, priority: str) -> int:
        """How many wait at that level."""
        return len(self._levels[priority])


class _Place(Generic[R]):
    __slots__ = ("arrival", "overtaken", "run", "tag")

    def __init__(self, run: R, arrival: int, tag: int) -> None:
        self.run = run
        self.arrival = arrival
        self.tag = tag
        self.overtaken = 0


class _Level(Generic[R]):
    """One priority. ``tag`` of a run is the turn in which its author is due; ``turn`` the one being served."""

    def __init__(self) -> None:
        self._places: list[_Place[R]] = []
        self._next_turn_of: dict[str, int] = {}
        self._turn = 0
        self._arrivals = 0

    def add(self, run: R, *, is_return: bool) -> None:
        self._arrivals += 1
        tag = self._turn - 1
        if not is_return:
            tag = max(self._turn, self._next_turn_of.get(run.author, 0))
            self._next_turn_of[run.author] = tag + 1
        self._places.append(_Place(run, self._arrivals, tag))

    def remove(self, run: R) -> None:
        for number, place in enumerate(self._places):
            if place.run is run:
                del self._places[number]
                return
        raise ValueError("this run does not wait")

    def suiting(self, suits: Callable[[R], bool]) -> list[_Place[R]]:
        return [place for place in self._places if suits(place.run)]

    def take(self, candidates: list[_Place[R]], is_warm: Callable[[R], bool]) -> R:
        chosen = min(candidates, key=lambda place: self._precedence(place, is_warm))
        self._places.remove(chosen)
        self._turn = max(self._turn, chosen.tag)
        for place in candidates:
            if place.arrival < chosen.arrival:
                place.overtaken += 1
        if not self._places:
            self._next_turn_of.clear()
            self._turn = 0
        return chosen.run

    def runs(self) -> Iterator[R]:
        return (place.run for place in self._places)

    def __len__(self) -> int:
        return len(self._places)

    def _precedence(self, place: _Place[R], is_warm: Callable[[R], bool]) -> tuple[int, int, int, int]:
        if place.overtaken >= PATIENCE:
            return (0, 0, 0, place.arrival)
        return (1, place.tag, 0 if is_warm(place.run) else 1, place.arrival)
