"""A slot asks every grader for work, takes the first order, and gives a second one back to whoever gave it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from contest.groups import CaseGroup
from mesh.errors import NotFound
from mesh.life import Life
from mesh.log import Log
from mesh.metrics import MESH_METRICS, Metrics
from mesh.rpc import Call, Peers, RpcServer
from mesh.rpc.contract import Download
from mesh.addresses import AddressBook
from mesh.tls import Credentials
from services.runner.graders import SHARE, Graders
from tests.services.runner.workshop import LIMITS
from wire.judging import AttemptEnd, BlobRequest, Checker, ClaimAnswer, ClaimRequest, JudgingManifest, Nothing, RunOrder
from wire.methods import GRADER_BLOB, GRADER_CLAIM, GRADER_FINISH
from wire.runners import DirectRunner

ASKED = ClaimRequest("r-0", ("c",), (), 2.0)


async def deaf(_direction: DirectRunner) -> None:
    """Nobody listens to what an operator says."""


class Grader:
    """One that hands out what it has when it may, and notes what comes back."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.orders: list[str] = []
        self.yielding: list[str] = []
        self.may_answer = asyncio.Event()
        self.files: dict[str, bytes] = {}
        self.returned: list[str] = []
        self.given_up = 0
        self.standing = False
        self.claims = 0
        self.pause_s = 0.0

    async def claim(self, request: ClaimRequest, _call: Call) -> ClaimAnswer:
        try:
            if request.wait_s:
                self.standing = True
                self.claims += 1
                await self.may_answer.wait()
                await asyncio.sleep(self.pause_s)
        except asyncio.CancelledError:
            self.given_up += 1
            raise
        given = self.orders or ([] if request.is_choosy else self.yielding)
        attempt = given.pop() if given else None
        manifest = JudgingManifest("p", "v", LIMITS, (), Checker(), CaseGroup())
        return ClaimAnswer(None if attempt is None else RunOrder(attempt, "run", "submission", "c", "", "", manifest, 30.0, ""))

    async def finish(self, end: AttemptEnd, _call: Call) -> Nothing:
        assert end.outcome == "handed-back"
        self.returned.append(end.attempt)
        return Nothing()

    async def blob(self, request: BlobRequest, _call: Call) -> Download:
        if request.digest not in self.files:
            raise NotFound("not here", code="no-such-blob")
        body = self.files[request.digest]

        async def chunks() -> AsyncIterator[bytes]:
            yield body

        return Download(len(body), chunks())


@pytest.fixture
async def pair(pki_folder: Path) -> AsyncIterator[tuple[Graders, Grader, Grader]]:
    async with AsyncExitStack() as stack:
        made, addresses = [], []
        for name in ("one", "two"):
            grader = Grader(name)
            addresses.append(await stack.enter_async_context(_listening(pki_folder, grader)))
            made.append(grader)
        mine = await asyncio.to_thread(Credentials.load, pki_folder, "runner")
        peers = Peers("runner", mine, AddressBook({"grader": addresses}), Metrics("runner", MESH_METRICS), Log("runner"))
        yield Graders(await stack.enter_async_context(peers), Log("runner")), made[0], made[1]


@asynccontextmanager
async def _listening(pki_folder: Path, grader: Grader) -> AsyncIterator[tuple[str, int]]:
    theirs = await asyncio.to_thread(Credentials.load, pki_folder, "grader")
    door = RpcServer(
        service="grader", credentials=theirs, addresses={}, host="127.0.0.1", port=0, life=Life("grader"),
        metrics=Metrics("grader", MESH_METRICS), log=Log("grader"),
    )  # fmt: skip
    door.serve(GRADER_CLAIM, grader.claim)
    door.serve(GRADER_FINISH, grader.finish)
    door.serve_download(GRADER_BLOB, grader.blob)
    async with door.listening():
        yield "127.0.0.1", door.port


async def until(holds: Callable[[], object], limit_s: float = 5) -> None:
    async with asyncio.timeout(limit_s):
        while not holds():
            await asyncio.sleep(0.005)


