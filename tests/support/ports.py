"""Owns which ports the servers of a test run get: each is given out once, and nothing else on the machine takes it meanwhile.

A port that was merely free a moment ago is soon some client's: the kernel gives it to whoever connects or binds port 0. These lie outside
the range that the kernel gives from, and each is held by a socket of that name that all test runs see, for as long as this process lives.
"""

from __future__ import annotations

import random
import socket
from pathlib import Path

_LOWEST, _HIGHEST = 20_000, 65_000
_ATTEMPTS = 10_000
_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_held: list[socket.socket] = []


def free_ports(count: int) -> list[int]:
    """Ports on loopback that nobody has, and that only this process gives out while it lives; all different."""
    low, high = map(int, _RANGE.read_text(encoding="ascii").split()) if _RANGE.exists() else (32_768, 60_999)
    own = [port for port in range(_LOWEST, _HIGHEST) if not low <= port <= high] or list(range(_LOWEST, _HIGHEST))
    found: list[int] = []
    for port in random.SystemRandom().sample(own, min(len(own), _ATTEMPTS)):
        if len(found) == count:
            break
        if _reserved(port):
            found.append(port)
    assert len(found) == count, f"no {count} ports are free"
    return found


def _reserved(port: int) -> bool:
    """Whether it is this process's now: its name was free, and the port too."""
    name = socket.socket(socket.AF_UNIX)
    try:
        name.bind(f"\0palestra-test-port-{port}")
        with socket.socket() as tried:
            tried.bind(("127.0.0.1", port))
        with socket.socket() as tried:
            tried.bind(("", port))
    except OSError:
        name.close()
        return False
    _held.append(name)
    return True
