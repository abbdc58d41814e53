"""Webhooks as a program meets them: set, told, listed, replayed, taken away; beside the real recorder and the real mailer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
import sqlalchemy as sa

from contest.limits import Limits
from contest.results import CaseResult
from contest.rules import Mode
from contest.verdicts import Verdict
from mesh.assertion import Asserter
from mesh.codec import encode
from mesh.ids import derived_id, new_id
from mesh.queue import Message
from services.frontend.commands import Commands
from tests.services.frontend.conftest import Worlds
from tests.services.frontend.world import PASSWORD, PASSWORD_HASH, Person, World
from tests.services.mailer.receiver import Receiver, receiving
from tests.services.mailer.world import PushedClock
from tests.services.recorder.makers import verdict
from wire.commands import Command, CommandBody, ContestProblem, CreateAccount, CreateContest, RecordProblem, RegisterTeams, Submit, Team
from wire.queues import COMMANDS

MAILER = {"mailer": {"allowed_networks": ("127.0.0.0/8",)}}
LIMIT_S = 40.0


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as made:
        yield made


@pytest.fixture
async def site(worlds: Worlds, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """A site with a contest of one problem, contestants ana and bob, recorder and mailer; its clock runs."""
    monkeypatch.setattr("tests.services.frontend.world.TurnedClock", lambda _: PushedClock())
    async with worlds(beside=("recorder", "mailer"), beside_settings=MAILER) as made:
        contest = CreateContest("finals", "Finals", Mode.ICPC, made.clock.now(), 3600, (ContestProblem("sum", "A"),))
        for actor, body in (
            ("service:gitserver", RecordProblem("sum", "Sum", "c" * 40, "v" * 40, Limits(), "admin", 3)),
            *(("admin", CreateAccount(name, name, PASSWORD_HASH)) for name in ("ana", "bob")),
            ("admin", contest), ("admin", RegisterTeams("finals", (Team("ana", "Team Ana"), Team("bob", "Team Bob")))),
        ):  # fmt: skip
            await say(made, actor, body)
        yield made


async def test_from_setting_a_webhook_to_replaying_a_call(site: World, receiver: Receiver) -> None:
    ana, bob = await person(site, "ana"), await person(site, "bob")
    assert (await ana.get("/accounts/ana/webhook")).code == "no-such-webhook"
    made = await ana.ask("PUT", "/accounts/ana/webhook", {"url": receiver.url})
    assert made.status == 200, made.body
    secret = made.json["secret"]
    shown = await ana.get("/accounts/ana/webhook")
    assert shown.json["url"] == receiver.url
    assert "secret" not in shown.json
    submission = (await ana.submit()).json["id"]
    told = await judged(site, submission)
    [heard] = await receiver.until_heard(1)
    assert heard.is_signed_by(secret)
    seen = (await ana.get(f"/submissions/{submission}")).json
    assert set(seen) - set(heard.told["data"]) == {"source", "cases", "groups", "decisive_case", "details_forgotten_at", "progress", "code", "message"}
    assert heard.told["data"] == {name: value for name, value in seen.items() if name in heard.told["data"]}
    assert "secret of the checker" not in heard.body.decode(), "the jury's, not the author's"
    assert "secret of the checker" in encode(told.body).decode()
    [one] = await until_ended(ana)
    assert (one["id"], one["status"], one["http_status"], one["submission"]) == (heard.id, "delivered", 204, submission)
    assert (await bob.get("/webhooks/deliveries")).json == []
    assert (await bob.get("/webhooks/deliveries?username=ana")).code == "not-admin"
    assert (await bob.post(f"/webhooks/deliveries/{one['id']}/replay")).code == "no-such-delivery"
    again = await ana.post(f"/webhooks/deliveries/{one['id']}/replay")
    assert (again.status, again.json) == (202, {"id": one["id"], "status": "waiting"})
    assert (await receiver.until_heard(2))[1].id == one["id"]
    await until_ended(ana)
    assert (await ana.get("/webhooks/deliveries?status=failed")).json == []
    tried = await ana.post("/accounts/ana/webhook/test")
    assert tried.status == 202
    assert (await receiver.until_heard(3))[2].id == tried.json["id"]
    listed = await until_ended(ana, 2)
    assert [row["kind"] for row in listed] == ["test", "verdict"]
    assert [row["id"] for row in (await ana.get(f"/webhooks/deliveries?before={listed[0]['id']}")).json] == [one["id"]]
    assert (await ana.ask("DELETE", "/accounts/ana/webhook")).status == 204
    assert (await ana.post("/accounts/ana/webhook/test")).code == "no-such-webhook"


async def test_a_submission_names_its_own_address(site: World, receiver: Receiver) -> None:
    ana = await person(site, "ana")
    assert (await ana.submit(webhook_url=receiver.url)).code == "webhook-secret-missing"
    secret = (await ana.ask("PUT", "/accounts/ana/webhook", {})).json["secret"]
    for url in ("http://10.0.0.1/", "http://169.254.169.254/latest", "ftp://receiver.example/", "http://[::1]:9/", "https://me:word@receiver.example/"):
        assert (await ana.submit(webhook_url=url)).code == "webhook-url-refused", url
    taken = await ana.submit(webhook_url=receiver.url)
    assert taken.status == 202, taken.body
    await judged(site, taken.json["id"])
    [heard] = await receiver.until_heard(1)
    assert heard.is_signed_by(secret)
    await until_ended(ana)


async def test_who_sets_what_and_what_is_refused(site: World, receiver: Receiver) -> None:
    ana, admin = await person(site, "ana"), await signed_in_admin(site)
    for url in ("http://10.0.0.1/", "http://localhost.:1/", "gopher://receiver.example/", "http://no-such-name.invalid/", "http://127.0.0.1:25/"):
        assert (await ana.ask("PUT", "/accounts/ana/webhook", {"url": url})).code == "webhook-url-refused", url
    assert (await ana.ask("PUT", "/accounts/bob/webhook", {"url": receiver.url})).code == "no-such-account"
    assert (await ana.get("/accounts/bob/webhook")).code == "no-such-account"
    assert (await site.person().ask("PUT", "/accounts/ana/webhook", {"url": receiver.url})).status == 401
    assert (await admin.ask("PUT", "/accounts/bob/webhook", {"url": receiver.url})).status == 200
    assert (await admin.ask("PUT", "/accounts/nobody/webhook", {"url": receiver.url})).code == "no-such-account"
    assert (await admin.post("/accounts/bob/webhook/test")).status == 202
    await receiver.until_heard(1)
    assert [row["username"] for row in await until_ended(admin)] == ["bob"]
    assert (await ana.get("/webhooks/deliveries?status=odd")).status == 400


async def test_without_the_mailer_submissions_are_taken_and_webhooks_not_set(worlds: Worlds) -> None:
    async with worlds(beside=("recorder",)) as site:
        await say(site, "admin", CreateAccount("ana", "Ana", PASSWORD_HASH))
        ana = await person(site, "ana")
        refused = await ana.ask("PUT", "/accounts/ana/webhook", {"url": "https://receiver.example/"})
        assert (refused.status, refused.code) == (503, "mailer-unavailable")
        assert (await ana.ask("PUT", "/accounts/ana/webhook", {"url": "ftp://receiver.example/"})).code == "webhook-url-refused"
        await say(site, "service:gitserver", RecordProblem("sum", "Sum", "c" * 40, "v" * 40, Limits(), "admin", 3))
        contest = CreateContest("finals", "Finals", Mode.ICPC, site.clock.now(), 3600, (ContestProblem("sum", "A"),))
        await say(site, "admin", contest)
        await say(site, "admin", RegisterTeams("finals", (Team("ana", "Team Ana"),)))
        assert (await ana.ask("PUT", "/accounts/ana/webhook", {})).status == 200, "a secret alone needs nobody's word"
        taken = await ana.submit(webhook_url="https://receiver.example/")
        assert taken.status == 202, taken.body
        [row] = await until_recorded(site, "submissions", taken.json["id"])
        assert row.webhook_url == "https://receiver.example/"


async def say(site: World, actor: str, body: CommandBody, name: str = "") -> Command:
    """Has a command applied: an account's by the frontend's hand, a service's through the queue."""
    backbone = site.backbone
    if not actor.startswith("service:"):
        commands = Commands(backbone.peer("recorder"), backbone.queue, Asserter(backbone.credentials), site.clock, 5.0)
        command = commands.make(actor, body)
        await commands.apply(command)
        return command
    command = Command(name or new_id(), type(body).__name__, actor, site.clock.now(), body)
    await backbone.queue.publish(COMMANDS.name, Message(command.id, encode(command)))
    await until_recorded(site, "outcomes", command.id)
    return command


