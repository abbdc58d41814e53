"""What still works when something behind the frontend is away, and what is said about the rest."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from mesh.codec import encode
from mesh.errors import Unavailable
from mesh.ids import new_id
from mesh.life import Life
from mesh.rpc import Call
from mesh.queue.contract import Message
from mesh.topics.contract import Topics
from services.frontend import bell
from services.frontend.actions import rejudgings
from tests.services.frontend.world import PASSWORD, World
from wire.commands import Command, Outcome
from wire.methods import RECORDER_APPLY
from wire.news import Headline, user_topic
from wire.queues import COMMANDS


async def test_reading_goes_on_while_everybody_else_is_away(finals: World) -> None:
    one = await finals.add_submission("ana")
    ana = await finals.signed_in("ana")
    for path in ("/contests", "/contests/finals", "/contests/finals/scoreboard", f"/submissions/{one}", "/languages", "/contests/finals/clarifications"):
        assert (await ana.get(path)).status == 200, path
    problem = (await ana.get("/problems/sum")).json
    assert (problem["title"], problem["samples"]) == ("Title of sum", None)
    statement = await ana.get("/problems/sum/statement")
    assert (statement.status, statement.code) == (503, "gitserver-unavailable")


async def test_actions_say_what_is_away_and_when_to_come_back(finals: World) -> None:
    one = await finals.add_submission("ana")
    olga, root = await finals.signed_in("olga"), await finals.signed_in("root")
    answers = [
        (await olga.post(f"/submissions/{one}/rejudge"), "recorder-unavailable"),
        (await olga.post("/contests/finals/announcements", {"text": "Hello"}), "recorder-unavailable"),
        (await root.post("/accounts", {"username": "carla", "password": "a long password"}), "recorder-unavailable"),
    ]
    for answer, code in answers:
        assert (answer.status, answer.code) == (503, code)
        assert int(answer.headers["Retry-After"]) >= 1
        assert "127.0.0.1" not in answer.message, "nobody is told where services live"


async def test_figures_that_nobody_can_tell_are_null_and_never_nought(finals: World) -> None:
    """The grader is away: the record and the queues still say what they know."""
    one = await finals.add_submission("ana", status="queued", verdict=None, score=None)
    await finals.update("runs", {"submission": one}, judged_at=None, verdict=None)
    olga, root = await finals.signed_in("olga"), await finals.signed_in("root")
    answer = await olga.get("/queue/stats")
    assert answer.status == 200, answer.body
    told = answer.json
    assert [told[name] for name in ("running", "runner_count", "estimated_wait_s", "mean_run_s", "runners")] == [None] * 5
    assert told["waiting"] == dict.fromkeys(("contest", "normal", "low", "ephemeral"))
    assert told["levels"]["contest"]["unjudged"] == 1
    assert told["levels"]["contest"]["oldest_s"] >= 0
    assert told["levels"]["low"] == {"waiting": None, "unjudged": 0, "oldest_s": 0.0}
    assert told["judged_per_minute"] == 0.0
    assert told["queues"]["CommandQueue"] == {"ready": 0, "unacknowledged": 0, "waiting": 0, "dead": 0}
    assert (await root.get("/queue/stats")).json["runners"] is None
    assert (await (await finals.signed_in("ana")).get("/queue/stats")).json["queues"] is None, "not for contestants"


async def test_a_submission_is_taken_while_recorder_and_grader_are_away(finals: World) -> None:
    ana = await finals.signed_in("ana")
    one = (await ana.submit()).json["id"]
    assert (await ana.get(f"/submissions/{one}")).json["status"] == "accepted"


async def test_without_the_queue_a_submission_is_refused_and_leaves_no_trace(finals: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(*_: Any) -> None:
        raise Unavailable("full", code="queue-full", retry_after_s=7)

    ana = await finals.signed_in("ana")
    monkeypatch.setattr(finals.backbone.queue, "publish", full)
    refused = await ana.submit()
    assert (refused.status, refused.code, refused.headers["Retry-After"]) == (503, "queue-full", "7")
    assert (await ana.get("/contests/finals/submissions")).json == []


async def test_when_it_is_not_known_whether_it_was_taken_the_same_key_is_safe(finals: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def unknown(*_: Any) -> None:
        raise Unavailable("the line broke", code="queue-unavailable")

    ana, key = await finals.signed_in("ana"), {"Idempotency-Key": "once"}
    with monkeypatch.context() as broken:
        broken.setattr(finals.backbone.queue, "publish", unknown)
        answer = await ana.submit(headers=key)
    assert (answer.status, answer.code) == (503, "queue-unavailable")
    assert "Idempotency-Key" in answer.message
    one = answer.json["error"]["details"]["id"]
    assert (await ana.get(f"/submissions/{one}")).json["status"] == "unsure", "not: received and safe"
    again = await ana.submit(headers=key)
    assert (again.status, again.json["id"]) == (202, one)


async def test_what_the_queue_may_have_is_sent_again_until_it_surely_has_it(finals: World, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    async def unknown(_: str, sent: Message) -> None:
        tried.append(sent.id)
        raise Unavailable("the line broke", code="queue-unavailable")

    monkeypatch.setattr("services.frontend.unsettled.PAUSES_S", (0.05,) * 400)
    ana = await finals.signed_in("ana")
    with monkeypatch.context() as broken:
        broken.setattr(finals.backbone.queue, "publish", unknown)
        one = (await ana.submit()).json["error"]["details"]["id"]
        async with asyncio.timeout(10):
            while len(tried) < 4:
                await asyncio.sleep(0.02)
        assert set(tried) == {one}, "by the same id, which counts once"
        assert (await ana.get(f"/submissions/{one}")).json["status"] == "unsure"
    async with asyncio.timeout(10), finals.backbone.queue.consumer(COMMANDS.name) as consumer:
        assert [sent.message.id for sent in await consumer.take()] == [one]
        while (await ana.get(f"/submissions/{one}")).json["status"] != "accepted":
            await asyncio.sleep(0.02)


async def test_a_contest_goes_on_while_the_database_is_away(finals: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ana = await finals.signed_in("ana")
    assert (await ana.get("/contests/finals")).status == 200
    await finals.add_submission("ana")
    await finals.add_contest("other")
    await finals.register("other", "ana")
    assert (await ana.get("/contests/other/submissions")).json == []
    assert "Palestra-Incomplete" not in (await ana.get("/contests/finals/submissions")).headers

    @asynccontextmanager
    async def gone(*_: Any) -> AsyncIterator[Any]:
        raise Unavailable("gone", code="record-unavailable", retry_after_s=2)
        yield

    for name in ("reading", "snapshot"):
        monkeypatch.setattr(f"services.frontend.reads.line.{name}", gone)
    one = await ana.submit()
    assert one.status == 202, one.body
    assert (await ana.get(f"/submissions/{one.json['id']}")).json["status"] == "accepted"
    part = await ana.get("/contests/finals/submissions")
    assert [line["id"] for line in part.json] == [one.json["id"]]
    assert part.headers["Palestra-Incomplete"] == "record-unavailable", "the one before is not there, and that is said"
    none = await ana.get("/contests/other/submissions")
    assert (none.status, none.code) == (503, "record-unavailable"), "nothing at all is known of these: what waits is of another contest"
    board = await ana.get("/contests/finals/scoreboard")
    assert (board.status, board.code) == (503, "record-unavailable")
    finals.clock.turn(901)
    await finals.backbone.state.forget("contest:finals")
    finals.clock.turn(3)
    assert (await ana.submit()).code == "record-unavailable", "neither kept nor seen lately"


async def test_every_503_says_when_to_come_back_and_an_outage_is_one_line_of_the_log_for_each_request(
    finals: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    @asynccontextmanager
    async def gone(*_: Any) -> AsyncIterator[Any]:
        raise Unavailable("the record does not answer", code="record-unavailable") from OSError("refused\nby a server that says much")
        yield

    ana = await finals.signed_in("ana")
    for name in ("reading", "snapshot"):
        monkeypatch.setattr(f"services.frontend.reads.line.{name}", gone)
    caplog.clear()
    paths = ("/contests", "/contests/finals", "/problems/sum", "/accounts/ana/webhook", "/contests/finals/scoreboard")
    for path in paths:
        answer = await ana.get(path)
        assert (answer.status, answer.code, int(answer.headers["Retry-After"])) == (503, "record-unavailable", 3), path
        assert answer.json["error"]["retry_after_s"] == 3, "the body says it too"
    told = [record for record in caplog.records if record.getMessage() == "request-failed"]
    assert [record.palestra_fields["reason"] for record in told] == ["OSError: refused"] * len(paths)  # type: ignore[attr-defined]
    assert not any(record.exc_info for record in told)


async def test_a_session_seen_lately_counts_while_the_state_store_is_away(finals: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: Any, **__: Any) -> Any:
        raise Unavailable("away", code="cache-unavailable")

    ana = await finals.signed_in("ana")
    assert (await ana.get("/session")).status == 200
    other = await finals.signed_in("bob")
    for name in ("fetch_and_allow", "allow", "fetch", "store", "add_to_list", "list_members"):
        monkeypatch.setattr(finals.backbone.state, name, away)
    assert (await ana.submit()).status == 202
    unseen = await other.get("/session")
    assert (unseen.status, unseen.code) == (503, "sessions-unavailable")
    assert (await finals.person().get("/contests")).status == 200
    finals.clock.turn(301)
    assert (await ana.get("/session")).status == 503


async def test_who_is_signed_in_stays_so_while_the_state_store_is_full(finals: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full Redis reads and does not write: the limits beside a session must not cost the session."""

    async def full(*_: Any, **__: Any) -> Any:
        raise Unavailable("Redis is full: raise its maxmemory", code="cache-full", retry_after_s=5)

    ana = await finals.signed_in("ana")
    for name in ("fetch_and_allow", "allow", "give_back", "store", "store_if_absent", "add_to_list"):
        monkeypatch.setattr(finals.backbone.state, name, full)
    finals.clock.turn(301)  # nobody remembers who was seen
    for path in ("/session", "/contests/finals/scoreboard", "/contests/finals/submissions"):
        assert (await ana.get(path)).status == 200, path
    assert (await ana.submit()).status == 202
    again = await finals.person().post("/session", {"username": "ana", "password": PASSWORD})
    assert (again.status, again.code) == (503, "sessions-unavailable")
    assert b"maxmemory" not in again.body, "no words of ours for contestants"
    assert b"full: Redis is full" in (await finals.person().get("/health")).body


