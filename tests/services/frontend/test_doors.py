"""Live news and git: who is let through, with which rights, and to whom it is handed on."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import aiohttp
import pytest
from aiohttp import web

from mesh.assertion import Verifier
from mesh.life import Life
from mesh.rpc import Call
from services.frontend.cookies import COOKIE
from tests.services.frontend.conftest import Worlds
from tests.services.frontend.world import PASSWORD, World
from wire.methods import BROADCASTER_EVENTS, GITSERVER_SMART_HTTP


class Owner:
    """A peer at the far end, real mutual TLS in between: notes what reaches it."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, str, dict[str, str]]] = []

    async def take(self, request: web.Request, call: Call) -> web.StreamResponse:
        self.seen.append((request.method, call.tail, request.query_string, dict(request.headers)))
        if request.headers.get("Upgrade", "").lower() == "websocket":
            socket = web.WebSocketResponse()
            await socket.prepare(request)
            await socket.send_str("hello")
            async for message in socket:
                await socket.send_str(f"heard {message.data}")
            return socket
        return web.Response(text="handed on")


@pytest.fixture
async def broadcaster(finals: World) -> AsyncIterator[Owner]:
    owner, life = Owner(), Life("broadcaster")
    async with finals.neighbour("broadcaster") as backbone:
        server = backbone.server("127.0.0.1", 0, life)
        server.serve_pass(BROADCASTER_EVENTS, owner.take)
        async with server.listening():
            yield owner


@pytest.fixture
async def gitserver(finals: World) -> AsyncIterator[Owner]:
    owner, life = Owner(), Life("gitserver")
    async with finals.neighbour("gitserver") as backbone:
        server = backbone.server("127.0.0.1", 0, life)
        server.serve_pass(GITSERVER_SMART_HTTP, owner.take)
        async with server.listening():
            yield owner


def _claims(world: World, token: str) -> tuple[str, list[str]]:
    said = Verifier(world.backbone.credentials).verify(token, issuer="frontend", at=world.clock.now(), about="events")
    return said.subject, said.claims["topics"]


async def test_a_ticket_opens_only_what_its_bearer_may_hear(finals: World) -> None:
    expected = {
        "": ["contest:finals", "scoreboard:finals:public"],
        "bob": ["user:bob", "contest:finals", "scoreboard:finals:public"],
        "ana": ["user:ana", "contest:finals", "scoreboard:finals:public"],
        "olga": ["user:olga", "contest:finals", "scoreboard:finals:public", "jury:finals", "scoreboard:finals:jury"],
    }
    for username, topics in expected.items():
        person = await finals.signed_in(username) if username else finals.person()
        answer = await person.post("/tickets", {"contests": ["finals"]})
        assert (answer.status, answer.json["topics"]) == (201, topics)
        assert _claims(finals, answer.json["ticket"]) == (username or "anonymous", topics)


async def test_there_is_no_ticket_for_a_contest_that_one_may_not_see(finals: World) -> None:
    await finals.add_contest("closed", is_public=False)
    answer = await (await finals.signed_in("bob")).post("/tickets", {"contests": ["finals", "closed"]})
    assert (answer.status, answer.code) == (404, "no-such-contest")


async def test_whoever_names_more_contests_than_one_listener_hears_is_told_so(finals: World, broadcaster: Owner) -> None:
    for number in range(20):
        await finals.add_contest(f"round{number}")
    names = [f"round{number}" for number in range(20)]
    ana = await finals.signed_in("ana")
    for told in (
        await ana.post("/tickets", {"contests": [*names, "finals"]}),
        await ana.get("/events?" + "&".join(f"contest={name}" for name in [*names, "finals"]), headers={"Cookie": f"{COOKIE}={ana.token}"}),
    ):
        assert (told.status, told.code) == (400, "too-many-contests")
    assert not broadcaster.seen
    answer = await ana.post("/tickets", {"contests": [*names, *names]})
    assert (answer.status, len(answer.json["topics"])) == (201, 1 + 2 * 20)


async def test_a_listener_with_a_session_needs_no_ticket_of_his_own(finals: World, broadcaster: Owner) -> None:
    ana = await finals.signed_in("ana")
    answer = await finals.person().get("/events?contest=finals&after=7", headers={"Cookie": f"{COOKIE}={ana.token}"})
    assert (answer.status, answer.body) == (200, b"handed on")
    [(_, _, query, headers)] = broadcaster.seen
    assert query == "contest=finals&after=7"
    assert _claims(finals, headers["Palestra-Ticket"])[0] == "ana"
    assert ana.token not in str(headers), "the session stays here"


async def test_a_forged_ticket_header_does_not_get_through(finals: World, broadcaster: Owner) -> None:
    answer = await finals.person().get("/events?contest=finals", headers={"Palestra-Ticket": "forged", "Palestra-User": "root"})
    assert answer.status == 200
    [(_, _, _, headers)] = broadcaster.seen
    assert headers["Palestra-Ticket"] != "forged"
    assert "Palestra-User" not in headers


async def test_a_websocket_is_handed_on_both_ways_and_not_to_other_sites(finals: World, broadcaster: Owner) -> None:
    async with finals.session.ws_connect(f"{finals.url}/events?contest=finals", origin=finals.url) as socket:
        assert await socket.receive_str() == "hello"
        await socket.send_str("this")
        assert await socket.receive_str() == "heard this"
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await finals.session.ws_connect(f"{finals.url}/events", origin="https://evil.example")
    assert refused.value.status == 403


