"""Webhooks, their deliveries, and the scheduler's jobs.

Revision ID: 0002
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from mesh.database.columns import column_type

revision = "0002"
down_revision = "0001"

_OPTIONS: dict[str, Any] = {
    f"{server}_{word}": value
    for server in ("mysql", "mariadb")
    for word, value in (("engine", "InnoDB"), ("charset", "utf8mb4"), ("collate", "utf8mb4_bin"))
}


def upgrade() -> None:
    """Makes three tables, and a column that older submissions leave empty."""
    op.add_column("submissions", _column("webhook_url", "text", is_optional=True))
    op.create_table(
        "webhooks",
        _column("username", "name"),
        _column("url", "text"),
        _column("secret", "text"),
        _column("changed_at", "time"),
        sa.PrimaryKeyConstraint("username", name="pk_webhooks"),
        **_OPTIONS,
    )
    op.create_table(
        "deliveries",
        _column("id", "uuid"),
        _column("username", "name"),
        _column("submission", "uuid"),
        _column("run", "uuid"),
        _column("url", "text"),
        _column("body", "long_text"),
        _column("status", "name"),
        _column("tries", "int"),
        _column("http_status", "int"),
        _column("error", "text"),
        _column("created_at", "time"),
        _column("changed_at", "time"),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
        **_OPTIONS,
    )
    op.create_index("ix_deliveries_username_created_at", "deliveries", ["username", "created_at"])
    op.create_index("ix_deliveries_submission", "deliveries", ["submission"])
    op.create_index("ix_deliveries_status_changed_at", "deliveries", ["status", "changed_at"])
    op.create_table(
        "jobs",
        _column("name", "name"),
        _column("due_at", "time"),
        _column("holder", "name"),
        _column("held_until", "time"),
        _column("ended_at", "time", is_optional=True),
        _column("took_ms", "int"),
        _column("failures", "int"),
        _column("error", "text"),
        sa.PrimaryKeyConstraint("name", name="pk_jobs"),
        **_OPTIONS,
    )
    op.create_index("ix_jobs_due_at", "jobs", ["due_at"])


def _column(name: str, kind: str, *, is_optional: bool = False) -> sa.Column[Any]:
    return sa.Column(name, column_type(kind), nullable=is_optional, autoincrement=False)
