"""Sets of runs that judge again, reports on packages, what contestants see of their judging, the languages of a problem.

Revision ID: 0004
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from mesh.database.columns import column_type

revision = "0004"
down_revision = "0003"

_OPTIONS: dict[str, Any] = {
    f"{server}_{word}": value
    for server in ("mysql", "mariadb")
    for word, value in (("engine", "InnoDB"), ("charset", "utf8mb4"), ("collate", "utf8mb4_bin"))
}


def upgrade() -> None:
    """Makes two tables; contests that are there show their contestants what they showed before: the verdict."""
    op.add_column("problems", _column("languages", "json", is_optional=True))
    op.add_column("contests", _column("feedback", "name", of_old="verdict"))
    op.add_column("runs", _column("rejudging", "uuid", is_optional=True))
    op.add_column("runs", _column("trimmed_at", "time", is_optional=True))
    op.create_index("ix_runs_rejudging", "runs", ["rejudging"])
    op.create_table(
        "rejudgings",
        _column("id", "uuid"),
        _column("contest", "name"),
        _column("actor", "name"),
        _column("reason", "text"),
        _column("filter", "json"),
        _column("version", "name"),
        _column("state", "name"),
        _column("count", "int"),
        _column("judged", "int"),
        _column("created_at", "time"),
        _column("settled_at", "time", is_optional=True),
        _column("settled_by", "name", is_optional=True),
        sa.PrimaryKeyConstraint("id", name="pk_rejudgings"),
        **_OPTIONS,
    )
    op.create_index("ix_rejudgings_contest_created_at", "rejudgings", ["contest", "created_at"])
    op.create_table(
        "reports",
        _column("alias", "name"),
        _column("commit_hash", "name"),
        _column("version", "name"),
        _column("state", "name"),
        _column("asked_at", "time"),
        _column("sent_at", "time"),
        _column("sends", "int"),
        _column("findings", "json"),
        _column("submissions", "json"),
        _column("evidence", "json", is_optional=True),
        _column("ended_at", "time", is_optional=True),
        sa.PrimaryKeyConstraint("alias", "commit_hash", name="pk_reports"),
        **_OPTIONS,
    )
    op.create_index("ix_reports_ended_at_sent_at", "reports", ["ended_at", "sent_at"])


def _column(name: str, kind: str, *, is_optional: bool = False, of_old: str | None = None) -> sa.Column[Any]:
    return sa.Column(name, column_type(kind), nullable=is_optional, autoincrement=False, server_default=of_old)
