"""Owns the rows of the record in an archive: one line of JSON for each, in the form in which every database keeps it.

Times are microseconds, fractions "n/d", JSON its canonical text, bytes base64: the same line whether it came from SQLite,
PostgreSQL or MariaDB, so that a backup of one restores into another. Never holds more than a few MiB of rows.
"""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.form import ArchivedTable
from wire.record import TABLES, Table

PAGE_BYTES: Final = 2 << 20
MOST_ROWS: Final = 2000
_FIRST_ROWS: Final = 20


def archived(table: Table) -> ArchivedTable:
    """A table in the archive's words."""
    return ArchivedTable(table.name, tuple((column.name, column.kind) for column in table.columns))


async def pages_of(connection: AsyncConnection, table: Table) -> AsyncIterator[tuple[int, bytes]]:
    """The rows in the order of their key, some MiB at a time: how many, and their lines."""
    key, columns = [column.name for column in table.columns if column.is_key], [column.name for column in table.columns]
    source, last, limit = sa.table(table.name, *(sa.column(name) for name in columns)), None, _FIRST_ROWS
    while True:
        statement = sa.select(*source.c).order_by(*(source.c[name] for name in key)).limit(limit)
        if last is not None:
            statement = statement.where(_beyond([source.c[name] for name in key], last))
        found = (await connection.execute(statement)).all()
        if not found:
            return
        lines = b"".join(_line(row, table) for row in found)
        yield len(found), lines
        last = [getattr(found[-1], name) for name in key]
        limit = max(1, min(MOST_ROWS, PAGE_BYTES * len(found) // len(lines), limit * 4))


def rows_of(lines: bytes, table: ArchivedTable) -> list[dict[str, Any]]:
    """The rows of a page, ready to be inserted. Raises: `msgspec.DecodeError`, ValueError for what is no such row."""
    return [
        {name: _loaded(value, kind) for (name, kind), value in zip(table.columns, msgspec.json.decode(line), strict=True)}
        for line in lines.splitlines()
    ]


async def insert(connection: AsyncConnection, table: ArchivedTable, found: Sequence[dict[str, Any]]) -> None:
    """Puts rows into a table that has these columns."""
    made = sa.table(table.name, *(sa.column(name) for name, _ in table.columns))
    if found:
        await connection.execute(made.insert(), list(found))


async def count_rows(connection: AsyncConnection, names: Iterable[str]) -> int:
    """How many rows these tables have together; a table that is not there has none."""
    there = set(await connection.run_sync(lambda sync: sa.inspect(sync).get_table_names()))
    counts = [await connection.scalar(sa.select(sa.func.count()).select_from(sa.table(name))) for name in names if name in there]
    return sum(count or 0 for count in counts)


def known_tables(described: Iterable[ArchivedTable]) -> list[str]:
    """Every table of ours, of this release or of the archive's, and that of the schema's revision, which goes last."""
    return [*dict.fromkeys([*(table.name for table in described), *(table.name for table in TABLES)]), "alembic_version"]


def _beyond(key: list[sa.ColumnClause[Any]], last: Sequence[Any]) -> sa.ColumnElement[bool]:
    """Rows behind the last one, in the order of a key of any length."""
    steps = [
        sa.and_(*(column == value for column, value in zip(key[:place], last, strict=False)), key[place] > last[place]) for place in range(len(key))
    ]
    return sa.or_(*steps)


def _line(row: Sequence[Any], table: Table) -> bytes:
    return msgspec.json.encode([_kept(value, column.kind) for value, column in zip(row, table.columns, strict=True)]) + b"\n"


def _kept(value: Any, kind: str) -> Any:
    if value is None:
        return None
    match kind:
        case "bool":
            return bool(value)
        case "bytes":
            return base64.b64encode(bytes(value)).decode()
        case _:
            return value


def _loaded(value: Any, kind: str) -> Any:
    return base64.b64decode(value) if kind == "bytes" and value is not None else value
