"""Owns boxes started ahead of time, and the burial of those that were used. Never reuses a box between two owners."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from mesh.errors import MeshError
from services.runner.sandbox.box import Box
from services.runner.sandbox.errors import BoxLost, NoBoxes
from services.runner.sandbox.probe import why_not
from services.runner.sandbox.sandbox import Sandbox
from services.runner.sandbox.starts import Starts

TAKE_LIMIT_S = 60.0


class BoxPool:
    """Keeps ``size`` boxes ready, each with its first child in its cgroup. Whoever takes one owns it alone until it is discarded.

    ``starts`` is how their starting goes.
    """

    def __init__(self, sandbox: Sandbox, size: int) -> None:
        self.sandbox = sandbox
        self.starts = Starts()
        self._size = size
        self._ready: deque[Box] = deque()
        self._arrived = asyncio.Condition()
        self._wanted = asyncio.Event()
        self._buried: asyncio.Queue[Box | None] = asyncio.Queue()
        self._waiting = 0

    @property
    def ready(self) -> int:
        """How many boxes wait to be taken."""
        return len(self._ready)

    @property
    def trouble(self) -> str:
        """Why boxes do not start at the moment; empty when they do."""
        return self.starts.trouble

    @asynccontextmanager
    async def running(self) -> AsyncIterator[BoxPool]:
        """Keeps the pool full during the block, and ends every box that is left. What the block raises comes out as it is.

        Raises: `SandboxMissing` when the very first box does not start.
        """
        raised: Exception | None = None
        async with asyncio.TaskGroup() as tasks:
            gravedigger = tasks.create_task(self._bury())
            filler = None
            try:
                try:
                    self._ready.append(await self._start())
                except BoxLost as lost:
                    raise why_not(lost.message) from lost
                filler = tasks.create_task(self._fill())
                yield self
            except Exception as wrong:  # noqa: BLE001  kept, and raised again when the tasks have ended
                raised = wrong
            finally:
                if filler:
                    filler.cancel()
                    await asyncio.wait([filler])
                while self._ready:
                    self.discard(self._ready.popleft())
                self._buried.put_nowait(None)
                await asyncio.wait([gravedigger])  # also when it failed: then it buries nobody any more
        if raised is not None:
            raise raised

    async def take(self) -> Box:
        """A box nobody has used. Raises: `NoBoxes` when none starts, with the reason; also when none came up in a minute."""
        self._waiting += 1
        self._wanted.set()
        try:
            async with asyncio.timeout(TAKE_LIMIT_S), self._arrived:
                while True:
                    await self._arrived.wait_for(lambda: bool(self._ready) or self.starts.is_hopeless)
                    if not self._ready:
                        raise NoBoxes(self.trouble)
                    box = self._ready.popleft()
                    if box.is_alive:
                        return box
                    self.discard(box)
        except TimeoutError as late:
            raise NoBoxes(f"no box came up within {TAKE_LIMIT_S:g} s: {self.trouble or 'this machine is too slow'}") from late
        finally:
            self._waiting -= 1
            self._wanted.set()

    def discard(self, box: Box) -> None:
        """Kills a box now; what it used is given back as soon as it is gone."""
        box.kill()
        self.sandbox.observer.box_discarded()
        self._buried.put_nowait(box)

    @asynccontextmanager
    async def box(self) -> AsyncIterator[Box]:
        """A box for the length of a block."""
        box = await self.take()
        try:
            yield box
        finally:
            self.discard(box)

    async def _start(self) -> Box:
        loop = asyncio.get_running_loop()
        began = loop.time()
        box = Box(self.sandbox)
        try:
            await box.start()
            box.prepare()
        except BaseException:
            self.discard(box)
            raise
        self.sandbox.observer.box_started(loop.time() - began)
        return box

    async def _fill(self) -> None:
        while True:
            self._wanted.clear()
            while len(self._ready) < self._size + self._waiting:
                try:
                    box = await self._start()
                except (MeshError, OSError) as failed:
                    self.sandbox.observer.box_failed()
                    self.starts.failed(failed)
                    async with self._arrived:
                        self._arrived.notify_all()
                    await self.starts.pause()
                    continue
                self.starts.went_well()
                async with self._arrived:
                    self._ready.append(box)
                    self._arrived.notify()
            await self._wanted.wait()

    async def _bury(self) -> None:
        while (box := await self._buried.get()) is not None:
            await box.until_gone()