async def _say(topics: Topics, submission: str, kind: str = "verdict") -> None:
    await topics.publish([(user_topic("ana"), encode(Headline(kind, "now", {"id": submission})))])


async def test_who_waits_is_answered_when_the_verdict_is_told(finals: World) -> None:
    ana = await finals.signed_in("ana")
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(ana.submit(query="?wait=true"))
        async with asyncio.timeout(5):
            while not (queued := await finals.queued()):
                await asyncio.sleep(0)
        assert not waiting.done()
        await finals.add_submission("ana", id=queued[0].id)
        await _say(finals.backbone.topics, queued[0].id)
        async with asyncio.timeout(5):
            answer = await waiting
    assert (answer.status, answer.json["verdict"], answer.json["id"]) == (200, "AC", queued[0].id)


async def test_a_verdict_that_nobody_tells_is_found_by_who_waits(finals: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bell, "HEARING_S", 0.2)
    ana = await finals.signed_in("ana")
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(ana.submit(query="?wait=true"))
        async with asyncio.timeout(5):
            while not (queued := await finals.queued()):
                await asyncio.sleep(0)
        await finals.add_submission("ana", id=queued[0].id)
        async with asyncio.timeout(30):
            answer = await waiting
    assert (answer.status, answer.json["verdict"]) == (200, "AC")


