"""A mailer and a recorder in a small real house: mutual TLS, durable queue, a clock that runs and can be pushed."""

from __future__ import annotations

import asyncio
import base64
import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from contest.verdicts import Verdict
from mesh.clock import SystemClock, TurnedClock
from mesh.life import Life
from mesh.metrics import MESH_METRICS, Metrics
from services.mailer import main as mailer
from services.mailer.config import Config
from services.mailer.metrics import METRICS
from services.recorder import rows
from tests.services.recorder.makers import command, submit, verdict
from tests.services.recorder.world import LIMIT_S, World
from wire.commands import Command
from wire.queues import NOTIFICATIONS
from wire.webhooks import SetWebhook

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


class PushedClock(TurnedClock):
    """The machine's clock, ahead by as much as it was turned."""

    def __init__(self) -> None:
        super().__init__(SystemClock().now())
        self._ahead_s = 0.0

    def now(self) -> datetime:
        return SystemClock().now() + timedelta(seconds=self._ahead_s)

    def monotonic(self) -> float:
        return SystemClock().monotonic() + self._ahead_s

    def turn(self, seconds: float) -> None:
        self._ahead_s += seconds


class MailWorld(World):
    """The recorder's world with a mailer in it. The mailer may call loopback unless it is told otherwise."""

    def __init__(self, folder: Path, pki_folder: Path, record_url: str, *, mailer_settings: dict[str, Any] | None = None, **more: Any) -> None:
        super().__init__(folder, pki_folder, record_url, **more)
        self.clock = PushedClock()
        chosen = {"port": 0, "allowed_networks": ("127.0.0.0/8", "::1/128")} | (mailer_settings or {})
        self.mailer_config = Config(**chosen)
        self.mail_life = Life("mailer")
        self._mailer: asyncio.Task[None] | None = None

    async def __aexit__(self, *exc: object) -> None:
        await self.kill_mailer()
        await super().__aexit__(*exc)

    async def start_mailer(self) -> None:
        backbone = await self.of("mailer")
        backbone.metrics = Metrics("mailer", (*MESH_METRICS, *METRICS))
        self.mail_life = Life("mailer")
        self._mailer = asyncio.create_task(mailer.run(self.mailer_config, backbone, self.mail_life))
        async with asyncio.timeout(LIMIT_S):
            await self.mail_life.until_ready()

    async def stop_mailer(self) -> None:
        assert self._mailer is not None
        await self.mail_life.begin_stop()
        async with asyncio.timeout(LIMIT_S):
            await self._mailer
        self._mailer = None

    async def kill_mailer(self) -> None:
        if self._mailer is not None:
            self._mailer.cancel()
            await asyncio.wait({self._mailer})
            self._mailer = None

    def port_of(self, service: str) -> int:
        """Where a service of this process listens."""
        return self._addresses[service][1]

    async def set_webhook(self, url: str, username: str = "ana", secret: str = SECRET) -> None:
        outcome = await self.call(command(username, SetWebhook(username, url, secret), at=self.clock.now()))
        assert outcome.is_applied, outcome

    async def judged(self, count: int = 1, *, of: Verdict = Verdict.AC, actor: str = "ana", **values: Any) -> list[Command]:
        """Submissions with a verdict in force."""
        wishes = [submit(actor, **values) for _ in range(count)]
        await self.publish(*wishes, *(verdict(wish, of) for wish in wishes))
        await self.until_settled(*wishes, *(verdict(wish, of) for wish in wishes))
        return wishes

    async def calls(self) -> list[dict[str, Any]]:
        return await self.store.all(rows.Delivery, "created_at")

    async def until_ended(self, count: int = 1, limit_s: float = LIMIT_S) -> list[dict[str, Any]]:
        """Every call has ended, and no message is left."""
        async with asyncio.timeout(limit_s):
            while True:
                found, depth = await self.calls(), await self.queue.depth(NOTIFICATIONS.name)
                if len(found) >= count and all(one["status"] != "waiting" for one in found) and not (depth.ready + depth.unacknowledged + depth.waiting):
                    assert len(found) == count
                    return found
                await asyncio.sleep(0.02)


def process_environ(folder: Path, pki: Path, queue_url: str, recorder_port: int, **settings: str) -> dict[str, str]:
    """For a mailer that is a process of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PALESTRA_")}
    return kept | {
        "PALESTRA_MESH_FOLDER": str(folder), "PALESTRA_MESH_PKI_FOLDER": str(pki), "PALESTRA_MESH_QUEUE_URL": queue_url,
        "PALESTRA_MESH_RECORDER_ADDRESS": f"127.0.0.1:{recorder_port}", "PALESTRA_MAILER_PORT": "0",
        "PALESTRA_MAILER_ALLOWED_NETWORKS": "127.0.0.0/8", **settings,
    }  # fmt: skip
