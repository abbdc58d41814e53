"""Owns doing two things at once. Never leaves one running when the other has failed."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

A = TypeVar("A")
B = TypeVar("B")


async def both(first: Coroutine[Any, Any, A], second: Coroutine[Any, Any, B]) -> tuple[A, B]:
    """Both answers. A failure is raised as it is, the first one's before the second's, when both have ended.

    A failure does not call the other off: it may be the one that finds out, for everybody, that the record is back.
    """
    one, other = asyncio.ensure_future(first), asyncio.ensure_future(second)
    await asyncio.gather(one, other, return_exceptions=True)
    return one.result(), other.result()
