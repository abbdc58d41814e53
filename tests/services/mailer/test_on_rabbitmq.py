"""The mailer as a process of its own on RabbitMQ: killed with -9 in the middle of calls, it loses none."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from tests.services.mailer.receiver import Receiver
from tests.services.mailer.world import MailWorld, process_environ
from wire.queues import NOTIFICATIONS

ROOT = Path(__file__).resolve().parents[3]

pytestmark = [pytest.mark.brokers, pytest.mark.faults, pytest.mark.timeout(90)]


async def test_a_mailer_killed_in_the_middle_loses_no_call(
    tmp_path: Path, pki_folder: Path, sqlite_url: str, amqp_url: str, receiver: Receiver
) -> None:
    async with MailWorld(tmp_path / "var", pki_folder, sqlite_url, amqp_url=amqp_url) as world:
        await world.start()
        await world.settle()
        await world.set_webhook(receiver.url)
        environ = process_environ(tmp_path / "mailer", pki_folder, amqp_url, world.port_of("recorder"))
        receiver.hangs = True
        first = await _mailer(environ)
        await world.judged(12)
        await receiver.until_heard(3)
        first.send_signal(signal.SIGKILL)
        await first.wait()
        under_way = {heard.id for heard in receiver.heard}
        receiver.hangs = False
        second = await _mailer(environ)
        try:
            ended = await world.until_ended(12, limit_s=40)
        finally:
            second.terminate()
            assert await asyncio.wait_for(second.wait(), 30) == 0
        assert {row["status"] for row in ended} == {"delivered"}
        heard = [one.id for one in receiver.heard]
        assert set(heard) == {row["id"] for row in ended}
        assert {one for one in heard if heard.count(one) > 1} >= under_way
        assert len(heard) <= 12 + NOTIFICATIONS.prefetch, "twice only what was under way at the kill"


async def _mailer(environ: dict[str, str]) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services", "mailer", cwd=ROOT, env=environ, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
