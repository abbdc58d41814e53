"""Owns the bytes that go to browsers: made once per piece of news, shared by everyone who hears it. Never writes them.

The news' own bytes are spliced in as they came, not decoded: what is added is where they belong.
Source: RFC 6455 §5.2 (frames), §7.4 (close codes); HTML Living Standard §9.2 (event streams).
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final

import orjson

from mesh.topics import News

_TEXT: Final = 0x81
_CLOSE: Final = 0x88

WS_PING: Final = b"\x89\x00"
SSE_PING: Final = b"2\r\n:\n\r\n"
SSE_HELLO: Final = b"d\r\nretry: 1000\n\n\r\n"


class Farewell(enum.Enum):
    """Why we end a connection: close code and reason. 4001 means: fetch a new ticket and come again."""

    LEAVING = (1001, "leaving")
    TICKET_EXPIRED = (4001, "ticket-expired")
    TOO_SLOW = (4008, "too-slow")

    @property
    def code(self) -> int:
        """The WebSocket close code."""
        return self.value[0]

    @property
    def reason(self) -> str:
        """The word for it."""
        return self.value[1]


@dataclass(frozen=True, slots=True)
class Frames:
    """One message in both forms."""

    ws: bytes
    sse: bytes


def news_frames(news: News) -> Frames | None:
    """``{"topic", "id", …the Headline's own fields}``; None when the news is no JSON object on one line.

    ``id`` is where to resume: the news' id and its topic. Browsers hand it back as it is.
    """
    body = news.body
    if not (body.startswith(b"{") and body.endswith(b"}")) or b"\n" in body or b"\r" in body:
        return None
    token = resume_token(news.topic, news.id)
    rest = body[1:] if body == b"{}" else b"," + body[1:]
    return _frames(b'{"topic":%s,"id":%s%s' % (orjson.dumps(news.topic), orjson.dumps(token), rest), token)


def gap_frames(topic: str) -> Frames:
    """``{"kind":"gap","topic"}``: news of the topic may be missing, read again what you show."""
    return _frames(b'{"kind":"gap","topic":%s}' % orjson.dumps(topic), "")


def farewell_frames(farewell: Farewell) -> Frames:
    """The last words on a connection."""
    payload = farewell.code.to_bytes(2, "big") + farewell.reason.encode()
    event = b'event: end\ndata: {"code":%d,"reason":"%s"}\n\n' % (farewell.code, farewell.reason.encode())
    return Frames(bytes((_CLOSE, len(payload))) + payload, _chunk(event) + b"0\r\n\r\n")


def resume_token(topic: str, news_id: str) -> str:
    """Where a listener stands after a piece of news."""
    return f"{news_id}@{topic}"


def _frames(payload: bytes, token: str) -> Frames:
    event = b"id: %s\ndata: %s\n\n" % (token.encode(), payload) if token else b"data: %s\n\n" % payload
    return Frames(_header(len(payload)) + payload, _chunk(event))


def _header(length: int) -> bytes:
    if length < 126:
        return bytes((_TEXT, length))
    if length < 65536:
        return bytes((_TEXT, 126)) + length.to_bytes(2, "big")
    return bytes((_TEXT, 127)) + length.to_bytes(8, "big")


def _chunk(event: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(event), event)
