"""Owns how one value lies in a column, alike on SQLite, PostgreSQL, MySQL and MariaDB. Never knows a table.

Text compares byte by byte everywhere: ``Ana`` and ``ana`` are two names, whatever the server's own collation says.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from fractions import Fraction
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Boolean, Dialect, LargeBinary, String, Text, types
from sqlalchemy.dialects import mysql

from mesh import clock, codec

NAME_LENGTH = 190
"""Characters of a ``name``: four bytes each, so that three of them still fit into an index of MySQL."""

TEXT_LENGTH = 1000
FRACTION_LENGTH = 190


class Moment(types.TypeDecorator[datetime]):
    """An aware UTC time, stored as int64 microseconds since the epoch."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> int | None:
        """Microseconds. Raises: `ValueError` for a naive time."""
        return _micros(value)

    def bind_processor(self, _dialect: Dialect) -> Callable[[datetime | None], int | None]:
        """The same in one step: the drivers take integers as they are."""
        return _micros

    def process_result_value(self, value: int | None, _dialect: Dialect) -> datetime | None:
        """The moment."""
        return _moment(value)

    def result_processor(self, _dialect: Dialect, _coltype: object) -> Callable[[int | None], datetime | None]:
        """The same in one step: the drivers bring integers as they are."""
        return _moment


class Json(types.TypeDecorator[Any]):
    """Anything that `mesh.codec` can encode, stored as canonical text (sorted keys, no spaces); read back as plain JSON types."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, _dialect: Dialect) -> str | None:
        """Canonical text; None is SQL's NULL."""
        return _text(value)

    def bind_processor(self, _dialect: Dialect) -> Callable[[Any], str | None]:
        """The same in one step: the drivers take text as it is."""
        return _text

    def process_result_value(self, value: str | None, _dialect: Dialect) -> Any:
        """Dicts, lists, strings, numbers; `mesh.codec.convert` makes them dataclasses again."""
        return None if value is None else msgspec.json.decode(value)


class ExactFraction(types.TypeDecorator[Fraction]):
    """An exact fraction, stored as "n/d" in lowest terms."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Fraction | int | None, _dialect: Dialect) -> str | None:
        """The text."""
        return _ratio(value)

    def bind_processor(self, _dialect: Dialect) -> Callable[[Fraction | int | None], str | None]:
        """The same in one step: the drivers take text as it is."""
        return _ratio

    def process_result_value(self, value: str | None, _dialect: Dialect) -> Fraction | None:
        """The number."""
        return _fraction(value)

    def result_processor(self, _dialect: Dialect, _coltype: object) -> Callable[[str | None], Fraction | None]:
        """The same in one step: the drivers bring text as it is."""
        return _fraction


def _micros(value: datetime | None) -> int | None:
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError("times of the record are aware UTC")
    return clock.micros(value)


def _text(value: Any) -> str | None:
    return None if value is None else canonical(value)


def _ratio(value: Fraction | int | None) -> str | None:
    return None if value is None else f"{value.numerator}/{value.denominator}"


def _moment(value: int | None) -> datetime | None:
    return None if value is None else clock.from_micros(value)


@lru_cache(maxsize=4096)
def _fraction(value: str | None) -> Fraction | None:
    """Reading one takes ten times as long as the rest of a row, and a contest has few scores."""
    return None if value is None else Fraction(value)


def canonical(value: Any) -> str:
    """JSON text of a value: the same value always gives the same text."""
    return codec.encode_sorted(value).decode()


def column_type(kind: str) -> types.TypeEngine[Any]:
    """The type of a column of that kind, a word of `wire.record.Kind`. Raises: `KeyError` for an unknown one."""
    return _KINDS[kind]()


def _uuid() -> types.TypeEngine[Any]:
    return types.CHAR(36).with_variant(mysql.CHAR(36, charset="ascii", collation="ascii_bin"), "mysql", "mariadb")


def _bytewise(length: int) -> types.TypeEngine[Any]:
    return (
        String(length)
        .with_variant(mysql.VARCHAR(length, charset="utf8mb4", collation="utf8mb4_bin"), "mysql", "mariadb")
        .with_variant(String(length, collation="C"), "postgresql")
    )


def _long() -> Text:
    return Text().with_variant(mysql.MEDIUMTEXT(charset="utf8mb4", collation="utf8mb4_bin"), "mysql", "mariadb")


class _LongJson(Json):
    """JSON of up to 16 MiB."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> types.TypeEngine[Any]:
        """MEDIUMTEXT on MySQL, whose TEXT ends at 64 KiB."""
        return dialect.type_descriptor(_long())


class _LatinFraction(ExactFraction):
    """A fraction of bounded length."""

    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> types.TypeEngine[Any]:
        """VARCHAR of ASCII on MySQL."""
        return dialect.type_descriptor(
            String(FRACTION_LENGTH).with_variant(mysql.VARCHAR(FRACTION_LENGTH, charset="ascii", collation="ascii_bin"), "mysql", "mariadb")
        )


_KINDS: dict[str, Callable[[], types.TypeEngine[Any]]] = {
    "uuid": _uuid,
    "name": lambda: _bytewise(NAME_LENGTH),
    "text": lambda: _bytewise(TEXT_LENGTH),
    "long_text": _long,
    "int": BigInteger,
    "bool": Boolean,
    "time": Moment,
    "json": _LongJson,
    "fraction": _LatinFraction,
    "bytes": lambda: LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql", "mariadb"),
}
