"""Who may hear what, how it arrives, and how a connection ends."""

from __future__ import annotations

import asyncio
import json

import aiohttp
import pytest

from services.broadcaster.config import Config
from tests.services.broadcaster.stands import Stand, headline, stand_on


async def test_news_arrive_as_they_were_told_with_where_they_belong(stand: Stand) -> None:
    async with stand.browser("user:ana") as browser:
        await stand.tell("user:ana", 7)
        message = await browser.message()
        assert message["topic"] == "user:ana"
        assert message["id"].endswith("@user:ana")
        told = {name: message[name] for name in ("kind", "at", "body")}
        assert told == json.loads(headline(7))


async def test_each_hears_its_own_topics_and_no_others(stand: Stand) -> None:
    async with stand.browser("user:ana", "contest:finals") as ana, stand.browser("user:bob", "contest:finals") as bob:
        await stand.tell("user:ana", 1)
        await stand.tell("user:bob", 2)
        await stand.tell("contest:finals", 3)
        await stand.tell("jury:finals", 4)
        await stand.tell("contest:finals", 5)
        assert await ana.numbers(3) == [1, 3, 5]
        assert await bob.numbers(3) == [2, 3, 5]
        await ana.silence()
    async with asyncio.timeout(5):
        while stand.count("listeners", way="ws"):
            await asyncio.sleep(0.01)
    assert stand.count("delivered_total") == 6


async def test_a_browser_may_choose_some_of_its_ticket(stand: Stand) -> None:
    async with stand.browser("user:ana", "contest:finals", topic="contest:finals") as ana:
        await stand.tell("user:ana", 1)
        await stand.tell("contest:finals", 2)
        assert await ana.numbers(1) == [2]


async def test_order_is_kept_for_everyone(stand: Stand) -> None:
    async with stand.browser("contest:finals") as one, stand.browser("contest:finals") as other:
        for start in range(0, 200, 20):
            await stand.tell("contest:finals", *range(start, start + 20))
        assert await one.numbers(200) == list(range(200))
        assert await other.numbers(200) == list(range(200))


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({}, 401, "no-ticket"),
        ({"ticket": "rubbish"}, 401, "assertion-malformed"),
        ({"topic": "jury:finals"}, 403, "topic-not-in-ticket"),
        ({"since": "yesterday"}, 400, "bad-since"),
        ({"since": '{"user:ana": 1}'}, 400, "bad-since"),
        ({"since": "{"}, 400, "bad-since"),
        ({"since": "9" * 60 + "-0@x"}, 400, "bad-since"),
        ({"since": '{"user:ana": "' + "9" * 38 + '-0"}'}, 400, "bad-since"),
        ({"since": "0-" + "9" * 20 + "@user:ana"}, 400, "bad-since"),
    ],
)
@pytest.mark.parametrize("tail", ["ws", "sse"])
async def test_who_may_not_listen_is_told_why_before_anything_opens(
    stand: Stand, query: dict[str, str], status: int, code: str, tail: str
) -> None:
    params = {"ticket": stand.ticket("user:ana"), **query} if query else {}
    headers = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
    async with stand.session.get(f"{stand.url}/{tail}", params=params, headers=headers if tail == "ws" else {}) as answer:
        assert (answer.status, (await answer.json(content_type=None))["error"]["code"]) == (status, code)
    assert stand.count("refused_total", code=code) == 1


async def test_a_ticket_for_something_else_opens_nothing(stand: Stand) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await stand.session.ws_connect(f"{stand.url}/ws", params={"ticket": stand.ticket("user:ana", about="command-1")})
    assert refused.value.status == 401


async def test_the_end_of_a_ticket_ends_the_connection_and_says_what_to_do(stand: Stand) -> None:
    async with stand.browser("user:ana", life_s=1) as browser:
        await stand.tell("user:ana", 1)
        assert await browser.farewell() == (4001, "ticket-expired")
    assert stand.count("let_go_total", reason="ticket-expired") == 1


async def test_when_the_broadcaster_leaves_browsers_are_told_to_come_again(topics, pki_folder) -> None:
    async with stand_on(topics, pki_folder) as stand:
        params = {"ticket": stand.ticket("user:ana")}
        socket = await stand.session.ws_connect(f"{stand.url}/ws", params=params)
        stand.hub.upkeep.end_all()
        message = await socket.receive(timeout=5)
        assert (message.data, message.extra) == (1001, "leaving")
        await socket.close()


async def test_more_browsers_than_there_is_room_for_are_told_to_come_later(topics, pki_folder) -> None:
    async with stand_on(topics, pki_folder, Config(most_listeners=1)) as stand, stand.browser("user:ana"):
        with pytest.raises(aiohttp.WSServerHandshakeError) as full:
            await stand.session.ws_connect(f"{stand.url}/ws", params={"ticket": stand.ticket("user:ana")})
        assert full.value.status == 503


async def event(answer: aiohttp.ClientResponse) -> dict[str, str]:
    async with asyncio.timeout(5):
        text = (await answer.content.readuntil(b"\n\n")).decode()
    return dict(line.split(": ", 1) for line in text.strip().split("\n") if not line.startswith(":"))


async def test_an_event_stream_carries_the_same_news_and_resumes_by_its_last_id(stand: Stand) -> None:
    params = {"ticket": stand.ticket("user:ana")}
    async with stand.session.get(f"{stand.url}/sse", params=params) as answer:
        assert answer.headers["Content-Type"] == "text/event-stream"
        assert await event(answer) == {"retry": "1000"}
        await stand.tell("user:ana", 1)
        first = await event(answer)
        assert json.loads(first["data"])["body"]["number"] == 1
        assert json.loads(first["data"])["id"] == first["id"]
    await stand.tell("user:ana", 2, 3)
    async with stand.session.get(f"{stand.url}/sse", params=params, headers={"Last-Event-ID": first["id"]}) as answer:
        await event(answer)
        assert [json.loads((await event(answer))["data"])["body"]["number"] for _ in range(2)] == [2, 3]


async def test_an_event_stream_says_why_it_ends(stand: Stand) -> None:
    async with stand.session.get(f"{stand.url}/sse", params={"ticket": stand.ticket("user:ana", life_s=1)}) as answer:
        await event(answer)
        end = await event(answer)
        assert (end["event"], json.loads(end["data"])) == ("end", {"code": 4001, "reason": "ticket-expired"})
        async with asyncio.timeout(5):
            assert await answer.read() == b""


async def test_without_a_tail_the_upgrade_decides(stand: Stand) -> None:
    async with stand.browser("user:ana", tail="") as browser:
        await stand.tell("user:ana", 1)
        assert await browser.numbers(1) == [1]
    async with stand.session.get(f"{stand.url}/", params={"ticket": stand.ticket("user:ana")}) as answer:
        assert answer.headers["Content-Type"] == "text/event-stream"


async def test_news_that_are_no_object_are_dropped_and_counted(stand: Stand) -> None:
    async with stand.browser("user:ana") as browser:
        await stand.topics.publish([("user:ana", b"[1]"), ("user:ana", b'{"a":\n1}'), ("user:ana", b"")])
        await stand.tell("user:ana", 1)
        assert await browser.numbers(1) == [1]
    assert stand.count("malformed_total") == 3
