"""Every page, for everybody who may open it: it comes, it is light, and it can be used with a keyboard and a screen reader."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp
import pytest
import pytest_asyncio

from mesh.clock import TurnedClock
from tests.services.frontend.pages.visitor import Visitor as Browser
from tests.support.markup import faults_of, parsed
from tests.support.sample_contest import NOW, PASSWORD, SOURCES, sample_rows
from tests.support.sample_rejudgings import SETS
from tests.support.showroom import Peers, showroom

pytestmark = pytest.mark.asyncio(loop_scope="module")
SPRING = "/contests/spring-open"
EVERYBODY = ("/", SPRING, f"{SPRING}/problems/A", f"{SPRING}/scoreboard", f"{SPRING}/scoreboard?view=projector", f"{SPRING}/clarifications",
             "/contests/class-7", "/contests/class-7/scoreboard", "/contests/summer-cup", "/contests/summer-cup/scoreboard", "/contests/winter-open/scoreboard", "/languages")
CONTESTANT = (*EVERYBODY, f"{SPRING}/submit?problem=B", f"{SPRING}/submissions", "/contests/class-7/submissions", f"{SPRING}/clarifications?problem=C", "/account")
ORGANISER = (*CONTESTANT, f"{SPRING}/jury", f"{SPRING}/jury?problem=A&verdict=WA", f"{SPRING}/jury?verdict=waiting", f"{SPRING}/rejudgings", f"{SPRING}/rejudgings?problem=A&verdict=WA&since=1:30", f"{SPRING}/audit",
             f"{SPRING}/audit?what=runs&who=team01", *(f"/rejudgings/{one}" for one in SETS.values()), f"/rejudgings/{SETS['ready']}?show=all", f"{SPRING}/edit", f"{SPRING}/teams", "/problems",
             "/problems/aqueducts", "/contests/new", f"{SPRING}/scoreboard?as=public")
ADMIN = (*ORGANISER, "/accounts", "/audit", "/audit?what=all", "/operations", "/operations/queues/CommandQueue", "/operations/runners")
PAGES = [("", "/sign-in"), *(("", path) for path in EVERYBODY), *(("team01", path) for path in CONTESTANT), *(("olga", path) for path in ORGANISER),
         *(("admin", path) for path in ADMIN)]  # fmt: skip


class Visitor(Browser):
    """Somebody of the sample record."""

    async def enter(self, username: str) -> None:
        self.cookie = ""
        assert (await self.sign_in(username, PASSWORD)).status == 303

    async def see(self, path: str) -> tuple[int, str]:
        page = await self.get(path)
        return page.status, page.html


@dataclass
class Site:
    """One showroom for all of this module: nothing here changes the record."""

    url: str
    peers: Peers
    clock: TurnedClock


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    peers, clock = Peers(), TurnedClock(NOW)
    async with showroom(tmp_path_factory.mktemp("showroom"), rows=sample_rows(12), peers=peers, clock=clock) as url:
        yield Site(url, peers, clock)


@pytest_asyncio.fixture(loop_scope="module")
async def visitor(site: Site) -> AsyncIterator[Visitor]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield Visitor(session, site.url)


async def test_every_page_comes_and_can_be_used_without_eyes_or_mouse(visitor: Visitor) -> None:
    wrong: dict[str, list[str]] = {}
    for username in ("", "team01", "olga", "admin"):
        if username:
            await visitor.enter(username)
        for path in [path for who, path in PAGES if who == username]:
            status, html = await visitor.see(path)
            faults = ([f"status {status}"] if status != 200 else []) + faults_of(html)
            if faults:
                wrong[f"{username or 'anybody'} {path}"] = faults
    assert not wrong


async def test_every_page_weighs_less_than_100_kb(visitor: Visitor) -> None:
    await visitor.enter("olga")
    files: dict[str, int] = {}
    for path in ORGANISER:
        _, html = await visitor.see(path)
        page = parsed(html)
        named = {one.attributes["href"] for one in page.all("link")} | {one.attributes["src"] for one in page.all("script")}
        for name in named - files.keys():
            files[name] = len(gzip.compress((await visitor.see(name))[1].encode()))
        weight = len(gzip.compress(html.encode())) + sum(files[name] for name in named)
        assert weight < 100_000, f"{path}: {weight} bytes"
        assert len(html) < 130_000, f"{path}: {len(html)} bytes of HTML"


async def test_pages_are_closed_to_those_they_are_not_for(visitor: Visitor) -> None:
    for path in (f"{SPRING}/submit", f"{SPRING}/submissions", "/account", "/problems", "/accounts", "/operations", "/contests/new"):
        status, html = await visitor.see(path)
        assert (status, "Sign in" in html) == (401, True), path
    await visitor.enter("team01")
    for path in ("/problems", "/accounts", "/operations", "/contests/new", f"{SPRING}/jury", f"{SPRING}/edit", f"{SPRING}/teams"):
        status, html = await visitor.see(path)
        assert status == 403, path
        assert not faults_of(html)
    await visitor.enter("olga")
    for path in ("/accounts", "/operations"):
        assert (await visitor.see(path))[0] == 403, path


@pytest.mark.parametrize("path", ["/nothing", "/contests/nothing", f"{SPRING}/problems/Z", "/submissions/nothing", "/problems/nothing", "/contests/summer-cup/problems/A"])
async def test_what_is_not_there_says_what_to_do(visitor: Visitor, path: str) -> None:
    await visitor.enter("team01")
    status, html = await visitor.see(path)
    assert status == 404
    assert not faults_of(html)
    assert "All contests" in html


async def test_pages_stand_while_the_other_services_are_away(visitor: Visitor, site: Site) -> None:
    site.peers.is_away = True
    site.clock.turn(5)  # what was asked before counts as fresh for two seconds
    try:
        admin = Visitor(visitor._session, site.url)
        await visitor.enter("team01")
        await admin.enter("admin")
        asked = [*(visitor.see(path) for path in (*CONTESTANT, f"{SPRING}/problems/K")), admin.see("/operations")]
        *pages, (_, problem), (_, operations) = await asyncio.gather(*asked)  # at once: each asks in vain for a while
        for path, (status, html) in zip(CONTESTANT, pages, strict=True):
            assert (status, faults_of(html)) == (200, []), path
        assert "The statement cannot be shown just now" in problem
        assert parsed(problem).with_class("submit-form"), "submitting goes on"
        assert "The grader does not answer" in operations
    finally:
        site.peers.is_away = False


async def test_a_frozen_board_says_so_in_words(visitor: Visitor) -> None:
    _, html = await visitor.see(f"{SPRING}/scoreboard")
    [notice] = [one for one in parsed(html).all("div") if "data-freeze-notice" in one.attributes]
    assert "hidden" not in notice.attributes
    assert "The board is frozen since" in notice.text
    assert "Results of the last 1 h are shown after the contest" in notice.text
    _, html = await visitor.see("/contests/class-7/scoreboard")
    [notice] = [one for one in parsed(html).all("div") if "data-freeze-notice" in one.attributes]
    assert "hidden" in notice.attributes


async def test_the_frozen_board_hides_from_the_public_what_the_jury_sees(visitor: Visitor) -> None:
    _, public = await visitor.see(f"{SPRING}/scoreboard?as=jury")
    await visitor.enter("olga")
    _, jury = await visitor.see(f"{SPRING}/scoreboard")
    assert parsed(public).with_class("board-tools")
    assert len(parsed(public).with_class("pending")) > len(parsed(jury).with_class("pending"))


async def test_a_board_before_the_start_shows_teams_and_no_problems(visitor: Visitor) -> None:
    _, html = await visitor.see("/contests/summer-cup")
    assert "The problems appear when the contest starts" in html
    assert "Aqueducts" not in html


async def test_a_submission_is_for_its_author_and_the_jury(visitor: Visitor) -> None:
    await visitor.enter("team01")
    _, html = await visitor.see(f"{SPRING}/submissions")
    path = next(one.attributes["href"] for one in parsed(html).with_class("title") if one.attributes.get("href", "").startswith("/submissions/"))
    status, html = await visitor.see(path)
    assert (status, faults_of(html)) == (200, [])
    (source,) = (one for one in parsed(html).all("ol") if one.attributes.get("id") == "source-text")
    assert source.text.split() in [text.split() for _, text in SOURCES.values()]
    assert not parsed(html).with_class("cases"), "cases are for the jury"
    await visitor.enter("olga")
    status, html = await visitor.see(path)
    assert (status, faults_of(html)) == (200, [])
    await visitor.enter("team02")
    assert (await visitor.see(path))[0] == 404
