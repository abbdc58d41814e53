"""Owns the state of one service between its start and its end. Never starts or ends one: `mesh.supervisor` does.

    starting ──mark_ready──▶ ready ──begin_stop──▶ stopping (readiness is 503 from here on) ──▶ gone
"""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Awaitable, Callable

from mesh.clock import Clock, SystemClock

Check = Callable[[], Awaitable[str]]
"""Asks one thing that the service leans on; the answer is empty when it is fine, else what is wrong."""

CHECK_LIMIT_S = 2.0


class State(enum.StrEnum):
    """Where a service stands."""

    STARTING = "starting"
    READY = "ready"
    STOPPING = "stopping"


class Life:
    """One service's life: it says when it is ready, hears when to leave, and tells how it is."""

    def __init__(self, service: str, clock: Clock | None = None) -> None:
        self.service = service
        self._clock = clock or SystemClock()
        self._born = self._clock.monotonic()
        self._ready = asyncio.Event()
        self._stop = asyncio.Event()
        self._is_stopping = False
        self._checks: dict[str, Check] = {}
        self.facts: dict[str, object] = {}

    @property
    def state(self) -> State:
        """Where the service stands now."""
        if self._is_stopping:
            return State.STOPPING
        return State.READY if self._ready.is_set() else State.STARTING

    @property
    def is_ready(self) -> bool:
        """Whether work may be sent here."""
        return self.state is State.READY

    @property
    def is_stopping(self) -> bool:
        """Whether the end has begun."""
        return self._is_stopping

    @property
    def uptime_s(self) -> float:
        """Seconds since the start."""
        return self._clock.monotonic() - self._born

    def mark_ready(self) -> None:
        """The service says: everything that I need is there, send work."""
        self._ready.set()

    async def until_ready(self) -> None:
        """Returns when the service has said that it is ready."""
        await self._ready.wait()

    async def begin_stop(self, notice_s: float = 0.0) -> None:
        """Turns readiness to 503, waits so long for gateways to see it, then tells the service to leave."""
        self._is_stopping = True
        if notice_s and not self._stop.is_set():
            await asyncio.sleep(notice_s)
        self._stop.set()

    async def until_stop(self) -> None:
        """Returns when the service shall leave: finish what is held, take nothing new, close."""
        await self._stop.wait()

    def watch(self, name: str, check: Check) -> None:
        """Adds a line to the health detail. It informs people; readiness is the service's own word."""
        self._checks[name] = check

    def tell(self, name: str, fact: object) -> None:
        """Adds a fact to the health detail, made of JSON types: what this service can do."""
        self.facts[name] = fact

    async def examine(self) -> dict[str, str]:
        """Every watched thing and what is wrong with it (empty: nothing), each asked for at most two seconds."""
        names = list(self._checks)
        answers = await asyncio.gather(*(_ask(self._checks[name]) for name in names))
        return dict(zip(names, answers, strict=True))


async def _ask(check: Check) -> str:
    try:
        async with asyncio.timeout(CHECK_LIMIT_S):
            return await check()
    except TimeoutError:
        return f"no answer within {CHECK_LIMIT_S:g} s"
    except Exception as wrong:  # noqa: BLE001  a check that breaks is an answer too: the detail says how
        return f"{type(wrong).__name__}: {wrong}"
