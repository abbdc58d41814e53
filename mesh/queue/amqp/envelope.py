"""Owns how a message is written for AMQP: properties, our headers, compression. Never sends one."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from aiormq.abc import DeliveredMessage
from pamqp.commands import Basic

from mesh.errors import Refused
from mesh.queue.backoff import MOST_BODY_BYTES
from mesh.queue.contract import Message

COMPRESS_FROM_BYTES: Final = 4096
_THREAD_FROM_BYTES: Final = 65_536
_TRIES: Final = "palestra-tries"
_GIVE_BACKS: Final = "palestra-give-backs"
_AT_MS: Final = "palestra-at-ms"
_ERROR: Final = "palestra-error"
_GZIP: Final = "gzip"
_GZIP_WINDOW: Final = 16 + zlib.MAX_WBITS
_PERSISTENT: Final = 2


@dataclass(frozen=True, slots=True)
class Envelope:
    """A message on the wire. ``tries`` are those that ended in `retry`; ``give_backs`` those that a dead consumer broke off.

    ``at_ms`` is when it was first published, in milliseconds since 1970; 0: not known, or now.
    """

    message: Message
    tries: int = 0
    give_backs: int = 0
    error: str = ""
    at_ms: int = 0


async def packed(envelope: Envelope, at: datetime) -> tuple[bytes, Basic.Properties]:
    """Body and properties; bodies over 4 KiB are compressed."""
    message = envelope.message
    headers: dict[str, Any] = dict(message.headers)
    headers[_AT_MS] = envelope.at_ms or millis(at)
    if envelope.tries:
        headers[_TRIES] = envelope.tries
    if envelope.give_backs:
        headers[_GIVE_BACKS] = envelope.give_backs
    if envelope.error:
        headers[_ERROR] = envelope.error[:1000]
    body, encoding = message.body, None
    if len(body) >= COMPRESS_FROM_BYTES:
        body, encoding = await _in_thread_if_large(_compressed, body), _GZIP
    return body, Basic.Properties(
        message_id=message.id, correlation_id=message.correlation or None, headers=headers, content_encoding=encoding,
        delivery_mode=_PERSISTENT, timestamp=at,
    )  # fmt: skip


async def unpacked(delivered: DeliveredMessage) -> Envelope:
    """The message as it was published. Raises: `Refused` (``bad-message``): nobody will ever be able to read it."""
    properties = delivered.header.properties
    headers: dict[str, Any] = dict(properties.headers or {})
    if not properties.message_id:
        raise Refused("a message without id", code="bad-message")
    body = delivered.body
    if properties.content_encoding == _GZIP:
        body = await _in_thread_if_large(_decompressed, body)
    elif properties.content_encoding:
        raise Refused(f"a message compressed by {properties.content_encoding}", code="bad-message")
    return Envelope(
        Message(properties.message_id, body, _ours(headers), properties.correlation_id or ""),
        tries=_number(headers.get(_TRIES)),
        give_backs=_number(headers.get(_GIVE_BACKS)) + _number(headers.get("x-delivery-count")),
        error=_text(headers.get(_ERROR)) or _reason(headers),
        at_ms=_number(headers.get(_AT_MS)),
    )


def millis(moment: datetime) -> int:
    """Milliseconds since 1970."""
    return round(moment.timestamp() * 1000)


async def _in_thread_if_large(work: Any, body: bytes) -> bytes:
    if len(body) < _THREAD_FROM_BYTES:
        return bytes(work(body))
    return bytes(await asyncio.to_thread(work, body))


def _compressed(body: bytes) -> bytes:
    packer = zlib.compressobj(level=1, wbits=_GZIP_WINDOW)
    return packer.compress(body) + packer.flush()


def _decompressed(body: bytes) -> bytes:
    unpacker = zlib.decompressobj(wbits=_GZIP_WINDOW)
    try:
        plain = unpacker.decompress(body, MOST_BODY_BYTES + 1)
    except zlib.error as wrong:
        raise Refused(f"a message that cannot be decompressed: {wrong}", code="bad-message") from wrong
    if len(plain) > MOST_BODY_BYTES or not unpacker.eof:
        raise Refused("a message that is longer than a message may be, or cut off", code="bad-message")
    return plain


def _ours(headers: Mapping[str, Any]) -> dict[str, str]:
    """The publisher's headers, without the broker's and this module's."""
    return {name: _text(value) for name, value in headers.items() if not name.startswith(("x-", "palestra-"))}


def _reason(headers: Mapping[str, Any]) -> str:
    """Why the broker itself gave it up."""
    reason = _text(headers.get("x-first-death-reason"))
    if not reason and isinstance(deaths := headers.get("x-death"), list) and deaths:
        reason = _text(deaths[0].get("reason"))
    return {
        "expired": "expired: lay for longer than its queue keeps messages",
        "delivery_limit": "given back too often by consumers that died while they held it",
    }.get(reason, reason)


def _number(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _text(value: Any) -> str:
    if isinstance(value, bytes | bytearray):
        return bytes(value).decode(errors="replace")
    return "" if value is None else str(value)
