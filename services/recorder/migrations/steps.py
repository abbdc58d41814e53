"""Owns how one step of a migration is done on MySQL and MariaDB, where each is committed by itself: only when it is still to do.

Alembic finds these classes by their dialect when the module is loaded. Never used on SQLite or PostgreSQL, which take a whole
migration back.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic.ddl.mysql import MariaDBImpl, MySQLImpl


class _Restartable(MySQLImpl):
    """Makes what is not there yet, drops what is still there."""

    def create_table(self, table: sa.Table, **kw: Any) -> None:
        """Makes a table, at once or not at all. Indexes are steps of their own."""
        if not self._inspect().has_table(table.name):
            super().create_table(table, **kw)

    def drop_table(self, table: sa.Table, **kw: Any) -> None:
        """Drops a table."""
        if self._inspect().has_table(table.name):
            super().drop_table(table, **kw)

    def add_column(self, table_name: str, column: sa.Column[Any], **kw: Any) -> None:
        """Adds a column."""
        if column.name not in {found["name"] for found in self._inspect().get_columns(table_name)}:
            super().add_column(table_name, column, **kw)

    def drop_column(self, table_name: str, column: sa.Column[Any], **kw: Any) -> None:
        """Drops a column."""
        if column.name in {found["name"] for found in self._inspect().get_columns(table_name)}:
            super().drop_column(table_name, column, **kw)

    def create_index(self, index: sa.Index, **kw: Any) -> None:
        """Makes an index."""
        if not self._has_index(index):
            super().create_index(index, **kw)

    def drop_index(self, index: sa.Index, **kw: Any) -> None:
        """Drops an index."""
        if self._has_index(index):
            super().drop_index(index, **kw)

    def _has_index(self, index: sa.Index) -> bool:
        assert index.table is not None, "an index of a migration names its table"
        return index.name in {found["name"] for found in self._inspect().get_indexes(index.table.name)}

    def _inspect(self) -> sa.Inspector:
        assert self.connection is not None, "migrations run on a connection"
        return sa.inspect(self.connection)


class RestartableMySql(_Restartable):
    """For ``mysql://``, whichever of the two answers."""

    __dialect__ = "mysql"


class RestartableMariaDb(_Restartable, MariaDBImpl):
    """For ``mariadb://``."""

    __dialect__ = "mariadb"
