"""The recorder as its peers see it: calls, queues, news, trust, starts and ends."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from contest.rules import Audience
from contest.verdicts import Verdict
from mesh.assertion import Asserter
from mesh.clock import iso
from mesh.codec import decode, digest_of, encode
from mesh.errors import Forbidden, Refused, Unauthenticated
from mesh.queue import Message
from services.recorder import rows
from tests.services.recorder.makers import (
    HASH, NOW, account, ask, change, command, contest, first_run, problem, rejudge, submit, teams, verdict,
)  # fmt: skip
from tests.services.recorder.store import Store
from tests.services.recorder.world import ADMIN_PASSWORD, World
from wire.commands import Announce, AnswerClarification, CreateAccount
from wire.methods import RECORDER_APPLY
from wire.news import contest_topic, jury_topic, scoreboard_topic, user_topic
from wire.queues import COMMANDS

PUBLIC, JURY = scoreboard_topic("finals", Audience.PUBLIC), scoreboard_topic("finals", Audience.JURY)


@pytest.fixture
async def world(tmp_path: Path, pki_folder: Path, sqlite_url: str) -> AsyncIterator[World]:
    async with World(tmp_path / "var", pki_folder, sqlite_url) as made:
        await made.start()
        await made.settle()
        yield made


async def test_the_whole_way_on_every_database(tmp_path: Path, pki_folder: Path, record_url: str) -> None:
    async with World(tmp_path / "var", pki_folder, record_url) as world:
        await world.start()
        await world.settle()
        wishes = [submit(correlation="c-7") for _ in range(30)]
        await world.publish(*wishes)
        works = await world.work(30)
        assert {work.submission for work in works} == {wish.id for wish in wishes}
        assert {work.correlation for work in works} == {"c-7"}
        verdicts = [verdict(wish, Verdict.AC) for wish in wishes]
        await world.publish(*verdicts, *verdicts, *wishes)
        await world.until_settled(*verdicts)
        assert {row["verdict"] for row in await world.store.all(rows.Submission)} == {"AC"}
        await world.until(lambda: _is_empty(world), "an empty outbox")
        await world.store.gapless()
        await world.stop()


async def _is_empty(world: World) -> bool:
    return await world.store.count(rows.Work) == 0


async def test_a_call_is_answered_after_the_commit_and_a_refusal_is_an_outcome(world: World) -> None:
    wish = submit()
    outcome = await world.call(wish)
    assert (outcome.is_applied, outcome.seq) == (True, 3)
    assert await world.store.count(rows.Submission) == 1
    refused = await world.call(submit(contest="ghost"))
    assert (refused.is_applied, refused.code, refused.status) == (False, "no-such-contest", 404)


# ── trust ──


async def test_a_call_without_the_frontends_word_is_nobodys(world: World) -> None:
    wish = submit()
    peer = world.frontend.peer("recorder")
    for forged, code in (
        (wish, "assertion-missing"),
        (replace(world.signed(wish), actor="ben"), "assertion-mismatch"),
        (replace(world.signed(submit()), id=wish.id), "assertion-mismatch"),
        (replace(wish, assertion="a.b.c"), "assertion-malformed"),
        (replace(world.signed(wish), at=NOW + timedelta(minutes=2)), "assertion-expired"),
        (replace(world.signed(wish), body=replace(wish.body, source="another's")), "assertion-mismatch"),
    ):
        with pytest.raises(Unauthenticated) as told:
            await peer.call(RECORDER_APPLY, forged)
        assert told.value.code == code
    assert await world.store.count(rows.Submission) == 0


async def test_another_service_cannot_vouch_for_a_person(world: World) -> None:
    mailer = await world.of("mailer")
    wish = submit()
    forged = replace(wish, assertion=Asserter(mailer.credentials).sign("ana", wish.id, NOW, 60.0, {"body": digest_of(wish.body)}))
    with pytest.raises(Unauthenticated) as told:
        await mailer.peer("recorder").call(RECORDER_APPLY, forged)
    assert told.value.code == "assertion-wrong-issuer"


async def test_services_speak_for_themselves_and_for_nobody_else(world: World) -> None:
    wish = submit()
    await world.call(wish)
    for forged in (verdict(wish), account("boss", "admin"), command("service:frontend", CreateAccount("x", "X", HASH))):
        with pytest.raises(Forbidden):
            await world.call(forged)
    assert (await world.call(problem("cats"))).is_applied, "the frontend repeats the gitserver's word"
    with pytest.raises(Forbidden):
        await world.call(problem("dogs"), of=await world.of("mailer"))
    with pytest.raises(Forbidden):
        await world.call(submit(), of=await world.of("grader"))


async def test_what_is_no_command_is_refused(world: World) -> None:
    for wrong in (replace(submit(), id="7"), replace(submit(), actor="a\x00"), replace(submit(), at=NOW.replace(tzinfo=None)), replace(submit(), correlation="x" * 200)):
        with pytest.raises(Refused) as told:
            await world.call(wrong)
        assert told.value.code in {"command-malformed", "bad-shape"}


async def test_what_nobody_vouches_for_goes_to_the_dead_letters_and_the_rest_goes_on(world: World) -> None:
    good = submit()
    forged = submit()
    await world.queue.publish(COMMANDS.name, Message(forged.id, encode(forged)))
    await world.queue.publish(COMMANDS.name, Message("junk", b"{not json"))
    await world.queue.publish(COMMANDS.name, Message("root", encode(account("boss", "admin"))))
    await world.publish(good)
    await world.until_settled(good)
    dead = await world.queue.dead_letters(COMMANDS.name)
    assert [letter.error.partition(":")[0] for letter in dead] == ["assertion-missing", "bad-json", "forbidden"]
    assert await world.store.count(rows.Submission) == 1


# ── news ──


async def test_a_submission_and_its_verdict_are_told_to_author_jury_and_boards(world: World) -> None:
    async with world.hearing(user_topic("ana"), jury_topic("finals"), PUBLIC, JURY) as ear:
        wish = submit()
        await world.publish(wish)
        told = dict([await ear.next("submission"), await ear.next("submission")])
        assert set(told) == {"user:ana", "jury:finals"}
        assert told["user:ana"] == {
            "id": wish.id, "contest": "finals", "problem": "apples", "label": "A", "username": "ana", "team": "Team ana",
            "language": "cpp", "at": iso(NOW), "status": "queued",
        }  # fmt: skip
        pending = dict([await ear.next("scoreboard"), await ear.next("scoreboard")])
        assert set(pending) == {PUBLIC, JURY}
        assert pending[PUBLIC]["rows"][0]["cells"][0]["state"] == "pending"
        await world.publish(verdict(wish, Verdict.AC))
        heard = dict([await ear.next("verdict"), await ear.next("verdict")])
        assert heard["user:ana"] == {
            "id": wish.id, "contest": "finals", "problem": "apples", "label": "A", "username": "ana", "team": "Team ana",
            "verdict": "AC", "score": "1", "time_ms": 20, "memory_bytes": None, "status": "judged",
        }  # fmt: skip
        assert heard["jury:finals"] == heard["user:ana"] | {"time_ms": 12, "memory_bytes": 3 << 20}, "an author could read a secret off his figures"
        _, solved = await ear.next("scoreboard")
        assert solved["after"] == pending[PUBLIC]["version"] < solved["version"]
        assert (solved["rows"][0]["solved"], solved["rows"][0]["penalty_s"]) == (1, 3600)
        await world.publish(again := rejudge(wish))
        assert (await ear.next("submission"))[1]["status"] == "queued"
        assert (await ear.next("scoreboard"))[1]["rows"][0]["cells"][0]["state"] == "pending"
        await world.publish(verdict(wish, Verdict.WA, run=first_run(again)))
        assert (await ear.next("verdict"))[1]["verdict"] == "WA"


async def test_questions_answers_and_announcements_reach_whom_they_concern(world: World) -> None:
    topics = (user_topic("ana"), jury_topic("finals"), contest_topic("finals"))
    async with world.hearing(*topics) as ear:
        question = ask(problem="apples")
        await world.publish(question)
        assert {(await ear.next("clarification"))[0] for _ in range(2)} == {"user:ana", "jury:finals"}
        await world.call(command("olga", AnswerClarification(question.id, "No")))
        assert {(await ear.next("answer"))[0] for _ in range(2)} == {"user:ana", "jury:finals"}
        await world.call(command("olga", AnswerClarification(question.id, "Yes", is_public=True)))
        assert {(await ear.next("answer"))[0] for _ in range(3)} == set(topics)
        await world.call(command("olga", Announce("finals", "Lunch")))
        assert {(await ear.next("announcement"))[0] for _ in range(2)} == {"contest:finals", "jury:finals"}


async def test_a_refusal_of_a_queued_command_reaches_its_author(world: World) -> None:
    async with world.hearing(user_topic("ana")) as ear:
        wish = submit(language="klingon")
        await world.state.store(f"submission:{wish.id}", b'{"id": "x", "status": "accepted"}', 60)
        await world.publish(wish)
        told = (await ear.next("refused"))[1]
        assert {"id": wish.id, "kind": "Submit", "code": "language-not-allowed"}.items() <= told.items()
        assert "klingon" in told["message"]
        kept = decode(dict[str, str], await world.state.fetch(f"submission:{wish.id}") or b"")
        assert (kept["status"], kept["code"], kept["username"], kept["contest"]) == (
            "refused", "language-not-allowed", "ana", "finals",
        )  # fmt: skip
        await world.publish(wish)
        assert (await ear.next("refused"))[1]["id"] == wish.id, "told again when it came again: the first telling may be lost"


async def test_what_is_recorded_leaves_the_overlay(world: World) -> None:
    wish = submit()
    await world.state.store(f"submission:{wish.id}", b"{}", 60)
    await world.state.add_to_list("pending:ana", wish.id, 60)
    await world.publish(wish)

    async def is_gone() -> bool:
        return await world.state.fetch(f"submission:{wish.id}") is None and not await world.state.list_members("pending:ana")

    await world.until(is_gone, "the overlay cleared")


async def test_a_change_of_rules_or_teams_tells_everybody_to_fetch_the_board(world: World) -> None:
    async with world.hearing(PUBLIC) as ear:
        registered = await world.call(teams("carl"))
        assert (await ear.board(registered.seq))["rows"] == []
        changed = await world.call(change(duration_s=7200))
        told = await ear.board(changed.seq)
        assert (told["rows"], told["after"]) == ([], told["version"])
        await world.publish(submit("carl"))
        delta = await ear.board(changed.seq + 1)
        assert (delta["after"], delta["rows"][0]["username"]) == (changed.seq, "carl")


# ── starts and ends ──


async def test_the_first_admin_gets_the_given_password_and_no_second_one_is_made(world: World) -> None:
    [admin] = [row for row in await world.store.all(rows.Account) if row["username"] == "admin"]
    assert await asyncio.to_thread(PasswordHasher().verify, admin["password_hash"], ADMIN_PASSWORD)
    assert not (world.folder / "admin.password").exists()
    await world.stop()
    await world.start()
    assert [row["password_hash"] for row in await world.store.all(rows.Account) if row["username"] == "admin"] == [admin["password_hash"]]


async def test_a_random_password_is_left_for_the_operator_alone(tmp_path: Path, pki_folder: Path, sqlite_url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="palestra")
    async with World(tmp_path / "var", pki_folder, sqlite_url, admin_password="") as world:
        await world.start()
        file = tmp_path / "var" / "admin.password"
        password = file.read_text().strip()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        [admin] = await world.store.all(rows.Account)
        assert await asyncio.to_thread(PasswordHasher().verify, admin["password_hash"], password)
        assert password not in "".join(str(record.__dict__) for record in caplog.records)


async def test_whatever_was_handed_in_is_finished_before_it_leaves(world: World) -> None:
    wishes = [submit() for _ in range(200)]
    await world.publish(*wishes)
    await world.until(lambda: _has(world, 1), "the first submission")
    await world.stop()
    done = await world.store.count(rows.Submission)
    depth = await world.queue.depth(COMMANDS.name)
    assert done + depth.ready == 200, "what is in the record is acknowledged, the rest is in the queue"
    await world.start()
    await world.until_settled(*wishes)
    assert await world.store.count(rows.Submission) == 200


async def _has(world: World, count: int) -> bool:
    return await world.store.count(rows.Submission) >= count


async def test_a_recorder_cut_off_anywhere_applies_everything_once(world: World) -> None:
    wishes = [submit() for _ in range(120)]
    await world.publish(*wishes)
    for count in (1, 30, 60, 90):
        await world.until(lambda count=count: _has(world, count), f"{count} submissions")
        await world.kill()
        await world.start()
    await world.until_settled(*wishes)
    works = await world.work(120)
    assert {work.submission for work in works} <= {wish.id for wish in wishes}
    assert await world.store.count(rows.Submission) == await world.store.count(rows.Run) == 120
    await world.store.gapless()


async def test_news_that_were_not_told_when_it_died_are_told_at_the_next_start(world: World) -> None:
    wish = submit()
    await world.call(wish)
    await world.kill()
    async with Store(world.record_url) as elsewhere:
        await elsewhere.do(verdict(wish, Verdict.AC))
    async with world.hearing(user_topic("ana"), PUBLIC) as ear:
        await world.start()
        assert (await ear.next("scoreboard"))[1]["after"] == 4
        assert (await ear.next("verdict"))[1]["verdict"] == "AC"


async def test_a_contest_of_another_alias_is_another_board(world: World) -> None:
    await world.call(contest(alias="second"))
    await world.call(teams("ana", alias="second"))
    async with world.hearing(scoreboard_topic("second", Audience.PUBLIC), PUBLIC) as ear:
        await world.publish(submit(contest="second"))
        topic, delta = await ear.next("scoreboard")
        assert (topic, delta["contest"]) == (scoreboard_topic("second", Audience.PUBLIC), "second")
