"""Runs of a set are judged like others; nobody is told how far they are, and those of a dropped set cost nothing."""

from __future__ import annotations

from contest.verdicts import Verdict
from mesh.errors import Unavailable
from tests.services.grader.cases import ACCEPTED, order
from tests.services.grader.room import Room
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
