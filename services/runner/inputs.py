"""Owns the inputs and answers of one submission's cases: fetched a little ahead, held open while their case runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from mesh.errors import MeshError
from services.runner.blobs import Blob, BlobCache
from wire.judging import JudgingManifest

AHEAD = 3


@dataclass(slots=True)
class Pair:
    """A case's input and answer, and by their paths what else it gives to a program. ``hold`` keeps them open."""

    question: Blob
    answer: Blob
    hold: AsyncExitStack
    files: tuple[tuple[str, Blob], ...] = ()


class Inputs:
    """The cases' files, in judging order. Made by `fetching_ahead`."""

    def __init__(self, blobs: BlobCache, manifest: JudgingManifest, tasks: asyncio.TaskGroup) -> None:
        self._blobs = blobs
        self._manifest = manifest
        self._tasks = tasks
        self._coming: dict[int, asyncio.Task[Pair | MeshError]] = {}

    @asynccontextmanager
    async def case(self, index: int) -> AsyncIterator[Pair]:
        """The files of one case; those of the next ones are fetched meanwhile. Raises: as `BlobCache.pinned`."""
        for number in range(index, min(index + 1 + AHEAD, len(self._manifest.cases))):
            if number not in self._coming:
                self._coming[number] = self._tasks.create_task(self._fetch(number))
        pair = await self._coming.pop(index)
        if isinstance(pair, MeshError):
            raise pair
        async with pair.hold:
            yield pair

    async def _fetch(self, index: int) -> Pair | MeshError:
        """A file that fails to come must not end the case that runs: whoever needs it hears of it."""
        case = self._manifest.cases[index]
        try:
            async with AsyncExitStack() as stack:
                question = await stack.enter_async_context(self._blobs.pinned(self._manifest.problem, case.input))
                answer = await stack.enter_async_context(self._blobs.pinned(self._manifest.problem, case.answer))
                files = [(one.path, await stack.enter_async_context(self._blobs.pinned(self._manifest.problem, one.digest))) for one in case.files]
                return Pair(question, answer, stack.pop_all(), tuple(files))
        except MeshError as failed:
            return failed

    async def end(self) -> None:
        """Lets go of what was fetched for nothing."""
        coming, self._coming = list(self._coming.values()), {}
        for task in coming:
            task.cancel()
        for pair in await asyncio.gather(*coming, return_exceptions=True):
            if isinstance(pair, Pair):
                await pair.hold.aclose()


@asynccontextmanager
async def fetching_ahead(blobs: BlobCache, manifest: JudgingManifest) -> AsyncIterator[Inputs]:
    """The files of a submission's cases for the length of a block. What the block raises comes out as it is."""
    raised: Exception | None = None
    async with asyncio.TaskGroup() as tasks:
        inputs = Inputs(blobs, manifest, tasks)
        try:
            yield inputs
        except Exception as wrong:  # noqa: BLE001  kept, and raised again when the tasks have ended
            raised = wrong
        finally:
            await inputs.end()
    if raised is not None:
        raise raised