async def test_who_waits_too_long_gets_what_there_is(finals: World) -> None:
    ana = await finals.signed_in("ana")
    answer = await ana.submit(query="?wait=true&wait_s=0.05")
    assert (answer.status, answer.json["status"]) == (202, "accepted")
    assert answer.json["message"].count(f"/api/v1/submissions/{answer.json['id']}") == 1, "it says where to ask"
    assert answer.headers["Location"] == f"/api/v1/submissions/{answer.json['id']}"


async def test_no_more_wait_than_there_is_room_for(worlds: Any) -> None:
    async with worlds(max_waiters=1) as world:
        await world.add_account("ana")
        await world.add_problem()
        await world.add_contest()
        await world.register("finals", "ana")
        ana = await world.signed_in("ana")
        async with asyncio.TaskGroup() as group:
            first = group.create_task(ana.submit(query="?wait=true&wait_s=1"))
            async with asyncio.timeout(5):
                while not await world.queued():
                    await asyncio.sleep(0)
            refused = await ana.submit(query="?wait=true")
            assert (refused.status, refused.code) == (503, "too-many-waiting")
            assert await world.queued() == []
            assert (await first).status == 202


async def test_the_frontend_is_ready_when_the_recorder_has_opened_the_record(worlds: Any) -> None:
    async with asyncio.timeout(30), worlds(beside=("recorder",), start_wait_s=20.0) as world:
        assert (await world.person().get("/contests")).json == []


