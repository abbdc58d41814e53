"""Owns who may have a submission judged at which level. Pure; frontend and recorder ask alike, so that they agree.

What an author gets is his due: ``contest`` for what counts on a board, ``normal`` for everything else. A contestant may step
back to a lower level, never up, and never to ``ephemeral``, which may wait behind nobody and is not kept. Those who run the
contest may choose any.
"""

from __future__ import annotations

from typing import Final

from wire.queues import PRIORITIES

DUE_ON_BOARD: Final = "contest"
DUE_ELSEWHERE: Final = "normal"
AFTER_EPHEMERAL: Final = "low"
"""Where an ephemeral run goes that nobody judged while its message was kept: it still gets its verdict."""

_OF_CONTESTANTS: Final = ("contest", "normal", "low")


def due(*, is_on_board: bool) -> str:
    """The level that a submission gets when nobody says otherwise."""
    return DUE_ON_BOARD if is_on_board else DUE_ELSEWHERE


def choices(*, is_in_charge: bool, is_on_board: bool) -> tuple[str, ...]:
    """The levels that may be wished for, most urgent first."""
    if is_in_charge:
        return PRIORITIES
    return _OF_CONTESTANTS[_OF_CONTESTANTS.index(due(is_on_board=is_on_board)) :]
