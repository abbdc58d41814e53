"""Two watchers see one board move soon after the verdict is recorded; one that was cut off catches up without fetching it again."""

from __future__ import annotations

import asyncio
import itertools
import json
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import aiohttp
import pytest

from tests.support.contests import RIGHT, WRONG, open_contest, sum_package
from tests.support.house import HouseOfProcesses
from tests.support.proxy import Proxy

pytestmark = [pytest.mark.sandbox, pytest.mark.faults, pytest.mark.timeout(120)]


class Watcher:
    """A browser at a board: what it heard, and when."""

    def __init__(self) -> None:
        self.heard: list[tuple[float, dict]] = []
        self.last_id = ""
        self._more = asyncio.Event()

    @asynccontextmanager
    async def watching(self, url: str, contest: str) -> AsyncIterator[None]:
        """Listens for as long as the block lasts, from where it stopped."""
        query = {"contest": contest} | ({"since": self.last_id} if self.last_id else {})
        async with aiohttp.ClientSession() as session, session.ws_connect(f"{url}/events", params=query) as socket:
            reading = asyncio.create_task(self._read(socket))
            try:
                yield
            finally:
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            if message.type is aiohttp.WSMsgType.TEXT:
                self.heard.append((time.time(), json.loads(message.data)))
                self.last_id = self.heard[-1][1].get("id", self.last_id)
                self._more.set()

    def deltas(self) -> list[tuple[float, dict]]:
        return [(at, news["body"]) for at, news in self.heard if news["kind"] == "scoreboard"]

    async def until_version(self, version: int, limit_s: float = 15) -> float:
        """When the board's delta of that version arrived."""
        async with asyncio.timeout(limit_s):
            while True:
                for at, delta in self.deltas():
                    if delta["version"] == version:
                        return at
                self._more.clear()
                await self._more.wait()


def recorded_at(house: HouseOfProcesses, contest: str, submission: str) -> tuple[int, float]:
    """Sequence number and time of the commit of a verdict."""
    with sqlite3.connect(f"file:{house.folder}/var/record.sqlite3?mode=ro", uri=True) as database:
        seq, at = database.execute(
            "select seq, at from events where contest = ? and kind = 'judged' and json_extract(body, '$.id') = ?", (contest, submission)
        ).fetchone()
    return seq, at / 1e6


def prepare(house: HouseOfProcesses, contest: str) -> dict:
    admin = house.admin()
    admin.upload(sum_package(), "live-sum")
    return {"admin": admin, **open_contest(admin, contest, ["live-sum"], [f"{contest}-a", f"{contest}-b"])}


async def judge(person, contest: str, source: str) -> str:
    one = await asyncio.to_thread(person.submit, contest, "live-sum", "python3", source)
    await asyncio.to_thread(person.verdict, one)
    return one


async def test_two_watchers_see_the_board_move_within_200_ms_of_the_record(house: HouseOfProcesses) -> None:
    people = await asyncio.to_thread(prepare, house, "live")
    first, second = Watcher(), Watcher()
    delays = []
    async with first.watching(house.url, "live"), second.watching(house.url, "live"):
        for team, source in (("live-a", WRONG), ("live-a", RIGHT), ("live-b", RIGHT)):
            one = await judge(people[team], "live", source)
            seq, at = recorded_at(house, "live", one)
            delays += [await first.until_version(seq) - at, await second.until_version(seq) - at]
    assert sorted(delays)[len(delays) // 2] < 0.2, delays
    assert [delta for _, delta in first.deltas()] == [delta for _, delta in second.deltas()]
    versions = [(delta["after"], delta["version"]) for _, delta in first.deltas()]
    assert all(before[1] == after[0] for before, after in itertools.pairwise(versions)), "a chain without holes"


async def test_a_watcher_that_was_cut_off_gets_what_it_missed(house: HouseOfProcesses) -> None:
    people = await asyncio.to_thread(prepare, house, "cut")
    place = urlsplit(house.url)
    watcher, steady = Watcher(), Watcher()
    async with Proxy.to(place.hostname, place.port) as proxy, steady.watching(house.url, "cut"):
        async with watcher.watching(f"http://127.0.0.1:{proxy.port}", "cut"):
            one = await judge(people["cut-a"], "cut", WRONG)
            await watcher.until_version(recorded_at(house, "cut", one)[0])
            proxy.cut()
        missed = await judge(people["cut-b"], "cut", RIGHT)
        seq, _ = recorded_at(house, "cut", missed)
        await steady.until_version(seq)
        async with watcher.watching(f"http://127.0.0.1:{proxy.port}", "cut"):
            await watcher.until_version(seq)
    assert [delta["version"] for _, delta in watcher.deltas()] == [delta["version"] for _, delta in steady.deltas()]
    assert not [news for _, news in watcher.heard if news["kind"] == "gap"]
