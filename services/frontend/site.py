"""Owns the putting together of the web application: edge, API, doors, pages. Never opens a socket: `main` does."""

from __future__ import annotations

from collections.abc import Iterable

from aiohttp import web

from mesh.metrics import Metrics
from services.frontend.api.table import add_api
from services.frontend.desk import Desk
from services.frontend.doors.events import add_events
from services.frontend.doors.git import add_git
from services.frontend.edge import Edge
from services.frontend.keys import DESK
from services.frontend.pages.routes import add_pages


def make_site(desk: Desk, metrics: Metrics, health: Iterable[web.RouteDef] = ()) -> web.Application:
    """The whole site behind one door. Pages are added by `pages.routes.add_pages`, which may set `keys.ERROR_PAGE`."""
    edge = Edge(desk, metrics)
    app = web.Application(middlewares=[edge.guard], client_max_size=desk.config.max_body_bytes)
    app[DESK] = desk
    app.on_response_prepare.append(edge.complete)
    app.on_shutdown.append(_stop_waiting)
    app.add_routes(list(health))
    add_api(app)
    add_events(app)
    add_git(app)
    add_pages(app)
    return app


async def _stop_waiting(app: web.Application) -> None:
    app[DESK].bell.close()
