"""Whole exchanges handed on: HTTP bodies and WebSockets, both ways, as they come, held back by whoever is slow."""

from __future__ import annotations

import asyncio
import gzip
import io
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import WSMsgType, web
from yarl import URL

from mesh.errors import MeshError
from mesh.rpc import Call, Peer
from tests.mesh.rpc.houses import House, Row, Shape, Word

GIT = Row("grader.git", Word, Word, shape=Shape.PASS, is_idempotent=False, timeout_s=60, max_bytes=1 << 30)
Handler = Callable[[web.Request, Call], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def gateway(peer: Peer, **headers: str) -> AsyncIterator[str]:
    """A plain door for people that hands everything under /git on; yields its URL."""

    async def hand_on(request: web.Request) -> web.StreamResponse:
        try:
            return await peer.pass_on(GIT, request, request.match_info["tail"], headers=headers)
        except MeshError as wrong:
            return web.json_response(wrong.as_object(), status=wrong.status)

    application = web.Application(client_max_size=0)
    application.router.add_route("*", "/git/{tail:.*}", hand_on)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{site.port}/git"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def handed_on(house: House, handler: Handler, **headers: str) -> AsyncIterator[tuple[aiohttp.ClientSession, str]]:
    door = house.door()
    door.serve_pass(GIT, handler)
    async with door.listening(), gateway(await house.caller(), **headers) as url, aiohttp.ClientSession() as session:
        yield session, url


async def test_method_path_query_headers_and_body_arrive(house: House) -> None:
    seen: dict[str, object] = {}

    async def handler(request: web.Request, call: Call) -> web.StreamResponse:
        seen.update(
            method=request.method, tail=call.tail, query=request.rel_url.raw_query_string, peer=call.peer, body=await request.read(),
            actor=request.headers.get("Palestra-Actor"), kind=request.headers.get("Content-Type"),
            sneaked=request.headers.get("Palestra-Sneaked"),
        )  # fmt: skip
        return web.Response(status=418, body=b"short and stout", headers={"X-Kettle": "on"})

    async with handed_on(house, handler, **{"Palestra-Actor": "ana"}) as (session, url):
        headers = {"Content-Type": "application/x-git", "Palestra-Actor": "admin", "Palestra-Sneaked": "1"}
        target = URL(f"{url}/finals.git/info/refs?service=a%2Fb%26&x=1", encoded=True)
        async with session.put(target, data=b"hello", headers=headers) as answer:
            assert (answer.status, await answer.read(), answer.headers["X-Kettle"]) == (418, b"short and stout", "on")
    assert seen == {
        "method": "PUT", "tail": "finals.git/info/refs", "query": "service=a%2Fb%26&x=1", "peer": "frontend", "body": b"hello",
        "actor": "ana", "kind": "application/x-git", "sneaked": None,
    }  # fmt: skip


@pytest.mark.parametrize("path", ["../x", "a/../../rpc/grader.echo", "%2e%2e/x", "a//b", "a%2Fb", "a b"])
async def test_a_path_cannot_leave_its_method(house: House, path: str) -> None:
    async def handler(request: web.Request, call: Call) -> web.StreamResponse:
        return web.Response(text=call.tail)

    async with handed_on(house, handler) as (session, url), session.get(URL(f"{url}/x/{path}", encoded=True)) as answer:
        if answer.status == 200:
            assert ".." not in (await answer.text()).split("/")


async def test_large_bodies_stream_both_ways(house: House) -> None:
    content = os.urandom(5_000_000)

    async def mirror(request: web.Request, call: Call) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        async for chunk in request.content.iter_any():
            await response.write(chunk)
        await response.write_eof()
        return response

    async with handed_on(house, mirror) as (session, url), session.post(f"{url}/x", data=io.BytesIO(content)) as answer:
        assert await answer.read() == content


async def test_a_compressed_body_arrives_unpacked_and_not_called_compressed(house: House) -> None:
    async def handler(request: web.Request, call: Call) -> web.StreamResponse:
        assert "Content-Encoding" not in request.headers
        return web.Response(body=await request.read())

    async with handed_on(house, handler) as (session, url):
        packed = gzip.compress(b"want 1234" * 1000)
        async with session.post(f"{url}/x", data=packed, headers={"Content-Encoding": "gzip"}) as answer:
            assert await answer.read() == b"want 1234" * 1000


async def test_an_answer_that_breaks_off_is_cut_for_the_browser_too(house: House) -> None:
    async def handler(request: web.Request, call: Call) -> web.StreamResponse:
        response = web.StreamResponse()
        response.content_length = 1000
        await response.prepare(request)
        await response.write(b"x" * 10)
        raise ZeroDivisionError

    async with handed_on(house, handler) as (session, url), session.get(f"{url}/x") as answer:
        with pytest.raises(aiohttp.ClientPayloadError):
            await answer.read()


async def test_events_arrive_one_by_one_as_they_are_written(house: House) -> None:
    go_on = asyncio.Event()

    async def events(request: web.Request, call: Call) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b"data: 1\n\n")
        await go_on.wait()
        await response.write(b"data: 2\n\n")
        return response

    async with handed_on(house, events) as (session, url), session.get(f"{url}/sse") as answer:
        assert await answer.content.readuntil(b"\n\n") == b"data: 1\n\n"
        go_on.set()
        assert await answer.content.readuntil(b"\n\n") == b"data: 2\n\n"


