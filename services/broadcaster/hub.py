"""Owns the subscribers: one loop hears the topics and writes to everyone who listens. The only writer of `Channel` and `Listener`.

A piece of news is encoded once and written to each transport in slices, so that ten thousand browsers do not hold up the rest.
Who does not read is skipped past a bound and gets what he missed when he has read; who never reads is let go (`mesh` bounds:
`slow_after_bytes` a listener, `MOST_HELD` news while it catches up, `memory_length` news a topic).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import islice
from typing import Final

from mesh.clock import Clock, micros
from mesh.errors import Unavailable
from mesh.log import Log
from mesh.metrics import Metrics
from mesh.tasks import alongside
from mesh.topics import Gap, News, Subscription, Topics
from mesh.topics.entries import position
from services.broadcaster.channel import Channel
from services.broadcaster.config import Config
from services.broadcaster.doubt import EVERY_S, Doubt
from services.broadcaster.frames import Frames, gap_frames, news_frames
from services.broadcaster.listener import Listener
from services.broadcaster.resumption import Missed, Resumption
from services.broadcaster.upkeep import Upkeep
from services.broadcaster.wishes import Since

SLICE: Final = 500
_BRIDGE_S: Final = 5.0
_BRIDGED_AT_ONCE: Final = 64
_BEFORE_FOLLOWING_MS: Final = 5000
"""News from shortly before a topic was followed may be replayed twice rather than not at all: clocks differ."""


class Hub:
    """Every topic that is followed here and every browser that listens. Open it with `hearing`."""

    def __init__(self, topics: Topics, config: Config, clock: Clock, metrics: Metrics, log: Log) -> None:
        self._topics = topics
        self._config = config
        self._clock = clock
        self._log = log
        self._subscription: Subscription | None = None
        self._channels: dict[str, Channel] = {}
        self._resumption = Resumption(topics, config.replay_length, metrics)
        self.upkeep = Upkeep(config, metrics, log)
        self._heard = metrics.counter("news_total")
        self._delivered = metrics.counter("delivered_total")
        self._gaps = metrics.counter("gaps_total")
        self._malformed = metrics.counter("malformed_total")
        self._lag = metrics.histogram("lag_seconds")
        metrics.gauge("topics_followed").set_function(lambda: len(self._channels))

    @asynccontextmanager
    async def hearing(self) -> AsyncIterator[None]:
        """Hears and delivers until it is left; then every listener is told to come again."""
        async with self._topics.subscribe() as subscription:
            self._subscription = subscription
            try:
                async with alongside(self._hear(subscription), self._doubt(subscription), self.upkeep.run(self._recover, self._forget_deserted)):
                    yield
            finally:
                self._subscription = None
                self.upkeep.end_all()

    async def trouble(self) -> str:
        """What is wrong, for the health detail; empty when nothing is."""
        return "" if self._subscription is not None else "does not hear the topics"

    def check_room(self) -> None:
        """Raises: `Unavailable` (``too-many-listeners``, ``shutting-down``) when nobody can be let in."""
        if len(self.upkeep.listeners) >= self._config.most_listeners:
            raise Unavailable("this broadcaster is full; come again", code="too-many-listeners", retry_after_s=5)
        if self._subscription is None:
            raise Unavailable("the broadcaster is leaving; come again", code="shutting-down", retry_after_s=1)

    async def join(self, listener: Listener, since: Since | None) -> None:
        """Lets a listener in and brings it up to now; live news follow without a hole."""
        self.upkeep.add(listener)
        channels = [self._channel(topic) for topic in listener.topics]
        for channel in channels:
            channel.listeners[listener] = None
        if self._subscription is not None:
            await self._subscription.follow(*listener.topics)
        self._go_live(listener, await self._catch_up(listener, channels, since) if since is not None else {})

    def leave(self, listener: Listener) -> None:
        """Lets a listener go, whose connection has ended."""
        self.upkeep.remove(listener)
        for topic in listener.topics:
            channel = self._channels.get(topic)
            if channel is not None:
                channel.listeners.pop(listener, None)
                if not channel.listeners:
                    channel.deserted_at = asyncio.get_running_loop().time()

    def _channel(self, topic: str) -> Channel:
        channel = self._channels.get(topic)
        if channel is None:
            baseline_ms = micros(self._clock.now()) // 1000 - _BEFORE_FOLLOWING_MS
            channel = self._channels[topic] = Channel(topic, baseline_ms, self._config.memory_length)
        return channel

    async def _catch_up(self, listener: Listener, channels: Sequence[Channel], since: Since) -> Mapping[str, str]:
        """Tells what was missed; returns the last id that was told, by topic."""
        told: dict[str, str] = {}
        is_store_whole = True
        for channel in sorted(channels, key=lambda each: each.topic not in since.exact):  # the exact ones first: they are proof
            missed = await self._resumption.since(channel, since) if is_store_whole or channel.topic in since.exact else None
            if missed is None:
                is_store_whole = False
                listener.write(gap_frames(channel.topic))
            elif missed:
                self._write_missed(listener, missed)
                told[channel.topic] = missed[-1][0].id
        return told

    def _write_missed(self, listener: Listener, missed: Missed) -> None:
        for _, frames in missed:
            listener.write(frames)
        self._delivered.inc(len(missed))

    def _go_live(self, listener: Listener, told: Mapping[str, str]) -> None:
        """Sends what came meanwhile and was not told yet. No await in here: nothing can come in between."""
        held, listener.held = listener.held or [], None
        self._write_missed(listener, [(news, frames) for news, frames in held if not _is_told(news, told)])
        if listener.missed:
            self.upkeep.note_slow(listener)

    async def _hear(self, subscription: Subscription) -> None:
        while True:
            heard = await subscription.next()
            if isinstance(heard, Gap):
                self._gaps.inc()
                await self._bridge()
            else:
                await self._deliver(heard)

    async def _doubt(self, subscription: Subscription) -> None:
        doubt = Doubt(self._topics)
        while True:
            await asyncio.sleep(EVERY_S)
            why = await doubt.look(list(self._channels.values()))
            if why:
                self._log.warning("news-unheard", reason=why)
                subscription.renew(why)

    async def _deliver(self, news: News) -> None:
        channel = self._channels.get(news.topic)
        if channel is None or channel.is_known(news):
            return
        self._heard.inc()
        frames = news_frames(news)
        if frames is None:
            self._malformed.inc()
            self._log.warning("news-malformed", topic=news.topic, id=news.id)
            return
        before = channel.remember(news, frames)
        listeners = iter(list(channel.listeners))
        while part := list(islice(listeners, SLICE)):
            self._write(part, news, frames, before)
            if len(part) == SLICE:
                await asyncio.sleep(0)
        self._lag.observe(max(0.0, micros(self._clock.now()) / 1e6 - int(news.id.partition("-")[0]) / 1000))

    def _write(self, listeners: list[Listener], news: News, frames: Frames, before: str) -> None:
        bound, ws, sse, count = self._config.slow_after_bytes, frames.ws, frames.sse, 0
        for listener in listeners:
            if listener.held is not None:
                listener.hold(news, frames, before)
                continue
            transport = listener.transport
            if transport.is_closing():
                continue
            if listener.missed or transport.get_write_buffer_size() > bound:
                listener.miss(news.topic, before)
                self.upkeep.note_slow(listener)
                continue
            transport.write(sse if listener.is_stream else ws)
            count += 1
        self._delivered.inc(count)

    async def _bridge(self) -> None:
        """The line was down: what was said meanwhile is read from the store; where that is not all, listeners are told."""
        waiting = list(self._channels.values())
        try:
            async with asyncio.timeout(_BRIDGE_S):
                while waiting:
                    part, rest = waiting[:_BRIDGED_AT_ONCE], waiting[_BRIDGED_AT_ONCE:]
                    found = await asyncio.gather(
                        *(self._resumption.unheard(each, each.last, is_exact=not each.is_guess) for each in part)
                    )
                    for channel, missed in zip(part, found, strict=True):
                        await self._tell_missed(channel, missed)
                    waiting = rest
        except TimeoutError:
            for channel in waiting:
                await self._tell_missed(channel, None)

    async def _tell_missed(self, channel: Channel, missed: Missed | None) -> None:
        if missed is not None:
            for news, _ in missed:
                await self._deliver(news)
            return
        channel.forget()
        gap = gap_frames(channel.topic)
        for listener in channel.listeners:
            listener.write(gap)

    def _recover(self, listener: Listener) -> None:
        """A slow listener has read: it gets what it missed, or is told to read anew; then it is live again."""
        for topic, before in listener.missed.items():
            channel = self._channels.get(topic)
            missed = channel.after(before) if channel is not None else None
            if missed is None or sum(len(frames.ws) for _, frames in missed) > self._config.slow_after_bytes:
                listener.write(gap_frames(topic))
            else:
                self._write_missed(listener, missed)
        listener.missed = {}

    async def _forget_deserted(self) -> None:
        now = asyncio.get_running_loop().time()
        gone = [
            topic for topic, channel in self._channels.items()
            if not channel.listeners and now - channel.deserted_at > self._config.linger_s
        ]  # fmt: skip
        for topic in gone:
            del self._channels[topic]
        if gone and self._subscription is not None:
            await self._subscription.unfollow(*gone)


def _is_told(news: News, told: Mapping[str, str]) -> bool:
    last = told.get(news.topic)
    return last is not None and position(news.id) <= position(last)
