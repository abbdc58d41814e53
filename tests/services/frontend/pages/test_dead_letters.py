"""The operators' page of a queue, for an admin without scripts: dead letters of the real recorder read, replayed, forgotten."""

from __future__ import annotations

import asyncio

from mesh.queue import Message
from tests.services.frontend.conftest import Worlds
from tests.services.frontend.pages.conftest import Town
from tests.services.frontend.pages.visitor import Page, Visitor, defaults_of
from tests.services.frontend.world import PASSWORD, World
from tests.support.markup import faults_of

PATH = "/operations/queues/CommandQueue"
LIMIT_S = 40.0


async def test_an_admin_reads_replays_and_forgets_dead_letters(town: Town) -> None:
    admin = await town.admin()
    empty = await admin.get(PATH)
    assert (empty.status, faults_of(empty.html)) == (200, [])
    assert "No dead letters." in empty.text
    assert not _forms(empty)

    await _poison(town.world, 3)
    page = await _until_dead(admin, 3)
    assert faults_of(page.html) == []
    for words in ("poison-0", "poison-2", "bad-shape", "tried 1 time", "22 B", "correlation corr-1", "kind = Strange", '{"not": "a <command>"}'):
        assert words in page.text, words
    assert "a <command>" not in page.html

    replayed = await _send(town.world, admin, page, "replay", id="poison-1")
    assert (replayed.status, replayed.location) == (303, f"{PATH}?told=replayed&count=1")
    assert "1 replayed." in (await admin.get(replayed.location)).text
    page = await _until_dead(admin, 3)  # it was tried again, and given up again

    forgotten = await _send(town.world, admin, page, "forget", id="poison-0")
    assert "1 forgotten." in (await admin.get(forgotten.location)).text
    page = await _until_dead(admin, 2)
    assert "poison-0" not in page.text
    late = await _send(town.world, admin, page, "forget", id="poison-0")
    assert "Nothing was there to be forgotten" in (await admin.get(late.location)).text

    assert "2 replayed." in (await admin.get((await _send(town.world, admin, page, "replay", all="yes")).location)).text
    page = await _until_dead(admin, 2)
    unsure = await _send(town.world, admin, page, "forget", all="yes")
    assert unsure.status == 422
    assert "Nothing was forgotten" in unsure.text
    assert len(unsure.tree.all("pre")) == 2
    sure = await _send(town.world, admin, page, "forget", all="yes", sure="yes")
    page = await admin.get(sure.location)
    assert "2 forgotten." in page.text
    assert "No dead letters." in page.text


async def test_the_page_of_operations_leads_to_each_queue_and_shows_what_its_consumer_knows(town: Town) -> None:
    await _poison(town.world, 2)
    admin = await town.admin()
    await _until_dead(admin, 2)
    page = await admin.get("/operations")
    rows = {row.all("td")[0].text.strip(): row for row in page.tree.all("tr") if row.all("td")}
    assert [cell.text.strip() for cell in rows["CommandQueue"].all("td")[1:]] == ["0", "0", "0", "2"]
    [link] = rows["CommandQueue"].all("a")
    assert link.attributes["href"] == PATH
    assert not rows["AnalyticsQueue"].all("a"), "nobody answers for it yet"


async def test_dead_letters_are_for_admins_and_for_queues_that_there_are(town: Town) -> None:
    await town.world.add_account("olga", "organiser")
    olga = await town.signed_in("olga", PASSWORD)
    assert (await olga.get(PATH)).status == 403
    form = {"all": "yes", "act": "replay"}
    assert (await olga.ask("POST", PATH, data=form)).status == 403
    assert (await town.visitor().get(PATH)).status == 401
    admin = await town.admin()
    assert (await admin.ask("POST", PATH, data=form)).status == 403, "no word against forgery"
    for name in ("NoSuchQueue", "AnalyticsQueue"):
        page = await admin.get(f"/operations/queues/{name}")
        assert page.status == 404
        assert name in page.text


async def test_a_form_that_names_no_letters_or_no_deed_is_refused(town: Town) -> None:
    await _poison(town.world, 1)
    admin = await town.admin()
    page = await _until_dead(admin, 1)
    for act, fields in (("replay", {}), ("forget", {"sure": "yes"}), ("bury", {"all": "yes"}), ("forget", {"id": "poison-0", "all": "yes", "sure": "yes"})):
        assert (await _send(town.world, admin, page, act, **fields)).status == 400, (act, fields)
    await _until_dead(admin, 1)


async def test_a_told_count_that_is_none_is_not_shown(town: Town) -> None:
    admin = await town.admin()
    for query in ("told=replayed", "told=replayed&count=-1", "told=replayed&count=1e9", "told=eaten&count=1", f"told=replayed&count={'9' * 5000}"):
        page = await admin.get(f"{PATH}?{query}")
        assert page.status == 200
        assert not page.tree.with_class("notice"), query


async def test_a_queue_whose_consumer_is_away_says_so(worlds: Worlds) -> None:
    async with worlds(beside=("recorder",)) as world:
        password = (world.backbone.folder.parent / "admin.password").read_text().strip()
        admin = Visitor(world.session, world.url)
        await admin.sign_in("admin", password)
        page = await admin.get("/operations/queues/NotificationQueue")
        assert (page.status, faults_of(page.html)) == (200, [])
        assert "the mailer, which consumes this queue, does not answer just now".casefold() in page.text.casefold()
        assert "No dead letters." not in page.text
        known = await admin.get(PATH)
        csrf = next(value for form in known.tree.all("form") for name, value in defaults_of(form) if name == "csrf")
        sent = await admin.ask("POST", "/operations/queues/NotificationQueue", data={"csrf": csrf, "all": "yes", "act": "replay"}, headers={"Origin": world.url})
        assert sent.status == 503
        assert "its dead letters stay where they are" in sent.text


async def _poison(world: World, count: int) -> None:
    for number in range(count):
        await world.backbone.queue.publish("CommandQueue", Message(f"poison-{number}", b'{"not": "a <command>"}', {"kind": "Strange"}, "corr-1"))


def _forms(page: Page) -> list[dict[str, str]]:
    return [dict(defaults_of(form)) for form in page.tree.all("form") if form.attributes.get("action") == PATH]


async def _send(world: World, visitor: Visitor, page: Page, act: str, **fields: str) -> Page:
    """Sends a form of that page, with these fields beside its word against forgery."""
    [csrf] = {form["csrf"] for form in _forms(page)}
    return await visitor.ask("POST", PATH, data={"csrf": csrf, "act": act, **fields}, headers={"Origin": world.url})


async def _until_dead(visitor: Visitor, count: int) -> Page:
    async with asyncio.timeout(LIMIT_S):
        while len((page := await visitor.get(PATH)).tree.all("pre")) != count:
            await asyncio.sleep(0.05)
    return page
