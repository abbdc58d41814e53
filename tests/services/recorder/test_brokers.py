"""The recorder on RabbitMQ, Redis and PostgreSQL, as in production, with each of them killed under it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from contest.verdicts import Verdict
from services.recorder import rows
from tests.services.recorder.makers import NOW, submit, verdict
from tests.services.recorder.world import World
from tests.support.brokers import RabbitMq, Redis
from wire.news import user_topic
from wire.queues import NOTIFICATIONS

pytestmark = [pytest.mark.brokers, pytest.mark.databases, pytest.mark.timeout(120)]


async def test_the_whole_way_and_a_broker_killed_in_the_middle(
    tmp_path: Path, pki_folder: Path, postgresql_url: str, rabbitmq: RabbitMq, amqp_url: str, redis_server: Redis, redis_url: str
) -> None:
    async with World(tmp_path / "var", pki_folder, postgresql_url, amqp_url=amqp_url, redis_url=redis_url) as world:
        await world.start()
        await world.settle()
        async with world.hearing(user_topic("ana")) as ear:
            wishes = [submit() for _ in range(50)]
            await world.publish(*wishes)
            assert (await ear.next("submission"))[1]["status"] == "queued"
        assert {work.submission for work in await world.work(50)} == {wish.id for wish in wishes}
        redis_server.kill()
        rabbitmq.kill()
        direct = [submit("ben") for _ in range(20)]
        for wish in direct:
            assert (await world.call(wish)).is_applied, "the record does not need the brokers"
        redis_server.start()
        rabbitmq.start()
        missing = {wish.id for wish in direct}
        while missing:  # what was acknowledged just before the kill may come again among them
            missing -= {work.submission for work in await world.work(len(missing), limit_s=60)}
        verdicts = [verdict(wish, Verdict.AC) for wish in (*wishes, *direct)]
        await world.publish(*verdicts, *verdicts)
        await world.until_settled(*verdicts)
        assert {row["verdict"] for row in await world.store.all(rows.Submission)} == {"AC"}
        await world.store.gapless()
        await world.stop()


async def test_a_queue_that_the_broker_refuses_for_holds_no_submission_up(
    tmp_path: Path, pki_folder: Path, sqlite_url: str, rabbitmq: RabbitMq, amqp_url: str
) -> None:
    """An operator's policy, which a service cannot see, on the queue of the mailer; more than are sent at once lie before the submission."""
    policies = f"operator-policies/{amqp_url.rpartition('/')[2]}"
    policy = {"pattern": f"^{NOTIFICATIONS.name}$", "definition": {"max-length": 1}, "apply-to": "queues"}
    async with World(tmp_path / "var", pki_folder, sqlite_url, amqp_url=amqp_url) as world:
        await world.start()
        await world.settle()
        await asyncio.to_thread(rabbitmq.ask, "PUT", f"{policies}/brief", policy)
        calls = [rows.Work(f"call-{number:03}", NOTIFICATIONS.name, b"{}", "", NOW + timedelta(microseconds=number)) for number in range(150)]
        await world.store.record.transact(
            lambda connection: connection.execute(sa.insert(world.store.record.table(rows.Work)), [rows.values_of(one) for one in calls])
        )

        async def is_refused() -> bool:
            return (await world.health())["outbox"].startswith(f"work for {NOTIFICATIONS.name} waits: ")

        await world.until(is_refused, "the broker refuses, and health says it")
        for _ in range(3):
            assert (await world.call(wish := submit())).is_applied
            [work] = await world.work(1, limit_s=10)
            assert work.submission == wish.id
        assert await is_refused()
        assert await world.store.count(rows.Work) > 100, "nothing was let go"
        await asyncio.to_thread(rabbitmq.ask, "DELETE", f"{policies}/brief")

        async def is_empty() -> bool:
            return await world.store.count(rows.Work) == 0 and not (await world.health())["outbox"]

        await world.until(is_empty, "an empty outbox")

        async def has_all() -> bool:
            return (await world.queue.depth(NOTIFICATIONS.name)).ready >= len(calls)

        await world.until(has_all, "every call in its queue")
        await world.stop()
