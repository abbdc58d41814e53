"""Owns the turning of plain rows that describe tables into SQLAlchemy Core tables. Never talks to a database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Protocol

from sqlalchemy import Column, ForeignKey, Index, MetaData, Table, UniqueConstraint

from mesh.database.columns import column_type


class ColumnRow(Protocol):
    """A column in words; `wire.record.Column` is one and documents them."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def is_key(self) -> bool: ...
    @property
    def is_optional(self) -> bool: ...
    @property
    def references(self) -> str: ...


class TableRow(Protocol):
    """A table in words; `wire.record.Table` is one and documents them."""

    @property
    def name(self) -> str: ...
    @property
    def columns(self) -> Sequence[ColumnRow]: ...
    @property
    def indexes(self) -> Sequence[Sequence[str]]: ...
    @property
    def unique(self) -> Sequence[Sequence[str]]: ...


def metadata_of(tables: Iterable[TableRow]) -> MetaData:
    """The tables as SQLAlchemy Core: ``metadata_of(TABLES).tables["submissions"].c.status``. Made once a process: nobody changes them."""
    return _made(tuple(tables))


@cache
def _made(tables: tuple[TableRow, ...]) -> MetaData:
    metadata = MetaData(naming_convention=NAMES)
    for row in tables:
        Table(
            row.name,
            metadata,
            *(_column(column) for column in row.columns),
            *(Index(f"ix_{row.name}_{'_'.join(names)}", *names) for names in row.indexes),
            *(UniqueConstraint(*names, name=f"uq_{row.name}_{'_'.join(names)}") for names in row.unique),
            mysql_engine="InnoDB",
            mysql_charset="utf8mb4",
            mysql_collate="utf8mb4_bin",
            mariadb_engine="InnoDB",
            mariadb_charset="utf8mb4",
            mariadb_collate="utf8mb4_bin",
        )
    return metadata


def _column(row: ColumnRow) -> Column[object]:
    references = (ForeignKey(row.references),) if row.references else ()
    return Column(
        row.name, column_type(row.kind), *references, primary_key=row.is_key, nullable=row.is_optional and not row.is_key, autoincrement=False
    )


NAMES = {"pk": "pk_%(table_name)s", "fk": "fk_%(table_name)s_%(column_0_name)s", "ix": "ix_%(column_0_label)s"}
"""Constraints are named alike on every database, so that a later migration can name what it drops."""
