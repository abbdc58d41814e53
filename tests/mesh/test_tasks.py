"""What libraries do to a cancellation does not keep a task alive."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest

from mesh.tasks import heeded


async def _swallowed(began: asyncio.Event) -> None:
    began.set()
    with suppress(asyncio.CancelledError):
        await asyncio.Event().wait()


async def _turned_into_an_error(began: asyncio.Event) -> None:
    try:
        await _until_cancelled(began)
    except asyncio.CancelledError:
        raise ConnectionError("the line broke in the same moment") from None


async def _until_cancelled(began: asyncio.Event) -> None:
    began.set()
    await asyncio.Event().wait()


@pytest.mark.parametrize("library", [_swallowed, _turned_into_an_error, _until_cancelled])
async def test_a_cancellation_is_heard_whatever_a_library_makes_of_it(library: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    began, went_on = asyncio.Event(), False

    async def work() -> None:
        nonlocal went_on
        with suppress(ConnectionError), heeded():
            await library(began)
        went_on = True

    task = asyncio.create_task(work())
    await began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not went_on


async def test_an_error_without_a_cancellation_stays_what_it_is() -> None:
    with pytest.raises(ConnectionError), heeded() as is_cancelled:
        assert not is_cancelled()
        raise ConnectionError
