"""Owns the asking of every grader for work, and whom an order came from. Never judges, never delivers.

Several graders share the queues; each knows the attempts that it handed out, and no others. So a slot asks one after the other,
beginning with another one each time, for what somebody waits for, then for the rest; waits at all of them when none has work, and speaks
about an order to the one that gave it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace

from mesh.errors import MeshError, NotFound, Unavailable
from mesh.log import Log
from mesh.rpc.client import Peer, Peers
from mesh.rpc.contract import Download
from services.runner.pause import Pause
from wire.judging import AttemptEnd, BlobRequest, ClaimAnswer, ClaimRequest, RunOrder
from wire.methods import GRADER_BLOB, GRADER_CLAIM, GRADER_FINISH
from wire.runners import DirectRunner
from wire.services import GRADER

Hear = Callable[[DirectRunner], Awaitable[None]]
"""Is told what an operator says of this runner."""

MOST_PAUSE_S = 3.0
AT_ONCE_LIMIT_S = 2.0
LEFT_ALONE_S = 5.0
"""Who did not answer at once is waited for beside the others for so long, not before them."""

SHARE = 65
"""Every so many claims take what comes, also where others have something urgent: as the levels share at one grader."""

_NOBODY_PAUSE_S = 2.0
_RETURN_LIMIT_S = 5.0


@dataclass(frozen=True, slots=True)
class Order:
    """What a grader wants judged, and that grader."""

    run: RunOrder
    grader: Peer


class Graders:
    """Every grader there is, by the addresses of the name."""

    def __init__(self, peers: Peers, log: Log) -> None:
        self._peers = peers
        self._log = log

    async def places(self) -> list[Peer]:
        """Each of them by itself."""
        return await self._peers.places(GRADER)

    @asynccontextmanager
    async def claims(self, hear: Hear) -> AsyncIterator[Claims]:
        """The claims of one slot, for as long as it works; ``hear`` is told an operator's word. Leaving gives up those that stand."""
        async with asyncio.TaskGroup() as tasks:
            claims = Claims(self, tasks, hear, self._log)
            try:
                yield claims
            finally:
                claims.close()

    @asynccontextmanager
    async def file(self, problem: str, digest: str) -> AsyncIterator[Download]:
        """The stream of one file, from whichever grader judges that problem. Raises: `NotFound` (``no-such-blob``), `Unavailable`."""
        wrong: MeshError = Unavailable("nobody knows where a grader is", code="peer-unknown")
        async with AsyncExitStack() as stack:
            for grader in await self.places():
                try:
                    stream = await stack.enter_async_context(grader.download(GRADER_BLOB, BlobRequest(problem, digest)))
                except (NotFound, Unavailable) as failed:
                    wrong = failed if isinstance(failed, Unavailable) or wrong.code == "peer-unknown" else wrong
                    continue
                yield stream
                return
        raise wrong


