"""Owns work that runs alongside a block of code and ends with it. Never outlives who started it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final

_PATIENCE_S: Final = 5.0


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
            await _ended(tasks)
    if left is not None:
        raise left


async def _ended(tasks: list[asyncio.Task[None]]) -> None:
    """Cancels until they are gone: what libraries await may swallow a cancellation (`asyncio.wait_for` before Python 3.12)."""
    waiting = [task for task in tasks if not task.done()]
    while waiting:
        for task in waiting:
            task.cancel()
        _, left = await asyncio.wait(waiting, timeout=_PATIENCE_S)
        waiting = list(left)


@contextmanager
def heeded() -> Iterator[Callable[[], bool]]:
    """Raises a cancellation that the awaited code swallowed, or made another error of: `asyncio.wait_for` does before Python 3.12, when both come together.

    Gives a question: has somebody cancelled this task since? With it a CancelledError that a library made up can be told.
    """
    task = asyncio.current_task()
    before = task.cancelling() if task is not None else 0

    def is_cancelled() -> bool:
        return task is None or task.cancelling() > before

    try:
        yield is_cancelled
    except Exception as wrong:
        if task is not None and is_cancelled():
            raise asyncio.CancelledError from wrong
        raise
    if task is not None and is_cancelled():
        raise asyncio.CancelledError
