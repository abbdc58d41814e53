"""What a test case is, is read by the jury of its contest and by nobody else: its page, and its files as they are."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from blockbuster import BlockBuster

from tests.services.frontend.pages.visitor import Visitor
from tests.support.markup import faults_of
from tests.support.sample_contest import PASSWORD, Rows, sample_rows
from tests.support.showroom import CASES, Peers, showroom


@pytest.fixture
def rows() -> Rows:
    rows = sample_rows(2)
    organiser = next(row for row in rows.tables["accounts"] if row["username"] == "olga")
    rows.add("accounts", **organiser | {"username": "otto", "name": "Otto Other"})
    return rows


@pytest.fixture
async def site(tmp_path: Path, rows: Rows, nothing_blocks_the_loop: BlockBuster) -> AsyncIterator[tuple[Visitor, Visitor, Visitor, Peers]]:
    """The jury, the submission's author and the organiser of other contests."""
    nothing_blocks_the_loop.deactivate()  # starting may block, serving may not
    peers = Peers()
    async with showroom(tmp_path, rows=rows, peers=peers) as url, aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        nothing_blocks_the_loop.activate()
        people = [Visitor(session, url) for _ in range(3)]
        for one, username in zip(people, ("olga", "team01", "otto"), strict=True):
            await one.sign_in(username, PASSWORD)
        yield people[0], people[1], people[2], peers
        nothing_blocks_the_loop.deactivate()


def _failed(rows: Rows) -> str:
    """The address of a submission of problem A by team01 that came to its eighth case."""
    row = next(one for one in rows.tables["submissions"] if one["contest"] == "spring-open" and one["username"] == "team01" and one["status"] == "judged")
    row["problem"] = "aqueducts"
    run = next(one for one in rows.tables["runs"] if one["id"] == row["run"])
    fine = {"verdict": "AC", "time_ms": 5, "memory_bytes": 1 << 20, "message": "", "name": "", "output_head": ""}
    run["cases"] = [fine | {"index": index} for index in range(9)]
    run["cases"][7] |= {
        "verdict": "WA", "name": "secret/08-\"big\" <b>", "message": "wanted <i>1201</i>", "output_head": "1200 <u>", "difference": "- 1201\n+ 1200 <u>",
    }  # fmt: skip
    return f"/submissions/{row['id']}"


@pytest.fixture
def address(rows: Rows) -> str:
    return _failed(rows)


async def test_the_jury_reads_a_case_and_takes_its_files_whole(address: str, site: tuple[Visitor, Visitor, Visitor, Peers]) -> None:
    jury, _, _, peers = site
    links = [one.attributes["href"] for one in (await jury.get(address)).tree.all("a") if "/cases/" in one.attributes.get("href", "")]
    assert f"{address}/cases/8" in links
    page = await jury.get(f"{address}/cases/8")
    assert (page.status, faults_of(page.html)) == (200, [])
    for words in ('secret/08-"big" <b>', "wanted <i>1201</i>", "1200 <u>", "2 3 5 7 11 13 17", "Only its beginning is shown", "Case 7", "Case 9"):
        assert words in page.text, words
    assert page.tree.all("pre")[1].text.split() == CASES[7, "input"][: 8 << 10].decode().split(), "a page shows no more of a file, however long it is"
    for part, ending in (("input", "in"), ("answer", "ans")):
        whole = await jury.get(f"{address}/cases/8/{part}")
        assert (whole.status, whole.html.encode()) == (200, CASES[7, part])
        assert whole.headers["Content-Type"] == "application/octet-stream"
        assert whole.headers["Content-Disposition"] == f'attachment; filename="08-_big___b_.{ending}"'
    plain = await jury.get(f"{address}/cases/4")
    assert "It is no text." in plain.text
    assert "The file is empty." in plain.text
    bare = await jury.get(f"{address}/cases/5")
    assert "It is given nothing to read." in bare.text
    assert (await jury.get(f"{address}/cases/5/answer")).status == 404
    peers.is_away = True
    away = await jury.get(f"{address}/cases/8")
    assert away.status == 200, "what is known without the package is shown"
    assert "wanted <i>1201</i>" in away.text
    assert "This service is away" in away.text
    assert (await jury.get(f"{address}/cases/8/input")).status == 503


async def test_nobody_else_gets_to_a_case(address: str, site: tuple[Visitor, Visitor, Visitor, Peers]) -> None:
    jury, author, other, _ = site
    for path in (f"{address}/cases/8", f"{address}/cases/8/input", f"{address}/cases/1/answer"):
        told = await author.get(path)
        assert (told.status, "only the jury" in told.text.lower()) == (403, True)
        assert (await other.get(path)).status == 404, "there is no such submission for him"
        other.cookie, kept = "", other.cookie
        assert (await other.get(path)).status == 401, "a stranger is asked to sign in"
        other.cookie = kept
    assert "/cases/" not in (await author.get(address)).html
    for path in ("cases/0", "cases/10", "cases/999999", "cases/1234567", "cases/8/checker", "cases/x"):
        assert (await jury.get(f"{address}/{path}")).status == 404
