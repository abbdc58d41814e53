"""Tables in words, for tests: the same form as `wire.record`, without its content."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ShelfColumn:
    name: str
    kind: str
    is_key: bool = False
    is_optional: bool = False
    references: str = ""


@dataclass(frozen=True)
class Shelf:
    name: str
    columns: tuple[ShelfColumn, ...]
    indexes: tuple[tuple[str, ...], ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
