"""Owns the hashing of passwords: argon2id, in threads of its own, so many at once and no more. Never keeps a password.

Source: OWASP Password Storage Cheat Sheet (argon2id, 19 MiB, 2 passes, 1 lane); RFC 9106.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from mesh.errors import Invalid, Unavailable

T = TypeVar("T")
SHORTEST, LONGEST = 8, 512


class Passwords:
    """Hashes and checks passwords. A login storm waits in a bounded line and cannot take the machine's cores."""

    def __init__(self, *, memory_kib: int, passes: int, threads: int, most_waiting: int) -> None:
        self._hasher = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=1)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="password")
        self._turn = asyncio.Semaphore(threads)
        self._waiting = 0
        self._most_waiting = most_waiting
        self._nobody: str | None = None

    async def hash(self, password: str) -> str:
        """The argon2id string of a password. Raises: `Unavailable` (``sign-in-busy``) when the line is full."""
        return await self._in_turn(lambda: self._hasher.hash(password))

    async def fits(self, password: str, password_hash: str | None) -> bool:
        """Whether the password is the one; takes as long when there is no such account (``None``). Raises: as `hash`."""
        return await self._in_turn(lambda: self._check(password, password_hash))

    async def aclose(self) -> None:
        """Ends the threads when they have finished what they do."""
        await asyncio.to_thread(self._pool.shutdown, cancel_futures=True)

    def _check(self, password: str, password_hash: str | None) -> bool:
        if self._nobody is None:
            self._nobody = self._hasher.hash("nobody's password")
        try:
            self._hasher.verify(password_hash or self._nobody, password)
        except (VerificationError, InvalidHashError):
            return False
        return password_hash is not None

    async def _in_turn(self, work: Callable[[], T]) -> T:
        if self._waiting >= self._most_waiting:
            raise Unavailable("many people are signing in just now; try again in a moment", code="sign-in-busy", retry_after_s=3)
        self._waiting += 1
        try:
            async with self._turn:
                return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._waiting -= 1


def check_password(password: str, username: str = "") -> None:
    """Refuses a password that is no good. Raises: `Invalid` (``weak-password``)."""
    if len(password) < SHORTEST:
        raise Invalid(f"a password needs at least {SHORTEST} characters", code="weak-password")
    if len(password.encode()) > LONGEST:
        raise Invalid(f"a password may have at most {LONGEST} bytes", code="weak-password")
    if username and password.casefold() == username.casefold():
        raise Invalid("a password must not be the username", code="weak-password")
