"""The first schema of the record.

Revision ID: 0001
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from mesh.database.columns import column_type

revision = "0001"
down_revision = None

_OPTIONS: dict[str, Any] = {
    f"{server}_{word}": value
    for server in ("mysql", "mariadb")
    for word, value in (("engine", "InnoDB"), ("charset", "utf8mb4"), ("collate", "utf8mb4_bin"))
}


def upgrade() -> None:
    """Makes every table and index."""
    op.create_table(
        "accounts",
        _column("username", "name"),
        _column("name", "text"),
        _column("password_hash", "text"),
        _column("role", "name"),
        _column("email", "text"),
        _column("created_at", "time"),
        _column("password_changed_at", "time"),
        sa.PrimaryKeyConstraint("username", name="pk_accounts"),
        **_OPTIONS,
    )
    op.create_table(
        "problems",
        _column("alias", "name"),
        _column("title", "text"),
        _column("owner", "name"),
        _column("commit_hash", "name"),
        _column("version", "name"),
        _column("limits", "json"),
        _column("case_count", "int"),
        _column("samples", "int"),
        _column("statement_languages", "json"),
        _column("has_pdf", "bool"),
        _column("is_scoring", "bool"),
        _column("max_score", "fraction"),
        _column("changed_at", "time"),
        sa.PrimaryKeyConstraint("alias", name="pk_problems"),
        **_OPTIONS,
    )
    op.create_table(
        "contests",
        _column("alias", "name"),
        _column("title", "text"),
        _column("description", "long_text"),
        _column("organiser", "name"),
        _column("mode", "name"),
        _column("start_at", "time"),
        _column("duration_s", "int"),
        _column("freeze_s", "int"),
        _column("penalty_s", "int"),
        _column("thawed_at", "time", is_optional=True),
        _column("languages", "json"),
        _column("is_public", "bool"),
        _column("seq", "int"),
        _column("created_at", "time"),
        sa.PrimaryKeyConstraint("alias", name="pk_contests"),
        **_OPTIONS,
    )
    op.create_index("ix_contests_start_at", "contests", ["start_at"])
    op.create_table(
        "contest_problems",
        _column("contest", "name"),
        _column("alias", "name"),
        _column("place", "int"),
        _column("label", "name"),
        _column("color", "name"),
        _column("points", "fraction"),
        sa.PrimaryKeyConstraint("contest", "alias", name="pk_contest_problems"),
        **_OPTIONS,
    )
    op.create_table(
        "contestants",
        _column("contest", "name"),
        _column("username", "name"),
        _column("name", "text"),
        _column("team_group", "text"),
        _column("registered_at", "time"),
        sa.PrimaryKeyConstraint("contest", "username", name="pk_contestants"),
        **_OPTIONS,
    )
    op.create_index("ix_contestants_username", "contestants", ["username"])
    op.create_table(
        "submissions",
        _column("id", "uuid"),
        _column("contest", "name"),
        _column("problem", "name"),
        _column("username", "name"),
        _column("language", "name"),
        _column("filename", "text"),
        _column("source", "long_text"),
        _column("submitted_at", "time"),
        _column("recorded_at", "time"),
        _column("priority", "name"),
        _column("is_on_board", "bool"),
        _column("status", "name"),
        _column("run", "uuid"),
        _column("verdict", "name", is_optional=True),
        _column("score", "fraction", is_optional=True),
        _column("time_ms", "int", is_optional=True),
        _column("memory_bytes", "int", is_optional=True),
        _column("judged_at", "time", is_optional=True),
        _column("correlation", "name"),
        sa.PrimaryKeyConstraint("id", name="pk_submissions"),
        **_OPTIONS,
    )
    op.create_index("ix_submissions_contest_submitted_at", "submissions", ["contest", "submitted_at"])
    op.create_index("ix_submissions_username_submitted_at", "submissions", ["username", "submitted_at"])
    op.create_index("ix_submissions_status_recorded_at", "submissions", ["status", "recorded_at"])
    op.create_table(
        "runs",
        _column("id", "uuid"),
        _column("submission", "uuid"),
        _column("version", "name"),
        _column("priority", "name"),
        _column("created_at", "time"),
        _column("sent_at", "time"),
        _column("sends", "int"),
        _column("attempt", "uuid", is_optional=True),
        _column("verdict", "name", is_optional=True),
        _column("score", "fraction", is_optional=True),
        _column("time_ms", "int", is_optional=True),
        _column("memory_bytes", "int", is_optional=True),
        _column("cases", "json", is_optional=True),
        _column("decisive_case", "int", is_optional=True),
        _column("compile_output", "long_text", is_optional=True),
        _column("runner", "text", is_optional=True),
        _column("judged_at", "time", is_optional=True),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
        **_OPTIONS,
    )
    op.create_index("ix_runs_submission", "runs", ["submission"])
    op.create_index("ix_runs_judged_at_sent_at", "runs", ["judged_at", "sent_at"])
    op.create_table(
        "clarifications",
        _column("id", "uuid"),
        _column("contest", "name"),
        _column("problem", "name"),
        _column("username", "name"),
        _column("text", "long_text"),
        _column("asked_at", "time"),
        _column("answer", "long_text", is_optional=True),
        _column("answered_by", "name", is_optional=True),
        _column("answered_at", "time", is_optional=True),
        _column("is_public", "bool"),
        _column("is_announcement", "bool"),
        sa.PrimaryKeyConstraint("id", name="pk_clarifications"),
        **_OPTIONS,
    )
    op.create_index("ix_clarifications_contest_asked_at", "clarifications", ["contest", "asked_at"])
    op.create_table(
        "events",
        _column("contest", "name"),
        _column("seq", "int"),
        _column("kind", "name"),
        _column("at", "time"),
        _column("actor", "name"),
        _column("command", "uuid"),
        _column("body", "json"),
        sa.PrimaryKeyConstraint("contest", "seq", name="pk_events"),
        **_OPTIONS,
    )
    op.create_index("ix_events_at", "events", ["at"])
    op.create_table(
        "outcomes",
        _column("id", "uuid"),
        _column("kind", "name"),
        _column("actor", "name"),
        _column("is_applied", "bool"),
        _column("code", "name"),
        _column("message", "text"),
        _column("status", "int"),
        _column("seq", "int"),
        _column("at", "time"),
        sa.PrimaryKeyConstraint("id", name="pk_outcomes"),
        **_OPTIONS,
    )
    op.create_index("ix_outcomes_at", "outcomes", ["at"])
    op.create_table(
        "outbox",
        _column("id", "uuid"),
        _column("queue", "name"),
        _column("body", "bytes"),
        _column("correlation", "name"),
        _column("created_at", "time"),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        **_OPTIONS,
    )
    op.create_index("ix_outbox_created_at", "outbox", ["created_at"])


def _column(name: str, kind: str, *, is_optional: bool = False) -> sa.Column[Any]:
    return sa.Column(name, column_type(kind), nullable=is_optional, autoincrement=False)
