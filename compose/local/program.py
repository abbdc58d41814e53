"""Owns what a program of the local house is: its command, its surroundings, how one knows that it is ready. Never starts one."""

from __future__ import annotations

import os
import pwd
import re
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


LAST_WORDS_BYTES = 400


class CannotStart(Exception):
    """Something that the house needs is missing here; the text says what to do."""


def nothing() -> None:
    """What a program does that needs no preparation."""


@dataclass(frozen=True, slots=True)
class Program:
    """One process. Lower stages start first; within a stage all at once. ``prepare`` may block and is done before each start.

    ``last_words``: when it prints them, within `LAST_WORDS_BYTES`, it lives on and does not serve, so it is ended and started again.
    ``is_private``: the folder and what it writes are for its user alone; who sees to that himself, or must let others in, leaves it out.
    """

    name: str
    command: Sequence[str]
    folder: Path
    stage: int
    is_ready: Callable[[], bool]
    prepare: Callable[[], None] = nothing
    environ: Mapping[str, str] = field(default_factory=dict)
    user: str = ""
    stop_signal: int = 15
    stop_limit_s: float = 40.0
    last_words: re.Pattern[bytes] | None = None
    is_private: bool = False

    def whole_command(self) -> list[str]:
        """The command, ended by the kernel with its keeper, under its own user when we are root."""
        words = ["setpriv", "--pdeathsig", "KILL"]
        if self.user and os.geteuid() == 0:
            who = pwd.getpwnam(self.user)
            words += [f"--reuid={who.pw_uid}", f"--regid={who.pw_gid}", "--init-groups"]
        return [*words, "--", *self.command]


def answers(port: int, sent: bytes, expected: bytes, context: Callable[[], ssl.SSLContext] | None = None, name: str = "") -> bool:
    """Whether a server on loopback answers what was sent with that beginning, within two seconds; over TLS under that name."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as plain:
            plain.getpeername()  # cut already? Python's wrap_socket would leave its own socket open then
            line = plain if context is None else context().wrap_socket(plain, server_hostname=name)
            with line:
                line.settimeout(2)
                line.sendall(sent)
                return line.recv(len(expected)).startswith(expected)
    except OSError:
        return False
