"""Records as released versions left them, with data: stored values, as rows of JSON. Made by that version's own code, never edited."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from services.recorder.schema import bring_up, load_upgrade

FILES: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(Path(__file__).parent.glob("*.json"))
}
"""Revision → its tables (columns: name → kind; rows) and its jury board of the contest ``finals``."""

UPGRADE = load_upgrade()


def stored(revision: str) -> dict[str, Any]:
    """Table → columns (name → kind) and rows."""
    tables: dict[str, Any] = FILES[revision]["tables"]
    return tables


def lay(connection: sa.Connection, revision: str) -> None:
    """Makes an empty database one of that release, with its data."""
    bring_up(connection, UPGRADE, revision)
    for name, table in stored(revision).items():
        made = sa.table(name, *(sa.column(column) for column in table["columns"]))
        kinds = table["columns"]
        if table["rows"]:
            connection.execute(made.insert(), [
                {column: base64.b64decode(value) if kind == "bytes" else value for (column, kind), value in zip(kinds.items(), row, strict=True)}
                for row in table["rows"]
            ])  # fmt: skip


def read_back(connection: sa.Connection, revision: str) -> dict[str, list[list[Any]]]:
    """The same columns as the database stores them now, in the same order."""
    found = {}
    for name, table in stored(revision).items():
        columns = ", ".join(table["columns"])
        rows = connection.execute(sa.text(f"SELECT {columns} FROM {name}")).all()
        kinds = list(table["columns"].values())
        found[name] = sorted(
            [base64.b64encode(v).decode() if kind == "bytes" else bool(v) if kind == "bool" else v for v, kind in zip(row, kinds, strict=True)]
            for row in rows
        )
    return found
