"""Owns hops to a thread that no cancellation leaves behind: what works on a descriptor has ended before it is closed."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import TypeVar, TypeVarTuple, Unpack

T = TypeVar("T")
Args = TypeVarTuple("Args")


async def hop(work: Callable[[Unpack[Args]], T], *args: *Args) -> T:
    """Runs blocking work in a thread. A cancellation is raised when the work has ended, not before."""
    future = asyncio.get_running_loop().run_in_executor(None, work, *args)
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        await asyncio.wait([future])
        raise


async def hop_open(opening: Callable[[Unpack[Args]], int], *args: *Args) -> int:
    """The same for work that opens a descriptor: one that nobody waits for any more is closed."""
    future = asyncio.get_running_loop().run_in_executor(None, opening, *args)
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        await asyncio.wait([future])
        if not future.cancelled() and future.exception() is None:
            os.close(future.result())
        raise
