"""Boxes that end: nobody waits for one that is gone, and whoever cannot bury them says so in place of waiting for ever."""

from __future__ import annotations

import asyncio
import os
import subprocess

import pytest

from services.runner.sandbox import box as boxes, ends
from services.runner.sandbox.box import Box
from services.runner.sandbox.channel import Channel
from services.runner.sandbox.errors import BoxLost
from services.runner.sandbox.pool import BoxPool
from tests.services.runner.workshop import Workshop


async def test_closed_line_tells_whoever_waits_and_the_next_file_of_its_number_is_heard() -> None:
    ours, theirs = Channel.pair()
    number = ours._socket.fileno()
    read, write = os.pipe()
    with theirs:
        waiting = asyncio.create_task(ours.reply())
        await asyncio.sleep(0)
        ours.close()
        os.dup2(read, number)
        heard = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_reader(number, heard.set)
        try:
            async with asyncio.timeout(10):
                with pytest.raises(BoxLost):
                    await waiting
                os.write(write, b"x")
                await heard.wait()
        finally:
            loop.remove_reader(number)
            for fd in (number, read, write):
                os.close(fd)


@pytest.mark.sandbox
async def test_hard_killed_box_is_heard_of_at_once(workshop: Workshop) -> None:
    async with asyncio.timeout(20), workshop.pool.box() as box:
        await box.until_prepared()
        asking = asyncio.create_task(box._ask(boxes.Op.HELLO, "", 0))
        while box.channel._ready is None and not asking.done():
            await asyncio.sleep(0)
        box.kill()
        with pytest.raises(BoxLost):
            await asking


@pytest.mark.sandbox
async def test_pool_whose_gravedigger_fails_ends_with_the_reason(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    gone: list[Box] = []
    until_gone = Box.until_gone

    async def fails(box: Box) -> None:
        await until_gone(box)
        gone.append(box)
        raise OSError("no")

    left = BoxPool(workshop.sandbox, 1)
    monkeypatch.setattr(Box, "until_gone", fails)
    with pytest.raises(ExceptionGroup) as caught:
        async with asyncio.timeout(20), left.running():
            async with left.box():
                pass
            await asyncio.Event().wait()
    assert caught.group_contains(OSError, match="no")
    monkeypatch.setattr(Box, "until_gone", until_gone)
    while not left._buried.empty():
        box = left._buried.get_nowait()
        if box is not None:
            await box.until_gone()
    assert gone


async def test_what_does_not_end_is_killed_with_its_children_and_what_has_ended_is_let_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ends, "GONE_LIMIT_S", 0.1)
    with subprocess.Popen(["/bin/sh", "-c", "sleep 60 & wait"], stdout=subprocess.DEVNULL) as stays:
        async with asyncio.timeout(20):
            await ends.until_exit(stays)
    assert stays.returncode == -9
    ends._kill_with_children(stays)
