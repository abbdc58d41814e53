"""Owns the table of pages: path and handler. Never decides who may see what: `access` does."""

from __future__ import annotations

from aiohttp import web


def add_pages(_app: web.Application) -> None:
    """Adds every page to the site, its static files, and the page for errors (`keys.ERROR_PAGE`)."""
