"""Owns what lies on the broker: exchanges, queues, bindings, all made from the table of declarations. Never moves a message.

    publish ──▶ palestra.work ──▶ NAME ──ttl, delivery limit──▶ palestra.dead ──▶ NAME.dead
                                   ▲                                 ▲
    retry ──▶ palestra.retry.MS ──▶ palestra.wait.MS ──ttl──▶ palestra.again ──▶ NAME        reject ──┘
                                                    replay ──▶ palestra.again
                                                                    └─ no such queue ──▶ palestra.unrouted ──▶ palestra.strays

The routing key is the queue's name all the way, so that the wait queues serve every queue, and so that a service's rights
can say which queue it may reach through which exchange: `mesh.queue.amqp.rights`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from aio_pika import ExchangeType
from aio_pika.abc import AbstractConnection
from aio_pika.exceptions import AMQPChannelError, ChannelNotFoundEntity, ChannelPreconditionFailed
from aiormq.exceptions import ChannelAccessRefused

from mesh.errors import Conflict, Unavailable
from mesh.queue.amqp.link import CALL_LIMIT_S
from mesh.queue.backoff import GIVE_BACK_LIMIT, JITTER, MOST_DEAD_LETTERS
from mesh.queue.contract import STRAYS, Declaration

WORK: Final = "palestra.work"
"""Where everybody publishes. Has no alternate exchange: a message that no queue takes comes back to its publisher."""
AGAIN: Final = "palestra.again"
"""Where the wait queues send to, and consumers what they replay: back to a queue of their own.

Nobody waits for the wait queues' answer, so an alternate exchange catches what no queue takes.
"""
DEAD: Final = "palestra.dead"
UNROUTED: Final = "palestra.unrouted"

_DAY_MS: Final = 86_400_000
_QUORUM: Final = {"x-queue-type": "quorum", "x-quorum-initial-group-size": 3}
"""A single node makes one copy all the same; a larger cluster keeps three of each queue, on different nodes."""
_NEVER_LOSE: Final = {**_QUORUM, "x-dead-letter-strategy": "at-least-once", "x-overflow": "reject-publish"}
_UNLIMITED_DELIVERIES: Final = {"x-delivery-limit": 1_000_000_000}
"""4.x drops a message of a quorum queue after 20 deliveries unless told otherwise; looking at dead letters delivers them."""


@dataclass(frozen=True, slots=True)
class ExchangeRow:
    """One exchange as it is declared."""

    name: str
    kind: ExchangeType
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One queue as it is declared, and its bindings: (exchange, routing key)."""

    name: str
    arguments: Mapping[str, Any]
    bindings: tuple[tuple[str, str], ...]


def retry_exchange(wait_ms: int) -> str:
    """Where a message goes to come back after so long."""
    return f"palestra.retry.{wait_ms}"


def wait_queue(wait_ms: int) -> str:
    """Where it lies meanwhile."""
    return f"palestra.wait.{wait_ms}"


def waits_ms(declarations: Iterable[Declaration]) -> list[int]:
    """Every wait that a retry may need, jitter included. Source: one FIFO queue can delay by one length only."""
    steps = {step for declaration in declarations for step in declaration.backoff_s or (1,)}
    return sorted({as_wait_ms(step * factor) for step in steps for factor in JITTER})


def as_wait_ms(wait_s: float) -> int:
    """The wait in whole milliseconds, as its queue is named."""
    return round(wait_s * 1000)


def queue_arguments(declaration: Declaration) -> dict[str, Any]:
    """What a work queue is declared with."""
    arguments: dict[str, Any] = {
        **_NEVER_LOSE,
        "x-delivery-limit": GIVE_BACK_LIMIT,
        "x-dead-letter-exchange": DEAD,
        "x-dead-letter-routing-key": declaration.name,
        "x-max-length": declaration.max_length,
    }
    if declaration.ttl_s is not None:
        arguments["x-message-ttl"] = declaration.ttl_s * 1000
    if declaration.is_single_active:
        arguments["x-single-active-consumer"] = True
    return arguments


DEAD_ARGUMENTS: Final[dict[str, Any]] = {
    **_QUORUM, **_UNLIMITED_DELIVERIES, "x-max-length": MOST_DEAD_LETTERS, "x-overflow": "drop-head", "x-message-ttl": 14 * _DAY_MS,
}  # fmt: skip
"""Never refuses: a dead-letter target that is full and refuses loses messages, or holds them for minutes."""

