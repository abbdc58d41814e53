"""Who comes while the record is being opened waits a moment for it; who comes to one that does not open is told so."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from mesh.clock import SystemClock
from mesh.errors import Unavailable
from mesh.log import Log
from mesh.metrics import MESH_METRICS, Metrics
from services.recorder.loop import CommandLoop
from services.recorder.metrics import METRICS
from tests.services.recorder.makers import submit


class Silent:
    """Takes what is told to it."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_: None


class Refusing:
    """A record that refuses, so that an answer shows that it was asked."""

    async def apply(self, commands: Any) -> Any:
        raise RuntimeError(f"asked for {len(commands)}")


def loop() -> CommandLoop:
    nobody = cast("Any", Silent())
    return CommandLoop(
        cast("Any", Refusing()), nobody, nobody, nobody, nobody, pulse=nobody, clock=SystemClock(),
        metrics=Metrics("recorder", (*MESH_METRICS, *METRICS)), log=Log("recorder"), group_size=10,
    )  # fmt: skip


async def test_a_call_waits_until_the_record_is_open() -> None:
    opening = loop()
    call = asyncio.create_task(opening.call(submit()))
    await asyncio.sleep(0.05)
    assert not call.done(), "it is refused while the record is being opened"
    with pytest.raises(RuntimeError, match="asked for 1"):
        await asyncio.wait_for(opening.run(), 10)
    call.cancel()


async def test_a_record_that_does_not_open_is_told_before_anybody_gives_up() -> None:
    with pytest.raises(Unavailable) as told:
        await asyncio.wait_for(loop().call(submit()), 10)
    assert told.value.code == "record-unavailable"
