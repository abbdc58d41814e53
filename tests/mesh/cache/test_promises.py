"""What the cache and the shared state promise, held against memory, a file and a real Redis."""

from __future__ import annotations

import asyncio

import pytest

from mesh.cache import Allowance, Cache, Rate
from tests.mesh.cache.conftest import Stage

VALUES = [b"", b"value", bytes(range(256)), b"\x93palstra", b"\x93palstra\x00\x00\x00\x01\x05\x00\x00hello world, not sealed"]


@pytest.mark.parametrize("value", VALUES)
async def test_value_comes_back_as_it_was_stored(cache: Cache, value: bytes) -> None:
    assert await cache.fetch("key") is None
    await cache.store("key", value, 60)
    assert await cache.fetch("key") == value
    await cache.store("key", b"other", 60)
    assert await cache.fetch("key") == b"other"


async def test_many_are_fetched_in_the_order_of_their_keys(cache: Cache) -> None:
    await cache.store("a", b"1", 60)
    await cache.store("c", b"3", 60)
    assert await cache.fetch_many(["c", "b", "a", "c"]) == [b"3", None, b"1", b"3"]
    assert await cache.fetch_many([]) == []


async def test_value_lives_as_long_as_was_said_and_no_longer(stage: Stage) -> None:
    await stage.cache.store("short", b"1", 0.1)
    await stage.cache.store("long", b"2", 60)
    await stage.pass_time(0.15)
    assert await stage.cache.fetch_many(["short", "long"]) == [None, b"2"]


async def test_store_if_absent_keeps_the_first(stage: Stage) -> None:
    assert await stage.cache.store_if_absent("key", b"1", 60)
    assert not await stage.other.store_if_absent("key", b"2", 60)
    assert await stage.cache.fetch("key") == b"1"
    assert await stage.cache.store_if_absent("short", b"1", 0.1)
    await stage.pass_time(0.15)
    assert await stage.other.store_if_absent("short", b"3", 60)
    assert await stage.cache.fetch("short") == b"3"


async def test_forgotten_is_gone(cache: Cache) -> None:
    for key in ("a", "b", "c"):
        await cache.store(key, b"1", 60)
    await cache.forget("a", "b", "never there")
    await cache.forget()
    assert await cache.fetch_many(["a", "b", "c"]) == [None, None, b"1"]


class Maker:
    """Counts how often it is asked; takes its time."""

    def __init__(self, *values: bytes, takes_s: float = 0.02) -> None:
        self.values = list(values)
        self.takes_s = takes_s
        self.asked = 0

    async def __call__(self) -> bytes:
        self.asked += 1
        await asyncio.sleep(self.takes_s)
        return self.values.pop(0) if len(self.values) > 1 else self.values[0]


async def test_missing_value_is_made_once_for_all_who_wait(stage: Stage) -> None:
    make = Maker(b"made", takes_s=0.1)
    callers = [cache.compute("key", 60, make) for _ in range(50) for cache in (stage.cache, stage.other)]
    assert set(await asyncio.gather(*callers)) == {b"made"}
    assert make.asked == 1
    assert await stage.other.compute("key", 60, make) == b"made"
    assert make.asked == 1
    assert await stage.cache.fetch("key") == b"made"
    assert await stage.cache.fetch_many(["key"]) == [b"made"]


async def test_computed_value_is_made_again_after_its_life(stage: Stage) -> None:
    make = Maker(b"1", b"2", takes_s=0)
    assert await stage.cache.compute("key", 0.1, make) == b"1"
    await stage.pass_time(0.15)
    assert await stage.cache.compute("key", 0.1, make) == b"2"


async def test_error_of_the_maker_reaches_all_and_is_not_kept(cache: Cache) -> None:
    async def fail() -> bytes:
        await asyncio.sleep(0.02)
        raise ValueError("no such problem")

    results = await asyncio.gather(*(cache.compute("key", 60, fail) for _ in range(5)), return_exceptions=True)
    assert all(isinstance(each, ValueError) for each in results)
    async with asyncio.timeout(3):  # less than the life of a lock whose holder died
        assert await cache.compute("key", 60, Maker(b"now")) == b"now"


async def test_cancelled_maker_leaves_the_work_to_the_next_in_line(cache: Cache) -> None:
    making = asyncio.Event()

    async def make_for_ever() -> bytes:
        making.set()
        await asyncio.Event().wait()
        return b"never"

    first = asyncio.ensure_future(cache.compute("key", 60, make_for_ever))
    await making.wait()
    second = asyncio.ensure_future(cache.compute("key", 60, Maker(b"made")))
    await asyncio.sleep(0.01)
    assert not second.done()
    first.cancel()
    async with asyncio.timeout(3):  # less than the life of a lock whose holder died
        assert await second == b"made"
    assert first.cancelled()


async def test_family_is_forgotten_as_one(stage: Stage) -> None:
    make = Maker(b"old", b"old too", b"new", b"new too", takes_s=0)
    assert await stage.cache.compute("statement:en", 60, make, family="problem:sum") == b"old"
    assert await stage.cache.compute("statement:es", 60, make, family="problem:sum") == b"old too"
    assert await stage.cache.compute("other", 60, Maker(b"stays"), family="problem:other") == b"stays"
    await stage.other.forget_family("problem:sum")
    await stage.other.forget_family("nobody's")
    assert await stage.cache.fetch("statement:en") is None
    assert await stage.cache.fetch_many(["statement:es", "other"]) == [None, b"stays"]
    assert await stage.cache.compute("statement:en", 60, make, family="problem:sum") == b"new"
    assert await stage.other.compute("statement:es", 60, make, family="problem:sum") == b"new too"
    assert await stage.cache.compute("other", 60, Maker(b"never asked"), family="problem:other") == b"stays"