class Claims:
    """One slot's standing with every grader. A claim is never broken off for another's order: an order that was on its way then
    would be taken for one whose runner died. It stands on, and what it brings in vain goes back at once.
    """

    def __init__(self, graders: Graders, tasks: asyncio.TaskGroup, hear: Hear, log: Log) -> None:
        self._graders = graders
        self._hear = hear
        self._tasks = tasks
        self._log = log
        self._standing: dict[Peer, asyncio.Task[None]] = {}
        self._pauses: dict[Peer, Pause] = {}
        self._left_alone: dict[Peer, float] = {}
        self._wanted: asyncio.Future[Order] | None = None
        self._caller: Peer | None = None
        self._turn = 0

    def prefer(self, grader: Peer) -> None:
        """That grader is asked first the next time: it has called for this slot. The first of several counts."""
        self._caller = self._caller or grader

    async def next(self, ask: Callable[[], ClaimRequest]) -> Order | None:
        """The next order that any grader has; None when none had one in time: graders may have come or gone.

        ``ask`` makes the request anew for each call: what this runner says of itself changes.
        """
        request = ask()
        graders = await self._graders.places()
        if not graders:
            await asyncio.sleep(_NOBODY_PAUSE_S)
            return None
        if len(graders) > 1:
            found = await self._at_once(graders, ask)
            if found is not None:
                return found
        wanted = self._wanted = asyncio.get_running_loop().create_future()
        for grader in graders:
            if grader not in self._standing:
                self._standing[grader] = self._tasks.create_task(self._stand(grader, ask))
        order: Order | None = None
        try:
            async with asyncio.timeout(request.wait_s):
                order = await wanted
        except TimeoutError:
            order = wanted.result() if wanted.done() and not wanted.cancelled() else None  # it came at the last moment
        finally:
            self._wanted = None
            if order is None and wanted.done() and not wanted.cancelled():
                self._tasks.create_task(self.give_back(wanted.result()))
        return order

    def close(self) -> None:
        """Gives every claim up."""
        for task in self._standing.values():
            task.cancel()

    async def _at_once(self, graders: Sequence[Peer], ask: Callable[[], ClaimRequest]) -> Order | None:
        """What a grader has this moment, another one first each time; what somebody waits for, at any of them, before the rest."""
        self._turn += 1
        first = self._turn % len(graders)
        caller, self._caller = self._caller, None
        turns = sorted([*graders[first:], *graders[:first]], key=lambda grader: grader is not caller)
        is_rest_due = self._turn % SHARE == 0 and caller is None
        for is_choosy in (False,) if is_rest_due else (True, False):
            for grader in turns:
                order = await self._now(grader, replace(ask(), wait_s=0.0, is_choosy=is_choosy))
                if order is not None:
                    return order
        return None

    async def _now(self, grader: Peer, request: ClaimRequest) -> Order | None:
        """What this one has, unless a claim stands there or it did not answer lately."""
        loop = asyncio.get_running_loop()
        if grader in self._standing or self._left_alone.get(grader, 0.0) > loop.time():
            return None
        try:
            answer = await self._asked(grader, request, AT_ONCE_LIMIT_S)
        except MeshError as failed:
            self._log.debug("claim-failed", code=failed.code)
            self._left_alone[grader] = loop.time() + LEFT_ALONE_S
            return None
        return None if answer.order is None else Order(answer.order, grader)

    async def _asked(self, grader: Peer, request: ClaimRequest, limit_s: float | None = None) -> ClaimAnswer:
        answer = await grader.call(GRADER_CLAIM, request, limit_s)
        if answer.direction is not None:
            await self._hear(answer.direction)
        return answer

    async def _stand(self, grader: Peer, ask: Callable[[], ClaimRequest]) -> None:
        """A claim at one grader, again and again while the slot wants work, until it brings some."""
        pause = self._pauses.setdefault(grader, Pause(MOST_PAUSE_S))
        answer = ClaimAnswer()
        try:
            while answer.order is None and (self._wanted is not None):
                try:
                    answer = await self._asked(grader, ask())
                    pause.reset()
                except MeshError as failed:
                    self._log.debug("claim-failed", code=failed.code)
                    await pause.after(failed)
        finally:
            self._standing.pop(grader, None)
        if answer.order is None:
            return
        order = Order(answer.order, grader)
        if self._wanted is not None and not self._wanted.done():
            self._wanted.set_result(order)
        else:
            await self.give_back(order)

    async def give_back(self, spare: Order) -> None:
        """Best effort: an attempt that nobody gives a sign of ends by itself."""
        try:
            async with asyncio.timeout(_RETURN_LIMIT_S):
                await spare.grader.call(GRADER_FINISH, AttemptEnd(spare.run.attempt, "handed-back", message="this slot does not take it"))
        except (MeshError, TimeoutError) as failed:
            self._log.debug("order-not-returned", attempt=spare.run.attempt, reason=str(failed))
