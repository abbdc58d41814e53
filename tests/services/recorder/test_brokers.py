"""The recorder on RabbitMQ, Redis and PostgreSQL, as in production, with each of them killed under it."""

from __future__ import annotations

from pathlib import Path

import pytest

from contest.verdicts import Verdict
from services.recorder import rows
from tests.services.recorder.makers import submit, verdict
from tests.services.recorder.world import World
from tests.support.brokers import RabbitMq, Redis
from wire.news import user_topic

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
