"""Owns which process of a service is asked next. Never connects.

One that fails is left alone while others answer. Who must speak to each of them by itself (a runner claims from every grader) gets a
`Peer` for each from `mesh.rpc.client.Peers.places`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

from mesh.addresses import Address, addresses_of
from mesh.errors import Unavailable
from mesh.rpc.circuit import Circuit


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
