"""Contests, boards, clarifications at the API: who sees what, and when."""

from __future__ import annotations

import gzip
from datetime import timedelta
from fractions import Fraction

import pytest

from mesh.codec import decode
from mesh.ids import new_id
from tests.services.frontend.world import World


async def test_problems_are_hidden_before_the_start_from_all_but_the_jury(finals: World) -> None:
    await finals.add_contest("coming", starts_in_s=600)
    await finals.register("coming", "ana")
    ana, olga = await finals.signed_in("ana"), await finals.signed_in("olga")
    shown = (await ana.get("/contests/coming")).json
    assert (shown["problems"], shown["is_registered"], shown["may_submit"], shown["phase"]) == (None, True, False, "before")
    assert [one["alias"] for one in (await olga.get("/contests/coming")).json["problems"]] == ["sum"]


async def test_a_problem_is_shown_when_a_contest_that_one_may_see_has_begun(finals: World) -> None:
    await finals.add_problem("hidden")
    await finals.add_contest("coming", starts_in_s=600, problems=("hidden",))
    ana, olga = await finals.signed_in("ana"), await finals.signed_in("olga")
    early = await ana.get("/problems/hidden")
    assert (early.status, early.code) == (404, "no-such-problem")
    assert (await olga.get("/problems/hidden")).status == 200
    finals.clock.turn(600)
    assert (await ana.get("/problems/hidden")).status == 200
    assert (await finals.person().get("/problems/hidden")).status == 200


async def test_a_closed_contest_is_not_there_for_others(finals: World) -> None:
    await finals.add_problem("inside")
    await finals.add_contest("closed", is_public=False, problems=("inside",))
    await finals.register("closed", "ana")
    for username, status in (("ana", 200), ("olga", 200), ("root", 200), ("bob", 404)):
        person = await finals.signed_in(username)
        for path in ("/contests/closed", "/contests/closed/scoreboard", "/contests/closed/clarifications", "/problems/inside"):
            assert (await person.get(path)).status == status, (username, path)
    listed = {line["alias"] for line in (await finals.person().get("/contests")).json}
    assert listed == {"finals"}
    assert {line["alias"] for line in (await (await finals.signed_in("ana")).get("/contests")).json} == {"finals", "closed"}


async def test_a_contest_that_is_hidden_is_told_as_one_that_is_not_there(finals: World) -> None:
    await finals.add_contest("closed", is_public=False)
    bob = await finals.signed_in("bob")
    hidden, missing = await bob.get("/contests/closed"), await bob.get("/contests/missing")
    assert hidden.message.replace("closed", "missing") == missing.message


async def test_a_frozen_board_hides_from_the_public_what_the_jury_sees(finals: World) -> None:
    await finals.update("contests", {"alias": "finals"}, freeze_s=1800)
    await finals.add_submission("ana", at=finals.clock.now() + timedelta(seconds=2000))
    finals.clock.turn(2100)
    olga = await finals.signed_in("olga")
    for path in ("/contests/finals/scoreboard", "/contests/finals/scoreboard?as=public"):
        board = (await olga.get(path)).json
        [cell] = board["rows"][0]["cells"]
        assert (board["audience"], board["is_frozen"], board["rows"][0]["solved"], cell["state"]) == ("public", True, 0, "pending")
    jurys = (await olga.get("/contests/finals/scoreboard?as=jury")).json
    assert (jurys["rows"][0]["solved"], jurys["rows"][0]["cells"][0]["state"]) == (1, "solved")
    refused = await (await finals.signed_in("ana")).get("/contests/finals/scoreboard?as=jury")
    assert (refused.status, refused.code) == (403, "not-jury")


async def test_a_thaw_shows_everything(finals: World) -> None:
    await finals.update("contests", {"alias": "finals"}, freeze_s=1800)
    await finals.add_submission("ana", at=finals.clock.now() + timedelta(seconds=2000))
    finals.clock.turn(3700)
    assert (await finals.person().get("/contests/finals/scoreboard")).json["rows"][0]["solved"] == 0
    await finals.update("contests", {"alias": "finals"}, thawed_at=finals.clock.now(), seq=2)
    board = (await finals.person().get("/contests/finals/scoreboard")).json
    assert (board["rows"][0]["solved"], board["is_frozen"], board["version"]) == (1, False, 2)


