"""Owns the way between dataclasses and JSON bytes. Decoding checks every type at the door and names what is wrong.

Fractions travel as "n/d", times as ISO 8601, bytes as base64, tuples as arrays, enums by value.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, TypeVar

import msgspec

from mesh.errors import Refused

T = TypeVar("T")


def encode(value: Any) -> bytes:
    """JSON bytes of a dataclass or of anything made of JSON types, fractions, times, enums and dataclasses."""
    return _ENCODER.encode(value)


def decode(kind: type[T], body: bytes | bytearray | memoryview | str) -> T:
    """The value of that type. Raises: `Refused` (``bad-json``, ``bad-shape``) naming the first thing that is wrong."""
    try:
        return msgspec.json.decode(body, type=kind, dec_hook=_dec_hook)
    except msgspec.ValidationError as wrong:
        raise Refused(str(wrong), code="bad-shape") from wrong
    except (msgspec.DecodeError, UnicodeDecodeError) as wrong:
        raise Refused(f"not JSON: {wrong}", code="bad-json") from wrong


def convert(kind: type[T], value: Any) -> T:
    """The same for what has been parsed already. Raises: `Refused` (``bad-shape``)."""
    try:
        return msgspec.convert(value, type=kind, dec_hook=_dec_hook)
    except msgspec.ValidationError as wrong:
        raise Refused(str(wrong), code="bad-shape") from wrong


def as_builtins(value: Any) -> Any:
    """Dicts, lists, strings and numbers only, as `encode` would write them."""
    return msgspec.to_builtins(value, enc_hook=_enc_hook)


def _enc_hook(value: Any) -> Any:
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}" if value.denominator != 1 else str(value.numerator)
    raise NotImplementedError(f"cannot encode {type(value).__name__}")


def _dec_hook(kind: type[Any], value: Any) -> Any:
    if kind is Fraction and isinstance(value, str | int):
        try:
            return Fraction(value)
        except (ValueError, ZeroDivisionError) as wrong:
            raise ValueError(f"not an exact fraction: {value!r}") from wrong
    raise NotImplementedError(f"cannot decode {kind}")


_ENCODER = msgspec.json.Encoder(enc_hook=_enc_hook)
