"""Owns the asking of every grader for work, and whom an order came from. Never judges, never delivers.

Several graders share the queues; each knows the attempts that it handed out, and no others. So a slot asks all of them at once,
takes the first order, and speaks about it to the one that gave it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from mesh.errors import MeshError, NotFound, Unavailable
from mesh.log import Log
from mesh.rpc.client import Peer, Peers
from mesh.rpc.contract import Download
from services.runner.pause import Pause
from wire.judging import AttemptEnd, BlobRequest, ClaimRequest, RunOrder
from wire.methods import GRADER_BLOB, GRADER_CLAIM, GRADER_FINISH
from wire.services import GRADER

MOST_PAUSE_S = 10.0
_RETURN_LIMIT_S = 2.0


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

    async def claim(self, request: ClaimRequest, pauses: dict[Peer, Pause]) -> Order | None:
        """The first order that any grader has; None when none had one in ``request.wait_s``, and a grader may have come or gone.

        ``pauses`` are the caller's: how long each grader that fails is left alone. Giving up a claim gives back what it was
        about to get; of two orders at once, one goes back.
        """
        graders = await self._peers.places(GRADER)
        if not graders:
            await asyncio.sleep(_RETURN_LIMIT_S)
            return None
        got: list[Order] = []
        is_there = asyncio.Event()

        async def ask(grader: Peer) -> None:
            pause = pauses.setdefault(grader, Pause(MOST_PAUSE_S))
            while True:
                try:
                    answer = await grader.call(GRADER_CLAIM, request)
                except MeshError as failed:
                    self._log.debug("claim-failed", runner=request.runner, code=failed.code)
                    await pause.after(failed)
                    continue
                pause.reset()
                if answer.order is not None:
                    got.append(Order(answer.order, grader))
                    is_there.set()
                    return

        async with asyncio.TaskGroup() as tasks:
            asking = [tasks.create_task(ask(grader)) for grader in graders]
            try:
                async with asyncio.timeout(request.wait_s):
                    await is_there.wait()
            except TimeoutError:
                pass  # look anew who is there
            for one in asking:
                one.cancel()
        for spare in got[1:]:
            await self._return(spare)
        return got[0] if got else None

    @asynccontextmanager
    async def file(self, problem: str, digest: str) -> AsyncIterator[Download]:
        """The stream of one file, from whichever grader judges that problem. Raises: `NotFound` (``no-such-blob``), `Unavailable`."""
        graders = await self._peers.places(GRADER)
        wrong: MeshError = Unavailable("nobody knows where a grader is", code="peer-unknown")
        async with AsyncExitStack() as stack:
            for grader in graders:
                try:
                    stream = await stack.enter_async_context(grader.download(GRADER_BLOB, BlobRequest(problem, digest)))
                except (NotFound, Unavailable) as failed:
                    wrong = failed if not isinstance(wrong, Unavailable) or wrong.code == "peer-unknown" else wrong
                    continue
                yield stream
                return
        raise wrong

    async def _return(self, spare: Order) -> None:
        """Best effort: an attempt that nobody gives a sign of ends by itself."""
        try:
            async with asyncio.timeout(_RETURN_LIMIT_S):
                await spare.grader.call(GRADER_FINISH, AttemptEnd(spare.run.attempt, "handed-back", message="another order came first"))
        except (MeshError, TimeoutError) as failed:
            self._log.debug("order-not-returned", attempt=spare.run.attempt, reason=str(failed))