async def test_submissions_off_the_board_are_not_on_it(finals: World) -> None:
    await finals.register("finals", "olga")
    await finals.add_submission("olga", is_on_board=False)
    rows = (await finals.person().get("/contests/finals/scoreboard")).json["rows"]
    assert {row["username"]: row["solved"] for row in rows} == {"ana": 0, "olga": 0}


async def test_an_unchanged_board_is_not_sent_again(finals: World) -> None:
    first = await finals.person().get("/contests/finals/scoreboard")
    same = await finals.person().get("/contests/finals/scoreboard", headers={"If-None-Match": first.headers["ETag"]})
    assert (same.status, same.body) == (304, b"")
    await finals.add_submission("ana")
    await finals.update("contests", {"alias": "finals"}, seq=2)
    changed = await finals.person().get("/contests/finals/scoreboard", headers={"If-None-Match": first.headers["ETag"]})
    assert (changed.status, changed.json["rows"][0]["solved"]) == (200, 1)


async def test_a_large_board_comes_compressed_to_who_can_read_it(finals: World) -> None:
    for number in range(40):
        await finals.add_account(f"team-{number}")
        await finals.register("finals", f"team-{number}")
    packed = await finals.person().get("/contests/finals/scoreboard", headers={"Accept-Encoding": "gzip"})
    plain = await finals.person().get("/contests/finals/scoreboard", headers={"Accept-Encoding": "identity"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert len(packed.body) < len(plain.body) / 4


async def _clarification(world: World, username: str, text: str, **more: object) -> str:
    one = new_id()
    await world.insert("clarifications", **{
        "id": one, "contest": "finals", "problem": "", "username": username, "text": text, "asked_at": world.clock.now(),
        "answer": None, "answered_by": None, "answered_at": None, "is_public": False, "is_announcement": False, **more,
    })  # fmt: skip
    return one


async def test_everybody_reads_what_concerns_him_and_the_jury_everything(finals: World) -> None:
    await finals.register("finals", "bob")
    await _clarification(finals, "ana", "mine, open")
    await _clarification(finals, "bob", "private answer", answer="no", answered_by="olga", answered_at=finals.clock.now())
    await _clarification(finals, "bob", "public answer", answer="yes", is_public=True, answered_by="olga", answered_at=finals.clock.now())
    await _clarification(finals, "bob", "public, unanswered", is_public=True)
    await _clarification(finals, "olga", "to all", is_announcement=True, is_public=True)
    seen = {}
    for username in ("ana", "bob", "olga", ""):
        person = await finals.signed_in(username) if username else finals.person()
        seen[username] = {one["text"]: one["username"] for one in (await person.get("/contests/finals/clarifications")).json}
    assert seen["ana"] == {"mine, open": "ana", "public answer": "", "to all": ""}
    assert seen["bob"] == {"private answer": "bob", "public answer": "bob", "public, unanswered": "bob", "to all": ""}
    assert len(seen["olga"]) == 5
    assert seen["olga"]["mine, open"] == "ana"
    assert seen[""] == {"public answer": "", "to all": ""}


async def test_a_question_is_safe_in_the_queue_when_it_is_answered(finals: World) -> None:
    ana, bob = await finals.signed_in("ana"), await finals.signed_in("bob")
    asked = await ana.post("/contests/finals/clarifications", {"text": "May n be 0?", "problem": "A"})
    assert asked.status == 202
    [command] = await finals.queued()
    assert (command.kind, command.id, command.body.problem, command.body.text) == ("AskClarification", asked.json["id"], "sum", "May n be 0?")
    [shown] = (await ana.get("/contests/finals/clarifications")).json
    assert (shown["id"], shown["status"], shown["text"]) == (asked.json["id"], "accepted", "May n be 0?")
    assert (await (await finals.signed_in("olga")).get("/contests/finals/clarifications")).json == []
    refused = await bob.post("/contests/finals/clarifications", {"text": "Me too?"})
    assert (refused.status, refused.code) == (403, "not-registered")
    for text in ("", " \n ", "x" * 20_000):
        assert (await ana.post("/contests/finals/clarifications", {"text": text})).code == "clarification-invalid"
    assert (await ana.post("/contests/finals/clarifications", {"text": "x", "problem": "Z"})).code == "no-such-problem"


async def test_the_audit_log_is_the_jurys(finals: World) -> None:
    for seq in (1, 2, 3):
        await finals.insert(
            "events", contest="finals", seq=seq, kind="announced", at=finals.clock.now(), actor="olga", command=new_id(), body={"text": str(seq)}
        )
    olga = await finals.signed_in("olga")
    assert [event["body"]["text"] for event in (await olga.get("/contests/finals/events?after=1")).json] == ["2", "3"]
    assert len((await olga.get("/contests/finals/events?most=1")).json) == 1
    for wrong in ("most=zero", "after=99999999999999999999", "after=-99999999999999999999", "after=9223372036854775808", f"after={'9' * 5000}"):
        refused = await olga.get(f"/contests/finals/events?{wrong}")
        assert (refused.status, refused.code) == (400, "bad-parameter"), wrong
    assert (await olga.get("/contests/finals/events?after=9223372036854775807")).json == []
    assert (await (await finals.signed_in("ana")).get("/contests/finals/events")).code == "not-jury"


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"languages": ["brainfog"]}, 422, "unknown-language"),
        ({"problems": [{"alias": "sum", "label": "A", "points": 0.5}]}, 400, "bad-shape"),
        ({"problems": [{"alias": "nowhere", "label": "A"}]}, 404, "no-such-problem"),
        ({"start": "2026-01-01T00:00:00"}, 400, "bad-shape"),
        ({"mode": "olympic"}, 400, "bad-shape"),
        ({"alias": "finals"}, 409, "contest-exists"),
        ({"colour": "red"}, 400, "bad-shape"),
    ],
)
async def test_a_bad_contest_is_refused_before_anybody_is_asked(finals: World, change: dict[str, object], status: int, code: str) -> None:
    wanted = {"alias": "new", "title": "New", "mode": "icpc", "start": "2026-01-01T00:00:00Z", "duration_s": 3600, "problems": [], **change}
    answer = await (await finals.signed_in("olga")).post("/contests", wanted)
    assert (answer.status, answer.code) == (status, code)


