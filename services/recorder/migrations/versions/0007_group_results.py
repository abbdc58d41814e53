"""What the test groups of a scoring problem came to stands beside the verdict.

Revision ID: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from mesh.database.columns import column_type

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Adds a column; of runs that were judged before nothing is known."""
    op.add_column("runs", sa.Column("group_results", column_type("json"), nullable=True))