STRAYS_ARGUMENTS: Final[dict[str, Any]] = {
    **_QUORUM, **_UNLIMITED_DELIVERIES, "x-max-length": 10_000, "x-overflow": "drop-head",
}  # fmt: skip


def wait_arguments(wait_ms: int) -> dict[str, Any]:
    """What a wait queue is declared with; no dead-letter routing key, so that a message keeps its own."""
    return {**_NEVER_LOSE, "x-dead-letter-exchange": AGAIN, "x-message-ttl": wait_ms, "x-max-length": 100_000}


async def declare_topology(connection: AbstractConnection, declarations: Sequence[Declaration], service: str) -> None:
    """Makes everything that is not there yet; looks only, where this user may not configure.

    Raises: `Conflict` (``queue-declared-otherwise``), `Unavailable` (``queue-unavailable``: not there and not ours to make).
    """
    channel = await connection.channel(publisher_confirms=False)
    try:
        for exchange in exchanges(declarations):
            await channel.declare_exchange(
                exchange.name, exchange.kind, durable=True, arguments=dict(exchange.arguments), timeout=CALL_LIMIT_S
            )
        for row in queues(declarations):
            queue = await channel.declare_queue(row.name, durable=True, arguments=dict(row.arguments), timeout=CALL_LIMIT_S)
            for source, key in row.bindings:
                await queue.bind(source, key, timeout=CALL_LIMIT_S)
    except ChannelAccessRefused:
        await _look(connection, declarations, service)
        return
    except ChannelPreconditionFailed as wrong:
        raise Conflict(
            f"RabbitMQ has a queue or exchange declared otherwise: {wrong}. Drain and delete it, then start again",
            code="queue-declared-otherwise",
        ) from wrong
    await channel.close()


def exchanges(declarations: Sequence[Declaration]) -> list[ExchangeRow]:
    """Every exchange, all durable. Topic wherever services publish: only there are routing keys authorised."""
    named = sorted({declaration.exchange for declaration in declarations} - {""})
    return [
        ExchangeRow(UNROUTED, ExchangeType.FANOUT),
        ExchangeRow(WORK, ExchangeType.TOPIC),
        ExchangeRow(AGAIN, ExchangeType.TOPIC, {"alternate-exchange": UNROUTED}),
        ExchangeRow(DEAD, ExchangeType.TOPIC),
        *(ExchangeRow(name, ExchangeType.DIRECT) for name in named),
        *(ExchangeRow(retry_exchange(wait_ms), ExchangeType.TOPIC) for wait_ms in waits_ms(declarations)),
    ]


def queues(declarations: Sequence[Declaration]) -> list[QueueRow]:
    """Every queue, all durable, with its bindings (exchange, routing key)."""
    rows = [QueueRow(STRAYS, STRAYS_ARGUMENTS, ((UNROUTED, ""),))]
    for declaration in declarations:
        name = declaration.name
        sources = (WORK, AGAIN, declaration.exchange) if declaration.exchange else (WORK, AGAIN)
        rows.append(QueueRow(name, queue_arguments(declaration), tuple((source, name) for source in sources)))
        rows.append(QueueRow(declaration.dead, DEAD_ARGUMENTS, ((DEAD, name),)))
    rows += [
        QueueRow(wait_queue(wait_ms), wait_arguments(wait_ms), ((retry_exchange(wait_ms), "#"),))
        for wait_ms in waits_ms(declarations)
    ]
    return rows


async def _look(connection: AbstractConnection, declarations: Sequence[Declaration], service: str) -> None:
    for declaration in declarations:
        if service not in declaration.publishers | declaration.consumers:
            continue
        channel = await connection.channel(publisher_confirms=False)
        try:
            await channel.declare_queue(declaration.name, passive=True, timeout=CALL_LIMIT_S)
        except ChannelNotFoundEntity as wrong:
            raise Unavailable(
                f"RabbitMQ has no queue {declaration.name} and {service} may not make it: import the definitions first",
                code="queue-unavailable",
            ) from wrong
        except AMQPChannelError:
            continue  # may not even look: publishing or consuming will say so
        await channel.close()
