"""What happens when a peer is slow, away, full or leaving: retries, circuit, bulkhead, drain."""

from __future__ import annotations

import asyncio

import pytest

from mesh.errors import Conflict, DeadlineExceeded, Unavailable
from mesh.rpc import Call, Peer
from mesh.rpc.admission import Limits
from mesh.rpc.circuit import FAILURES, Circuit
from tests.mesh.rpc.houses import House, Row, Word
from tests.support.refusals import refusal_of

READ = Row("grader.status", Word, Word)
CHANGE = Row("grader.change", Word, Word, is_idempotent=False)


class Moody:
    """A handler that fails so often, then answers."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.calls = 0

    async def __call__(self, request: Word, call: Call) -> Word:
        self.calls += 1
        if self.failures:
            raise self.failures.pop(0)
        return request


async def test_an_idempotent_call_is_tried_again_until_it_works(house: House) -> None:
    moody = Moody(Unavailable("away"), Unavailable("away"))
    door = house.door()
    door.serve(READ, moody)
    async with door.listening():
        assert await (await house.caller()).call(READ, Word("a")) == Word("a")
    assert moody.calls == 3


async def test_tries_have_an_end(house: House) -> None:
    moody = Moody(*(Unavailable("away", code="record-unavailable") for _ in range(10)))
    door = house.door()
    door.serve(READ, moody)
    async with door.listening():
        with pytest.raises(Unavailable) as away:
            await (await house.caller()).call(READ, Word())
    assert (away.value.code, moody.calls) == ("record-unavailable", 4)


@pytest.mark.parametrize("failure", [Conflict("no"), DeadlineExceeded("late"), ZeroDivisionError(), ConnectionResetError()])
async def test_what_would_fail_again_is_not_tried_again(house: House, failure: Exception) -> None:
    moody = Moody(failure)
    door = house.door()
    door.serve(READ, moody)
    async with door.listening():
        with pytest.raises(Exception, match=r".") as failed:
            await (await house.caller()).call(READ, Word())
    assert moody.calls == 1
    assert not isinstance(failed.value, Unavailable)


async def test_a_call_that_is_not_idempotent_is_never_repeated_once_it_may_have_begun(house: House) -> None:
    calls = 0
    door = house.door()

    async def die(request: Word, call: Call) -> Word:
        nonlocal calls
        calls += 1
        for connection in door.connections():
            connection.abort()  # it ends without an answer
        return request

    door.serve(CHANGE, die)
    door.serve(READ, die)
    async with door.listening():
        peer = await house.caller()
        with pytest.raises(Unavailable) as broken:
            await peer.call(CHANGE, Word())
        assert (broken.value.code, calls) == ("peer-disconnected", 1)
        with pytest.raises(Unavailable):
            await peer.call(READ, Word())
        assert calls == 5


async def test_a_call_that_was_not_begun_may_be_repeated_even_if_not_idempotent(house: House) -> None:
    moody = Moody(Unavailable("leaving", code="shutting-down"))
    door = house.door()
    door.serve(CHANGE, moody)
    async with door.listening():
        assert await (await house.caller()).call(CHANGE, Word("a")) == Word("a")
    assert moody.calls == 2


async def test_a_pause_that_the_peer_asks_for_is_kept_or_the_call_fails_at_once(house: House) -> None:
    moody = Moody(Unavailable("busy", retry_after_s=60))
    door = house.door()
    door.serve(READ, moody)
    async with door.listening():
        with pytest.raises(Unavailable) as busy:
            await (await house.caller()).call(READ, Word())
    assert (busy.value.retry_after_s, moody.calls) == (60, 1)


async def until(peer: Peer, code: str) -> None:
    async with asyncio.timeout(10):
        while True:
            try:
                await peer.call(CHANGE, Word())
            except Unavailable as wrong:
                if wrong.code == code:
                    return


async def _refused_after_s(peer: Peer) -> float:
    began = asyncio.get_running_loop().time()
    with pytest.raises(Unavailable):
        await peer.call(CHANGE, Word())
    return asyncio.get_running_loop().time() - began


async def test_a_dead_peer_is_left_alone_and_found_again(house: House) -> None:
    moody = Moody()
    door = house.door()
    door.serve(CHANGE, moody)
    peer = await house.caller()
    async with door.listening():
        await peer.call(CHANGE, Word())
        address = house.addresses["grader"]
    house.addresses["grader"] = address
    await until(peer, "circuit-open")
    assert house.count("frontend", "peer_circuit_open", peer="grader") == 1
    took_s = [await _refused_after_s(peer) for _ in range(5)]
    assert min(took_s) < 0.05, "an open circuit fails at once"
    again = house.door()
    again._port = address[1]
    again.serve(CHANGE, moody)
    async with again.listening(), asyncio.timeout(10):
        while True:
            try:
                await peer.call(CHANGE, Word())
                break
            except Unavailable:
                await asyncio.sleep(0.05)
    assert house.count("frontend", "peer_circuit_open", peer="grader") == 0


def test_the_circuit_opens_after_failures_in_a_row_and_probes_with_one_call() -> None:
    now, told = [0.0], []
    circuit = Circuit(lambda: now[0], told.append)
    for _ in range(FAILURES - 1):
        circuit.failed()
    circuit.succeeded()
    for _ in range(FAILURES):
        assert circuit.wait_s() == 0
        circuit.failed()
    assert told == [True]
    assert 0 < circuit.wait_s() <= 0.3
    now[0] = 0.31
    assert circuit.wait_s() == 0, "one probe"
    assert circuit.wait_s() > 0, "and only one"
    circuit.failed()
    now[0] += 0.35
    assert circuit.wait_s() > 0, "after a failed probe the pause is longer"
    now[0] += 0.31
    assert circuit.wait_s() == 0
    circuit.abandoned()
    assert circuit.wait_s() == 0, "a probe that was given up leaves room for another"
    circuit.succeeded()
    assert told == [True, False]
    assert circuit.wait_s() == 0


async def test_a_silent_peer_opens_the_circuit_too(house: House) -> None:
    async def hang(request: Word, call: Call) -> Word:
        await asyncio.Event().wait()
        return request

    door = house.door()
    door.serve(READ, hang)
    async with door.listening():
        peer = await house.caller()
        calls = [peer.call(READ, Word(), timeout_s=1.1) for _ in range(FAILURES)]
        assert all(isinstance(end, DeadlineExceeded) for end in await asyncio.gather(*calls, return_exceptions=True))
        left_alone = await refusal_of(lambda: peer.call(READ, Word(), timeout_s=1.1))  # the pause may be over: the next one is longer
    assert left_alone.code == "circuit-open"


async def test_a_bulkhead_bounds_what_one_peer_may_hold(house: House) -> None:
    at_once, most = 0, 0
    go_on = asyncio.Event()

    async def slow(request: Word, call: Call) -> Word:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await go_on.wait()
        at_once -= 1
        return request

    door = house.door()
    door.serve(READ, slow)
    async with door.listening():
        peer = await house.caller()
        peer._outgoing._room = asyncio.Semaphore(7)
        async with asyncio.TaskGroup() as group:
            calls = [group.create_task(peer.call(READ, Word(number=i))) for i in range(30)]
            async with asyncio.timeout(5):
                while most < 7:
                    await asyncio.sleep(0.01)
            go_on.set()
    assert most == 7
    assert sorted(call.result().number for call in calls) == list(range(30))


async def test_a_door_that_is_full_says_so(house: House) -> None:
    go_on = asyncio.Event()

    async def slow(request: Word, call: Call) -> Word:
        await go_on.wait()
        return request

    door = house.door(limits=Limits(calls_at_once=3))
    door.serve(CHANGE, slow)
    async with door.listening():
        peer = await house.caller()
        async with asyncio.TaskGroup() as group:
            calls = [group.create_task(peer.call(CHANGE, Word())) for _ in range(3)]
            async with asyncio.timeout(5):
                while door._admission.held < 3:
                    await asyncio.sleep(0.01)
            full = await refusal_of(lambda: peer.call(CHANGE, Word(), timeout_s=0.2))
            go_on.set()
        assert all(call.result() == Word() for call in calls)
    assert full.code == "overloaded"


async def test_a_door_that_closes_finishes_what_it_holds_and_refuses_the_rest(house: House) -> None:
    go_on = asyncio.Event()

    async def slow(request: Word, call: Call) -> Word:
        if request.text == "held":
            await go_on.wait()
        return request

    door = house.door()
    door.serve(CHANGE, slow)
    peer = await house.caller()
    listening = door.listening()
    await listening.__aenter__()
    address = house.addresses["grader"]
    await peer.call(CHANGE, Word("warm"))
    held = [asyncio.create_task(peer.call(CHANGE, Word("held"))) for _ in range(2)]
    async with asyncio.timeout(5):
        while door._admission.held < 2:
            await asyncio.sleep(0.01)
        closing = asyncio.create_task(listening.__aexit__(None, None, None))
        while not door._admission.is_draining:
            await asyncio.sleep(0.01)
        house.addresses["grader"] = address
        with pytest.raises(Unavailable) as leaving:
            await peer.call(CHANGE, Word("late"))
        assert leaving.value.code in {"shutting-down", "peer-unreachable"}
        assert not closing.done()
        go_on.set()
        assert [await call for call in held] == [Word("held"), Word("held")]
        await closing


async def test_what_does_not_end_in_time_is_cut_when_the_door_closes(house: House) -> None:
    cancelled = asyncio.Event()

    async def hang(request: Word, call: Call) -> Word:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()
        return request

    door = house.door(limits=Limits(drain_s=0.2))
    door.serve(CHANGE, hang)
    peer = await house.caller()
    async with asyncio.timeout(8):
        async with door.listening():
            held = asyncio.create_task(peer.call(CHANGE, Word()))
            while door._admission.held == 0:
                await asyncio.sleep(0.01)
        await cancelled.wait()
        with pytest.raises(Unavailable):
            await held


async def test_a_connection_is_renewed_after_its_age_and_no_call_notices(house: House) -> None:
    moody = Moody()
    door = house.door(limits=Limits(connection_age_s=0.05))
    door.serve(CHANGE, moody)
    async with door.listening():
        peer = await house.caller()
        for number in range(40):
            assert await peer.call(CHANGE, Word(number=number)) == Word(number=number)
            await asyncio.sleep(0.005)
    assert moody.calls == 40


async def test_a_taken_port_is_said_clearly(house: House) -> None:
    async with house.door().listening():
        second = house.door("recorder")
        second._port = house.addresses["grader"][1]
        with pytest.raises(Unavailable) as taken:
            async with second.listening():
                pass
    assert taken.value.code == "address-unusable"
    assert f":{second._port}: another program has that port" in taken.value.message
