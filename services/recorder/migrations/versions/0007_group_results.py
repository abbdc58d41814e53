"""What the test groups of a scoring problem came to stands beside the verdict; a contest says who sees what the compiler said.

Revision ID: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from mesh.database.columns import column_type

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Adds columns; of runs that were judged before nothing is known, and contests show what they showed before."""
    op.add_column("runs", sa.Column("group_results", column_type("json"), nullable=True))
    op.add_column("contests", sa.Column("compile_feedback", column_type("name"), nullable=False, server_default="always"))
