"""Owns the gate to the outside: a name is resolved here, every address is checked, and only a checked one is connected to.

The check stands twice: over what a name resolves to, all of it, and over each socket before it is connected. Between the two
lies no second look-up, so that a name that changes its mind (DNS rebinding) changes nothing.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from aiohttp.abc import AbstractResolver, ResolveResult

from mesh.errors import Invalid
from mesh.log import Log
from mesh.metrics import Metrics
from mesh.outside import fault_of_url, host_of
from services.mailer.addresses import Network, may_be_called

NOT_PUBLIC: Final = "the address does not lead to a public host"
"""Said alike of names that there are not and of those that lead inside: otherwise one could ask us for the names inside."""

_RESOLVERS: Final = 20
"""Names looked up at once for calls, in threads of our own: one for each place in the window, so that a name server that hangs
delays nobody else's call, and takes no thread of the process."""

_ASKED_RESOLVERS: Final = 2
"""The same for addresses that are only asked about: whoever asks about many waits for himself."""


class AddressRefused(OSError):
    """Nothing was connected: this address may not be called."""


class Gate(AbstractResolver):
    """Resolves for `aiohttp`, makes its sockets, and says of an address in advance whether it may be called."""

    def __init__(self, allowed: Sequence[Network], metrics: Metrics, log: Log) -> None:
        self._allowed = tuple(allowed)
        self._log = log
        self._refused = metrics.counter("addresses_refused_total")
        self._threads = ThreadPoolExecutor(_RESOLVERS, thread_name_prefix="mailer-names")
        self._asked_threads = ThreadPoolExecutor(_ASKED_RESOLVERS, thread_name_prefix="mailer-asked")

    async def check(self, url: str, *, resolves: bool, limit_s: float) -> None:
        """Lets an address pass that may be called, as far as can be said now; without ``resolves`` no name server is asked.

        Raises: `Invalid` (``webhook-url-refused``).
        """
        fault = fault_of_url(url)
        host, port = host_of(url) if not fault else ("", 0)
        if not fault and (resolves or _is_literal(host)):
            try:
                async with asyncio.timeout(limit_s):
                    await self._look_up(self._asked_threads, host, port, socket.AF_UNSPEC)
            except TimeoutError:
                fault = "its name could not be resolved in time"
            except OSError:
                fault = NOT_PUBLIC
        if fault:
            raise Invalid(f"this webhook cannot be called: {fault}", code="webhook-url-refused")

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC) -> list[ResolveResult]:
        """Every address of a name, when all of them may be called. Raises: `AddressRefused`, OSError."""
        found = await self._look_up(self._threads, host, port, family)
        return [
            ResolveResult(
                hostname=host, host=str(address[0]), port=port, family=kind, proto=proto, flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
            )
            for kind, _, proto, _, address in found
        ]

    def open_socket(self, where: tuple[Any, ...]) -> socket.socket:
        """The socket for one connection, whichever way its address was found. Raises: `AddressRefused`, OSError."""
        family, kind, proto, _, address = where
        self._check_address("", str(address[0]))
        return socket.socket(family=family, type=kind, proto=proto)

    async def close(self) -> None:
        """Nobody is to be called any more."""
        for threads in (self._threads, self._asked_threads):
            threads.shutdown(wait=False, cancel_futures=True)

    async def _look_up(self, threads: ThreadPoolExecutor, host: str, port: int, family: int) -> list[Any]:
        found = await asyncio.get_running_loop().run_in_executor(threads, _look_up, host, port, family)
        for _, _, _, _, address in found:
            self._check_address(host, str(address[0]))
        return found

    def _check_address(self, host: str, address: str) -> None:
        if not may_be_called(address, self._allowed):
            self._refused.inc()
            self._log.warning("address-refused", host=host, address=address)
            raise AddressRefused(NOT_PUBLIC)


def _look_up(host: str, port: int, family: int) -> list[Any]:
    try:
        return socket.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM)
    except UnicodeError as wrong:
        raise OSError("this is no name") from wrong


def _is_literal(host: str) -> bool:
    """Whether no name server is asked about it: an address, or a number that the system reads as one (``127.1``, ``0x7f000001``)."""
    last = host.rpartition(".")[2]
    return ":" in host or last.isdecimal() or last.startswith("0x") or host == "localhost" or host.endswith(".localhost")
