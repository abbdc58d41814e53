"""Owns how a computed value is written: with its life and the version of its family. Stored values stay as they are."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

_MARK: Final = b"\x93palstra"
_HEAD: Final = struct.Struct(">8sIB")


@dataclass(frozen=True, slots=True)
class Computed:
    """A value that `compute` made. ``version`` is empty without a family."""

    value: bytes
    life_ms: int = 0
    family: str = ""
    version: bytes = b""


def sealed(computed: Computed) -> bytes:
    """Mark, life, family, version, value."""
    family = computed.family.encode()
    head = _HEAD.pack(_MARK, computed.life_ms, len(computed.version))
    return b"".join((head, len(family).to_bytes(2, "big"), computed.version, family, computed.value))


def stored(value: bytes) -> bytes:
    """A plain value; sealed only when it looks as if it were."""
    return sealed(Computed(value)) if value.startswith(_MARK) else value


def opened(raw: bytes) -> Computed:
    """What was sealed, or a plain value without life and family."""
    if not raw.startswith(_MARK):
        return Computed(raw)
    _, life_ms, version_length = _HEAD.unpack_from(raw)
    at = _HEAD.size
    family_length = int.from_bytes(raw[at : at + 2], "big")
    at += 2
    version = raw[at : at + version_length]
    at += version_length
    return Computed(raw[at + family_length :], life_ms, raw[at : at + family_length].decode(), version)
