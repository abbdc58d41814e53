"""Owns what a Redis has refused its user: rights that are missing, a wrong configuration and no outage. Told once, until it is mended.

Callers go on as if the server were away, and some let that pass in silence; so the operator hears of it here. Never holds a value.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from redis.exceptions import NoPermissionError

from mesh.log import Log

WHAT_TO_DO: Final = "bring compose/redis/users.acl up to date at that server, then ACL LOAD or start it again; ACL LOG names each key"
_MOST: Final = 100
_WITH_PREFIX: Final = frozenset({"lock", "family"})


class Refusals:
    """The families of keys that one user may not touch, each with the command that found it out."""

    def __init__(self, user: str, log: Log) -> None:
        self._user = user
        self._log = log
        self._found: dict[str, str] = {}

    def note(self, commands: Sequence[Sequence[Any]], wrong: NoPermissionError) -> None:
        """The server has refused one of these commands; a family is told to the log when it is new."""
        families = ", ".join(dict.fromkeys(_families(commands)))
        if families in self._found or len(self._found) >= _MOST:
            return
        command = str(commands[0][0])
        self._found[families] = command
        reason = str(wrong).rpartition("caused error: ")[2]  # what stands before it names values
        self._log.error("redis-not-allowed", user=self._user, keys=families, command=command, reason=reason, advice=WHAT_TO_DO)

    def lift(self, commands: Sequence[Sequence[Any]]) -> None:
        """The server has done these: what was refused of their keys is mended."""
        if self._found:
            self._found.pop(", ".join(dict.fromkeys(_families(commands))), None)

    def __str__(self) -> str:
        """For the health detail; empty when nothing was refused."""
        if not self._found:
            return ""
        listed = "; ".join(f"{families} ({command})" for families, command in self._found.items())
        return f"Redis refuses user {self._user} these keys: {listed}: {WHAT_TO_DO}"


def _families(commands: Sequence[Sequence[Any]]) -> list[str]:
    """The keys of commands, each up to what differs from one thing to the next."""
    return [_family(str(key)) for _, *keys in commands for key in keys]


def _family(key: str) -> str:
    first, _, rest = key.partition(":")
    return f"{first}:{rest.partition(':')[0]}:*" if first in _WITH_PREFIX else f"{first}:*"
