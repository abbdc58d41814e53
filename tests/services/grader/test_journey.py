"""A submission's way through the grader, over real lines: queue, claim, hold, report, verdict."""

from __future__ import annotations

import asyncio
import dataclasses

import pytest

from contest.verdicts import Verdict
from mesh.codec import decode, encode
from mesh.errors import Conflict, Forbidden, MeshError
from mesh.ids import derived_id
from mesh.queue import Message
from tests.services.grader.cases import ACCEPTED, WRONG, order
from tests.services.grader.room import Room, sleepless, until
from wire.judging import ClaimRequest, Nothing, Step
from wire.methods import GRADER_CLAIM, GRADER_DIRECT, GRADER_STATUS
from wire.news import Headline
from wire.queues import SUBMISSIONS
from wire.runners import DirectRunner, GraderStatus, RunnerFacts


async def test_submission_gets_its_verdict_and_is_acknowledged(room: Room) -> None:
    await room.submit(order("a"))
    runner = room.runner()
    given = await runner.take()
    assert (given.run, given.source, given.manifest.version) == (order("a").run, "int main(){}", "v1")
    async with runner.holding(given) as line:
        await runner.progress(given, ACCEPTED[:2])
        await runner.finish(given)
        assert not (await line).cancel
    verdict = await room.verdict(order("a"))
    assert (verdict.verdict, verdict.runner, len(verdict.cases)) == (Verdict.AC, "r1", 3)
    command = room.commands[0][0]
    assert (command.id, command.actor, command.correlation) == (derived_id("verdict", order("a").run), "service:grader", "about-a")
    await room.settled()
    assert room.count("runs_total", verdict="AC") == 1


async def test_message_is_not_acknowledged_before_its_verdict_is_safe(room: Room) -> None:
    room.queue.failures = 3
    await room.submit(order("a"))
    runner = room.runner()
    await runner.finish(await runner.take(), of=WRONG)
    await until(lambda: room.queue.failures < 3, "a publish that failed")
    assert (await room.queue.depth(SUBMISSIONS["contest"].name)).unacknowledged == 1
    assert (await room.verdict(order("a"))).verdict is Verdict.WA
    await room.settled()
    assert room.count("publish_retries_total") == 3


async def test_standing_claim_gets_the_run_as_it_comes(room: Room) -> None:
    claim = asyncio.create_task(room.runner().claim(10))
    await until(lambda: room.count("runners") == 1, "a standing claim")
    began = asyncio.get_running_loop().time()
    await room.submit(order("a"))
    assert await claim is not None
    assert asyncio.get_running_loop().time() - began < 5, "half of what it would have waited"


async def test_a_runner_that_is_held_is_heard_of_and_not_in_service(room: Room) -> None:
    standing = asyncio.create_task(room.runner("green").claim(10))
    await until(lambda: room.count("runners_in_service") == 1, "a standing claim")
    await room.frontend.call(GRADER_DIRECT, DirectRunner("green", is_held=True, by="root", at_us=1))
    await until(lambda: room.count("runners_in_service") == 0, "it to be held")
    assert room.count("runners") == 1
    standing.cancel()


async def test_claim_that_nothing_comes_for_is_answered_with_nothing(room: Room) -> None:
    assert await room.runner().claim(0.05) is None


async def test_claim_whose_runner_goes_away_loses_no_run(room: Room) -> None:
    gone = [asyncio.create_task(room.runner(f"gone{number}").claim(10)) for number in range(5)]
    await until(lambda: room.count("runners") == 5, "standing claims")
    for claim in gone:
        claim.cancel()
    await asyncio.wait(gone)
    await room.submit(order("a"))
    claim = asyncio.create_task(room.runner().claim(20))
    await sleepless()
    room.clock.turn(room.config.first_sign_s)  # in case the order was on its way to one who had gone
    assert await claim is not None


async def test_claim_with_warm_inputs_is_preferred(room: Room) -> None:
    cold = asyncio.create_task(room.runner("cold").claim(5))
    await until(lambda: room.count("runners") == 1, "a standing claim")
    warm = asyncio.create_task(room.runner("warm", warm=("v1",)).claim(5))
    await until(lambda: room.count("runners") == 2, "two standing claims")
    await room.submit(order("a"))
    assert await warm is not None
    assert not cold.done()
    cold.cancel()


