"""Handing in at the API: what is taken, what is refused and why, what its author sees."""

from __future__ import annotations

import asyncio
import io
from typing import Any

import pytest

from mesh.codec import encode
from mesh.errors import Unavailable
from services.frontend.pending import PendingSubmission
from tests.services.frontend.conftest import Worlds
from tests.services.frontend.world import World


async def test_a_submission_is_in_the_queue_when_it_is_answered(finals: World) -> None:
    ana = await finals.signed_in("ana")
    answer = await ana.submit(source="print('ñ')\n")
    assert answer.status == 202
    assert answer.headers["Location"] == f"/api/v1/submissions/{answer.json['id']}"
    [command] = await finals.queued()
    assert (command.kind, command.id, command.actor) == ("Submit", answer.json["id"], "ana")
    assert (command.body.contest, command.body.problem, command.body.source) == ("finals", "sum", "print('ñ')\n")
    assert command.at == finals.clock.now()
    assert command.assertion
    assert command.correlation == answer.headers["Palestra-Correlation"]


async def test_the_author_sees_it_before_the_record_has_it_and_nobody_else_does(finals: World) -> None:
    ana = await finals.signed_in("ana")
    one = (await ana.submit()).json["id"]
    shown = await ana.get(f"/submissions/{one}")
    assert (shown.status, shown.json["status"], shown.json["verdict"]) == (200, "accepted", None)
    assert [line["id"] for line in (await ana.get("/contests/finals/submissions")).json] == [one]
    stranger = await (await finals.signed_in("bob")).get(f"/submissions/{one}")
    assert (stranger.status, stranger.code) == (404, "no-such-submission")


async def test_the_record_wins_over_the_overlay(finals: World) -> None:
    ana = await finals.signed_in("ana")
    one = (await ana.submit()).json["id"]
    await finals.add_submission("ana", id=one)
    assert (await ana.get(f"/submissions/{one}")).json["verdict"] == "AC"
    assert len((await ana.get("/contests/finals/submissions")).json) == 1
    assert await finals.backbone.state.list_members("pending:ana") == []


async def test_a_refusal_by_the_recorder_is_shown_with_its_reason(finals: World) -> None:
    ana = await finals.signed_in("ana")
    one, two = [(await ana.submit()).json["id"] for _ in range(2)]
    refused = PendingSubmission(one, "refused", code="contest-ended", message="it is over")
    await finals.backbone.state.store(f"submission:{one}", encode(refused), 60)
    shown = await ana.get(f"/submissions/{one}")
    assert shown.status in {200, 404}
    await finals.insert(
        "outcomes", id=two, kind="Submit", actor="ana", is_applied=False, code="contest-ended", message="it is over", status=409, seq=0,
        at=finals.clock.now(),
    )  # fmt: skip
    told = (await ana.get(f"/submissions/{two}")).json
    assert (told["status"], told["code"], told["message"], told["contest"]) == ("refused", "contest-ended", "it is over", "finals")


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"language": "brainfog"}, 422, "unknown-language"),
        ({"problem": "other"}, 404, "no-such-problem"),
        ({"source": "#" * (256 * 1024 + 1)}, 413, "source-too-large"),
        ({"source": "ñ" * (128 * 1024 + 1)}, 413, "source-too-large"),
        ({"source": " \n"}, 422, "empty-source"),
        ({"source": "a\x00b"}, 422, "bad-source"),
        ({"filename": "a\x00.py"}, 422, "bad-filename"),
        ({"filename": "a\n.py"}, 422, "bad-filename"),
        ({"sauce": "x"}, 400, "bad-shape"),
        ({"source": 3}, 400, "bad-shape"),
    ],
)
async def test_a_bad_submission_is_refused_with_the_reason_and_not_queued(finals: World, change: dict[str, object], status: int, code: str) -> None:
    answer = await (await finals.signed_in("ana")).submit(**change)
    assert (answer.status, answer.code) == (status, code)
    assert await finals.queued() == []


async def test_the_refusal_names_what_is_wrong(finals: World) -> None:
    ana = await finals.signed_in("ana")
    assert "python3" in (await ana.submit(language="brainfog")).message
    assert "sauce" in (await ana.submit(sauce="x")).message
    assert "262,144" in (await ana.submit(source="#" * (256 * 1024 + 1))).message