async def test_only_organisers_make_contests_and_only_their_jury_changes_them(finals: World) -> None:
    ana = await finals.signed_in("ana")
    wanted = {"alias": "new", "title": "New", "mode": "icpc", "start": "2026-01-01T00:00:00Z", "duration_s": 3600, "problems": []}
    assert (await ana.post("/contests", wanted)).code == "not-organiser"
    assert (await finals.person().post("/contests", wanted)).status == 401
    await finals.add_account("otto", "organiser")
    otto = await finals.signed_in("otto")
    assert (await otto.ask("PATCH", "/contests/finals", {"title": "Mine"})).code == "not-jury"
    assert (await otto.post("/contests/finals/thaw")).code == "not-jury"
    assert (await otto.post("/contests/finals/teams", {"teams": []})).code == "not-jury"
    assert (await otto.post("/contests/finals/announcements", {"text": "x"})).code == "not-jury"


async def test_missing_accounts_are_all_named_when_teams_are_registered(finals: World) -> None:
    olga = await finals.signed_in("olga")
    teams = [{"username": name, "name": name} for name in ("ana", "nobody-1", "nobody-2")]
    answer = await olga.post("/contests/finals/teams", {"teams": teams})
    assert (answer.status, answer.code) == (404, "no-such-account")
    assert answer.json["error"]["details"] == ["nobody-1", "nobody-2"]


async def test_scores_stay_exact(finals: World) -> None:
    one = await finals.add_submission("ana", score=Fraction(1, 3), verdict="PA")
    shown = await (await finals.signed_in("ana")).get(f"/submissions/{one}")
    assert decode(dict, shown.body)["score"] == "1/3"


async def test_a_refused_question_says_why_to_its_author(finals: World) -> None:
    ana = await finals.signed_in("ana")
    one = (await ana.post("/contests/finals/clarifications", {"text": "Too late?"})).json["id"]
    await finals.insert(
        "outcomes", id=one, kind="AskClarification", actor="ana", is_applied=False, code="contest-ended", message="it is over", status=409,
        seq=0, at=finals.clock.now(),
    )  # fmt: skip
    [shown] = (await ana.get("/contests/finals/clarifications")).json
    assert (shown["status"], shown["message"]) == ("refused", "it is over")
    await _clarification(finals, "ana", "Too late?", id=one)
    assert [line["status"] for line in (await ana.get("/contests/finals/clarifications")).json] == ["asked"]
    assert await finals.backbone.state.list_members("questions:ana") == []
