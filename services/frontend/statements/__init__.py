"""Owns the way from a statement as its setter wrote it to HTML that a page may carry. Never fetches a file, never trusts a byte."""

from __future__ import annotations

from services.frontend.statements.render import RenderedStatement, render_note, render_statement

__all__ = ["RenderedStatement", "render_note", "render_statement"]