@pytest.mark.parametrize("body", [b'{"problem": "sum", "language": "c", "source": "\xff\xfe"}', b"{", b'{"source": "\\ud800"}', b"[]", b""])
async def test_what_is_no_valid_json_is_refused(finals: World, body: bytes) -> None:
    ana = await finals.signed_in("ana")
    answer = await ana.ask("POST", "/contests/finals/submissions", data=body, headers={"Content-Type": "application/json"})
    assert answer.status == 400
    assert answer.code in {"bad-json", "bad-shape"}


async def test_a_body_beyond_all_limits_is_cut_off(finals: World) -> None:
    ana = await finals.signed_in("ana")
    body = io.BytesIO(encode({"problem": "sum", "language": "python3", "source": "#" * (3 << 20)}))
    answer = await ana.ask("POST", "/contests/finals/submissions", data=body, headers={"Content-Type": "application/json"})
    assert (answer.status, answer.code) == (413, "too-large")


async def test_only_contestants_and_only_in_time(finals: World) -> None:
    ana, bob = await finals.signed_in("ana"), await finals.signed_in("bob")
    assert ((await bob.submit()).code, (await bob.submit()).status) == ("not-registered", 403)
    await finals.add_contest("coming", starts_in_s=60)
    await finals.register("coming", "ana")
    early = await ana.submit("coming")
    assert (early.status, early.code) == (409, "contest-not-started")
    finals.clock.turn(3600)
    late = await ana.submit()
    assert (late.status, late.code) == (409, "contest-ended")
    assert (await finals.person().submit()).status == 401


async def test_the_organiser_may_submit_at_any_time_off_the_board(finals: World) -> None:
    olga = await finals.signed_in("olga")
    assert (await olga.submit()).status == 202
    finals.clock.turn(7200)
    assert (await olga.submit()).status == 202
    assert [command.body.priority for command in await finals.queued()] == ["", ""], "what he is due is the recorder's to say"


async def test_how_urgent_it_is_may_be_chosen_within_ones_rights(finals: World) -> None:
    ana, olga = await finals.signed_in("ana"), await finals.signed_in("olga")
    for priority in ("contest", "normal", "low"):
        assert (await ana.submit(priority=priority)).status == 202
    for wished, status, code in (("ephemeral", 403, "priority-not-allowed"), ("at once", 422, "unknown-priority")):
        refused = await ana.submit(priority=wished)
        assert (refused.status, refused.code) == (status, code)
        assert "contest, normal, low" in refused.message, "it says what may be chosen"
    for priority in ("contest", "normal", "low", "ephemeral"):
        assert (await olga.submit(priority=priority)).status == 202
    assert [command.body.priority for command in await finals.queued()] == [
        "contest", "normal", "low", "contest", "normal", "low", "ephemeral",
    ]  # fmt: skip


async def test_only_who_runs_the_contest_moves_a_submission(finals: World) -> None:
    one = await finals.add_submission("ana", status="queued", verdict=None, score=None)
    for who, status, code in (("ana", 403, "not-jury"), ("bob", 404, "no-such-submission"), ("olga", 503, "recorder-unavailable")):
        answer = await (await finals.signed_in(who)).post(f"/submissions/{one}/priority", {"priority": "low"})
        assert (answer.status, answer.code) == (status, code)
    unknown = await (await finals.signed_in("olga")).post(f"/submissions/{one}/priority", {"priority": "highest"})
    assert (unknown.status, unknown.code) == (422, "unknown-priority")
    assert (await (await finals.signed_in("olga")).get(f"/submissions/{one}")).json["priority"] == "contest"


async def test_a_contest_may_allow_few_languages(finals: World) -> None:
    await finals.update("contests", {"alias": "finals"}, languages=["c", "cpp"])
    answer = await (await finals.signed_in("ana")).submit()
    assert (answer.status, answer.code) == (422, "language-not-allowed")


async def test_the_same_key_is_the_same_submission(finals: World) -> None:
    ana, key = await finals.signed_in("ana"), {"Idempotency-Key": "try 1"}
    first, second = await ana.submit(headers=key), await ana.submit(headers=key)
    assert first.json["id"] == second.json["id"]
    assert {command.id for command in await finals.queued()} == {first.json["id"]}
    other = await ana.submit(source="print(2)", headers=key)
    assert (other.status, other.code) == (409, "idempotency-key-reused")
    await finals.add_submission("ana", id=first.json["id"])
    assert (await ana.submit(headers=key)).json["id"] == first.json["id"]
    assert await finals.queued() == [], "what the record has is not sent again"


