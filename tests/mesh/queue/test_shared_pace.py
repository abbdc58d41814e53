"""A declared rate holds for all consumers of a queue together, kept by the state that they share."""

from __future__ import annotations

import asyncio
import time

import pytest

from mesh.cache.opening import open_cache
from mesh.clock import SystemClock
from mesh.log import Log
from mesh.queue import Consumer
from mesh.queue.opening import open_queue
from tests.support.brokers import RabbitMq
from tests.support.queues import publish, spec

pytestmark = pytest.mark.brokers

SPECS = (spec("Paced", rate_per_minute=600),)
CLOCK = SystemClock()
TRIES = 3
"""A busy machine may take fewer than the rate allows; more it never may."""


async def _taken(consumer: Consumer, until: float) -> list[float]:
    """When each message came, until then."""
    moments: list[float] = []
    try:
        async with asyncio.timeout_at(until):
            while True:
                await consumer.ack(await consumer.take(10))
                moments.append(time.monotonic())
    except TimeoutError:
        return moments


async def _rate_of_two(queue_url: str, state_urls: tuple[str, str]) -> tuple[list[float], list[float]]:
    """What two clients of one queue take in two seconds, each with its own line to the state."""
    log = Log("tester")
    async with (
        open_cache(state_urls[0], "one", CLOCK, log, None) as first_state,
        open_cache(state_urls[1], "two", CLOCK, log, None) as second_state,
        open_queue(queue_url, "tester", SPECS, CLOCK, log, None, first_state) as one,
        open_queue(queue_url, "tester", SPECS, CLOCK, log, None, second_state) as two,
    ):
        await publish(one, "Paced", 80)
        async with one.consumer("Paced") as first, two.consumer("Paced") as second:
            until = asyncio.get_running_loop().time() + 2
            left, right = await asyncio.gather(_taken(first, until), _taken(second, until))
    return left, right


async def test_two_consumers_keep_the_rate_together(amqp_url: str, redis_url: str) -> None:
    for _ in range(TRIES):
        left, right = await _rate_of_two(amqp_url, (redis_url, redis_url))
        moments = sorted(left + right)
        assert len(moments) <= 22, "ten a second, for two seconds"
        assert max(sum(moment <= other < moment + 0.5 for other in moments) for moment in moments) <= 8, "even steps, no bursts"
        if len(moments) >= 12 and left and right:
            return
    pytest.fail("the rate was never reached, or one of the two got nothing")


async def test_without_a_shared_state_each_keeps_it_alone(amqp_url: str) -> None:
    """Which is why the one above shows something."""
    taken = 0
    for _ in range(TRIES):
        left, right = await _rate_of_two(amqp_url, ("memory:", "memory:"))
        if (taken := max(taken, len(left) + len(right))) > 26:
            break
    assert taken > 26, "22 is what the declared rate allows"


async def test_state_that_is_away_does_not_stop_the_queue(rabbitmq: RabbitMq, amqp_url: str) -> None:
    nobody = f"redis://127.0.0.1:{rabbitmq.port}/0"  # who listens there does not speak Redis
    left, right = await _rate_of_two(amqp_url, (nobody, nobody))
    assert 4 <= len(left) <= 22
    assert 4 <= len(right) <= 22
