"""The page of a problem says how it is judged, and shows what there is to see of that."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from blockbuster import BlockBuster

from tests.services.frontend.pages.visitor import Visitor
from tests.support.sample_contest import sample_rows
from tests.support.showroom import showroom


@pytest.fixture
async def visitor(tmp_path: Path, nothing_blocks_the_loop: BlockBuster) -> AsyncIterator[Visitor]:
    nothing_blocks_the_loop.deactivate()  # starting may block, serving may not
    async with showroom(tmp_path, rows=sample_rows(2)) as url, aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        nothing_blocks_the_loop.activate()
        yield Visitor(session, url)
        nothing_blocks_the_loop.deactivate()


async def test_an_exchange_stands_in_two_columns_and_a_pdf_has_its_pages(visitor: Visitor) -> None:
    page = await visitor.get("/contests/spring-open/problems/E")
    (exchange,) = page.tree.with_class("exchange")
    tables = exchange.all("table")
    assert [table.all("caption")[0].text for table in tables] == ["Pass 1", "Pass 2"]
    rows = [[cell.text for cell in row.all("td")] for table in tables for row in table.all("tr")[1:]]
    assert rows == [["5", ""], ["", "101 1"], ["more", ""], ["101", ""], ["", "5 <b>"]]
    facts = page.tree.all("dl")[0].text
    assert "Interactive, in up to 2 passes" in facts
    assert "C++20, Python 3" in facts
    assert any("(PDF, 3 pages)" in link.text for link in page.tree.all("a"))
    (frame,) = page.tree.all("iframe")
    assert frame.attributes["title"]


async def test_an_ordinary_problem_says_nothing_of_kinds(visitor: Visitor) -> None:
    page = await visitor.get("/contests/spring-open/problems/A")
    assert page.tree.with_class("exchange") == []
    assert len(page.tree.with_class("sample")) == 2
    assert "Interactive" not in page.tree.all("dl")[0].text
    assert [one.text for one in page.tree.all("p") if "started with" in one.text] == ["Your program is started with --fast <b>"]


async def test_a_statement_is_read_in_the_language_of_the_browser_or_the_one_chosen(visitor: Visitor) -> None:
    english = await visitor.get("/contests/spring-open/problems/D")
    assert ("Stones." in english.html, english.tree.all("h1")[0].text) == (True, "Dolmens D")
    switch = english.tree.with_class("switch")[0].all("a")
    assert [(one.attributes["href"], one.attributes.get("aria-current")) for one in switch] == [("?lang=en", "true"), ("?lang=sv", None)]
    chosen = await visitor.get("/contests/spring-open/problems/D?lang=sv")
    assert ("Stenar." in chosen.html, chosen.tree.all("h1")[0].text) == (True, "Dösar D")
    for asked, shown in (("sv-SE,sv;q=0.9,en;q=0.8", "Stenar."), ("*", "Stones."), ("sv-x-evil<>", "Stones."), ("x" * 5000, "Stones.")):
        page = await visitor.ask("GET", "/contests/spring-open/problems/D", headers={"Accept-Language": asked})
        assert shown in page.html, asked[:20]
