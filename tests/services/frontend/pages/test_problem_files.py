"""Files of a problem's public tree reach the page, and nothing in them acts on it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from blockbuster import BlockBuster

from tests.services.frontend.pages.visitor import Visitor
from tests.support.sample_contest import PASSWORD, sample_rows
from tests.support.showroom import showroom


@pytest.fixture
async def visitor(tmp_path: Path, nothing_blocks_the_loop: BlockBuster) -> AsyncIterator[Visitor]:
    nothing_blocks_the_loop.deactivate()  # starting may block, serving may not
    async with showroom(tmp_path, rows=sample_rows(2)) as url, aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        nothing_blocks_the_loop.activate()
        yield Visitor(session, url)
        nothing_blocks_the_loop.deactivate()


async def _address(visitor: Visitor) -> str:
    page = await visitor.get("/contests/spring-open/problems/A")
    return next(one.attributes["src"] for one in page.tree.all("img")).rpartition("/problem_statement/")[0]


async def test_each_kind_of_file_is_served_as_safely_as_it_can_be(visitor: Visitor) -> None:
    folder = await _address(visitor)
    image = await visitor.get(f"{folder}/problem_statement/arches.svg")
    assert (image.status, image.headers["Content-Type"], image.headers["Content-Disposition"]) == (200, "image/svg+xml", "inline")
    assert image.headers["Content-Security-Policy"] == "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    assert image.headers["X-Content-Type-Options"] == "nosniff"
    assert "immutable" in image.headers["Cache-Control"]
    paper = await visitor.get(f"{folder}/problem_statement/statement.pdf")
    assert paper.headers["Content-Type"] == "application/pdf"
    assert paper.headers["X-Frame-Options"] == "SAMEORIGIN", "a page of ours embeds it"
    assert paper.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'self'"
    program = await visitor.get(f"{folder}/attachments/generator.py")
    assert (program.headers["Content-Type"], program.headers["Content-Disposition"]) == ("application/octet-stream", "attachment")
    assert (await visitor.get(f"{folder}/nothing.png")).status == 404


async def test_an_address_of_an_older_commit_leads_to_the_present_one(visitor: Visitor) -> None:
    folder = await _address(visitor)
    older = folder.rpartition("/")[0] + "/0123456789012345678901234567890123456789"
    moved = await visitor.get(f"{older}/problem_statement/arches.svg")
    assert (moved.status, moved.location) == (302, f"{folder}/problem_statement/arches.svg")


async def test_files_of_a_problem_that_one_may_not_see_are_not_there(visitor: Visitor) -> None:
    folder = await _address(visitor)
    other = folder.replace("aqueducts", "nothing")
    assert (await visitor.get(f"{other}/problem_statement/arches.svg")).status == 404


async def test_a_source_that_looks_like_markup_is_text(visitor: Visitor) -> None:
    await visitor.sign_in("team01", PASSWORD)
    attack = "</textarea><script>alert(1)</script>"
    page = await visitor.fill_in("/contests/spring-open/submit", "/contests/spring-open/submit", problem="A", language="cobol", source=attack)
    assert page.status == 422
    assert "<script>alert" not in page.html
    assert attack in page.tree.all("textarea")[0].text
