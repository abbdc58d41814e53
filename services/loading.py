"""Owns the loading of services' code: one after the other in one thread, while those that are loaded start already. Never runs one.

Half of a start is Python reading modules. The loop stays free meanwhile, so that what waits for disks and other processes gets on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Self

from mesh.metrics import MetricSpec
from services.targets import Run, Target

Loaded = tuple[tuple[MetricSpec, ...], Run]


class Loading:
    """What is being loaded, in the order of stages; within one who has the longest way to readiness, the highest rank, comes first."""

    def __init__(self, targets: Sequence[Target]) -> None:
        self._targets = sorted(targets, key=lambda target: (target.stage, -target.rank))
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="loading")
        self._loaded: dict[str, Future[Loaded]] = {}

    async def __aenter__(self) -> Self:
        self._loaded = {target.name: self._thread.submit(_load, target) for target in self._targets}
        self._thread.shutdown(wait=False)  # the thread ends with the last of them
        return self

    async def __aexit__(self, *exc: object) -> None:
        await asyncio.to_thread(self._thread.shutdown, cancel_futures=True)

    async def loaded(self, name: str) -> Loaded:
        """The service's metrics and its coroutine function. Raises: what its modules raise."""
        return await asyncio.wrap_future(self._loaded[name])


def _load(target: Target) -> Loaded:
    return target.metrics(), target.run()
