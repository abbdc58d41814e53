"""Owns which copy of the record a request reads: the replica, which may lag, or the fresh one, because it must see what was just done.

The side belongs to the request (a context variable): set once when it comes in, and again when it changes something.
"""

from __future__ import annotations

from contextvars import ContextVar
from enum import Enum
from typing import Final


class Side(Enum):
    """A copy of the record."""

    REPLICA = "replica"
    FRESH = "fresh"


_side: Final[ContextVar[Side]] = ContextVar("side of the record", default=Side.REPLICA)


def current() -> Side:
    """The side that this request reads."""
    return _side.get()


def take(side: Side) -> None:
    """From here on this request reads that side."""
    _side.set(side)
