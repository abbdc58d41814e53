"""Owns the asking of the grader how judging goes. Never asks for a judging: the record's outbox does."""

from __future__ import annotations

from mesh.clock import Clock
from mesh.errors import MeshError
from mesh.rpc import Peer
from services.frontend.away import told_plainly
from services.frontend.freshness import Fresh
from wire.judging import GraderStatus, Nothing
from wire.methods import GRADER_STATUS


class Judging:
    """The grader's view, two seconds old at most."""

    def __init__(self, grader: Peer, clock: Clock) -> None:
        self._grader = grader
        self._fresh: Fresh[str, GraderStatus] = Fresh(clock, 2.0)

    async def status(self) -> GraderStatus:
        """Queues and runners. Raises: `Unavailable` when the grader is away."""
        return await self._fresh.read("status", self._ask)

    async def languages(self) -> frozenset[str] | None:
        """The languages that runners have now; None when nobody can tell."""
        try:
            status = await self.status()
        except MeshError:
            return None
        return frozenset(language for runner in status.runners for language in runner.languages)

    async def _ask(self) -> GraderStatus:
        with told_plainly("grader"):
            return await self._grader.call(GRADER_STATUS, Nothing())
