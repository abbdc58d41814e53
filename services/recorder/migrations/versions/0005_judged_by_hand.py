"""What a run came in the place of, and whose word it is by hand; what a set is still to ask for, and what came of it.

Revision ID: 0005
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from mesh.database.columns import column_type

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Adds columns; no set and no word by hand is there before."""
    for name, kind in (("replaces", "uuid"), ("by_hand", "name"), ("reason", "text")):
        op.add_column("runs", _column(name, kind))
    op.add_column("rejudgings", _column("filled", "int", of_old="0"))
    for name, kind in (("selected", "json"), ("changed", "int"), ("kept", "int")):
        op.add_column("rejudgings", _column(name, kind))
    op.create_index("ix_rejudgings_state", "rejudgings", ["state"])


def _column(name: str, kind: str, *, of_old: str | None = None) -> sa.Column[Any]:
    return sa.Column(name, column_type(kind), nullable=of_old is None, autoincrement=False, server_default=of_old)
