"""Owns the telling of what was committed: news, boards, overlay, in the order of events, outside of the command loop.

News are made of events, so they can be made again: a gap in a contest's numbers, a start, or a commit whose answer was
lost makes the teller read the events that it has not told. Who hears one twice sees the same id and version.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from mesh.clock import Clock, iso
from mesh.codec import encode
from mesh.errors import MeshError, Unavailable
from mesh.log import Log
from mesh.metrics import Metrics
from mesh.topics import Topics
from services.recorder import rows
from services.recorder.boards import Boards
from services.recorder.dropped import Dropped
from services.recorder.headlines import Item, headline_of_refusal, headlines_of
from services.recorder.overlay import Overlay
from services.recorder.record import Record
from services.recorder.rules.rights import is_service
from wire.commands import Command, Outcome

MOST_HELD = 10_000
MOST_AT_ONCE = 500
LOOK_BACK = timedelta(seconds=60)
"""How far a start looks back: what was committed and not told when the last one was killed."""


_PAUSES_S = (0.1, 0.25, 0.5, 1.0, 2.0)


class Teller:
    """Tells. Bounded: what does not fit is read from the record again."""

    def __init__(
        self, record: Record, topics: Topics, boards: Boards, overlay: Overlay, dropped: Dropped, *, clock: Clock, metrics: Metrics, log: Log
    ) -> None:
        self._record = record
        self._topics = topics
        self._boards = boards
        self._overlay = overlay
        self._dropped = dropped
        self._clock = clock
        self._log = log
        self._events: deque[rows.Event] = deque()
        self._refusals: deque[tuple[Command, Outcome]] = deque(maxlen=MOST_HELD)
        self._told: dict[str, int] = {}
        self._behind_since: datetime | None = clock.now() - LOOK_BACK
        self._wake = asyncio.Event()
        self._is_idle = asyncio.Event()
        self._news = metrics.counter("news_total")

    def offer(self, events: Iterable[rows.Event]) -> None:
        """Committed events, in order. Never waits."""
        for event in events:
            if len(self._events) < MOST_HELD:
                self._events.append(event)
            else:
                self.look_back()
        self._stir()

    def refused(self, command: Command, outcome: Outcome) -> None:
        """A command of the queue that was refused: nobody waits for its answer, so its actor is told. Never waits."""
        self._refusals.append((command, outcome))
        self._stir()

    def look_back(self) -> None:
        """Something may have been committed that nobody heard of."""
        since = self._clock.now() - LOOK_BACK
        self._behind_since = min(self._behind_since or since, since)
        self._stir()

    async def flushed(self) -> None:
        """Returns when everything that was offered is told."""
        await self._is_idle.wait()

    async def run(self) -> None:
        """Works until it is cancelled."""
        is_open = False
        while True:
            try:
                if not is_open:
                    await self._publish(await self._boards.open_running(self._clock.now()))
                    is_open = True
                await self._step()
            except Unavailable as away:
                self._log.warning("teller-behind", code=away.code, cause=away)
                self._boards.forget()
                self.look_back()
                is_open = False
                await asyncio.sleep(1.0)

    async def _step(self) -> None:
        if self._behind_since is not None:
            since, self._behind_since = self._behind_since, None
            await self._tell(await self._since(since))
        while self._refusals:
            await self._tell_refusal(*self._refusals.popleft())
        while self._events:
            await self._tell(self._take())
        if self._has_work():
            return
        self._wake.clear()
        self._is_idle.set()
        await self._wake.wait()

    def _has_work(self) -> bool:
        return bool(self._events or self._refusals or self._behind_since is not None)

    def _stir(self) -> None:
        self._is_idle.clear()
        self._wake.set()

    def _take(self) -> list[rows.Event]:
        return [self._events.popleft() for _ in range(min(len(self._events), MOST_AT_ONCE))]

    async def _tell(self, events: Sequence[rows.Event]) -> None:
        fresh = await self._complete(events)
        if not fresh:
            return
        news = [item for event in fresh for item in headlines_of(event)]
        news += await self._boards.fold(fresh)
        for event in fresh:
            self._told[event.contest] = event.seq
        await self._publish(news)
        await self._dropped.mark(fresh)
        try:
            await self._overlay.recorded(fresh)
        except MeshError as away:
            self._log.warning("overlay-not-cleared", code=away.code, cause=away)

    async def _tell_refusal(self, command: Command, outcome: Outcome) -> None:
        if is_service(command.actor):
            self._log.error("service-refused", kind=command.kind, command=command.id, actor=command.actor, code=outcome.code)
            return
        try:
            await self._overlay.refused(command, outcome)
        except MeshError as away:
            self._log.warning("overlay-not-refused", command=command.id, code=away.code, cause=away)
        await self._publish([headline_of_refusal(command, outcome, iso(self._clock.now()))])

    async def _publish(self, news: Sequence[Item]) -> None:
        """Tells them, however long the topics are away: nobody would notice that the last of them is missing. What is told twice is known."""
        tries = 0
        while news:
            try:
                await self._topics.publish([(topic, encode(headline)) for topic, headline in news])
            except Unavailable as away:
                if not tries:
                    self._log.warning("news-wait", count=len(news), cause=away)
                await asyncio.sleep(_PAUSES_S[min(tries, len(_PAUSES_S) - 1)])
                tries += 1
            else:
                self._news.inc(len(news))
                if tries:
                    self._log.info("news-told", count=len(news), tries=tries)
                return

    async def _complete(self, events: Sequence[rows.Event]) -> list[rows.Event]:
        """Those of the events that are not told yet, with those in between that nobody offered."""
        whole: list[rows.Event] = []
        reached = dict(self._told)
        for event in events:
            before = reached.get(event.contest)
            if before is not None and event.seq <= before:
                continue
            if before is not None and event.seq > before + 1:
                whole += await self._between(event.contest, before, event.seq)
            whole.append(event)
            reached[event.contest] = event.seq
        return whole

    async def _between(self, contest: str, after: int, before: int) -> list[rows.Event]:
        table = self._record.table(rows.Event)
        where = (table.c.contest == contest, table.c.seq > after, table.c.seq < before)
        return await self._read(sa.select(table).where(*where).order_by(table.c.seq.desc()))

    async def _since(self, since: datetime) -> list[rows.Event]:
        table = self._record.table(rows.Event)
        return await self._read(sa.select(table).where(table.c.at >= since).order_by(table.c.at.desc(), table.c.seq.desc()))

    async def _read(self, newest_first: sa.Select[tuple[object, ...]]) -> list[rows.Event]:
        async with self._record.reading() as connection:
            found = await connection.execute(newest_first.limit(MOST_HELD))
            return [rows.Event(**row._mapping) for row in reversed(found.all())]  # noqa: SLF001  SQLAlchemy's documented name
