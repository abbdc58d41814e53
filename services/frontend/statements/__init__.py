"""Owns the way from a statement as its setter wrote it to HTML that a page may carry. Never fetches a file, never trusts a byte."""

from __future__ import annotations

from services.frontend.statements.marks import parts_of, passes_of
from services.frontend.statements.render import RenderedStatement, render_note, render_statement

__all__ = ["RenderedStatement", "parts_of", "passes_of", "render_note", "render_statement"]