async def test_urgent_levels_go_first_and_only_languages_that_the_runner_has(room: Room) -> None:
    for name, priority, language in (("l", "low", "cpp"), ("n", "normal", "cpp"), ("c", "contest", "cpp"), ("j", "contest", "java")):
        await room.submit(order(name, priority=priority, language=language))
    await until(lambda: sum(room.count("runs_waiting", priority=priority) for priority in SUBMISSIONS) == 4, "four runs in the window")
    taken = [(await room.runner().take()).run for _ in range(3)]
    assert taken == [order(name).run for name in "cnl"]
    assert await room.runner().claim(0.05) is None
    assert (await room.runner(languages=("java",)).take()).run == order("j").run


async def test_broken_line_gives_the_run_to_another_at_once(room: Room) -> None:
    await room.submit(order("a"))
    first, second = room.runner("r1"), room.runner("r2")
    lost = await first.take()
    async with first.holding(lost):
        await first.progress(lost)
    again = await second.take()
    assert again.run == lost.run
    assert again.attempt != lost.attempt
    with pytest.raises(Conflict) as late:
        await first.finish(lost, of=WRONG)
    assert late.value.code == "attempt-dead"
    await second.finish(again)
    assert (await room.verdict(order("a"))).verdict is Verdict.AC
    await room.settled()
    assert len(room.commands) == 1


async def test_late_report_of_dead_attempt_is_refused(room: Room) -> None:
    await room.submit(order("a"))
    first, second = room.runner("r1"), room.runner("r2")
    lost = await first.take()
    room.clock.turn(room.config.first_sign_s)
    again = await second.take()
    with pytest.raises(Conflict, match="is over"):
        await first.finish(lost, of=WRONG)
    with pytest.raises(Conflict, match="is over"):
        await first.progress(lost)
    assert room.count("late_reports_total") == 2
    await second.finish(again)
    await room.verdict(order("a"))
    assert room.count("attempts_total", outcome="silent") == 1


async def test_runner_whose_lease_runs_out_is_told_to_stop(room: Room) -> None:
    await room.submit(order("a"))
    runner = room.runner()
    given = await runner.take()
    async with runner.holding(given) as line:
        await runner.progress(given)
        room.clock.turn(given.lease_s)
        assert (await line).cancel


async def test_progress_extends_the_lease(room: Room) -> None:
    await room.submit(order("a"))
    runner = room.runner()
    given = await runner.take()
    for _ in range(4):
        await runner.progress(given)
        room.clock.turn(given.lease_s * 0.8)
        await sleepless(0.3)
    await runner.finish(given)
    await room.verdict(order("a"))
    assert room.count("attempts_total", outcome="silent") == 0


async def test_last_word_said_twice_gives_one_verdict(room: Room) -> None:
    await room.submit(order("a"))
    runner = room.runner()
    given = await runner.take()
    await runner.finish(given)
    await runner.finish(given, of=WRONG)
    await room.settled()
    assert [verdict.verdict for verdict in room.verdicts(order("a"))] == [Verdict.AC]


async def test_same_run_delivered_twice_is_judged_once_and_both_are_acknowledged(room: Room) -> None:
    await room.submit(order("a"))
    await room.submit(order("a"), message_id="again")
    runner = room.runner()
    given = await runner.take()
    await until(lambda: room.count("duplicate_deliveries_total") == 1, "the second delivery")
    assert await runner.claim(0.05) is None
    await runner.finish(given)
    await room.verdict(order("a"))
    await room.settled()
    assert len(room.commands) == 1


async def test_run_that_comes_again_after_its_verdict_is_answered_with_that_verdict(room: Room) -> None:
    await room.submit(order("a"))
    runner = room.runner()
    await runner.finish(await runner.take())
    await room.settled()
    await room.submit(order("a"), message_id="from the sweep")
    await until(lambda: len(room.commands) == 2, "the verdict once more")
    await room.settled()
    assert await runner.claim(0.05) is None
    assert room.commands[0] == room.commands[1]


async def test_judge_error_is_tried_elsewhere_and_in_the_end_told_to_the_jury(room: Room) -> None:
    await room.submit(order("a"))
    for name in ("r1", "r2", "r1"):
        runner = room.runner(name)
        await runner.finish(await runner.take(), "judge-error", (), message="sandbox broke")
    verdict = await room.verdict(order("a"))
    assert (verdict.verdict, verdict.compile_output) == (Verdict.JE, "")
    assert "sandbox broke" in verdict.cases[0].message


