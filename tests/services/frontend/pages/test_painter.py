"""Templates are compiled beside the work of a frontend that is ready, or when a page wants one sooner."""

from __future__ import annotations

import asyncio
import linecache
from importlib.resources import files

import jinja2
import pytest

from services.frontend.pages import paint
from services.frontend.pages.paint import Painter
from services.frontend.pages.statics import read_statics

TEMPLATES = {each.name for each in (files("services.frontend") / "templates").iterdir()}


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is compiled, in order; nothing is kept from other tests."""
    names: list[str] = []

    class Watched(jinja2.Environment):
        def compile(self, source, name=None, filename=None, **options):
            names.append(name)
            return super().compile(source, name, filename, **options)

    monkeypatch.setattr(paint, "Environment", Watched)
    return names


async def test_a_painter_compiles_nothing_when_it_is_made_and_everything_when_it_is_warmed(compiled: list[str]) -> None:
    painter = await asyncio.to_thread(lambda: Painter(read_statics()))
    assert compiled == []
    await painter.warm()
    assert set(compiled) == TEMPLATES
    await painter.warm()
    assert len(compiled) == len(TEMPLATES)


def refused(*path: object) -> None:
    raise AssertionError(f"{path} is read while a page is drawn")


async def test_a_template_that_a_page_wants_sooner_is_compiled_without_reading_a_file(compiled: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    painter = await asyncio.to_thread(lambda: Painter(read_statics()))  # reading is for the start
    with monkeypatch.context() as patched:
        patched.setattr("builtins.open", refused)
        template = painter._templates.get_template("sign_in.html")
    assert compiled == ["sign_in.html"]
    assert template.filename is not None
    assert await asyncio.to_thread(linecache.getlines, template.filename), "a traceback shows the template's own lines"
