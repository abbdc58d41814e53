"""Owns the order in which services of one process start and leave. Never knows what they do.

Stages start one after another, the parts of a stage together; doors stand in the last stage. When one part fails, or a
stop is asked for, the others are *drained*, highest rank first, each within its own limit: a TaskGroup would cancel them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from mesh.clock import Clock
from mesh.errors import MeshError
from mesh.life import Life
from mesh.log import Log


@dataclass(frozen=True, slots=True)
class Part:
    """One service: how to run it, and how many seconds it has to get ready and to leave. Who leans on others has a higher rank."""

    name: str
    run: Callable[[Life], Coroutine[Any, Any, None]]
    rank: int = 0
    start_limit_s: float = 60.0
    stop_limit_s: float = 20.0


@dataclass(slots=True)
class _Running:
    part: Part
    life: Life
    task: asyncio.Task[None]


class Supervisor:
    """Starts stages of parts, watches them, and brings all of them down in order."""

    def __init__(self, stages: Sequence[Sequence[Part]], clock: Clock, log: Log, notice_s: float = 0.0) -> None:
        self._stages = stages
        self._clock = clock
        self._log = log
        self._notice_s = notice_s
        self._stop = asyncio.Event()
        self._ready = asyncio.Event()
        self._running: list[_Running] = []
        self.lives: dict[str, Life] = {}

    def ask_stop(self) -> None:
        """Begins the end; `run` returns when all have left. Safe to call from a signal handler, and twice."""
        self._stop.set()

    async def until_ready(self) -> None:
        """Returns when every part is ready."""
        await self._ready.wait()

    async def run(self) -> bool:
        """Runs everything until a stop is asked for or a part fails; True when all left in order and none failed."""
        began = self._clock.monotonic()
        is_well = True
        try:
            for stage in self._stages:
                if not await self._start(stage):
                    is_well = self._stop.is_set()  # told to leave while starting is no failure
                    break
            else:
                self._log.info("all-ready", duration_s=round(self._clock.monotonic() - began, 3), parts=len(self.lives))
                self._ready.set()
                is_well = await self._watch()
        finally:
            for rank in sorted({one.part.rank for one in self._running}, reverse=True):
                is_well &= await self._leave([one for one in self._running if one.part.rank == rank])
        return is_well

    async def _start(self, stage: Sequence[Part]) -> bool:
        running: list[_Running] = []
        for part in stage:
            life = Life(part.name, self._clock)
            self.lives[part.name] = life
            running.append(_Running(part, life, asyncio.create_task(part.run(life), name=part.name)))
        self._running.extend(running)
        return all(await asyncio.gather(*(self._until_ready(one) for one in running)))

    async def _until_ready(self, one: _Running) -> bool:
        began = self._clock.monotonic()
        waiting = [asyncio.create_task(one.life.until_ready()), asyncio.create_task(self._stop.wait())]
        try:
            await asyncio.wait([one.task, *waiting], timeout=one.part.start_limit_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
        if one.task.done():
            cause = _cause(one.task)
            if isinstance(cause, MeshError):  # it says itself what to do
                self._log.error("part-failed-to-start", part=one.part.name, code=cause.code, reason=cause.message)
            else:
                self._log.error("part-failed-to-start", part=one.part.name, cause=cause)
        elif one.life.is_ready:
            self._log.info("part-ready", part=one.part.name, duration_s=round(self._clock.monotonic() - began, 3))
            return True
        elif not self._stop.is_set():
            self._log.error("part-not-ready-in-time", part=one.part.name, limit_s=one.part.start_limit_s)
        return False

    async def _watch(self) -> bool:
        stop = asyncio.create_task(self._stop.wait())
        try:
            done, _ = await asyncio.wait([stop, *(one.task for one in self._running)], return_when=asyncio.FIRST_COMPLETED)
        finally:
            stop.cancel()
        fallen = [one for one in self._running if one.task in done]
        for one in fallen:
            self._log.error("part-failed", part=one.part.name, cause=_cause(one.task))
        return not fallen

    async def _leave(self, running: Sequence[_Running]) -> bool:
        return all(await asyncio.gather(*(self._drain(one) for one in running)))

    async def _drain(self, one: _Running) -> bool:
        if one.task.done():
            return _cause(one.task) is None
        began = self._clock.monotonic()
        await one.life.begin_stop(self._notice_s)
        done, _ = await asyncio.wait([one.task], timeout=one.part.stop_limit_s)
        if not done:
            self._log.warning("part-did-not-leave-in-time", part=one.part.name, limit_s=one.part.stop_limit_s)
            one.task.cancel()
            await asyncio.wait([one.task], timeout=one.part.stop_limit_s)
            return False
        cause = _cause(one.task)
        if cause is not None:
            self._log.error("part-failed-while-leaving", part=one.part.name, cause=cause)
            return False
        self._log.info("part-left", part=one.part.name, duration_s=round(self._clock.monotonic() - began, 3))
        return True


def _cause(task: asyncio.Task[None]) -> BaseException | None:
    return asyncio.CancelledError("cancelled") if task.cancelled() else task.exception()