async def test_run_in_a_language_that_nobody_brings_waits_is_told_of_and_makes_room_where_others_wait_behind_it(room: Room) -> None:
    window = SUBMISSIONS["contest"].prefetch
    await room.submit(order("a", language="cobol"))
    standing = asyncio.create_task(room.runner().claim(25))
    await until(lambda: room.count("runs_waiting", priority="contest") == 1 and room.count("runners") == 1, "a run and a runner")
    assert (await room.life.examine())["runners"] == "runs wait for a runner with cobol"
    assert (await room.frontend.call(GRADER_STATUS, Nothing())).lacking == {"cobol": 1}
    room.clock.turn(room.config.language_wait_s)
    for number in range(window - 2):
        await room.submit(order(f"more-{number}", language="cobol"))
    await until(lambda: room.count("runs_waiting", priority="contest") == window - 1, "a window with one place left")
    room.clock.turn(room.config.language_wait_s)
    await sleepless(0.6)  # longer than it takes to look
    assert room.count("runs_waiting", priority="contest") == window - 1, "nobody waits behind them"
    for late in ("last", "behind"):
        await room.submit(order(late, language="cobol" if late == "last" else "cpp"))
    await until(lambda: room.count("runs_waiting", priority="contest") < window, "room")
    given = await standing
    assert given is not None
    assert given.run == order("behind").run
    assert not room.verdicts(order("a")), "it gets none for want of a runner: the record sends it again"
    await room.submit(dataclasses.replace(order("a", language="cobol"), sends=2))
    assert (await room.runner("r2", languages=("cobol",)).take()).run in {order("a").run, order("last").run}


async def test_the_language_of_a_runner_that_is_out_is_not_given_up(room: Room) -> None:
    facts = RunnerFacts("green", trouble="a box did not start")
    claim = ClaimRequest("green-1", ("cobol",), wait_s=20, facts=facts)
    standing = asyncio.create_task(room.to_grader.call(GRADER_CLAIM, claim))
    await room.submit(order("a", language="cobol"))
    await until(lambda: room.count("runs_waiting", priority="contest") == 1 and room.count("runners") == 1, "a run and a runner")
    room.clock.turn(room.config.language_wait_s)
    await sleepless(0.6)
    assert (await room.frontend.call(GRADER_STATUS, Nothing())).lacking == {"cobol": 1}
    assert (await room.runner("green-2", languages=("cobol",)).take()).run == order("a").run
    standing.cancel()


async def test_message_that_makes_no_sense_lies_with_the_dead_letters(room: Room) -> None:
    name = SUBMISSIONS["contest"].name
    bodies = {"not json": b"{", "no run": b"{}", "odd level": encode(order("a", priority="urgent"))}
    for message_id, body in bodies.items():
        await room.queue.publish(name, Message(message_id, body))
    await room.submit(order("b"))
    assert (await room.runner().take()).run == order("b").run
    dead = {letter.message.id: letter.error for letter in await room.queue.dead_letters(name)}
    assert set(dead) == set(bodies)
    assert "bad-json" in dead["not json"]
    assert "bad-shape" in dead["no run"]
    assert "urgent" in dead["odd level"]


async def test_author_and_jury_hear_how_far_it_is(room: Room) -> None:
    heard: dict[str, list[dict[str, object]]] = {"user:ann": [], "jury:finals": []}
    async with room.backbone.topics.subscribe() as news:
        await news.follow(*heard)
        await room.submit(order("a"))
        runner = room.runner()
        given = await runner.take()
        async with asyncio.timeout(10):
            while not heard["jury:finals"] or heard["jury:finals"][-1].get("done") != 2:
                await runner.progress(given, ACCEPTED[:2])
                piece = await news.next()
                headline = decode(Headline, piece.body)
                assert headline.kind == "progress"
                heard[piece.topic].append(headline.body)
    last = {"id": order("a").submission, "status": "judging", "step": "running", "done": 2, "total": 3}
    assert heard["jury:finals"][-1] == last
    assert heard["user:ann"][0]["status"] in {"queued", "judging"}
    kept = await room.backbone.cache.fetch(f"progress:{order('a').submission}")
    assert kept is not None
    assert decode(dict, kept) == last


async def test_status_tells_what_waits_and_who_works(room: Room) -> None:
    await room.submit(order("a"))
    await room.submit(order("b", priority="low"))
    runner = room.runner()
    given = await runner.take()
    await runner.progress(given, step=Step.COMPILING)
    status: GraderStatus = await room.frontend.call(GRADER_STATUS, Nothing())
    assert status.waiting == {"contest": 0, "normal": 0, "low": 1, "ephemeral": 0}
    assert (status.running, status.judged_since_start) == (1, 0)
    assert [(one.name, one.attempt, one.submission) for one in status.runners] == [("r1", given.attempt, given.submission)]


async def test_only_runners_may_claim(room: Room) -> None:
    with pytest.raises(Forbidden) as refused:
        await room.frontend.call(GRADER_CLAIM, ClaimRequest("x", ("cpp",)))
    assert refused.value.code == "caller-not-allowed"
    assert isinstance(refused.value, MeshError)
