"""Accounts and sessions at the API."""

from __future__ import annotations

import pytest

from services.frontend.cookies import COOKIE
from tests.services.frontend.world import PASSWORD, Person, World


async def test_a_token_from_sign_in_opens_the_session(finals: World) -> None:
    ana = await finals.signed_in("ana")
    shown = await ana.get("/session")
    assert shown.status == 200
    assert (shown.json["username"], shown.json["role"], shown.json["token"]) == ("ana", "contestant", None)


async def test_a_wrong_password_and_an_unknown_user_get_the_same_answer(finals: World) -> None:
    wrong = await finals.person().post("/session", {"username": "ana", "password": "wrong password"})
    unknown = await finals.person().post("/session", {"username": "nobody", "password": "wrong password"})
    assert (wrong.status, wrong.code) == (401, "wrong-password")
    assert (unknown.status, unknown.json) == (401, wrong.json)


async def test_wrong_passwords_are_limited_and_say_when_to_come_back(finals: World) -> None:
    codes = []
    for _ in range(8):
        answer = await finals.person().post("/session", {"username": "ana", "password": "wrong password"})
        codes.append(answer.code)
        if answer.status == 429:
            assert int(answer.headers["Retry-After"]) >= 1
    assert codes[0] == "wrong-password"
    assert codes[-1] == "too-many-sign-ins"
    other = await finals.person().post("/session", {"username": "bob", "password": PASSWORD})
    assert other.status == 201, "another account is not locked out"
    finals.clock.turn(61)
    again = await finals.person().post("/session", {"username": "ana", "password": PASSWORD})
    assert again.status == 201


async def test_signing_out_ends_the_token(finals: World) -> None:
    ana = await finals.signed_in("ana")
    assert (await ana.ask("DELETE", "/session")).status == 204
    after = await ana.get("/session")
    assert (after.status, after.code) == (401, "session-expired")


async def test_a_session_ends_with_its_life(finals: World) -> None:
    ana = await finals.signed_in("ana")
    finals.clock.turn(24 * 3600 + 1)
    assert (await ana.get("/session")).status == 401


async def test_the_store_never_sees_the_token_itself(finals: World) -> None:
    ana = await finals.signed_in("ana")
    assert await finals.backbone.state.fetch(f"session:{ana.token}") is None
    [listed] = await finals.backbone.state.list_members("sessions:ana")
    assert listed != ana.token
    assert ana.token.encode() not in (await finals.backbone.state.fetch(f"session:{listed}") or b"")


async def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(finals: World) -> None:
    answer = await finals.person().post("/session", {"username": "ana", "password": PASSWORD})
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


async def test_only_admins_list_accounts(finals: World) -> None:
    refused = await (await finals.signed_in("ana")).get("/accounts")
    assert (refused.status, refused.code) == (403, "not-admin")
    listed = await (await finals.signed_in("root")).get("/accounts")
    assert [one["username"] for one in listed.json] == ["ana", "bob", "olga", "root"]
    assert b"argon2" not in listed.body


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"username": "no spaces"}, 422, "bad-username"),
        ({"password": "short"}, 422, "weak-password"),
        ({"username": "same-as-this", "password": "same-as-this"}, 422, "weak-password"),
        ({"role": "emperor"}, 422, "bad-role"),
        ({"username": "ana"}, 409, "username-taken"),
    ],
)
async def test_a_bad_account_is_refused_with_the_reason(finals: World, change: dict[str, str], status: int, code: str) -> None:
    root = await finals.signed_in("root")
    answer = await root.post("/accounts", {"username": "carla", "password": PASSWORD, "name": "Carla", **change})
    assert (answer.status, answer.code) == (status, code)


async def test_nobody_signs_up_where_sign_up_is_closed(finals: World) -> None:
    answer = await finals.person().post("/accounts", {"username": "carla", "password": PASSWORD, "name": "Carla"})
    assert (answer.status, answer.code) == (403, "sign-up-closed")


async def test_a_malformed_token_is_refused_and_not_taken_for_nobody(finals: World) -> None:
    answer = await Person(finals, token="x").get("/contests")
    assert (answer.status, answer.code) == (401, "session-expired")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
