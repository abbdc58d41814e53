"""The webhook on the account page, for somebody without scripts: set, seen once, tried, replayed, removed."""

from __future__ import annotations

import asyncio
import re

import pytest

from tests.services.frontend.conftest import Worlds
from tests.services.frontend.pages.visitor import Page, Visitor
from tests.services.frontend.test_webhooks_api import LIMIT_S, MAILER, say
from tests.services.frontend.world import PASSWORD, PASSWORD_HASH
from tests.services.mailer.receiver import receiving
from tests.services.mailer.world import PushedClock
from wire.commands import CreateAccount


async def test_a_webhook_by_hand(worlds: Worlds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.services.frontend.world.TurnedClock", lambda _: PushedClock())
    async with receiving() as receiver, worlds(beside=("recorder", "mailer"), beside_settings=MAILER) as world:
        await say(world, "admin", CreateAccount("ana", "Ana", PASSWORD_HASH))
        ana = Visitor(world.session, world.url)
        await ana.sign_in("ana", PASSWORD)
        empty = await ana.get("/account")
        assert "No calls yet." in empty.text
        assert "Send a test call" not in empty.text
        refused = await ana.fill_in("/account", "/account/webhook", url="http://10.0.0.1/hook")
        assert refused.status == 422
        assert "does not lead to a public host" in refused.wrong["url"]
        assert 'value="http://10.0.0.1/hook"' in refused.html
        made = await ana.fill_in("/account", "/account/webhook", url=receiver.url)
        assert made.status == 200, made.text
        assert made.headers["Cache-Control"] == "no-store"
        [secret] = re.findall(r"whsec_[A-Za-z0-9+/=]+", made.text)
        assert secret not in (await ana.get("/account")).html
        tried = await ana.fill_in("/account", "/account/webhook/test")
        assert (tried.status, tried.location) == (303, "/account?told=tried#webhook")
        [heard] = await receiver.until_heard(1)
        assert heard.is_signed_by(secret)
        page = await _until(ana, "Delivered")
        assert "answered 204" in page.text
        [action] = [form.attributes["action"] for form in page.tree.all("form") if form.attributes["action"].endswith("/replay")]
        assert (await ana.fill_in("/account", action)).status == 303
        assert [one.id for one in await receiver.until_heard(2)] == [heard.id, heard.id]
        await _until(ana, "Delivered")
        stranger = Visitor(world.session, world.url)
        assert (await stranger.get("/account")).status in {303, 401}
        assert (await ana.fill_in("/account", "/account/webhook/forget")).status == 303
        assert "Send a test call" not in (await ana.get("/account")).text


async def _until(visitor: Visitor, words: str) -> Page:
    async with asyncio.timeout(LIMIT_S):
        while words not in (page := await visitor.get("/account")).text:
            await asyncio.sleep(0.05)
    return page
