"""Owns the page that lists the languages: how files of them end, and what runners have of each. Never offers one: forms do."""

from __future__ import annotations

from aiohttp import web

from services.frontend.keys import desk_of
from services.frontend.pages.choices import every_language
from services.frontend.pages.paint import paint


async def show_languages(request: web.Request) -> web.Response:
    """Every language, for everybody."""
    languages = await every_language(desk_of(request))
    return paint(request, "languages.html", languages=languages, is_told=any(language.versions for language in languages))
