"""Owns what must be done for listeners as time passes: pings, ends of tickets, patience with the slow. Never delivers news."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from mesh.log import Log
from mesh.metrics import Metrics
from services.broadcaster.config import Config
from services.broadcaster.frames import Farewell
from services.broadcaster.listener import Listener

TICK_S: Final = 0.1
_DESERTED_S: Final = 5.0
_SLICE: Final = 500


class Upkeep:
    """Every listener, by when it is due for something."""

    def __init__(self, config: Config, metrics: Metrics, log: Log) -> None:
        self.listeners: dict[Listener, None] = {}
        self._slow: dict[Listener, None] = {}
        self._config = config
        self._log = log
        listening = metrics.gauge("listeners")
        self._counts = {False: listening.labels("ws"), True: listening.labels("sse")}
        let_go = metrics.counter("let_go_total")
        self._let_go = {farewell: let_go.labels(farewell.reason) for farewell in Farewell}
        metrics.gauge("slow_listeners").set_function(lambda: len(self._slow))

    def add(self, listener: Listener) -> None:
        """A listener has come."""
        self.listeners[listener] = None
        self._counts[listener.is_stream].inc()
        listener.expiry = asyncio.get_running_loop().call_at(listener.ends_at, self._end, listener, Farewell.TICKET_EXPIRED)

    def remove(self, listener: Listener) -> None:
        """It has gone."""
        if listener in self.listeners:
            del self.listeners[listener]
            self._counts[listener.is_stream].dec()
        self._slow.pop(listener, None)
        if listener.expiry is not None:
            listener.expiry.cancel()

    def note_slow(self, listener: Listener) -> None:
        """It missed something: it gets it when it has read what lies there, or is let go when it does not read for long."""
        if listener not in self._slow:
            listener.slow_since = asyncio.get_running_loop().time()
            self._slow[listener] = None

    def end_all(self) -> None:
        """The broadcaster leaves: everyone is told to come again."""
        for listener in list(self.listeners):
            self._end(listener, Farewell.LEAVING)

    async def run(self, recover: Callable[[Listener], None], tidy: Callable[[], Awaitable[None]]) -> None:
        """Looks after them ten times a second, for ever."""
        loop = asyncio.get_running_loop()
        next_ping, next_tidy = loop.time() + self._config.ping_s, loop.time() + _DESERTED_S
        while True:
            await asyncio.sleep(TICK_S)
            now = loop.time()
            self._look_after_slow(now, recover)
            if now >= next_ping:
                next_ping = now + self._config.ping_s
                await self._ping()
            if now >= next_tidy:
                next_tidy = now + _DESERTED_S
                await tidy()

    def _look_after_slow(self, now: float, recover: Callable[[Listener], None]) -> None:
        for listener in list(self._slow):
            if listener.is_gone:
                del self._slow[listener]
            elif listener.unsent_bytes() == 0:
                del self._slow[listener]
                recover(listener)
            elif now - listener.slow_since > self._config.slow_limit_s:
                self._log.info("listener-too-slow", unsent_bytes=listener.unsent_bytes())
                self._end(listener, Farewell.TOO_SLOW)

    def _end(self, listener: Listener, farewell: Farewell) -> None:
        self._slow.pop(listener, None)
        self._let_go[farewell].inc()
        listener.end(farewell)

    async def _ping(self) -> None:
        for number, listener in enumerate(list(self.listeners), 1):
            listener.ping()
            if number % _SLICE == 0:
                await asyncio.sleep(0)
