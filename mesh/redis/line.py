"""Owns one service's line to one Redis: every wait on it is bounded, and a server that is away is said at once. Keeps nothing.

    answers ──a failure──▶ away: refused at once ──after a pause──▶ one caller tries, briefly ──answers──▶ answers
                                   ▲                                      └──fails: a longer pause──┘

So of all the calls that one page makes, at most one waits in vain.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import (
    AuthenticationError, AuthorizationError, ConnectionError as LineBroken, NoPermissionError, NoScriptError, OutOfMemoryError,
    RedisError, ResponseError, TimeoutError as LineSlow,
)  # fmt: skip

from mesh.errors import Unavailable
from mesh.log import Log
from mesh.redis.address import Server
from mesh.redis.connection import Era, NotSent
from mesh.redis.refusals import Refusals
from mesh.rpc.circuit import Circuit
from mesh.tasks import heeded

TRY_S: Final = 0.4
"""How long the one caller waits who tries a server that was away."""
_FIRST_PAUSE_S: Final = 0.1
_LONGEST_PAUSE_S: Final = 0.5
_AGAIN_S: Final = 0.05
_OF_KEYS: Final = frozenset({"MGET", "UNLINK", "DEL"})
_LAG_S: Final = 0.25
"""A limit that is noticed so much too late says that this process was held up, not that the server was."""


class Script:
    """A Lua script, sent once and then named by its hash."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.hash = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


class Line:
    """Asks one Redis. Every call raises `Unavailable` with ``code`` (``cache-full`` when the server is full) within ``limit_s``.

    ``is_patient``: nobody looks at a page meanwhile, so each call waits for a server that is on its way back, as long as it may.
    """

    def __init__(self, server: Server, code: str, limit_s: float, log: Log, *, is_patient: bool = False) -> None:
        self._server = server
        self._code = code
        self._limit_s = limit_s
        self._is_patient = is_patient
        self._log = log
        self._era = Era()
        self._client = server.client(limit_s, self._era)
        self._wrong: Exception | None = None
        self.refusals = Refusals(str(server.options.get("username") or "default"), log)
        self._circuit = Circuit(time.monotonic, self._changed, failures=1, first_pause_s=_FIRST_PAUSE_S, longest_pause_s=_LONGEST_PAUSE_S)

    async def ask(self, *words: Any, is_repeatable: bool = True) -> Any:
        """One command in one round trip. ``is_repeatable`` False: never sent again once it may have been done."""
        return await self._asked(lambda: _said(self._client, *words), [(words[0], *_keys(words))], is_repeatable=is_repeatable)

    async def run(self, script: Script, keys: Sequence[str], arguments: Sequence[Any], *, is_repeatable: bool = True) -> Any:
        """What a script returns; in one round trip unless the server has forgotten it."""
        words = (len(keys), *keys, *arguments)

        async def work() -> Any:
            try:
                return await _said(self._client, "EVALSHA", script.hash, *words)
            except NoScriptError:
                return await _said(self._client, "EVAL", script.text, *words)

        return await self._asked(work, [("EVALSHA", *keys)], is_repeatable=is_repeatable)

    async def together(self, *commands: Sequence[Any], is_atomic: bool = False) -> list[Any]:
        """Several commands in one round trip, all of them repeatable."""

        async def work() -> list[Any]:
            pipeline = self._client.pipeline(transaction=is_atomic)
            for words in commands:
                pipeline.execute_command(*words)
            return list(await pipeline.execute())

        found: list[Any] = await self._asked(work, [(words[0], *_keys(words)) for words in commands], is_repeatable=True)
        return found

    async def close(self) -> None:
        """Lets go of the server, whether it answers or not."""
        with suppress(RedisError, OSError):
            async with asyncio.timeout(self._limit_s):
                await self._client.aclose()
        await asyncio.sleep(0)  # what was left without waiting is closed by the loop's next turn

    async def _asked(self, work: Callable[[], Awaitable[Any]], commands: Sequence[Sequence[Any]], *, is_repeatable: bool) -> Any:
        """What the work gives; ``commands`` are its commands, each with its keys."""
        limit_s = self._limit_s
        if not self._is_patient:
            if self._circuit.wait_s() > 0:
                raise self._away()
            if self._circuit.is_open:
                limit_s = min(limit_s, TRY_S)
        began = time.monotonic()
        with self._judged(began, limit_s, commands), heeded():
            async with asyncio.timeout(limit_s):
                return await self._repeated(work, is_repeatable=is_repeatable)

    async def _repeated(self, work: Callable[[], Awaitable[Any]], *, is_repeatable: bool) -> Any:
        """Asks once; where another master may be on its way, again until it is answered."""
        while True:
            try:
                return await work()
            except (LineBroken, ResponseError) as wrong:
                if not self._may_repeat(wrong, is_repeatable=is_repeatable):
                    raise
                self._era.number += 1
            await asyncio.sleep(_AGAIN_S)

    def _may_repeat(self, wrong: RedisError, *, is_repeatable: bool) -> bool:
        if isinstance(wrong, (AuthenticationError, AuthorizationError)) or not (self._is_patient or self._server.sentinels):
            return False
        if isinstance(wrong, ResponseError):
            return str(wrong).startswith("NOREPLICAS")  # a master that was cut off, or has just become one
        return is_repeatable or isinstance(wrong, NotSent)

    @contextmanager
    def _judged(self, began: float, limit_s: float, commands: Sequence[Sequence[Any]]) -> Iterator[None]:
        """Turns what goes wrong into the one error that callers see, and tells the circuit what it says about the server."""
        try:
            yield
        except OutOfMemoryError as full:
            self._circuit.succeeded()
            raise Unavailable("Redis is full: raise its maxmemory", code="cache-full", retry_after_s=5) from full
        except (LineBroken, LineSlow, OSError) as away:  # a timeout is an OSError
            self._wrong = away
            self._era.number += 1
            if time.monotonic() - began > limit_s + _LAG_S:
                self._circuit.abandoned()
            else:
                self._circuit.failed()
            raise self._away() from away
        except RedisError as refused:
            self._circuit.succeeded()
            if isinstance(refused, NoPermissionError):
                self.refusals.note(commands, refused)
            raise Unavailable(f"Redis refuses: {type(refused).__name__}", code=self._code, retry_after_s=2) from refused
        except BaseException:
            self._circuit.abandoned()
            raise
        else:
            self._circuit.succeeded()
            self.refusals.lift(commands)

    def _away(self) -> Unavailable:
        """For callers, who may hand it on to people: what is wrong, not where."""
        return Unavailable(f"Redis does not answer ({type(self._wrong).__name__})", code=self._code, retry_after_s=2)

    def _changed(self, is_open: bool) -> None:
        if is_open:
            self._log.warning("redis-lost", cause=self._wrong)
        else:
            self._log.info("redis-back")


async def _said(client: Redis, *words: Any) -> Any:
    return await client.execute_command(*words)  # type: ignore[no-untyped-call]  # redis-py types the wrappers only


def _keys(words: Sequence[Any]) -> Sequence[Any]:
    """The keys of a plain command: several for those that take only keys."""
    return words[1:] if words[0] in _OF_KEYS else words[1:2]
