"""What nobody waits for gives way between two cases, loses nothing by it, and still gets its share."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import replace

from contest.verdicts import Verdict
from services.grader.docket import Docket, Patience
from services.grader.doors import order_of
from services.grader.runs import Attempt, Errand, Run, Seeker, Stage
from tests.services.grader.cases import ACCEPTED, end, manifest, order, slip
from tests.services.grader.room import Room
from wire.judging import VALIDATE, Examined, ProgressAnswer
from wire.problems import Finding
from wire.queues import PRIORITY_WEIGHTS

ONE = Seeker("r1", frozenset({"cpp"}))


def docket() -> Docket:
    numbers = itertools.count(1)
    return Docket(Patience(10, 20, 3, 6, 15), PRIORITY_WEIGHTS, lambda: f"attempt-{next(numbers)}")


def waits(of: Docket, name: str, priority: str, language: str = "cpp") -> Run:
    run = of.admit(order(name, priority=priority, language=language), slip(name), 0.0)
    assert run is not None
    of.pin(run, manifest(), 0.0)
    return run


def claim(of: Docket, seeker: Seeker = ONE, now: float = 0.0) -> Attempt:
    attempt = of.claim(seeker, now, has_others=lambda _: True)
    assert attempt is not None
    return attempt


def test_a_rejudge_gives_way_to_what_comes_in_and_goes_on_where_it_was() -> None:
    book = docket()
    waits(book, "old", "low")
    attempt = claim(book)
    assert not attempt.is_called
    urgent = waits(book, "new", "contest")
    assert book.call_for(urgent) is attempt
    assert attempt.is_called
    run = book.finish(end(attempt.id, "handed-back", ACCEPTED[:2]), 1.0)
    assert (run.stage, run.kept, run.judge_errors, run.losses) == (Stage.WAITING, ACCEPTED[:2], 0, 0)
    assert claim(book).run is urgent
    again = claim(book, Seeker("r2", frozenset({"cpp"})))
    assert again.run is run
    assert book.finish(end(again.id, "handed-back", ()), 2.0).kept == ACCEPTED[:2], "what is known stays known"


def test_an_examination_that_gave_way_is_gone_on_with_where_it_was() -> None:
    book = docket()
    errand = Errand(lambda _: None, VALIDATE)
    trial = book.enter(order("trial", priority="low"), errand, manifest(), 0.0)
    attempt = claim(book)
    assert order_of(attempt).examined is None
    urgent = waits(book, "new", "contest")
    assert book.call_for(urgent) is attempt
    known = Examined(3, (Finding("error", "input-invalid", "data/1.in", "no"),), silent=(0,), spent_ms=7)
    book.finish(replace(end(attempt.id, "handed-back", ()), examined=known), 1.0)
    assert claim(book).run is urgent
    again = claim(book)
    assert (again.run, order_of(again).examined) == (trial, known)
    book.finish(end(again.id, "handed-back", ()), 2.0)
    lost = claim(book)
    assert order_of(lost).examined == known, "a runner that leaves in the middle of a case says nothing of it"
    book.lose(lost, 3.0)
    last = claim(book, Seeker("r2", frozenset({"cpp"})))
    assert order_of(last).examined == known
    run = book.finish(replace(end(last.id, "validated", ()), findings=known.findings), 4.0)
    assert (run.stage, errand.findings) == (Stage.CONCLUDED, known.findings)


def test_no_more_give_way_than_there_are_runs_that_want_it() -> None:
    book = docket()
    for number in range(4):
        waits(book, f"old{number}", "low")
    attempts = [claim(book, Seeker(f"r{number}", frozenset({"cpp"})), float(number)) for number in range(4)]
    first, second = waits(book, "a", "contest"), waits(book, "b", "normal")
    assert book.call_for(first) is attempts[3], "the one that began last"
    assert book.call_for(second) is attempts[2]
    assert book.call_for(first) is None
    book.finish(end(attempts[3].id, "handed-back", ()), 5.0)
    assert book.call_for(second) is None, "a place is free already"
    assert claim(book).run is first
    assert book.call_for(second) is None


def test_only_who_can_judge_it_gives_way_and_only_to_what_is_more_urgent() -> None:
    book = docket()
    waits(book, "old", "low")
    claim(book)
    assert book.call_for(waits(book, "java", "contest", "java")) is None
    assert book.call_for(waits(book, "low", "low")) is None
    busy = docket()
    waits(busy, "old", "normal")
    claim(busy)
    assert busy.call_for(waits(busy, "new", "contest")) is None, "somebody waits for that one too"


def test_the_next_claim_gets_what_is_urgent_whatever_the_turns_say() -> None:
    """Turns of the levels alone would give one slot in 65 to another rejudge just then."""
    for turns in range(70):
        book = docket()
        for number in range(turns):
            waits(book, f"paid{number}", "contest")
        for number in range(3):
            waits(book, f"old{number}", "low")
        lows = 0
        while lows == 0:
            attempt = claim(book)
            lows += attempt.run.priority == "low"
            if attempt.run.priority == "low":
                break
            book.finish(end(attempt.id), 0.0)
        urgent = waits(book, "new", "contest")
        called = attempt if attempt.is_called else book.call_for(urgent)
        assert called is attempt
        book.finish(end(attempt.id, "handed-back", ACCEPTED[:1]), 1.0)
        assert claim(book).run.priority == "contest"


def test_a_share_that_falls_due_while_others_wait_is_one_case() -> None:
    book = docket()
    waits(book, "old", "low")
    for number in range(80):
        waits(book, f"new{number}", "contest")
    for _ in range(80):
        attempt = claim(book)
        if attempt.run.priority == "low":
            assert attempt.is_called
            return
        book.finish(end(attempt.id), 0.0)
    raise AssertionError("the low level had no turn in 80")


async def test_a_runner_is_told_on_its_line_at_once_and_the_next_attempt_knows_what_is_done(room: Room) -> None:
    await room.submit(order("old", priority="low"))
    runner = room.runner()
    given = await runner.take()
    async with runner.holding(given) as line:
        assert not (await runner.progress(given, ACCEPTED[:1])).give_way
        await room.submit(order("new"))
        async with asyncio.timeout(10):
            answer = await line
    assert (answer.give_way, answer.cancel) == (True, False)
    assert (await runner.progress(given)).give_way
    async with runner.holding(given) as line:
        assert not line.done(), "it is told once"
        await runner.finish(given, "handed-back", ACCEPTED[:1])
        assert await line == ProgressAnswer()
    urgent = await runner.take()
    assert urgent.run == order("new").run
    await runner.finish(urgent)
    rest = await runner.take()
    assert (rest.run, rest.done) == (given.run, ACCEPTED[:1])
    await runner.finish(rest)
    assert [(await room.verdict(one)).verdict for one in (order("old", priority="low"), order("new"))] == [Verdict.AC, Verdict.AC]
    assert room.count("attempts_total", outcome="handed-back") == 1
