"""Owns work that runs alongside a block of code and ends with it. Never outlives who started it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any


@asynccontextmanager
async def alongside(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Runs coroutines while the block runs, cancels them when it ends.

    An error of the block leaves as itself, not in a group. When the work fails, the block is cancelled and the failure leaves.
    """
    left: BaseException | None = None
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(each) for each in work]
        try:
            yield
        except BaseException as error:  # noqa: BLE001 (raised again below, outside of the group)
            left = error
        finally:
            for task in tasks:
                task.cancel()
    if left is not None:
        raise left
