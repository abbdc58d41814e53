"""Owns the making of ids: UUIDv7, ordered by time of making. Source: RFC 9562 §5.7."""

from __future__ import annotations

import os
import re
import time
import uuid

_FORM = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def new_id() -> str:
    """A fresh UUIDv7 in canonical lower-case form, 36 characters."""
    bits = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10), "big")
    bits = bits & ~(0xF << 76) & ~(0x3 << 62) | 0x7 << 76 | 0x2 << 62
    return str(uuid.UUID(int=bits))


def derived_id(*parts: str) -> str:
    """The id that the same parts always give (UUIDv5): for wishes that a service may utter twice."""
    return str(uuid.uuid5(_NAMESPACE, "\x00".join(parts)))


def is_id(text: str) -> bool:
    """Whether the text is an id in canonical form."""
    return _FORM.fullmatch(text) is not None


_NAMESPACE = uuid.UUID("6f0d8a52-1c7e-5b7e-9a52-1f6f2b8e4c11")