@pytest.mark.parametrize("recorded", [False, True], ids=["on its way", "recorded"])
async def test_the_same_key_with_any_other_parameter_is_refused(finals: World, *, recorded: bool) -> None:
    ana, key = await finals.signed_in("ana"), {"Idempotency-Key": "try 1"}
    first = await ana.submit(headers=key, filename="a.py")
    if recorded:
        await finals.add_submission("ana", id=first.json["id"])
        await finals.backbone.state.forget(f"submission:{first.json['id']}")  # as the recorder does
    for other in ({"source": "print(2)"}, {"language": "c"}, {"filename": "b.py"}, {"priority": "low"}, {"webhook_url": "https://1.1.1.1/hear"}):
        again = await ana.submit(headers=key, **{"filename": "a.py"} | other)
        assert (again.status, again.code) == (409, "idempotency-key-reused"), other
    again = await ana.submit(headers=key, filename="a.py")
    assert (again.status, again.json["id"]) == (202, first.json["id"])


async def test_a_day_later_the_record_still_knows_what_a_key_was_used_for(finals: World) -> None:
    ana, key = await finals.signed_in("ana"), {"Idempotency-Key": "try 1"}
    first = (await ana.submit(headers=key, filename="a.py")).json["id"]
    await finals.add_submission("ana", id=first)
    await finals.backbone.state.forget(f"submission:{first}", f"idempotency:{first}")
    assert (await ana.submit(headers=key, filename="a.py")).json["id"] == first
    for other in ({"source": "print(2)"}, {"filename": "b.py"}, {"webhook_url": "https://1.1.1.1/hear"}):
        assert (await ana.submit(headers=key, **{"filename": "a.py"} | other)).code == "idempotency-key-reused"
    unknown = await ana.submit(headers=key, filename="a.py", priority="low")
    assert unknown.json["id"] == first, "what was wished is not in the record"


async def test_of_several_wishes_at_once_under_one_key_one_is_taken(finals: World) -> None:
    ana, key = await finals.signed_in("ana"), {"Idempotency-Key": "try 1"}
    answers = await asyncio.gather(*(ana.submit(headers=key, source=f"print({number})") for number in range(4)))
    assert sorted(answer.status for answer in answers) == [202, 409, 409, 409]
    [command] = await finals.queued()
    assert command.id == next(answer.json["id"] for answer in answers if answer.status == 202)


async def test_a_key_is_not_used_up_by_what_was_refused(finals: World) -> None:
    ana, key = await finals.signed_in("ana"), {"Idempotency-Key": "try 1"}
    for wrong in ({"source": " "}, {"language": "cobol"}, {"source": "\udc80"}):
        assert (await ana.submit(headers=key, **wrong)).status in {400, 422}
    assert (await ana.submit(headers=key)).status == 202


async def test_a_repetition_after_the_end_keeps_the_time_of_the_first_try(finals: World) -> None:
    ana, key = await finals.signed_in("ana"), {"Idempotency-Key": "last second"}
    began = finals.clock.now()
    assert (await ana.submit(headers=key)).status == 202
    finals.clock.turn(3600)
    assert (await ana.submit(headers=key)).status == 202
    assert {command.at for command in await finals.queued()} == {began}


async def test_keys_of_two_people_do_not_meet(finals: World) -> None:
    await finals.register("finals", "bob")
    key = {"Idempotency-Key": "same"}
    ids = {(await (await finals.signed_in(name)).submit(headers=key)).json["id"] for name in ("ana", "bob")}
    assert len(ids) == 2


async def test_who_submits_too_often_is_told_when_to_come_back(worlds: Worlds) -> None:
    async with worlds(submissions_per_minute=2) as world:
        await world.add_account("ana")
        await world.add_problem()
        await world.add_contest()
        await world.register("finals", "ana")
        ana = await world.signed_in("ana")
        answers = [await ana.submit() for _ in range(3)]
        assert [answer.status for answer in answers] == [202, 202, 429]
        assert answers[-1].code == "too-many-submissions"
        assert int(answers[-1].headers["Retry-After"]) >= 1


