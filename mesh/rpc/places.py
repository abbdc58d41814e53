"""Owns where the processes of a service are, and which of them is asked next. Never connects.

Several addresses of one name are replicas: any of them may be asked, one that fails is left alone while others answer. Who must
speak to each of them by itself (a runner claims from every grader) gets a `Peer` for each from `mesh.rpc.client.Peers.places`.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from mesh.errors import Unavailable
from mesh.rpc.circuit import Circuit

Address = tuple[str, int]

LOOK_UP_S: Final = 2.0


class AddressBook(dict[str, Address]):
    """Where each service answers: in the mapping its first address, all of them by `of`. An entry that is set anew replaces all."""

    def __init__(self, known: Mapping[str, Sequence[Address]]) -> None:
        super().__init__({name: addresses[0] for name, addresses in known.items()})
        self._known = {name: tuple(addresses) for name, addresses in known.items()}

    def of(self, name: str) -> tuple[Address, ...]:
        """Every address of that service, as they were written; empty when nobody knows one."""
        first, known = self.get(name), self._known.get(name, ())
        if first is None:
            return ()
        return known if known and known[0] == first else (first,)


def addresses_of(addresses: Mapping[str, Address], name: str) -> tuple[Address, ...]:
    """Every known address of a service."""
    if isinstance(addresses, AddressBook):
        return addresses.of(name)
    return (addresses[name],) if name in addresses else ()


async def looked_up(addresses: Sequence[Address]) -> list[Address]:
    """The same with host names replaced by all that they stand for; a name that cannot be looked up is left as it is."""
    found: dict[Address, None] = {}
    for host, port in addresses:
        try:
            async with asyncio.timeout(LOOK_UP_S):
                answers = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError:  # a timeout is one
            found[host, port] = None
        else:
            found.update(((str(answer[4][0]), port), None) for answer in answers)
    return list(found)


class Turns:
    """Whose turn it is among a peer's addresses. ``changed`` hears whether all of them are left alone.

    ``away_since`` is when the peer stopped answering, on the loop's clock; None while it does.
    """

    def __init__(self, name: str, addresses: Mapping[str, Address], changed: Callable[[bool], None]) -> None:
        self.away_since: float | None = None
        self._name = name
        self._addresses = addresses
        self._changed = changed
        self._circuits: dict[Address, Circuit] = {}
        self._generation = 0
        self._asked = 0

    def next(self, generation: int) -> tuple[Address, Circuit]:
        """The next address to ask; its circuit must be told how it went. ``generation`` counts changes of our own credentials.

        Raises: `Unavailable` (``peer-unknown``, ``circuit-open``).
        """
        addresses = addresses_of(self._addresses, self._name)
        if not addresses:
            raise Unavailable(f"nobody knows where {self._name} is: it has not started, or its address is not set", code="peer-unknown")
        if generation != self._generation or not self._circuits.keys() >= set(addresses):
            self._look_anew(addresses, generation)
        self._asked += 1
        shortest = 0.0
        for turn in range(len(addresses)):
            address = addresses[(self._asked + turn) % len(addresses)]
            wait_s = self._circuits[address].wait_s()
            if not wait_s:
                return address, self._circuits[address]
            shortest = min(shortest or wait_s, wait_s)
        raise Unavailable(f"{self._name} has failed repeatedly and is left alone", code="circuit-open", retry_after_s=shortest)

    def succeeded(self, circuit: Circuit) -> None:
        """The peer answered, whatever it said."""
        self.away_since = None
        circuit.succeeded()

    def failed(self, circuit: Circuit) -> None:
        """It could not be reached, or broke off, or said nothing in time."""
        if self.away_since is None:
            self.away_since = asyncio.get_running_loop().time()
        circuit.failed()

    def _look_anew(self, addresses: Sequence[Address], generation: int) -> None:
        """Another peer, or we are another one: a new chance for each."""
        for circuit in self._circuits.values():
            circuit.reset()
        self._generation = generation
        clock = asyncio.get_running_loop().time
        self._circuits = {address: Circuit(clock, self._told) for address in addresses}

    def _told(self, _is_open: bool) -> None:
        self._changed(all(circuit.is_open for circuit in self._circuits.values()))
