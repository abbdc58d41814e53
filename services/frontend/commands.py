"""Owns the asking for changes: makes the command, signs for the actor, sends it the way it has to go. Never writes itself."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from mesh.clock import Clock
from mesh.codec import digest_of, encode
from mesh.errors import MeshError, Unavailable, error_of_status
from mesh.ids import new_id
from mesh.log import correlation
from mesh.queue.contract import Message, Queue
from mesh.rpc import Peer
from services.frontend.away import told_plainly
from services.frontend.own_writes import OwnWrites
from wire import queues
from wire.commands import Command, CommandBody, Outcome
from wire.methods import RECORDER_APPLY

_ASSERTION_LIFE_S = 60.0


class Signer(Protocol):
    """`mesh.assertion.Asserter`, as far as commands need it."""

    def sign(self, subject: str, about: str, at: datetime, life_s: float, claims: dict[str, object]) -> str:
        """The signed word that ``subject`` wished what ``about`` names."""
        ...


class Commands:
    """Sends wishes to the recorder: by call when somebody waits for the outcome, by queue when it must survive an outage."""

    def __init__(self, recorder: Peer, queue: Queue, signer: Signer, clock: Clock, publish_timeout_s: float, *, own_writes: OwnWrites | None = None) -> None:
        self._recorder = recorder
        self._queue = queue
        self._signer = signer
        self._clock = clock
        self._publish_timeout_s = publish_timeout_s
        self.own_writes = own_writes

    def make(self, actor: str, body: CommandBody, *, command: str = "", at: datetime | None = None) -> Command:
        """A signed command. ``command`` is its id, made when empty; ``at`` now when None."""
        command, at = command or new_id(), at or self._clock.now()
        assertion = self._signer.sign(actor, command, at, _ASSERTION_LIFE_S, {"body": digest_of(body)})
        return Command(command, type(body).__name__, actor, at, body, correlation.get(), assertion)

    async def apply(self, command: Command, *, reader: str = "", timeout_s: float | None = None) -> Outcome:
        """Has it applied now; ``reader`` is the account that must see it, the actor when empty. Raises: what the recorder refuses it with (`refusal`); `Unavailable` when it is away."""
        with told_plainly("recorder"):
            outcome = await self._recorder.call(RECORDER_APPLY, command, timeout_s)
        if not outcome.is_applied:
            raise refusal(outcome)
        if self.own_writes is not None:
            await self.own_writes.note(reader or command.actor, command.id)
        return outcome

    async def publish(self, command: Command) -> None:
        """Returns when the queue has it safely: it will be applied, whatever fails meanwhile.

        Raises: `Unavailable` (``queue-unavailable``: not known whether it is safe; any other code: it is not).
        """
        message = Message(command.id, encode(command), correlation=command.correlation)
        try:
            async with asyncio.timeout(self._publish_timeout_s):
                await self._queue.publish(queues.COMMANDS.name, message)
        except TimeoutError as slow:
            raise Unavailable("the queue did not answer in time", code="queue-unavailable", retry_after_s=2) from slow


def as_service(command: Command, service: str) -> Command:
    """The same wish, uttered by a service for itself."""
    return replace(command, actor=f"service:{service}", assertion="")


def refusal(outcome: Outcome) -> MeshError:
    """The error that says why the recorder refused."""
    return error_of_status(outcome.status)(outcome.message, code=outcome.code)
