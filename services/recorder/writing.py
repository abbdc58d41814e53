"""Owns the carrying of a view's changes to the database: one executemany for each table and shape. Never decides anything."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from services.recorder import rows
from services.recorder.record import Record
from services.recorder.rows import TABLE_OF, Row, key_columns
from services.recorder.sets import settle_set
from services.recorder.view import View


class Writer:
    """Writes views. Keeps its statements, so that each is built once."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._updates: dict[tuple[type[Row], tuple[str, ...]], sa.Update] = {}

    def write(self, connection: Connection, view: View) -> None:
        """Everything that the view's commands did, inside the caller's transaction."""
        for kind in TABLE_OF:
            self._delete(connection, kind, view)
            self._insert(connection, kind, view)
            self._change(connection, kind, view)
        for settled in view.sets:
            settle_set(connection, self._record, settled)

    def _delete(self, connection: Connection, kind: type[Row], view: View) -> None:
        keys = [key for one, key in view.deleted if one is kind]
        if keys:
            table = self._record.table(kind)
            where = [table.c[name] == sa.bindparam(f"key_{name}") for name in key_columns(kind)]
            names = [f"key_{name}" for name in key_columns(kind)]
            connection.execute(sa.delete(table).where(*where), [dict(zip(names, key, strict=True)) for key in keys])

    def _insert(self, connection: Connection, kind: type[Row], view: View) -> None:
        new = [rows.values_of(row) for (one, _), row in view.inserted.items() if one is kind]
        if new:
            connection.execute(self._record.table(kind).insert(), new)

    def _change(self, connection: Connection, kind: type[Row], view: View) -> None:
        shapes: defaultdict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
        names = key_columns(kind)
        for (one, key), values in view.changed.items():
            if one is kind:
                keyed = {f"key_{name}": part for name, part in zip(names, key, strict=True)}
                shapes[tuple(sorted(values))].append({**{f"new_{name}": value for name, value in values.items()}, **keyed})
        for shape, changes in shapes.items():
            connection.execute(self._update(kind, shape), changes)

    def _update(self, kind: type[Row], shape: tuple[str, ...]) -> sa.Update:
        known = self._updates.get((kind, shape))
        if known is None:
            table = self._record.table(kind)
            where = [table.c[name] == sa.bindparam(f"key_{name}") for name in key_columns(kind)]
            known = sa.update(table).where(*where).values({name: sa.bindparam(f"new_{name}") for name in shape})
            self._updates[kind, shape] = known
        return known
