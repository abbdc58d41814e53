"""Several processes of one service: any of them answers, one that is gone costs nothing, and each can be spoken to by itself."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import AsyncExitStack

import pytest

from mesh.errors import Unavailable
from mesh.life import Life
from mesh.log import Log
from mesh.rpc import Call, Peers, RpcServer
from mesh.addresses import AddressBook, looked_up
from mesh.settings import MeshConfig
from tests.mesh.rpc.houses import House, Row, Word
from tests.support.timing import is_done_within

READ = Row("grader.status", Word, Word)
CHANGE = Row("grader.change", Word, Word, is_idempotent=False)
PATIENT = Row("grader.change", Word, Word, is_idempotent=False, patience_s=5.0)


class Replicas:
    """Doors of one name, each of which says which one it is, and a caller that knows all addresses."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.ports: list[int] = []
        self.doors: list[AsyncExitStack] = []

    async def open(self, place: int, port: int = 0) -> None:
        door = RpcServer(
            service="grader", credentials=self._house.credentials["grader"], addresses={}, host="127.0.0.1", port=port,
            life=Life("grader"), metrics=self._house.metrics_of("grader"), log=Log("grader"),
        )  # fmt: skip

        async def answer(_request: Word, _call: Call) -> Word:
            return Word("", place)

        door.serve(READ, answer)
        door.serve(CHANGE, answer)
        stack = AsyncExitStack()
        await stack.enter_async_context(door.listening())
        self.doors[place:place] = [stack]
        self.ports[place:place] = [door.port]

    async def close(self, place: int) -> int:
        await self.doors.pop(place).aclose()
        return self.ports.pop(place)

    async def peers(self) -> Peers:
        book = AddressBook({"grader": [("127.0.0.1", port) for port in self.ports]})
        house = self._house
        return await house.stack.enter_async_context(
            Peers("frontend", house.credentials["frontend"], book, house.metrics_of("frontend"), Log("frontend"))
        )


@pytest.fixture
async def replicas(house: House):
    made = Replicas(house)
    for place in range(2):
        await made.open(place)
    yield made
    for stack in made.doors:
        await stack.aclose()


async def test_calls_go_to_every_replica(replicas: Replicas) -> None:
    peer = (await replicas.peers()).peer("grader")
    heard = Counter([(await peer.call(READ, Word())).number for _ in range(10)])
    assert heard == {0: 5, 1: 5}


async def test_a_replica_that_is_gone_costs_no_call(replicas: Replicas) -> None:
    peer = (await replicas.peers()).peer("grader")
    await peer.call(READ, Word())
    await replicas.close(0)
    heard = Counter([(await peer.call(CHANGE, Word())).number for _ in range(30)])
    assert heard == {1: 30}, "what is not idempotent too: a connection that does not come about has asked nothing"


async def test_when_all_are_gone_the_circuit_of_the_peer_is_open_and_closes_again(replicas: Replicas, house: House) -> None:
    peer = (await replicas.peers()).peer("grader")
    await replicas.close(0)
    port = await replicas.close(0)
    async with asyncio.timeout(10):
        while house.count("frontend", "peer_circuit_open", peer="grader") == 0:
            with pytest.raises(Unavailable):
                await peer.call(READ, Word())
    await replicas.open(0, port)
    async with asyncio.timeout(10):
        while True:
            try:
                await peer.call(READ, Word())
                break
            except Unavailable:
                await asyncio.sleep(0.05)
    assert house.count("frontend", "peer_circuit_open", peer="grader") == 0


async def test_each_place_can_be_spoken_to_by_itself(replicas: Replicas) -> None:
    places = await (await replicas.peers()).places("grader")
    assert [(await place.call(READ, Word())).number for place in places for _ in range(2)] == [0, 0, 1, 1]


async def test_places_of_somebody_unknown_are_none(house: House) -> None:
    house.addresses.clear()
    peers = await house.stack.enter_async_context(
        Peers("frontend", house.credentials["frontend"], house.addresses, house.metrics_of("frontend"), Log("frontend"))
    )
    assert await peers.places("grader") == []


async def test_a_patient_call_waits_for_a_peer_that_is_started_again(replicas: Replicas) -> None:
    await replicas.close(1)
    peer = (await replicas.peers()).peer("grader")
    await peer.call(PATIENT, Word())
    port = await replicas.close(0)
    waiting = asyncio.create_task(peer.call(PATIENT, Word()))
    await asyncio.sleep(0.8)
    assert not waiting.done()
    await replicas.open(0, port)
    async with asyncio.timeout(5):
        assert (await waiting).number == 0


async def test_patience_is_counted_from_when_the_peer_went_not_from_each_call(replicas: Replicas) -> None:
    row = Row("grader.change", Word, Word, is_idempotent=False, patience_s=1.0)
    await replicas.close(1)
    peer = (await replicas.peers()).peer("grader")
    await replicas.close(0)

    async def is_refused() -> None:
        with pytest.raises(Unavailable):
            await peer.call(row, Word())

    await is_refused()
    await is_done_within(0.7, is_refused, "whoever comes later is told at once: a call")


def test_a_setting_names_one_address_or_several() -> None:
    book = MeshConfig(grader_address="one:1, two:2", recorder_address="127.0.0.1:0").addresses()
    assert book.of("grader") == (("one", 1), ("two", 2))
    assert "recorder" not in book
    book["grader"] = ("here", 3)
    assert book.of("grader") == (("here", 3),), "a door that opened in this process is the only one"


@pytest.mark.parametrize("text", ["one:1,two", "one", "one:1,,", ":"])
def test_an_address_that_is_none_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="grader_address"):
        MeshConfig(grader_address=text).addresses()


async def test_a_host_name_stands_for_all_its_addresses() -> None:
    assert await looked_up([("127.0.0.1", 1), ("127.0.0.1", 1), ("127.0.0.2", 1)]) == [("127.0.0.1", 1), ("127.0.0.2", 1)]
    assert await looked_up([("no-such-host.invalid", 7)]) == [("no-such-host.invalid", 7)]
