"""Owns the schema's history: forward only, one file per revision, in `versions`. Never edited once released.

A revision may be cut off anywhere and begun again (MySQL keeps what was done): tables, columns and indexes look by themselves
whether they are there (`steps`); whatever else a revision does must come to the same when it is done twice.
"""

from __future__ import annotations

from typing import Final

HEAD: Final = "0007"
"""The newest revision; a test holds it to `versions`. Known without Alembic, so that a start that has nothing to do is fast."""
