"""Owns the queues of a service that has none: no row of the table names it, so it has no user on the broker. Never connects."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import NoReturn

from mesh.errors import Unavailable
from mesh.queue.contract import Consumer, DeadLetter, Depth, Message


class NoQueue:
    """Keeps the promise of `mesh.queue.contract.Queue` by refusing: everything raises `Unavailable` (``queue-not-allowed``)."""

    def __init__(self, service: str) -> None:
        self._service = service

    @property
    def connections(self) -> int:
        return 0

    @property
    def sees_all(self) -> bool:
        return False

    async def health(self) -> str:
        return ""

    async def refusal(self) -> str:
        return ""

    async def publish(self, queue: str, message: Message) -> None:
        self._refuse(f"publishing {message.id} to {queue}")

    def consumer(self, queue: str) -> AbstractAsyncContextManager[Consumer]:
        self._refuse(f"consuming {queue}")

    async def depth(self, queue: str) -> Depth:
        self._refuse(f"looking at {queue}")

    async def strays(self) -> int:
        self._refuse("looking at strays")

    async def dead_letters(self, queue: str, most: int = 100) -> Sequence[DeadLetter]:
        self._refuse(f"looking at {most} dead letters of {queue}")

    async def replay(self, queue: str, ids: Sequence[str]) -> int:
        self._refuse(f"replaying {len(ids)} of {queue}")

    async def purge(self, queue: str, ids: Sequence[str]) -> int:
        self._refuse(f"purging {len(ids)} of {queue}")

    async def close(self) -> None:
        return

    def _refuse(self, act: str) -> NoReturn:
        raise Unavailable(f"{act}: no row of wire/queues.py lets {self._service} do that", code="queue-not-allowed")