async def test_a_record_without_tables_is_told_as_such(finals: World) -> None:
    async with finals.engine.begin() as connection:
        await connection.execute(sa.text("drop table clarifications"))
    answer = await finals.person().get("/contests/finals/clarifications")
    assert (answer.status, answer.code) == (503, "record-not-open")
    assert (await finals.person().get("/contests/finals")).status == 200


async def test_a_set_that_takes_longer_than_a_call_is_shown_as_being_applied_and_asking_again_tells_how_it_ended(
    finals: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rejudgings, "APPLY_WAIT_S", 0.2)
    asked, may_end, now = list[str](), asyncio.Event(), finals.clock.now()
    one = new_id()
    await finals.insert(
        "rejudgings", id=one, contest="finals", actor="olga", reason="why", filter={}, version="", state="ready", count=0, judged=0, filled=0, created_at=now,
    )  # fmt: skip

    async def apply(command: Command, _call: Call) -> Outcome:
        asked.append(command.id)
        await may_end.wait()
        return Outcome(command.id, is_applied=True)

    olga = await finals.signed_in("olga")
    async with finals.neighbour("recorder") as recorder:
        server = recorder.server("127.0.0.1", 0, Life("recorder"))
        server.serve(RECORDER_APPLY, apply)
        async with server.listening():
            slow = await olga.post(f"/rejudgings/{one}/apply")
            assert (slow.status, slow.json["state"]) == (202, "applying"), slow.body
            assert (await olga.get(f"/rejudgings/{one}")).json["state"] == "applying"
            assert [line["state"] for line in (await olga.get("/contests/finals/rejudgings")).json] == ["applying"]
            may_end.set()
            await finals.update("rejudgings", {"id": one}, state="applied", settled_at=now, settled_by="olga")
            ended = await olga.post(f"/rejudgings/{one}/apply")
    assert (ended.status, ended.json["state"]) == (200, "applied"), ended.body
    assert len(set(asked)) == 1, "the same wish, whose outcome is known"


async def test_a_set_that_is_not_ready_is_not_called_being_applied_for_the_asking(finals: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rejudgings, "APPLY_WAIT_S", 0.2)
    one = new_id()
    await finals.insert(
        "rejudgings", id=one, contest="finals", actor="olga", reason="why", filter={}, version="", state="running", count=1, judged=0, filled=0,
        created_at=finals.clock.now(),
    )  # fmt: skip

    async def apply(_command: Command, _call: Call) -> Outcome:
        await asyncio.sleep(60)
        raise AssertionError("nobody waits so long")

    olga = await finals.signed_in("olga")
    async with finals.neighbour("recorder") as recorder:
        server = recorder.server("127.0.0.1", 0, Life("recorder"))
        server.serve(RECORDER_APPLY, apply)
        async with server.listening():
            await olga.post(f"/rejudgings/{one}/apply")
            await finals.update("rejudgings", {"id": one}, state="ready")
            assert (await olga.get(f"/rejudgings/{one}")).json["state"] == "ready"