async def until_recorded(site: World, table: str, key: str) -> Sequence[sa.Row[Any]]:
    """The row, when it is in the record."""
    wanted = site.tables[table]
    async with asyncio.timeout(LIMIT_S):
        while True:
            async with site.engine.connect() as connection:
                found = (await connection.execute(sa.select(wanted).where(wanted.c.id == key))).all()
            if found:
                return found
            await asyncio.sleep(0.02)


async def judged(site: World, submission: str) -> Command:
    """The grader's verdict on a recorded submission, with a case that only the jury may see."""
    await until_recorded(site, "submissions", submission)
    case = CaseResult(0, Verdict.WA, 1, 2, message="secret of the checker")
    wish = Command(submission, "Submit", "ana", site.clock.now(), Submit("finals", "sum", "python3", "print(1)"))
    body = verdict(wish, Verdict.WA, cases=[case], compile_output="a warning").body
    return await say(site, "service:grader", body, derived_id("verdict", submission))


async def until_ended(somebody: Person, count: int = 1) -> list[dict[str, Any]]:
    """So many calls, all ended."""
    async with asyncio.timeout(LIMIT_S):
        while True:
            found: list[dict[str, Any]] = (await somebody.get("/webhooks/deliveries")).json
            if len(found) == count and all(row["status"] != "waiting" for row in found):
                return found
            await asyncio.sleep(0.02)


async def person(site: World, username: str) -> Person:
    """An account of the record, signed in."""
    answer = await site.person().post("/session", {"username": username, "password": PASSWORD})
    assert answer.status == 201, answer.body
    return Person(site, answer.json["token"], username)


async def signed_in_admin(site: World) -> Person:
    password = (site.backbone.folder.parent / "admin.password").read_text().strip()
    answer = await site.person().post("/session", {"username": "admin", "password": password})
    return Person(site, answer.json["token"], "admin")
