"""Owns what a service may do on the broker: the least that its rows of the table of queues need. Never grants anything itself.

A service publishes through `palestra.work` by the names of queues that list it as publisher; it reads the queues that list it
as consumer and their dead letters, and may send what it consumed to wait, to the dead letters, or back. Nobody configures.

To look at a queue (how full is it, is it there?) RabbitMQ from 4.2.6 on wants *some* right on it. Where a service has none else it gets
the right to write to the **queue**, with which nothing can be done: publishing asks for the exchange, and binding for reading one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from mesh.queue.amqp import topology
from mesh.queue.contract import STRAYS, Declaration

NOTHING = "^$"
"""A pattern that no name matches."""


@dataclass(frozen=True, slots=True)
class Rights:
    """One user's rights as RabbitMQ checks them: patterns of names; ``keys`` are patterns of routing keys by topic exchange.

    A topic exchange that is not in ``keys`` would take any key, so every one that may be written to is there.
    """

    user: str
    write: str = NOTHING
    read: str = NOTHING
    configure: str = NOTHING
    keys: Mapping[str, str] = field(default_factory=dict)


def rights_of(service: str, declarations: Sequence[Declaration]) -> Rights:
    """The least rights with which a service can do what the table says it does."""
    published = [one for one in declarations if service in one.publishers]
    consumed = [one for one in declarations if service in one.consumers]
    keys = {topology.WORK: published, topology.AGAIN: consumed, topology.DEAD: consumed}
    keys |= {topology.retry_exchange(wait_ms): consumed for wait_ms in topology.waits_ms(consumed)}
    named = sorted({one.exchange for one in published} - {""})
    return Rights(
        service,
        write=_any_of([*(exchange for exchange, reached in keys.items() if reached), *named, *_looked_at(published, consumed)]),
        read=_any_of(name for one in consumed for name in (one.name, one.dead)),
        keys={exchange: _any_of(one.name for one in reached) for exchange, reached in keys.items() if reached},
    )


def rights_of_operator(user: str, declarations: Sequence[Declaration]) -> Rights:
    """Whoever runs the broker: may take dead letters and strays by hand and send them back, and touch no living queue."""
    return Rights(
        user,
        write=_any_of([topology.AGAIN]),
        read=_any_of([STRAYS, *(one.dead for one in declarations)]),
        keys={topology.AGAIN: _any_of(one.name for one in declarations)},
    )


def _looked_at(published: Iterable[Declaration], consumed: Sequence[Declaration]) -> list[str]:
    """Queues that a service only looks at: those that it fills, and, where it consumes any, those that nobody wanted."""
    return [one.name for one in published if one not in consumed] + [STRAYS] * bool(consumed)


def _any_of(names: Iterable[str]) -> str:
    """A pattern that matches these names and no other."""
    choices = "|".join(re.escape(name) for name in names)
    return f"^({choices})$" if choices else NOTHING
