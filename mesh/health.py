"""Owns the answers about a service's health. Live: restart me if this fails. Ready: send me work. Detail: for people.

Never decides that a service is ready: it says so itself (`mesh.life`).
"""

from __future__ import annotations

import asyncio

import orjson
from aiohttp import web

from mesh.life import Life
from mesh.metrics import Metrics

VERSION = "0.1.0"


def health_routes(life: Life, metrics: Metrics) -> list[web.RouteDef]:
    """``/health/live`` 200; ``/health/ready`` 200 or 503; ``/health`` and ``/health/`` the detail; ``/metrics`` Prometheus text."""
    metrics.gauge("ready").set_function(lambda: life.is_ready)

    async def live(_: web.Request) -> web.Response:
        return _json({"status": "live", "service": life.service})

    async def ready(_: web.Request) -> web.Response:
        return _json({"status": life.state.value, "service": life.service}, 200 if life.is_ready else 503)

    async def detail(_: web.Request) -> web.Response:
        checks = await life.examine()
        wrong = [name for name, answer in checks.items() if answer]
        status = life.state.value if not wrong or not life.is_ready else "degraded"
        body = {
            "status": status,
            "service": life.service,
            "version": VERSION,
            "uptime_s": round(life.uptime_s, 1),
            "checks": {name: answer or "ok" for name, answer in checks.items()},
            **life.facts,
        }
        return _json(body, 200 if life.is_ready else 503)

    async def show_metrics(_: web.Request) -> web.Response:
        text = await asyncio.to_thread(metrics.text)
        return web.Response(body=text, headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})

    return [
        web.get("/health/live", live),
        web.get("/health/ready", ready),
        web.get("/health", detail),
        web.get("/health/", detail),
        web.get("/metrics", show_metrics),
    ]


def _json(body: object, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(body), status=status, content_type="application/json", headers={"Cache-Control": "no-store"})
