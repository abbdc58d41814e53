"""Owns the measuring of what shall not take long: the best of several tries, since a machine may stand still, but not each time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

_TRIES = 3


async def is_done_within(limit_s: float, act: Callable[[], Awaitable[object]], what: str = "") -> None:
    """Does it until it takes less than that; fails when it never does. The loop's own clock."""
    now, took_s = asyncio.get_running_loop().time, list[float]()
    while not took_s or took_s[-1] >= limit_s:
        assert len(took_s) < _TRIES, f"{what} takes {took_s} s, not less than {limit_s:g} s"
        began = now()
        await act()
        took_s.append(now() - began)
