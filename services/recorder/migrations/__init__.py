"""Owns the schema's history: forward only, one file per revision, in `versions`. Never edited once released."""

from __future__ import annotations

from typing import Final

HEAD: Final = "0003"
"""The newest revision; a test holds it to `versions`. Known without Alembic, so that a start that has nothing to do is fast."""
