"""Owns what the grader hears while an attempt is at work: steps, cases in small batches, signs of life. News, may be lost."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from contest.results import CaseResult
from mesh.errors import MeshError
from mesh.rpc.client import Peer
from wire.judging import Progress, RunOrder, Step
from wire.methods import GRADER_PROGRESS

INTERVAL_S = 0.1
BATCH = 200


class Reporter:
    """The reports of one attempt: the first at once, then at most ten a second; in silence one every third of the lease.

    ``heard`` are all results so far.
    """

    def __init__(self, grader: Peer, order: RunOrder, abandon: Callable[[], None]) -> None:
        self._grader = grader
        self._attempt = order.attempt
        self._silence_s = max(order.lease_s / 3, INTERVAL_S)
        self._abandon = abandon
        self._step = Step.FETCHING
        self._results: deque[CaseResult] = deque()
        self._urged = asyncio.Event()
        self.heard = list(order.done)
        self._news = asyncio.Event()

    @property
    def gives_way(self) -> bool:
        """Whether something more urgent waits for this slot."""
        return self._urged.is_set()

    def give_way(self) -> None:
        """Something more urgent does."""
        self._urged.set()

    async def until_urged(self) -> None:
        """Returns when it does."""
        await self._urged.wait()

    def step(self, step: Step) -> None:
        """A new step begins."""
        self._step = step
        self._news.set()

    def result(self, result: CaseResult) -> None:
        """A case has ended."""
        self.heard.append(result)
        self._results.append(result)
        self._news.set()

    async def report(self) -> None:
        """Sends what there is, for ever. Calls ``abandon`` when the grader does not want the attempt any more."""
        while True:
            await self._until_news()
            self._news.clear()
            batch = tuple(self._results.popleft() for _ in range(min(BATCH, len(self._results))))
            try:
                answer = await self._grader.call(GRADER_PROGRESS, Progress(self._attempt, self._step, batch))
            except MeshError as failed:
                if failed.code == "attempt-dead":
                    self._abandon()
                    return
            else:
                if answer.cancel:
                    self._abandon()
                    return
                if answer.give_way:
                    self.give_way()
            if self._results:
                self._news.set()
            await asyncio.sleep(INTERVAL_S)

    async def _until_news(self) -> None:
        try:
            async with asyncio.timeout(self._silence_s):
                await self._news.wait()
        except TimeoutError:
            return  # a sign of life is due
