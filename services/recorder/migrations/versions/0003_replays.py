"""What a webhook call is about, which replay it is, how often it was sent.

Revision ID: 0003
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from mesh.database.columns import column_type

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Adds three columns; what is there already is a verdict's first call, sent once."""
    for name, kind, of_old in (("kind", "name", "verdict"), ("generation", "int", "1"), ("sends", "int", "1")):
        op.add_column("deliveries", _column(name, kind, of_old))


def _column(name: str, kind: str, of_old: str) -> sa.Column[Any]:
    return sa.Column(name, column_type(kind), nullable=False, autoincrement=False, server_default=of_old)
