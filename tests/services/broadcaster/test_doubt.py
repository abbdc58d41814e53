"""A line that stands and brings nothing is found: what lies in the store and was not heard is asked for, and listeners get it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mesh.clock import SystemClock
from mesh.log import Log
from mesh.topics.opening import open_topics
from services.broadcaster.channel import Channel
from services.broadcaster.doubt import Doubt
from services.broadcaster.listener import Listener
from tests.services.broadcaster.stands import stand_on


@pytest.mark.brokers
async def test_who_was_unsubscribed_behind_his_back_is_subscribed_again(pki_folder: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.broadcaster.hub.EVERY_S", 0.2)
    monkeypatch.setattr("mesh.topics.redis._SILENCE_S", 0.4)  # so often does the reader look up
    async with (
        open_topics(redis_url, "broadcaster", SystemClock(), Log("broadcaster"), None) as topics,
        stand_on(topics, pki_folder) as stand,
        stand.browser("board", "other") as browser,
    ):
        await stand.tell("board", 1)
        assert await browser.numbers(1) == [1]
        connection = stand.hub._subscription._connection  # type: ignore[union-attr]  # of Redis's
        await connection.send_packed_command(connection.pack_command("UNSUBSCRIBE"), check_health=False)
        await stand.tell("board", 2, 3)  # nothing comes after them that would show the hole
        assert await browser.numbers(2) == [2, 3]
        await stand.tell("other", 4)
        assert await browser.numbers(1) == [4]


async def test_what_is_heard_is_not_doubted_nor_what_nobody_listens_to() -> None:
    async with open_topics("memory:", "broadcaster", SystemClock(), Log("broadcaster"), None) as topics:
        await topics.publish([("board", b"1"), ("board", b"2"), ("left", b"3")])
        first, last = [news.id for news in (await topics.replay("board", "0-0")).news]
        board, left = Channel("board", 0, 10), Channel("left", 0, 10)
        board.listeners = {Listener.__new__(Listener): None}
        board.last, board.is_guess = last, False
        doubt = Doubt(topics)
        assert [await doubt.look([board, left]) for _ in range(3)] == ["", "", ""]
        board.last = first
        assert await doubt.look([board, left]) == "", "it may be on its way"
        assert "board" in await doubt.look([board, left])
        board.last = last
        assert [await doubt.look([board, left]) for _ in range(2)] == ["", ""], "it begins anew"


async def test_a_topic_of_which_nothing_was_heard_is_compared_from_its_following_on() -> None:
    async with open_topics("memory:", "broadcaster", SystemClock(), Log("broadcaster"), None) as topics:
        await topics.publish([("board", b"1")])
        [only] = (await topics.replay("board", "0-0")).news
        now_ms = int(only.id.partition("-")[0])
        for baseline_ms, is_doubted in ((now_ms, False), (now_ms - 20_000, True)):
            board, doubt = Channel("board", baseline_ms, 10), Doubt(topics)
            board.listeners = {Listener.__new__(Listener): None}
            await doubt.look([board])
            assert bool(await doubt.look([board])) == is_doubted
