"""Owns the way between dataclasses and JSON bytes. Decoding checks every type at the door and names what is wrong.

Fractions travel as "n/d", times as ISO 8601, bytes as base64, tuples as arrays, enums by value. A dataclass with a ``kind``
and a ``body`` that may be one of several dataclasses is read by the kind: it is the name of the body's class.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import re
import typing
from collections.abc import Callable
from fractions import Fraction
from typing import Any, TypeVar

import msgspec

from mesh.errors import Refused

T = TypeVar("T")


def encode(value: Any) -> bytes:
    """JSON bytes of a dataclass or of anything made of JSON types, fractions, times, enums and dataclasses."""
    return _ENCODER.encode(value)


def encode_sorted(value: Any) -> bytes:
    """The same with every object's keys in order: one value has one text, however its keys were put in."""
    return _SORTED.encode(value)


def digest_of(value: Any) -> str:
    """SHA-256 of the JSON bytes, in hexadecimal: the same before and after a journey."""
    return hashlib.sha256(encode(value)).hexdigest()


def decode(kind: type[T], body: bytes | bytearray | memoryview | str) -> T:
    """The value of that type. Raises: `Refused` (``bad-json``, ``bad-shape``) naming the first thing that is wrong."""
    try:
        value: T = _decoder(typing.cast("Any", kind))(body)
    except msgspec.ValidationError as wrong:
        raise Refused(str(wrong), code="bad-shape") from wrong
    except (msgspec.DecodeError, UnicodeDecodeError) as wrong:
        raise Refused(f"not JSON: {wrong}", code="bad-json") from wrong
    return value


def convert(kind: type[T], value: Any) -> T:
    """The same for what has been parsed already. Raises: `Refused` (``bad-shape``)."""
    try:
        return msgspec.convert(value, type=kind, dec_hook=_dec_hook)
    except msgspec.ValidationError as wrong:
        raise Refused(str(wrong), code="bad-shape") from wrong


def fraction_of(text: str) -> Fraction:
    """The exact number that somebody wrote: 3, 5/2, 0.5, 1e3.

    Raises: ValueError for anything else, and for what is so large that reading it would be an attack: ``Fraction("1e999999999")``
    works out that power of ten, for hours.
    """
    plain = text.replace("_", "")
    is_huge = len(plain) > _LONGEST_NUMBER or _HUGE.search(plain) is not None
    try:
        found = None if is_huge else Fraction(plain)
    except (ValueError, ZeroDivisionError):
        found = None
    if found is None:
        raise ValueError(f"not an exact fraction: {text[:40]!r}")
    return found


def as_builtins(value: Any) -> Any:
    """Dicts, lists, strings and numbers only, as `encode` would write them."""
    return msgspec.to_builtins(value, enc_hook=_enc_hook)


@functools.cache
def _decoder(kind: Any) -> Callable[[Any], Any]:
    """Made once per type: making one costs more than decoding with it."""
    members = _bodies(kind)
    if not members:
        return msgspec.json.Decoder(kind, dec_hook=_dec_hook).decode
    hints = typing.get_type_hints(kind)
    decoders: dict[str, Callable[[Any], Any]] = {}
    for name, member in members.items():
        fields = [(each.name, member if each.name == "body" else hints[each.name], _default(each)) for each in dataclasses.fields(kind)]
        decoders[name] = msgspec.json.Decoder(dataclasses.make_dataclass(f"{kind.__name__}{name}", fields), dec_hook=_dec_hook).decode

    def decode_by_kind(body: Any) -> Any:
        found = msgspec.json.decode(body, type=_Kind).kind
        if found not in decoders:
            raise msgspec.ValidationError(f"{found!r} is no kind of {kind.__name__} - at `$.kind`")
        return kind(**vars(decoders[found](body)))

    return decode_by_kind


def _bodies(kind: Any) -> dict[str, type[Any]]:
    """The classes that a ``body`` may have, by name; none for a type that is read as it stands."""
    if not isinstance(kind, type) or not dataclasses.is_dataclass(kind) or "kind" not in getattr(kind, "__annotations__", {}):
        return {}
    members: tuple[type[Any], ...] = typing.get_args(typing.get_type_hints(kind).get("body"))
    return {each.__name__: each for each in members if dataclasses.is_dataclass(each)}


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return dataclasses.field(default_factory=field.default_factory)
    return dataclasses.field() if field.default is dataclasses.MISSING else dataclasses.field(default=field.default)


class _Kind(msgspec.Struct):
    kind: str


def _enc_hook(value: Any) -> Any:
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}" if value.denominator != 1 else str(value.numerator)
    raise NotImplementedError(f"cannot encode {type(value).__name__}")


def _dec_hook(kind: type[Any], value: Any) -> Any:
    if kind is Fraction:
        if isinstance(value, str):
            return fraction_of(value)
        if isinstance(value, int) and not isinstance(value, bool):
            return Fraction(value)
        raise ValueError('an exact number is wanted: write it as an integer or as a string, such as 3, "1/2" or "0.5"')
    raise NotImplementedError(f"cannot decode {kind}")


_LONGEST_NUMBER = 3_000
"""In characters: so that what was read can be written again (`sys.get_int_max_str_digits`)."""

_HUGE = re.compile(r"[eE][+-]?\d{4}")
_ENCODER = msgspec.json.Encoder(enc_hook=_enc_hook)
_SORTED = msgspec.json.Encoder(enc_hook=_enc_hook, order="sorted")
