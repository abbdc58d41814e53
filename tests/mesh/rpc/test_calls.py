"""Calls over mutual TLS: who may, how long, what travels, what comes back."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

import pytest

from mesh.errors import Broken, DeadlineExceeded, Forbidden, Invalid, Refused, TooLarge, Unavailable
from mesh.log import correlation
from mesh.rpc import Call
from mesh.rpc import contract
from tests.mesh.rpc.houses import House, Row, Word

ECHO = Row("grader.echo", Word, Word)
RUNNERS_ONLY = Row("grader.claim", Word, Word, callers=frozenset({"runner"}))


async def echo(request: Word, call: Call) -> Word:
    return Word(f"{call.peer} said {request.text}", request.number + 1)


async def test_a_call_is_answered_and_knows_its_caller(house: House) -> None:
    door = house.door()
    door.serve(ECHO, echo)
    async with door.listening():
        frontend, runner = await house.caller("frontend"), await house.caller("runner")
        assert await frontend.call(ECHO, Word("hello", 1)) == Word("frontend said hello", 2)
        assert await runner.call(ECHO, Word("hello", 1)) == Word("runner said hello", 2)
    assert house.count("grader", "calls_total", method="grader.echo", peer="runner", outcome="ok") == 1
    assert house.count("frontend", "peer_calls_total", method="grader.echo", outcome="ok") == 1


async def test_a_caller_that_is_not_listed_gets_403_with_peer_and_method(house: House) -> None:
    door = house.door()
    door.serve(RUNNERS_ONLY, echo)
    async with door.listening():
        with pytest.raises(Forbidden) as refused:
            await (await house.caller("frontend")).call(RUNNERS_ONLY, Word())
    assert refused.value.code == "caller-not-allowed"
    assert refused.value.details == {"peer": "frontend", "method": "grader.claim"}
    assert house.count("grader", "refused_callers_total", method="grader.claim", peer="frontend") == 1


async def test_a_method_that_is_not_shown_is_refused_like_one_that_is_not_allowed(house: House) -> None:
    async with house.door().listening():
        with pytest.raises(Forbidden) as refused:
            await (await house.caller()).call(ECHO, Word())
    assert refused.value.code == "caller-not-allowed"
    assert house.count("grader", "refused_callers_total", method="unknown", peer="frontend") == 1


async def test_failures_of_a_handler_arrive_as_what_they_are(house: House) -> None:
    async def fail(request: Word, call: Call) -> Word:
        if request.text == "invalid":
            raise Invalid("not like this", code="not-like-this", details=[{"path": "a"}])
        raise ZeroDivisionError("a secret detail")

    door = house.door()
    door.serve(ECHO, fail)
    async with door.listening():
        peer = await house.caller()
        with pytest.raises(Invalid) as invalid:
            await peer.call(ECHO, Word("invalid"))
        with pytest.raises(Broken) as broken:
            await peer.call(ECHO, Word("bug"))
    assert (invalid.value.code, invalid.value.message, invalid.value.details) == ("not-like-this", "not like this", [{"path": "a"}])
    assert "secret" not in broken.value.message


async def test_a_body_of_another_shape_is_refused_naming_the_field(house: House) -> None:
    other = Row("grader.echo", dict, Word)
    door = house.door()
    door.serve(ECHO, echo)
    async with door.listening():
        with pytest.raises(Refused) as refused:
            await (await house.caller()).call(other, {"text": 1})
    assert refused.value.code == "bad-shape"
    assert "$.text" in refused.value.message


async def test_a_body_over_the_limit_is_refused_before_it_is_read(house: House) -> None:
    small = Row("grader.echo", Word, Word, max_bytes=1000)
    door = house.door()
    door.serve(small, echo)
    async with door.listening():
        peer = await house.caller()
        with pytest.raises(TooLarge):
            await peer.call(small, Word("x" * 2000))
        assert (await peer.call(small, Word("x" * 100))).number == 1


async def test_the_deadline_travels_and_nested_calls_inherit_what_is_left(house: House) -> None:
    left: list[float] = []
    nested = Row("recorder.echo", Word, Word, callers=frozenset({"grader"}), timeout_s=60)
    outer = Row("grader.echo", Word, Word, timeout_s=60)
    recorder, grader = house.door("recorder"), house.door("grader")

    async def note(request: Word, call: Call) -> Word:
        left.append(call.deadline - asyncio.get_running_loop().time())
        return request

    async def ask_on(request: Word, call: Call) -> Word:
        left.append(call.deadline - asyncio.get_running_loop().time())
        return await (await house.caller("grader", to="recorder")).call(nested, request)

    recorder.serve(nested, note)
    grader.serve(outer, ask_on)
    async with recorder.listening(), grader.listening():
        await (await house.caller()).call(outer, Word(), timeout_s=7)
    assert 6 < left[0] <= 7
    assert 6 < left[1] <= left[0]


async def test_a_handler_that_takes_too_long_is_cancelled_on_both_sides(house: House) -> None:
    ended = asyncio.Event()

    async def hang(request: Word, call: Call) -> Word:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return request

    door = house.door()
    door.serve(ECHO, hang)
    async with door.listening():
        peer = await house.caller()
        began = asyncio.get_running_loop().time()
        with pytest.raises(DeadlineExceeded):
            await peer.call(ECHO, Word(), timeout_s=0.3)
        assert asyncio.get_running_loop().time() - began < 2
        async with asyncio.timeout(20):
            await ended.wait()


async def test_a_caller_that_goes_away_cancels_its_handler_at_once(house: House) -> None:
    hold = Row("grader.hold", Word, Word, is_idempotent=False, timeout_s=3600)
    begun, cancelled = asyncio.Event(), asyncio.Event()

    async def held(request: Word, call: Call) -> Word:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise
        return request

    door = house.door()
    door.serve(hold, held)
    async with door.listening():
        task = asyncio.create_task((await house.caller("runner")).call(hold, Word()))
        async with asyncio.timeout(20):
            await begun.wait()
        task.cancel()
        async with asyncio.timeout(20):
            await cancelled.wait()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert house.count("grader", "calls_total", method="grader.hold", peer="runner", outcome="cancelled") == 1


async def test_the_correlation_id_follows_the_work(house: House) -> None:
    seen: list[str] = []

    async def note(request: Word, call: Call) -> Word:
        seen.extend([call.correlation, correlation.get()])
        return request

    door = house.door()
    door.serve(ECHO, note)
    async with door.listening():
        token = correlation.set("work-17")
        try:
            await (await house.caller()).call(ECHO, Word())
        finally:
            correlation.reset(token)
    assert seen == ["work-17", "work-17"]


async def test_a_peer_that_nobody_has_seen_is_unavailable_and_found_once_it_listens(house: House) -> None:
    peer = await house.caller()
    with pytest.raises(Unavailable) as unknown:
        await peer.call(ECHO, Word())
    assert unknown.value.code == "peer-unknown"
    door = house.door()
    door.serve(ECHO, echo)
    async with door.listening():
        assert (await peer.call(ECHO, Word("now"))).number == 1
    assert "grader" not in house.addresses


async def test_the_work_of_a_call_does_not_leak_its_deadline(house: House) -> None:
    door = house.door()
    door.serve(ECHO, echo)
    async with door.listening():
        await (await house.caller()).call(ECHO, Word())
    assert contract.deadline.get() is None


@pytest.mark.parametrize("page", ["/health/live", "/health", "/metrics"])
async def test_health_and_metrics_are_served_to_peers(house: House, page: str, pki_folder: Path) -> None:
    door = house.door()
    async with door.listening():
        status, text = await asyncio.to_thread(curl, pki_folder, door.port, page)
    assert status in {"200", "503"}
    assert "grader" in text


def curl(folder: Path, port: int, path: str, *more: str, certificate: str = "frontend", key: str = "") -> tuple[str, str]:
    """What the outside witness gets: the status ("000": no answer at all) and the body."""
    identity = ["--cert", f"{folder}/{certificate}.crt", "--key", f"{folder}/{key or certificate}.key"] if certificate else []
    done = subprocess.run(
        ["curl", "--silent", "--cacert", f"{folder}/ca.crt", *identity, "--resolve", f"grader:{port}:127.0.0.1", "--max-time", "5",
         "--write-out", "\n%{http_code}", *more, f"https://grader:{port}{path}"],
        capture_output=True, text=True, check=False, timeout=10,
    )  # fmt: skip
    body, _, status = done.stdout.rpartition("\n")
    return status, body


async def test_curl_with_a_certificate_calls_and_is_refused_as_the_table_says(house: House, pki_folder: Path) -> None:
    door = house.door()
    door.serve(ECHO, echo)
    door.serve(RUNNERS_ONLY, echo)
    async with door.listening():
        body = ("--data", '{"text": "curl"}')
        allowed = await asyncio.to_thread(curl, pki_folder, door.port, "/rpc/grader.echo", *body)
        forbidden = await asyncio.to_thread(curl, pki_folder, door.port, "/rpc/grader.claim", *body)
        nothing = await asyncio.to_thread(curl, pki_folder, door.port, "/nothing")
    assert allowed == ("200", '{"text":"frontend said curl","number":1}')
    assert forbidden[0] == "403"
    assert '"peer":"frontend"' in forbidden[1]
    assert nothing[0] == "404"


async def test_a_large_request_and_answer_cross_whole(house: House) -> None:
    large = Row("grader.echo", Word, Word, max_bytes=8 << 20)
    door = house.door()
    door.serve(large, echo)
    async with door.listening():
        answer = await (await house.caller()).call(large, Word("x" * 5_000_000))
    assert len(answer.text) == len("frontend said ") + 5_000_000
