"""Owns the order of teams by merit: place and rank in steps of a binary search. Never knows what merit means."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

_TEAM_BITS = 24


class Standing:
    """Teams 0, 1, 2 … in order of merit (smaller is better), equals in order of their number.

    One sorted list of ``merit << 24 | team``: moving a team is two binary searches and two shifts of memory, a few
    microseconds at ten thousand teams.
    """

    def __init__(self, merits: Sequence[int]) -> None:
        if len(merits) >> _TEAM_BITS:
            raise ValueError(f"a standing holds at most {1 << _TEAM_BITS} teams, not {len(merits)}")
        self._key_of = [merit << _TEAM_BITS | team for team, merit in enumerate(merits)]
        self._order = sorted(self._key_of)

    def move(self, team: int, merit: int) -> tuple[int, int]:
        """Gives a team its new merit; returns its places (0-based) before and after."""
        old = self._key_of[team]
        place = bisect_left(self._order, old)
        new = merit << _TEAM_BITS | team
        if new == old:
            return place, place
        del self._order[place]
        to = bisect_left(self._order, new)
        self._order.insert(to, new)
        self._key_of[team] = new
        return place, to

    def place(self, team: int) -> int:
        """How many teams stand before it, those of equal merit and smaller number included."""
        return bisect_left(self._order, self._key_of[team])

    def rank(self, team: int) -> int:
        """One more than the number of teams with better merit."""
        return bisect_left(self._order, self._key_of[team] >> _TEAM_BITS << _TEAM_BITS) + 1

    def ranked(self) -> Iterator[tuple[int, int]]:
        """Every (team, rank) in order of place."""
        rank, last_merit = 0, None
        for place, key in enumerate(self._order):
            merit = key >> _TEAM_BITS
            if merit != last_merit:
                rank, last_merit = place + 1, merit
            yield key & _TEAM_MASK, rank


_TEAM_MASK = (1 << _TEAM_BITS) - 1