async def test_work_that_is_there_is_taken_from_one_grader_after_the_other(pair: tuple[Graders, Grader, Grader]) -> None:
    graders, one, two = pair
    one.orders, two.orders = ["a", "b"], ["c", "d"]
    for grader in (one, two):
        grader.may_answer.set()
    async with graders.claims(deaf) as claims:
        taken = [order.run.attempt for _ in range(4) if (order := await claims.next(lambda: ASKED)) is not None]
    assert sorted(taken) == ["a", "b", "c", "d"]
    assert (one.returned, two.returned, one.given_up, two.given_up) == ([], [], 0, 0)
    assert len({*taken[:2]} & {"a", "b"}) == 1, "they take turns"


async def test_what_somebody_waits_for_is_taken_before_the_rest_wherever_it_is_but_the_rest_has_its_share(
    pair: tuple[Graders, Grader, Grader],
) -> None:
    graders, one, two = pair
    one.yielding = ["rest"] * 4
    two.orders = [f"urgent {number}" for number in range(3 * SHARE)]
    async with graders.claims(deaf) as claims:
        taken = [order.run.attempt for _ in range(3 * SHARE) if (order := await claims.next(lambda: ASKED)) is not None]
        assert 1 <= taken.count("rest") <= 3
        two.orders = ["last"]
        one.yielding = ["rest"]
        final = [order.run.attempt for _ in range(2) if (order := await claims.next(lambda: ASKED)) is not None]
    assert final == ["last", "rest"]


async def test_who_has_called_is_asked_first(pair: tuple[Graders, Grader, Grader]) -> None:
    graders, one, two = pair
    one.orders, two.orders = ["a", "b", "c"], ["d", "e", "f"]
    callers = await graders.places()
    async with graders.claims(deaf) as claims:
        taken = []
        for _ in range(3):
            claims.prefer(callers[1])
            order = await claims.next(lambda: ASKED)
            assert order is not None
            taken.append(order.run.attempt)
    assert taken == ["f", "e", "d"]


async def test_an_order_that_comes_while_the_slot_is_busy_goes_back_at_once(pair: tuple[Graders, Grader, Grader]) -> None:
    graders, one, two = pair
    async with graders.claims(deaf) as claims:
        claiming = asyncio.create_task(claims.next(lambda: ASKED))
        await until(lambda: one.standing and two.standing)
        two.orders = ["b"]
        two.may_answer.set()
        order = await claiming
        assert order is not None
        assert order.run.attempt == "b"
        assert one.given_up == 0, "the other claim stands on: breaking it off could lose what is on its way"
        one.orders = ["a"]
        one.may_answer.set()
        await until(lambda: one.returned == ["a"])
        assert two.returned == []


async def test_a_claim_that_still_stands_serves_the_next_wish(pair: tuple[Graders, Grader, Grader]) -> None:
    graders, one, two = pair
    async with graders.claims(deaf) as claims:
        claiming = asyncio.create_task(claims.next(lambda: ASKED))
        await until(lambda: one.standing and two.standing)
        two.orders = ["b"]
        two.may_answer.set()
        await claiming
        two.may_answer.clear()
        again = asyncio.create_task(claims.next(lambda: ASKED))
        await asyncio.sleep(0.05)
        one.orders = ["a"]
        one.may_answer.set()
        order = await again
        assert order is not None
        assert (order.run.attempt, one.claims) == ("a", 1)


async def test_nobody_has_work(pair: tuple[Graders, Grader, Grader]) -> None:
    graders, one, two = pair
    for grader in (one, two):
        grader.pause_s = 0.05
        grader.may_answer.set()
    async with graders.claims(deaf) as claims:
        began = time.monotonic()
        assert await claims.next(lambda: ClaimRequest("r-0", ("c",), (), 0.3)) is None
        assert 0.25 < time.monotonic() - began < 3


async def test_a_file_comes_from_whoever_judges_the_problem(pair: tuple[Graders, Grader, Grader]) -> None:
    graders, _, two = pair
    two.files["d"] = b"text"
    async with graders.file("p", "d") as stream:
        assert b"".join([chunk async for chunk in stream]) == b"text"
    with pytest.raises(NotFound):
        async with graders.file("p", "e"):
            pass
