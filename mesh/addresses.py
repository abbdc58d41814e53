"""Owns where the processes of a service are. Never connects, and loads nothing: every command reads addresses.

Several addresses of one name are replicas: any of them may be asked.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping, Sequence
from typing import Final

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
