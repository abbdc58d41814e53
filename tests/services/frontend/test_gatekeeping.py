"""What a browser must show before it may change anything, and what every answer tells it."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

from services.frontend.cookies import COOKIE
from services.frontend.keys import ERROR_PAGE
from tests.services.frontend.conftest import Worlds
from tests.services.frontend.world import PASSWORD, World

QUESTION = {"text": "Is it prime?"}
PATH = "/contests/finals/clarifications"


async def _cookie(world: World) -> tuple[dict[str, str], str]:
    answer = await world.person().post("/session", {"username": "ana", "password": PASSWORD})
    return {"Cookie": f"{COOKIE}={answer.json['token']}"}, answer.json["csrf"]


async def test_a_change_by_cookie_needs_the_word_of_the_session(finals: World) -> None:
    cookie, word = await _cookie(finals)
    for headers in (cookie, {**cookie, "Palestra-CSRF": "0" * len(word)}):
        refused = await finals.person().post(PATH, QUESTION, headers=headers)
        assert (refused.status, refused.code) == (403, "csrf-failed")
    assert (await finals.person().post(PATH, QUESTION, headers={**cookie, "Palestra-CSRF": word})).status == 202


async def test_the_word_of_one_session_does_not_open_another(finals: World) -> None:
    cookie, _ = await _cookie(finals)
    _, other = await _cookie(finals)
    refused = await finals.person().post(PATH, QUESTION, headers={**cookie, "Palestra-CSRF": other})
    assert refused.code == "csrf-failed"


async def test_a_request_from_another_site_is_refused_even_with_the_word(finals: World) -> None:
    cookie, word = await _cookie(finals)
    for foreign in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "null"}):
        refused = await finals.person().post(PATH, QUESTION, headers={**cookie, "Palestra-CSRF": word, **foreign})
        assert (refused.status, refused.code) == (403, "foreign-origin"), foreign


async def test_nobody_is_signed_in_from_another_site(finals: World) -> None:
    refused = await finals.person().post(
        "/session", {"username": "ana", "password": PASSWORD}, headers={"Origin": "https://evil.example"}
    )
    assert (refused.status, refused.code) == (403, "foreign-origin")


async def test_a_bearer_token_needs_no_word(finals: World) -> None:
    ana = await finals.signed_in("ana")
    assert (await ana.post(PATH, QUESTION)).status == 202


async def test_every_answer_is_guarded_for_the_browser(finals: World) -> None:
    for path in ("/contests", "/nowhere", "/health"):
        headers = (await finals.person().get(path)).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert "unsafe-inline" not in headers["Content-Security-Policy"]
        assert headers["Referrer-Policy"] == "same-origin"
        assert "Server" not in headers


async def test_every_answer_names_its_piece_of_work(finals: World) -> None:
    first, second = [(await finals.person().get("/contests")).headers["Palestra-Correlation"] for _ in range(2)]
    assert first != second


async def test_an_unknown_address_and_a_wrong_method_are_told_in_json(finals: World) -> None:
    unknown = await finals.person().get("/nowhere")
    assert (unknown.status, unknown.code) == (404, "no-such-page")
    wrong = await finals.person().ask("DELETE", "/contests")
    assert (wrong.status, wrong.code) == (405, "method-not-allowed")
    assert "GET" in wrong.headers["Allow"]


async def test_a_forwarded_address_is_believed_only_from_a_trusted_gateway(worlds: Worlds) -> None:
    async with worlds(sign_ins_per_address_per_minute=2, sign_ins_per_account_per_minute=100) as world:
        await world.add_account("ana")
        codes = [await _try(world, f"203.0.113.{number}") for number in range(4)]
        assert codes[-1] == 429, "an address that anybody may write down does not lift a limit"
    trusting = {"trusted_proxies": ("127.0.0.0/8",), "sign_ins_per_address_per_minute": 2, "sign_ins_per_account_per_minute": 100}
    async with worlds(**trusting) as world:
        await world.add_account("ana")
        assert [await _try(world, f"203.0.113.{number}") for number in range(4)] == [401] * 4
        assert [await _try(world, "203.0.113.9") for _ in range(3)] == [401, 401, 429]
        assert await _try(world, "198.51.100.1, 203.0.113.9") == 429, "what the client wrote in front does not count"


async def test_behind_tls_the_cookie_is_kept_to_tls(worlds: Worlds) -> None:
    async with worlds(trusted_proxies=("127.0.0.1",)) as world:
        await world.add_account("ana")
        answer = await world.person().post(
            "/session", {"username": "ana", "password": PASSWORD}, headers={"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.7"}
        )
        assert "Secure" in answer.headers["Set-Cookie"]
        assert "max-age" in answer.headers["Strict-Transport-Security"]


@pytest.mark.parametrize(
    ("proxies", "sent", "is_kept"),
    [(("127.0.0.1",), "0a1b2c3d4e5f60718293a4b5c6d7e8f9", True), (("127.0.0.1",), "short", False), (("127.0.0.1",), "with a space in it 123", False),
     ((), "0a1b2c3d4e5f60718293a4b5c6d7e8f9", False)],
)  # fmt: skip
async def test_a_request_keeps_the_id_that_a_gateway_of_ours_gave_it(worlds: Worlds, proxies: tuple[str, ...], sent: str, is_kept: bool) -> None:
    async with worlds(trusted_proxies=proxies) as world:
        answer = await world.person().get("/contests", headers={"X-Request-Id": sent})
        assert (answer.headers["Palestra-Correlation"] == sent) is is_kept


async def _try(world: World, address: str) -> int:
    answer = await world.person().post("/session", {"username": "ana", "password": "wrong password"}, headers={"X-Forwarded-For": address})
    return answer.status


async def test_an_error_page_that_fails_does_not_hide_the_error(worlds: Worlds, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> web.Response:
        raise ZeroDivisionError

    def add_broken_page(app: web.Application) -> None:
        app[ERROR_PAGE] = broken
        app.router.add_get("/pages/broken", broken)

    monkeypatch.setattr("services.frontend.site.add_pages", add_broken_page)
    async with worlds() as world:
        for path, status, code in (("/nowhere", 404, "no-such-page"), ("/pages/broken", 500, "internal")):
            async with world.session.get(f"{world.url}{path}", headers={"Accept": "text/html"}) as answer:
                said = await answer.json()
                assert (answer.status, said["error"]["code"]) == (status, code)
                assert "ZeroDivision" not in str(said)


async def test_heads_of_answers_can_be_asked_for(finals: World) -> None:
    answer = await finals.person().ask("HEAD", "/contests/finals/scoreboard")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["ETag"]


async def test_who_asks_too_often_is_told_when_to_come_back(worlds: Worlds) -> None:
    async with worlds(requests_per_minute=3, requests_per_address_per_minute=8) as world:
        ana, bob = await world.signed_in("ana"), await world.signed_in("bob")
        assert [(await ana.get("/session")).status for _ in range(4)] == [200, 200, 200, 429]
        assert (await bob.get("/session")).status == 200, "another session at the same address is not held up"
        last = [await world.person().get("/contests") for _ in range(3)][-1]
        assert (last.status, last.code) == (429, "too-many-requests")
        assert int(last.headers["Retry-After"]) >= 1
        assert (await world.person().get("/health/live")).status == 200, "health is never limited"
        world.clock.turn(60)
        assert (await ana.get("/session")).status == 200


async def test_a_zero_byte_in_a_parameter_is_refused_before_any_database_sees_it(finals: World) -> None:
    ada = await finals.signed_in("ada", "admin")
    for path in (
        "/accounts?after=%00", "/contests/finals/submissions?before=%00", "/contests/finals/submissions?most=5&username=a%00b",
        "/webhooks/deliveries?username=%00", "/audit?actor=%00", "/audit?before=%00", "/problems/sum/report?commit=%00", "/contests?%00=1",
    ):  # fmt: skip
        refused = await ada.get(path)
        assert (refused.status, refused.code) == (400, "bad-parameter"), path
    assert "at `$.username`" in (await ada.get("/contests/finals/submissions?most=5&username=a%00b")).message
    assert (await ada.get("/accounts?after=%2500")).status == 200, "a percent sign and two noughts"
    for path in ("/accounts/a%00b", "/contests/%00", "/contests/finals%00/submissions", "/problems/sum/files/a%00b", "/nowhere/%00"):
        refused = await ada.get(path)
        assert (refused.status, refused.code) == (400, "bad-parameter"), path
    assert (await ada.get("/accounts/a%2500b")).code == "no-such-account"


async def test_a_body_that_drips_is_not_waited_for(worlds: Worlds) -> None:
    async with worlds(body_timeout_s=1.0) as world:
        host, port = world.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        head = "POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
        writer.write(head.encode())
        async with asyncio.timeout(10):
            answer = await reader.readuntil(b"}}")
        assert b" 400 " in answer.splitlines()[0]
        assert b"body-too-slow" in answer
        writer.close()
        await writer.wait_closed()
