"""Owns the one table of the API: every route there is, and nothing that is not in the document."""

from __future__ import annotations

import functools
from typing import Any, Final

import orjson
from aiohttp import web

from services.frontend.api import (
    accounts, audit, clarifications, contests, dead_letters, operations, problems, rejudgings, reports, runners, submissions, webhooks,
)  # fmt: skip
from services.frontend.api.openapi import document_of
from services.frontend.api.route import PREFIX, Call, NoQuery, Route


async def show_document(_: Call[None, NoQuery]) -> web.Response:
    """This document."""
    return web.Response(body=_document(), content_type="application/json")


@functools.cache
def _document() -> bytes:
    return orjson.dumps(document_of(ROUTES), option=orjson.OPT_INDENT_2)


ROUTES: Final[tuple[Route, ...]] = (
    *accounts.ROUTES,
    *problems.ROUTES,
    *reports.ROUTES,
    *contests.ROUTES,
    *submissions.ROUTES,
    *rejudgings.ROUTES,
    *clarifications.ROUTES,
    *webhooks.ROUTES,
    *operations.ROUTES,
    *runners.ROUTES,
    *dead_letters.ROUTES,
    *audit.ROUTES,
    Route("GET", "/openapi.json", show_document, dict[str, Any]),
)


def add_api(app: web.Application) -> None:
    """Puts every row of the table on the site."""
    for route in ROUTES:
        path = f"{PREFIX}{route.path}"
        if route.method == "GET":
            app.router.add_get(path, route.serve)  # and HEAD
        else:
            app.router.add_route(route.method, path, route.serve)
