"""Owns the order of teams by merit: place and rank in steps of a binary search. Never knows what merit means."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

_TEAM_BITS = 24
_NEAR = 8


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

    def move(self, team: int, merit: int) -> tuple[int, int, int]:
        """Gives a team its new merit; returns its places (0-based) before and after, and its rank."""
        order, old = self._order, self._key_of[team]
        before = after = bisect_left(order, old)
        new = merit << _TEAM_BITS | team
        if new != old:
            del order[before]
            after = bisect_left(order, new)
            order.insert(after, new)
            self._key_of[team] = new
        return before, after, self._rank_at(after, merit)

    def place(self, team: int) -> int:
        """How many teams stand before it, those of equal merit and smaller number included."""
        return bisect_left(self._order, self._key_of[team])

    def rank(self, team: int) -> int:
        """One more than the number of teams with better merit."""
        return self._rank_at(self.place(team), self._key_of[team] >> _TEAM_BITS)

    def _rank_at(self, place: int, merit: int) -> int:
        if place and self._order[place - 1] >> _TEAM_BITS == merit:
            near = max(0, place - _NEAR)  # most ties are short: what lies near has just been touched
            return bisect_left(self._order, merit << _TEAM_BITS, near if self._order[near] >> _TEAM_BITS != merit else 0, place) + 1
        return place + 1

    def ranked(self) -> Iterator[tuple[int, int]]:
        """Every (team, rank) in order of place."""
        rank, last_merit = 0, None
        for place, key in enumerate(self._order):
            merit = key >> _TEAM_BITS
            if merit != last_merit:
                rank, last_merit = place + 1, merit
            yield key & _TEAM_MASK, rank


_TEAM_MASK = (1 << _TEAM_BITS) - 1