async def test_what_was_refused_does_not_use_up_an_account(worlds: Worlds, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither by a queue that takes nothing, however often one tries, nor does the minute's limit eat up the hour."""
    codes = ["queue-full"]

    async def away(*_: Any) -> None:
        raise Unavailable("away", code=codes[0], retry_after_s=7)

    async with worlds(submissions_per_minute=2, submissions_per_hour=3) as world:
        await world.add_account("ana")
        await world.add_problem()
        await world.add_contest()
        await world.register("finals", "ana")
        ana, key = await world.signed_in("ana"), {"Idempotency-Key": "once"}
        with monkeypatch.context() as broken:
            broken.setattr(world.backbone.queue, "publish", away)
            assert {(await ana.submit()).code for _ in range(6)} == {"queue-full"}
            codes[0] = "queue-unavailable"  # it may have been taken: that counts, once
            assert {(await ana.submit(headers=key)).code for _ in range(6)} == {"queue-unavailable"}
        answers = [await ana.submit() for _ in range(6)]
        assert [answer.status for answer in answers] == [202, 429, 429, 429, 429, 429]
        assert {answer.code for answer in answers[1:]} == {"too-many-submissions"}
        world.clock.turn(30)
        assert (await ana.submit()).status == 202, "the third of this hour"
        world.clock.turn(30)
        assert (await ana.submit()).code == "too-many-submissions-per-hour"


async def test_who_has_handed_in_all_that_an_hour_allows_is_told_what_to_do(worlds: Worlds) -> None:
    async with worlds(submissions_per_hour=2) as world:
        for username in ("ana", "bob"):
            await world.add_account(username)
        await world.add_problem()
        await world.add_contest()
        for username in ("ana", "bob"):
            await world.register("finals", username)
        ana, bob = await world.signed_in("ana"), await world.signed_in("bob")
        answers = [await ana.submit() for _ in range(3)]
        assert [answer.status for answer in answers] == [202, 202, 429]
        assert answers[-1].code == "too-many-submissions-per-hour"
        assert "2 submissions an hour" in answers[-1].message
        wait_s = int(answers[-1].headers["Retry-After"])
        assert 1700 <= wait_s <= 1800
        assert (await bob.submit()).status == 202, "each account has its own"
        world.clock.turn(wait_s)
        assert (await ana.submit()).status == 202
        assert (await ana.submit()).status == 429


async def test_case_results_are_the_jurys_alone(finals: World) -> None:
    one = await finals.add_submission("ana")
    mine = await (await finals.signed_in("ana")).get(f"/submissions/{one}")
    assert (mine.json["verdict"], mine.json["cases"], mine.json["compile_output"]) == ("AC", [], "a warning")
    assert b"secret of the checker" not in mine.body
    jurys = await (await finals.signed_in("olga")).get(f"/submissions/{one}")
    assert [case["message"] for case in jurys.json["cases"]] == ["secret of the checker"]


async def test_the_jury_lists_everybody_with_filters_and_pages(finals: World) -> None:
    for number in range(3):
        await finals.add_submission("ana", verdict="WA" if number else "AC")
        finals.clock.turn(1)
    await finals.add_submission("bob")
    olga = await finals.signed_in("olga")
    everything = (await olga.get("/contests/finals/submissions")).json
    assert [line["username"] for line in everything] == ["bob", "ana", "ana", "ana"]
    assert everything[1]["team"] == "Team ana"
    assert len((await olga.get("/contests/finals/submissions?verdict=WA")).json) == 2
    page = (await olga.get(f"/contests/finals/submissions?most=2&before={everything[1]['id']}")).json
    assert [line["id"] for line in page] == [line["id"] for line in everything[2:4]]
    for one in (olga, await finals.signed_in("ana")):
        for wrong, status, code in (("problem=Z", 404, "no-such-problem"), ("verdict=QQ", 422, "filter-invalid"), ("status=foo", 422, "filter-invalid")):
            answer = await one.get(f"/contests/finals/submissions?{wrong}")
            assert (answer.status, answer.code) == (status, code), wrong
    ana, own = await finals.signed_in("ana"), [line["id"] for line in everything[1:]]
    for chosen, left in (("verdict=WA", own[:2]), ("verdict=AC&problem=A", own[2:]), ("status=queued", []), ("language=java", []), ("language=python3", own), ("most=1", own[:1]), (f"before={own[0]}&most=1", own[1:2])):
        assert [line["id"] for line in (await ana.get(f"/contests/finals/submissions?{chosen}")).json] == left, f"of her own: {chosen}"
    unknown = await olga.get("/contests/finals/submissions?colour=red")
    assert (unknown.status, unknown.code) == (400, "unknown-parameter")
