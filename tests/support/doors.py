"""Owns the question on which addresses a process listens, answered from /proc. Never opens a socket."""

from __future__ import annotations

import ipaddress
import socket
import sys
from contextlib import suppress
from pathlib import Path

_LISTENING = "0A"


def doors(pid: int) -> set[tuple[str, int]]:
    """Address and port of each TCP socket that the process listens on; none when it has gone."""
    owned = set()
    with suppress(OSError):
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                owned.add(str(descriptor.readlink()).removeprefix("socket:[").removesuffix("]"))
    found = set()
    for name in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in Path(f"/proc/{pid}/net/{name}").read_text(encoding="ascii").splitlines()[1:]:
                fields = line.split()
                if fields[3] == _LISTENING and fields[9] in owned:
                    found.add(_door(fields[1]))
    return found


def open_to_others(pid: int) -> set[tuple[str, int]]:
    """Those of its doors that more than this machine may come to."""
    return {(address, port) for address, port in doors(pid) if not ipaddress.ip_address(address).is_loopback}


def _door(text: str) -> tuple[str, int]:
    """The kernel writes addresses as words of four bytes in the machine's own order."""
    address, _, port = text.partition(":")
    words = [int(address[at : at + 8], 16).to_bytes(4, sys.byteorder) for at in range(0, len(address), 8)]
    packed = b"".join(words)
    return socket.inet_ntop(socket.AF_INET if len(packed) == 4 else socket.AF_INET6, packed), int(port, 16)
