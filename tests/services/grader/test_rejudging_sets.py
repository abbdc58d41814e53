"""Runs of a set are judged like others; nobody is told how far they are, and those of a dropped set cost nothing."""

from __future__ import annotations

import asyncio

from contest.verdicts import Verdict
from mesh.errors import Unavailable
from tests.services.grader.cases import ACCEPTED, order
from tests.services.grader.room import Room, until
from wire.news import jury_topic, user_topic
from wire.rejudging import dropped_key


async def test_of_a_run_of_a_set_nobody_hears_before_its_verdict(room: Room) -> None:
    """Its submission has a verdict: the page of its author must not go back to "running"."""
    of_set, other = order("a", priority="low", rejudging="set"), order("b", priority="low")
    async with room.topics.subscribe() as ear:
        await ear.follow(user_topic("ann"), jury_topic("finals"))
        for one in (of_set, other):
            await room.submit(one)
            given = await room.runner().take()
            await room.runner().progress(given, ACCEPTED[:2])
            await room.runner().finish(given)
            assert (await room.verdict(one)).verdict is Verdict.AC
        heard = await ear.next()
        assert other.submission.encode() in heard.body, "the first that is heard is about the other"
    assert await room.backbone.cache.fetch(f"progress:{of_set.submission}") is None


async def test_a_run_of_a_dropped_set_is_let_go_unjudged(room: Room) -> None:
    await room.cache.store(dropped_key("set"), b"1", 60.0)
    dropped = order("a", priority="low", rejudging="set")
    await room.submit(dropped)
    await room.settled("low")
    assert room.verdicts(dropped) == []
    kept = order("b", priority="low", rejudging="other")
    await room.submit(kept)
    runner = room.runner()
    given = await runner.take()
    assert given.run == kept.run
    await runner.finish(given)
    await room.verdict(kept)


async def test_while_the_cache_is_away_a_set_is_judged(room: Room) -> None:
    async def away(_key: str) -> bytes | None:
        raise Unavailable("away", code="cache-unavailable")

    room.cache.fetch = away  # type: ignore[method-assign]  # a fault
    one = order("a", priority="low", rejudging="set")
    await room.submit(one)
    runner = room.runner()
    await runner.finish(await runner.take())
    assert (await room.verdict(one)).verdict is Verdict.AC


async def test_what_was_taken_in_before_its_set_was_dropped_is_not_handed_out(room: Room) -> None:
    taken_in = [order(f"run-{number}", priority="low", rejudging="set") for number in range(4)]
    for one in taken_in:
        await room.submit(one)
    await until(lambda: room.count("runs_waiting", priority="low") == len(taken_in), "all of them wait")
    runner = room.runner()
    given = await runner.take()
    await room.cache.store(dropped_key("set"), b"1", 60.0)
    room.clock.turn(2)  # what was asked a moment ago is asked again
    kept = order("kept", priority="low", rejudging="other")
    await room.submit(kept)
    await runner.finish(given)
    given = await runner.take()
    assert given.run == kept.run
    await runner.finish(given)
    await room.settled("low")
    assert sum(bool(room.verdicts(one)) for one in taken_in) == 1, "the one that a runner had"


async def test_a_runner_that_goes_away_while_it_is_asked_whether_a_set_stands_costs_the_run_nothing(room: Room) -> None:
    asked, fetch = asyncio.Event(), room.cache.fetch

    async def hangs(_key: str) -> bytes | None:
        asked.set()
        await asyncio.Event().wait()
        raise AssertionError

    one = order("a", priority="low", rejudging="set")
    await room.submit(one)
    await until(lambda: room.count("runs_waiting", priority="low") == 1, "it waits")
    room.clock.turn(2)
    room.cache.fetch = hangs  # type: ignore[method-assign]  # a fault
    claim = asyncio.create_task(room.runner("r1").claim(20))
    async with asyncio.timeout(20):
        await asked.wait()
    claim.cancel()
    room.cache.fetch = fetch  # type: ignore[method-assign]
    given = await room.runner("r2").take()
    assert given.run == one.run
    assert room.count("attempts_total", outcome="line-broken") == 0