async def talk(request: web.Request, call: Call) -> web.StreamResponse:
    socket = web.WebSocketResponse(protocols=("news",), compress=False)
    await socket.prepare(request)
    await socket.send_str(f"hello {call.peer} at {call.tail}?{request.query_string}")
    async for message in socket:
        if message.type == WSMsgType.TEXT and message.data == "leave":
            await socket.close(code=4001, message=b"ticket-expired")
        elif message.type == WSMsgType.TEXT:
            await socket.send_str(message.data.upper())
    return socket


async def test_a_websocket_is_handed_on_both_ways_with_its_close_code(house: House) -> None:
    async with handed_on(house, talk) as (session, url), session.ws_connect(f"{url}/ws?topic=a", protocols=("news",)) as socket:
        assert socket.protocol == "news"
        assert await socket.receive_str() == "hello frontend at ws?topic=a"
        for size in (1, 1000, 200_000):
            await socket.send_str("x" * size)
            assert await socket.receive_str() == "X" * size
        await socket.ping()
        await socket.send_str("leave")
        message = await socket.receive()
        assert (message.type, message.data, message.extra) == (WSMsgType.CLOSE, 4001, "ticket-expired")


async def test_a_websocket_that_is_refused_says_why(house: House) -> None:
    async def refuse(request: web.Request, call: Call) -> web.StreamResponse:
        return web.json_response({"error": {"code": "no-ticket"}}, status=401)

    async with handed_on(house, refuse) as (session, url):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(f"{url}/ws")
    assert refused.value.status == 401


async def test_a_websocket_to_nobody_is_unavailable(house: House) -> None:
    async with gateway(await house.caller()) as url, aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(f"{url}/ws")
    assert refused.value.status == 503


async def test_when_the_browser_goes_the_peer_hears_of_it(house: House) -> None:
    gone = asyncio.Event()

    async def wait(request: web.Request, call: Call) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        try:
            async for _ in socket:
                pass
        finally:
            gone.set()
        return socket

    async with handed_on(house, wait) as (session, url):
        socket = await session.ws_connect(f"{url}/ws")
        assert socket._response.connection is not None
        socket._response.connection.transport.abort()
        async with asyncio.timeout(20):
            await gone.wait()
        await socket.close()


async def test_a_browser_that_does_not_read_holds_back_the_peer(house: House) -> None:
    sent = 0
    stopped = asyncio.Event()

    async def flood(request: web.Request, call: Call) -> web.StreamResponse:
        nonlocal sent
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        try:
            while True:
                await socket.send_bytes(b"x" * 100_000)
                sent += 100_000
        finally:
            stopped.set()

    async with handed_on(house, flood) as (_, url):
        host, port = url.split("/")[2].split(":")
        _, writer = await asyncio.open_connection(host, int(port), limit=1)
        writer.write(
            b"GET /git/ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        before = -1
        async with asyncio.timeout(20):
            while sent != before or sent == 0:
                before = sent
                await asyncio.sleep(0.3)
        assert sent < 20_000_000, "what the browser has not read must not pile up in the middle"
        writer.transport.abort()
        async with asyncio.timeout(20):
            await stopped.wait()


async def test_browsers_that_leave_are_not_the_fault_of_the_peer(house: House) -> None:
    async def events(request: web.Request, call: Call) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"data: 1\n\n")
            await asyncio.sleep(0.01)

    async with handed_on(house, events) as (session, url):
        for _ in range(8):
            async with session.get(f"{url}/sse") as answer:
                await answer.content.readuntil(b"\n\n")
                answer.close()
        async with session.get(f"{url}/sse") as answer:
            assert answer.status == 200
    assert house.count("frontend", "peer_circuit_open", peer="grader") == 0
