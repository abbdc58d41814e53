"""Owns the putting together of the web application: edge, API, doors, pages. Never opens a socket: `main` does."""

from __future__ import annotations

from collections.abc import Iterable

from aiohttp import web

from services.frontend.desk import Desk
from services.frontend.keys import DESK
from services.frontend.pages.routes import add_pages


def make_site(desk: Desk, health: Iterable[web.RouteDef] = ()) -> web.Application:
    """The whole site behind one door. Pages are added by `pages.routes.add_pages`, which may set `keys.ERROR_PAGE`."""
    app = web.Application(client_max_size=desk.config.max_body_bytes)
    app[DESK] = desk
    app.add_routes(list(health))
    add_pages(app)
    return app
