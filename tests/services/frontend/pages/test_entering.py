"""Coming in and going out, with a browser that has no scripts."""

from __future__ import annotations

import pytest

from tests.services.frontend.conftest import Worlds
from tests.services.frontend.pages.visitor import Visitor
from tests.services.frontend.world import PASSWORD, World


@pytest.fixture
def visitor(finals: World) -> Visitor:
    return Visitor(finals.session, finals.url)


async def test_who_signs_in_goes_on_to_where_he_wanted_to_be(visitor: Visitor) -> None:
    entered = await visitor.sign_in("ana", PASSWORD, "/contests/finals/submit?problem=A")
    assert (entered.status, entered.location) == (303, "/contests/finals/submit?problem=A")
    assert "HttpOnly" in entered.headers["Set-Cookie"]
    page = await visitor.get("/contests/finals")
    assert "Name of ana" in page.text
    assert "You take part as" in page.text


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "evil", "/a\nb", "http:/x"])
async def test_nobody_is_sent_to_another_site(visitor: Visitor, wanted: str) -> None:
    assert (await visitor.sign_in("ana", PASSWORD, wanted)).location == "/"


async def test_a_wrong_password_keeps_the_name_and_says_what_to_do(visitor: Visitor) -> None:
    page = await visitor.sign_in("ana", "wrong")
    assert page.status == 401
    assert "Wrong username or password" in page.text
    [field] = [one for one in page.tree.all("input") if one.attributes.get("name") == "username"]
    assert field.attributes["value"] == "ana"
    assert "Set-Cookie" not in page.headers


async def test_too_many_tries_are_told_when_to_come_back(worlds: Worlds) -> None:
    async with worlds(sign_ins_per_account_per_minute=1) as world:
        visitor = Visitor(world.session, world.url)
        pages = [await visitor.sign_in("ana", "wrong") for _ in range(8)]
        assert pages[-1].status == 429
        assert int(pages[-1].headers["Retry-After"]) >= 1
        assert "Too many tries. Wait" in pages[-1].text


async def test_who_signs_out_is_a_stranger_again(visitor: Visitor) -> None:
    await visitor.sign_in("ana", PASSWORD)
    left = await visitor.fill_in("/", "/sign-out")
    assert (left.status, left.location) == (303, "/")
    assert "Sign in" in (await visitor.get("/")).text


async def test_a_form_of_another_session_changes_nothing(visitor: Visitor) -> None:
    await visitor.sign_in("ana", PASSWORD)
    page = await visitor.ask("POST", "/sign-out", data={"csrf": "0" * 64})
    assert page.status == 403
    assert "load the page again" in page.text
    here = visitor.address
    for came_from, links in ((f"{here}/account?a=b", ["/account?a=b"]), ("https://evil.example/x", []), (f"{here}//evil.example", []), ("", [])):
        page = await visitor.ask("POST", "/sign-out", data={"csrf": "0" * 64}, headers={"Referer": came_from})
        back = [one.attributes["href"] for one in page.tree.all("a") if one.text == "Back to where you were"]
        assert back == links, "a form that failed leads back to its page, and to no other site"
    assert "Sign out" in (await visitor.get("/")).text


async def test_sign_up_is_closed_unless_it_is_opened(visitor: Visitor) -> None:
    assert (await visitor.get("/sign-up")).location == "/sign-in"
    assert "Accounts are handed out" in (await visitor.get("/sign-in")).text


async def test_who_asks_too_often_gets_a_page_that_says_when_to_come_back(worlds: Worlds) -> None:
    async with worlds(requests_per_address_per_minute=1) as world:
        visitor = Visitor(world.session, world.url)
        pages = [await visitor.get("/") for _ in range(30)]
        told = pages[-1]
        assert told.status == 429
        assert int(told.headers["Retry-After"]) >= 1
        assert "Slow down a little" in told.text
        assert "Nothing is lost" in told.text
        assert (await visitor.get(next(one.attributes["href"] for one in told.tree.all("link") if one.attributes.get("rel") == "stylesheet"))).status == 200


async def test_a_zero_byte_in_an_address_is_told_on_a_page(visitor: Visitor) -> None:
    for path in ("/sign-in?next=%00", "/?told=%00", "/contests/demo/clarifications?problem=A&%00"):
        page = await visitor.get(path)
        assert (page.status, "zero byte" in page.text) == (400, True), path
    assert (await visitor.get("/sign-in?next=%2500")).status == 200
