"""What is to be trimmed next is found without a look at all that was.

Revision ID: 0006
"""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Adds an index."""
    op.create_index("ix_runs_trimmed_at_judged_at", "runs", ["trimmed_at", "judged_at"])
