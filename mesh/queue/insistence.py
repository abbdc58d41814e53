"""Owns publishing that does not give up: what must not be lost is said until the queue has it. Never drops a message."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from prometheus_client import Counter

from mesh.errors import MeshError
from mesh.log import Log
from mesh.queue.contract import Message, Queue

_PUBLISH_LIMIT_S: Final = 15.0
_FIRST_PAUSE_S: Final = 0.05
_LONGEST_PAUSE_S: Final = 5.0


async def publish_until_safe(queue: Queue, name: str, message: Message, *, retries: Counter, log: Log, **about: Any) -> None:
    """Returns when it is safe in the queue, however long that takes: for messages whose consumer applies an id once.

    ``retries`` counts each time that the queue did not take it; ``about`` are further fields of the log line of that.
    """
    pause_s = _FIRST_PAUSE_S
    while True:
        try:
            async with asyncio.timeout(_PUBLISH_LIMIT_S):
                return await queue.publish(name, message)
        except (MeshError, TimeoutError) as wrong:
            retries.inc()
            reason = str(wrong) or "no answer"
            log.warning("message-not-safe-yet", queue=name, message=message.id, reason=reason, pause_s=pause_s, **about)
        await asyncio.sleep(pause_s)
        pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