async def test_without_the_broadcaster_the_door_says_so(finals: World) -> None:
    answer = await finals.person().get("/events?contest=finals")
    assert (answer.status, answer.code) == (503, "broadcaster-unavailable")
    assert "127.0.0.1" not in answer.message


def _basic(username: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()}


async def test_git_is_asked_for_a_name_and_told_what_it_may(finals: World, gitserver: Owner) -> None:
    path = "/git/sum.git/info/refs?service=git-receive-pack"
    asked = await finals.person().get(path)
    assert (asked.status, asked.headers["WWW-Authenticate"].split()[0]) == (401, "Basic")
    assert (await finals.person().get(path, headers=_basic("olga", "wrong password"))).status == 401
    assert gitserver.seen == []
    olga = await finals.signed_in("olga")
    for word in (PASSWORD, olga.token):
        answer = await finals.person().get(path, headers=_basic("olga", word))
        assert (answer.status, answer.body) == (200, b"handed on")
    for _, tail, query, headers in gitserver.seen:
        assert (tail, query) == ("sum.git/info/refs", "service=git-receive-pack")
        assert (headers["Palestra-User"], headers["Palestra-Rights"]) == ("olga", "write")
        assert not headers.get("Authorization")


@pytest.mark.parametrize(
    ("username", "alias", "service", "status"),
    [
        ("ana", "sum", "git-upload-pack", 404),
        ("ana", "sum", "git-receive-pack", 404),
        ("ana", "new", "git-receive-pack", 404),
        ("olga", "new", "git-receive-pack", 200),
        ("root", "sum", "git-receive-pack", 200),
        ("olga", "UPPER", "git-receive-pack", 422),
    ],
)
async def test_rights_on_a_repository_follow_from_roles(
    finals: World, gitserver: Owner, *, username: str, alias: str, service: str, status: int
) -> None:
    answer = await finals.person().get(f"/git/{alias}.git/info/refs?service={service}", headers=_basic(username, PASSWORD))
    assert answer.status == status
    assert len(gitserver.seen) == (status == 200)


async def test_one_push_hashes_one_password(finals: World, gitserver: Owner) -> None:
    for _ in range(12):
        assert (await finals.person().get("/git/sum.git/info/refs?service=git-upload-pack", headers=_basic("olga", PASSWORD))).status == 200
    await finals.update("accounts", {"username": "olga"}, password_hash="$argon2id$changed")
    refused = await finals.person().get("/git/sum.git/info/refs?service=git-upload-pack", headers=_basic("olga", PASSWORD))
    assert refused.status == 401, "a changed password counts at once"


async def test_no_other_address_of_a_repository_is_served(finals: World, gitserver: Owner) -> None:
    for tail in ("HEAD", "objects/info/packs", "config"):
        assert (await finals.person().get(f"/git/sum.git/{tail}", headers=_basic("olga", PASSWORD))).status == 404
    assert gitserver.seen == []


async def test_a_listener_is_let_go_when_his_session_ends(finals: World, broadcaster: Owner) -> None:
    ana = await finals.signed_in("ana")
    async with finals.session.ws_connect(f"{finals.url}/events?contest=finals", headers={"Cookie": f"{COOKIE}={ana.token}"}) as socket:
        assert await socket.receive_str() == "hello"
        async with finals.session.ws_connect(f"{finals.url}/events?contest=finals") as anonymous:
            assert await anonymous.receive_str() == "hello"
            assert (await ana.ask("DELETE", "/session")).status == 204
            async with asyncio.timeout(12):
                ended = await socket.receive()
            assert ended.type in {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR}
            await anonymous.send_str("this")
            assert await anonymous.receive_str() == "heard this"


async def test_many_listeners_come_and_go(finals: World, broadcaster: Owner) -> None:
    async def one() -> None:
        async with finals.session.ws_connect(f"{finals.url}/events?contest=finals") as socket:
            assert await socket.receive_str() == "hello"

    async with asyncio.TaskGroup() as group:
        for _ in range(20):
            group.create_task(one())
    assert len(broadcaster.seen) == 20


async def test_listeners_and_waiters_are_let_go_at_once_when_the_service_leaves(worlds: Worlds) -> None:
    loop = asyncio.get_running_loop()
    async with worlds(drain_s=30.0) as world, AsyncExitStack() as stack:
        await world.add_account("ana")
        await world.add_problem()
        await world.add_contest()
        await world.register("finals", "ana")
        backbone = await stack.enter_async_context(world.neighbour("broadcaster"))
        server = backbone.server("127.0.0.1", 0, Life("broadcaster"))
        server.serve_pass(BROADCASTER_EVENTS, Owner().take)
        await stack.enter_async_context(server.listening())
        ana = await world.signed_in("ana")
        socket = await world.session.ws_connect(f"{world.url}/events?contest=finals")
        assert await socket.receive_str() == "hello"
        waiting = asyncio.ensure_future(ana.submit(query="?wait=true"))
        async with asyncio.timeout(5):
            while not await world.queued():
                await asyncio.sleep(0)
        began = loop.time()
        await world.life.begin_stop()
        answer = await waiting
        assert (answer.status, answer.json["status"]) == (202, "accepted")
        message = await socket.receive(timeout=5)
        assert message.type in {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR}
    assert loop.time() - began < 5
