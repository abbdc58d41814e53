"""The parts that others lean on: what was just read, hashing in line, what counts as one client."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime

import pytest

from mesh.clock import TurnedClock
from mesh.errors import Invalid, NotFound, TooMany, Unavailable
from mesh.cache.contract import Allowance
from services.frontend.freshness import Fresh
from services.frontend.passwords import Passwords, check_password
from services.frontend.queues import _merged
from services.frontend.ratelimits import check_allowed, network_of
from services.frontend.together import both
from wire.undertaking import QueueState


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock(datetime(2026, 1, 1, tzinfo=UTC))


class Source:
    """Something slow to read: counts, and fails when told to."""

    def __init__(self) -> None:
        self.reads = 0
        self.error: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()

    async def read(self) -> int:
        self.reads += 1
        number = self.reads
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        return number


def test_two_that_answer_for_a_queue_are_put_together_though_one_cannot_count_what_is_given_up() -> None:
    sees, cannot = QueueState("Work", 3, 1, 0, 2, 1), QueueState("Work", 3, 2, 4, None, 1)
    assert _merged(sees, cannot) == _merged(cannot, sees) == QueueState("Work", 3, 3, 4, 2, 1)
    assert _merged(cannot, cannot).dead is None


async def test_what_is_fresh_is_read_once(clock: TurnedClock) -> None:
    fresh, source = Fresh[str, int](clock, 1.0), Source()
    assert [await fresh.read("a", source.read) for _ in range(3)] == [1, 1, 1]
    clock.turn(1)
    assert await fresh.read("a", source.read) == 2
    fresh.forget("a")
    assert await fresh.read("a", source.read) == 3


async def test_who_can_do_with_older_things_says_so(clock: TurnedClock) -> None:
    fresh, source = Fresh[str, int](clock, 1.0), Source()
    assert await fresh.read("a", source.read) == 1
    clock.turn(5)
    assert await fresh.read("a", source.read, life_s=6.0) == 1
    assert await fresh.read("a", source.read, life_s=5.0) == 2
    assert await fresh.read("a", source.read) == 2


async def test_all_who_ask_at_once_share_one_read_and_its_failure(clock: TurnedClock) -> None:
    fresh, source = Fresh[str, int](clock, 0.0), Source()
    source.gate.clear()
    asking = [asyncio.ensure_future(fresh.read("a", source.read)) for _ in range(5)]
    await asyncio.sleep(0)
    source.error = NotFound("gone")
    source.gate.set()
    answers = await asyncio.gather(*asking, return_exceptions=True)
    assert source.reads == 1
    assert all(isinstance(answer, NotFound) for answer in answers)


async def test_when_the_reader_is_cancelled_the_next_in_line_reads(clock: TurnedClock) -> None:
    fresh, source = Fresh[str, int](clock, 1.0), Source()
    source.gate.clear()
    first, second = [asyncio.ensure_future(fresh.read("a", source.read)) for _ in range(2)]
    await asyncio.sleep(0)
    first.cancel()
    source.gate.set()
    assert await second == 2
    assert first.cancelled() or isinstance((await asyncio.gather(first, return_exceptions=True))[0], asyncio.CancelledError)


async def test_a_read_under_way_is_not_kept_when_it_is_forgotten_meanwhile(clock: TurnedClock) -> None:
    fresh, source = Fresh[str, int](clock, 10.0), Source()
    source.gate.clear()
    old = asyncio.ensure_future(fresh.read("a", source.read))
    await asyncio.sleep(0)
    fresh.forget("a")
    source.gate.set()
    assert await old == 1
    assert await fresh.read("a", source.read) == 2, "the older answer was not kept"


async def test_what_is_stale_can_be_had_for_a_while(clock: TurnedClock) -> None:
    fresh, source = Fresh[str, int](clock, 1.0, stale_s=60.0), Source()
    assert fresh.stale("a") is None
    assert await fresh.read("a", source.read) == 1
    clock.turn(30)
    source.error = Unavailable("away")
    with pytest.raises(Unavailable):
        await fresh.read("a", source.read)
    assert fresh.stale("a") == (1,)
    clock.turn(31)
    assert fresh.stale("a") is None


async def test_no_more_is_kept_than_there_is_room_for(clock: TurnedClock) -> None:
    fresh, source = Fresh[str, int](clock, 60.0, most=2), Source()
    for key in "abc":
        await fresh.read(key, source.read)
    await fresh.read("c", source.read)
    assert source.reads == 3
    await fresh.read("a", source.read)
    assert source.reads == 4


async def test_hashing_waits_in_a_bounded_line_and_refuses_beyond() -> None:
    passwords = Passwords(memory_kib=64, passes=1, threads=1, most_waiting=3)
    busy, free = threading.Event(), threading.Event()
    passwords._pool.submit(lambda: (busy.set(), free.wait(5)))
    asking = [asyncio.ensure_future(passwords.hash("a long password")) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable) as refused:
        await passwords.hash("a long password")
    assert refused.value.code == "sign-in-busy"
    free.set()
    hashes = await asyncio.gather(*asking)
    assert len(set(hashes)) == 3
    assert all(one.startswith("$argon2id$") for one in hashes)
    assert await passwords.fits("a long password", hashes[0])
    assert not await passwords.fits("another password", hashes[0])
    assert not await passwords.fits("nobody's password", None), "the password of nobody opens nothing"
    assert not await passwords.fits("a long password", "no hash at all")
    await passwords.aclose()


@pytest.mark.parametrize("password", ["", "1234567", "ñ" * 257, "Ana-Maria"])
def test_weak_passwords_are_refused(password: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_password(password, "ana-maria")
    assert refused.value.code == "weak-password"


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("fe80::1%eth0", "fe80::"),
        ("", "unknown"),
    ],
)
def test_one_client_is_one_address_or_one_network(address: str, network: str) -> None:
    assert network_of(address) == network


def test_the_longest_wait_is_told() -> None:
    check_allowed({"a": Allowance(True, 0)})
    with pytest.raises(TooMany) as refused:
        check_allowed({"a": Allowance(False, 2.1), "b": Allowance(False, 7.2), "c": Allowance(True, 0)})
    assert refused.value.retry_after_s == 8


async def test_of_two_things_at_once_the_failure_is_raised_as_it_is_when_the_other_has_ended() -> None:
    ended = asyncio.Event()

    async def fails() -> None:
        raise NotFound("gone")

    async def lasts() -> None:
        await asyncio.sleep(0.02)
        ended.set()

    for pair in ((fails(), lasts()), (lasts(), fails())):
        ended.clear()
        with pytest.raises(NotFound):
            await both(*pair)
        assert ended.is_set()


async def test_an_error_that_is_an_answer_is_given_back() -> None:
    async def says(what: object) -> object:
        return what

    kept = NotFound("gone")
    assert await both(says(1), says(kept)) == (1, kept)


async def test_two_things_at_once_are_called_off_together() -> None:
    called_off = []

    async def lasts(name: str) -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            called_off.append(name)
            raise

    doing = asyncio.create_task(both(lasts("one"), lasts("other")))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    doing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await doing
    assert sorted(called_off) == ["one", "other"]
