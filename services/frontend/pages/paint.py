"""Owns the way from a template and values to a response. Never decides what may be shown: handlers bring what they were given."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any, Final

from aiohttp import web
from jinja2 import Environment, FunctionLoader, PackageLoader, StrictUndefined

from mesh.clock import iso, micros
from services.frontend.keys import SESSION_AWAY, actor_of, csrf_word, desk_of
from services.frontend.languages import LANGUAGES, name_of
from services.frontend.pages import words
from services.frontend.pages.statics import Statics

_COMPRESS_FROM_BYTES: Final = 4096
_MARGIN_S: Final = 1.0
"""What a page shows may be so much older than its own time, besides what counts as fresh: its live line begins before that."""


class Painter:
    """Draws pages. Compiles a template when it is first drawn, or when `warm` comes by; every value is escaped unless it is `markupsafe.Markup`."""

    def __init__(self, statics: Statics) -> None:
        folder, nobody = PackageLoader("services.frontend", "templates"), Environment(autoescape=True)
        read = {name: (*folder.get_source(nobody, name)[:2], None) for name in folder.list_templates()}  # drawing a page reads no file
        self._names = sorted(read)
        self._templates = Environment(
            loader=FunctionLoader(read.get), autoescape=True, undefined=StrictUndefined,
            trim_blocks=True, lstrip_blocks=True, auto_reload=False,
        )  # fmt: skip
        self._templates.globals.update(
            static=statics.url, chip_of=words.chip_of, verdict_chips=words.VERDICT_CHIPS, status_chips=words.STATUS_CHIPS,
            delivery_chips=words.DELIVERY_CHIPS, set_chips=words.SET_CHIPS, report_chips=words.REPORT_CHIPS, advice=words.ADVICE, phase_words=words.PHASE_WORDS, language_name=name_of, language_ids=tuple(LANGUAGES),
        )  # fmt: skip
        self._templates.filters.update(
            size=words.size, seconds=words.seconds, limit_seconds=words.limit_seconds, span=words.span, countdown=words.countdown,
            hours_minutes=words.hours_minutes, points=words.points, iso=iso, clock_time=_clock_time, day_time=_day_time, share=_share,
        )  # fmt: skip

    async def warm(self) -> None:
        """Compiles every template, one after the other in a thread: some hundredths of a second each that no visitor shall wait for."""
        for name in self._names:
            await asyncio.to_thread(self._templates.get_template, name)

    def page(self, request: web.Request, template: str, /, *, status: int = 200, **values: Any) -> web.Response:
        """The page as a response."""
        desk = desk_of(request)
        now = values.pop("now", None) or desk.clock.now()
        heard_from = now - timedelta(seconds=desk.config.scoreboard_fresh_s + desk.config.contest_fresh_s + _MARGIN_S)
        html = self._templates.get_template(template).render(
            actor=actor_of(request), csrf=csrf_word(request), now=now, path=request.path, is_sign_up_open=desk.config.is_sign_up_open,
            is_session_away=SESSION_AWAY in request,
            heard_from=micros(heard_from) // 1000, **values,
        )  # fmt: skip
        response = web.Response(text=html, status=status, content_type="text/html", charset="utf-8")
        if len(html) > _COMPRESS_FROM_BYTES:
            response.enable_compression()
        return response


PAINTER = web.AppKey("painter", Painter)


async def warm(site: web.Application) -> None:
    """Compiles the templates of a site, if it has pages."""
    painter = site.get(PAINTER)
    if painter is not None:
        await painter.warm()


def paint(request: web.Request, template: str, /, *, status: int = 200, **values: Any) -> web.Response:
    """The page as a response, drawn by the application's painter."""
    return request.config_dict[PAINTER].page(request, template, status=status, **values)


def _clock_time(moment: datetime) -> str:
    return f"{moment:%H:%M} UTC"


def _day_time(moment: datetime) -> str:
    return f"{moment.day} {moment:%b %Y %H:%M} UTC"


def _share(part: float | Fraction, whole: float | Fraction) -> str:
    """How much ``part`` is of ``whole``, as a percentage for SVG attributes, within 0 and 100."""
    return f"{min(100.0, max(0.0, float(100 * part / whole))):.2f}%" if whole else "0%"
