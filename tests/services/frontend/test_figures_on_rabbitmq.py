"""The figures of the queues where the broker is another program: what it says is told, what it cannot say is null."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.services.frontend.conftest import Worlds
from tests.services.frontend.world import World

pytestmark = pytest.mark.brokers


@pytest.fixture
async def on_rabbitmq(worlds: Worlds, amqp_url: str) -> AsyncIterator[World]:
    async with worlds(mesh_settings={"queue_url": amqp_url}) as world:
        for username, role in (("olga", "organiser"), ("ana", "contestant")):
            await world.add_account(username, role)
        await world.add_problem()
        await world.add_contest()
        await world.register("finals", "ana")
        yield world


async def test_what_lies_ready_is_counted_and_what_others_hold_is_null(on_rabbitmq: World) -> None:
    ana, olga = await on_rabbitmq.signed_in("ana"), await on_rabbitmq.signed_in("olga")
    for _ in range(3):
        assert (await ana.submit()).status == 202
    told = (await olga.get("/queue/stats")).json
    assert told["queues"]["CommandQueue"] == {"ready": 3, "unacknowledged": None, "waiting": None, "dead": 0}
    assert told["queues"]["SubmissionQueue.low"] == {"ready": 0, "unacknowledged": None, "waiting": None, "dead": 0}
    assert told["levels"]["contest"] == {"waiting": None, "unjudged": 0, "oldest_s": 0.0}, "the grader is away, the record is not"