@pytest.mark.parametrize("how", ["forget", "forget_family", "store"])
async def test_value_made_from_what_was_true_before_it_was_forgotten_is_not_kept(stage: Stage, how: str) -> None:
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def make_slowly() -> bytes:
        begun.set()
        await may_end.wait()
        return b"stale"

    slow = asyncio.ensure_future(stage.cache.compute("key", 60, make_slowly, family="f"))
    await begun.wait()
    match how:
        case "forget":
            await stage.cache.forget("key")
        case "forget_family":
            await stage.cache.forget_family("f")
        case _:
            await stage.cache.store("key", b"fresh", 60)
    if how != "store":
        async with asyncio.timeout(8):
            fresh = asyncio.ensure_future(stage.cache.compute("key", 60, Maker(b"fresh"), family="f"))
            if how == "forget_family":
                may_end.set()  # another process may hold its lock until it is done
            assert await fresh == b"fresh"
    may_end.set()
    assert await slow == b"stale"
    assert await stage.cache.fetch("key") == b"fresh"


async def test_rate_allows_its_burst_then_even_steps(stage: Stage) -> None:
    limits, began, counts = {"login": Rate(count=2, per_s=1, burst=3)}, stage.monotonic(), list[int]()

    async def ask(cache: Cache, times: int) -> list[Allowance]:
        """So many answers; in all no more are allowed than the burst and a step for each half second that has passed."""
        answers = [(await cache.allow(limits))["login"] for _ in range(times)]
        counts.append(sum(each.is_allowed for each in answers))
        assert sum(counts) <= 3 + (stage.monotonic() - began) // 0.5
        return answers

    answers = await ask(stage.cache, 5)
    assert all(each.is_allowed and each.retry_after_s == 0 for each in answers[:3])
    assert all(0 < each.retry_after_s <= 0.5 for each in answers if not each.is_allowed)
    await stage.pass_time(0.51)
    assert (await ask(stage.other, 2))[0].is_allowed
    await stage.pass_time(1.51)
    assert all(each.is_allowed for each in (await ask(stage.cache, 4))[:3])
    if stage.clock is not None:
        assert counts == [3, 1, 3]


async def test_limits_are_asked_together_and_counted_apart(cache: Cache) -> None:
    limits = {"tight": Rate(1, 60, 1), "wide": Rate(100, 60, 100)}
    first = await cache.allow(limits)
    assert {key: each.is_allowed for key, each in first.items()} == {"tight": True, "wide": True}
    second = await cache.allow(limits)
    assert {key: each.is_allowed for key, each in second.items()} == {"tight": False, "wide": True}
    assert 55 < second["tight"].retry_after_s <= 60
    assert await cache.allow({}) == {}


async def test_what_is_given_back_may_be_taken_again(cache: Cache) -> None:
    limits = {"tight": Rate(2, 60, 2)}
    for _ in range(5):
        assert (await cache.allow(limits))["tight"].is_allowed
        await cache.give_back(limits)
    await cache.give_back({"never-taken": Rate(1, 60, 1), **limits})
    assert [(await cache.allow(limits))["tight"].is_allowed for _ in range(3)] == [True, True, False], "no more than the burst, whatever is given back"
    await cache.give_back({})


async def test_session_and_limits_come_together(cache: Cache) -> None:
    await cache.store("session:1", b"anna", 60)
    value, answers = await cache.fetch_and_allow("session:1", {"a": Rate(1, 60, 1)})
    assert (value, answers["a"].is_allowed) == (b"anna", True)
    value, answers = await cache.fetch_and_allow("session:2", {"a": Rate(1, 60, 1)})
    assert (value, answers["a"].is_allowed) == (None, False)
    assert await cache.compute("made", 60, Maker(b"value"), family="f") == b"value"
    assert await cache.fetch_and_allow("made", {}) == (b"value", {})


async def test_list_keeps_its_members_in_the_order_of_coming(stage: Stage) -> None:
    for member in ("a", "b", "c", "a", "ü"):
        await stage.cache.add_to_list("pending:anna", member, 60)
    assert await stage.other.list_members("pending:anna") == ["b", "c", "a", "ü"]
    await stage.other.remove_from_list("pending:anna", "c", "never there")
    assert await stage.cache.list_members("pending:anna") == ["b", "a", "ü"]
    await stage.cache.remove_from_list("pending:anna", "b", "a", "ü")
    await stage.cache.remove_from_list("nobody's", "x")
    assert await stage.cache.list_members("pending:anna") == []


async def test_list_lives_on_from_its_last_member(stage: Stage) -> None:
    async def after_its_first_would_be_gone(key: str) -> list[str]:
        await stage.cache.add_to_list(key, "a", 1.0)
        await stage.pass_time(0.6)
        await stage.cache.add_to_list(key, "b", 1.0)
        await stage.pass_time(0.6)
        return await stage.cache.list_members(key)

    tries = "l" if stage.clock is not None else "lmnop"  # a real clock goes on while the machine does not
    found = list[str]()
    for key in tries:
        if found := await after_its_first_would_be_gone(key):
            break
    assert found == ["a", "b"]
    await stage.pass_time(1.05)
    assert await stage.cache.list_members(key) == []


async def test_list_is_bounded_and_drops_the_oldest(cache: Cache) -> None:
    for number in range(1005):
        await cache.add_to_list("l", str(number), 60)
    members = await cache.list_members("l")
    assert (len(members), members[0], members[-1]) == (1000, "5", "1004")
