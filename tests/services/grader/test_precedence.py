"""What nobody waits for gives way between two cases, loses nothing by it, and still gets its share; for another grader's runs too."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import replace
from fractions import Fraction

from contest.rulings import Ruling
from contest.verdicts import Verdict
from services.grader.docket import Docket, Patience
from services.grader.doors import order_of
from services.grader.precedence import COMING_S, QUIET_S
from services.grader.runs import Attempt, Errand, Run, Seeker, Stage, Standby
from tests.services.grader.cases import ACCEPTED, end, manifest, order, slip
from tests.services.grader.room import Room
from wire.judging import MOST_BREAKS, VALIDATE, Examined, ProgressAnswer
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
    assert book.call_for(urgent, 0.0) is attempt
    assert attempt.is_called
    run = book.finish(end(attempt.id, "handed-back", ACCEPTED[:2]), 1.0)
    assert (run.stage, run.kept, run.judge_errors, run.losses) == (Stage.WAITING, ACCEPTED[:2], 0, 0)
    assert claim(book).run is urgent
    again = claim(book, Seeker("r2", frozenset({"cpp"})))
    assert again.run is run
    assert book.finish(end(again.id, "handed-back", ()), 2.0).kept == ACCEPTED[:2], "what is known stays known"


def test_what_the_packages_own_grader_said_goes_along_and_how_often_it_was_broken_off() -> None:
    book, said = docket(), (Ruling("secret/1", Verdict.AC, Fraction(5)),)
    run = waits(book, "old", "low")
    ends = ((ACCEPTED[:2], (), 1, 1), (ACCEPTED[:2], (), 2, 2), (ACCEPTED[:2], said, 0, 0), ((), (), 0, 0), (ACCEPTED[:2], said, 1, 1))
    for results, rulings, broken_off, known in ends:
        book.finish(replace(end(claim(book).id, "handed-back", results), rulings=rulings, broken_off=broken_off), 1.0)
        assert (run.kept, run.broken_off) == (ACCEPTED[:2], known)
    again = order_of(claim(book))
    assert (again.done, again.rulings, again.broken_off) == (ACCEPTED[:2], said, 1)


def test_an_examination_that_gave_way_is_gone_on_with_where_it_was() -> None:
    book = docket()
    errand = Errand(lambda _: None, VALIDATE)
    trial = book.enter(order("trial", priority="low"), errand, manifest(), 0.0)
    attempt = claim(book)
    assert (order_of(attempt).examined, order_of(attempt).author) == (None, trial.author)
    urgent = waits(book, "new", "contest")
    assert book.call_for(urgent, 0.0) is attempt
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
    assert book.call_for(first, 0.0) is attempts[3], "the one that began last"
    assert book.call_for(second, 0.0) is attempts[2]
    assert book.call_for(first, 0.0) is None
    book.finish(end(attempts[3].id, "handed-back", ()), 5.0)
    assert book.call_for(second, 0.0) is None, "a place is free already"
    assert claim(book).run is first
    assert book.call_for(second, 0.0) is None


def test_only_who_can_judge_it_gives_way_and_only_to_what_is_more_urgent() -> None:
    book = docket()
    waits(book, "old", "low")
    claim(book)
    assert book.call_for(waits(book, "java", "contest", "java"), 0.0) is None
    assert book.call_for(waits(book, "low", "low"), 0.0) is None
    busy = docket()
    waits(busy, "old", "normal")
    claim(busy)
    assert busy.call_for(waits(busy, "new", "contest"), 0.0) is None, "somebody waits for that one too"


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
        called = attempt if attempt.is_called else book.call_for(urgent, 0.0)
        assert called is attempt
        book.finish(end(attempt.id, "handed-back", ACCEPTED[:1]), 1.0)
        assert claim(book).run.priority == "contest"


def stands_by(of: Docket, name: str = "r9", now: float = 0.0, languages: str = "cpp") -> Standby:
    return of.stand_by(Seeker(name, frozenset({languages})), now)


def test_a_slot_of_another_grader_is_called_when_none_of_ours_can_give_way_and_gets_what_it_was_called_for() -> None:
    book = docket()
    standby = stands_by(book)
    urgent = waits(book, "new", "contest")
    waits(book, "old", "low")
    assert book.call_for(urgent, 0.0) is standby
    assert book.call_for(urgent, 0.0) is None, "one is on its way"
    book.stand_down(standby, 1.0)
    assert book.call_for(urgent, 1.1) is None, "it ends its case and comes"
    book.arrived("r9", 1.2)
    assert book.call_for(urgent, 1.2) is None
    assert claim(book, Seeker("r9", frozenset({"cpp"})), 1.2).run is urgent


def test_a_slot_that_was_called_and_does_not_come_is_not_counted_on_for_ever() -> None:
    book = docket()
    gone, other = stands_by(book, "r8", 1.0), stands_by(book, "r9", 0.0)
    urgent = waits(book, "new", "contest")
    assert book.call_for(urgent, 2.0) is gone
    book.stand_down(gone, 2.0)
    assert book.call_for(urgent, 2.0 + COMING_S - 0.1) is None
    assert book.call_for(urgent, 2.0 + COMING_S) is other
    book.arrived("r9", 5.0)
    assert book.call_for(urgent, 5.0 + COMING_S) is None, "nobody is left to call"
    again = stands_by(book, "r9", 7.0)
    assert book.call_for(urgent, 7.0) is again, "it took something else, and stands by anew"


def test_a_line_that_takes_the_place_of_another_is_the_same_slot() -> None:
    book = docket()
    first, second = stands_by(book), stands_by(book)
    assert first is second
    book.stand_down(first, 1.0)
    urgent = waits(book, "new", "contest")
    assert book.call_for(urgent, 9.0) is second
    book.stand_down(second, 9.0)
    assert stands_by(book, now=9.5).is_called, "it hears it again if it did not hear"


def test_only_a_slot_that_is_there_and_has_the_language_is_called() -> None:
    book = docket()
    left = stands_by(book, "r7")
    book.stand_down(left, 0.0)
    stands_by(book, "r8", languages="java")
    assert book.call_for(waits(book, "new", "contest"), 1.0) is None
    assert book.call_for(waits(book, "old", "low"), 1.0) is None


def test_who_is_choosy_gets_what_somebody_waits_for_or_nothing() -> None:
    book = docket()
    choosy = Seeker("r1", frozenset({"cpp"}), is_choosy=True)
    waits(book, "old", "low")
    assert book.claim(choosy, 0.0, has_others=lambda _: True) is None
    urgent = waits(book, "new", "contest")
    assert claim(book, choosy).run is urgent
    assert claim(book).run.priority == "low"


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


def test_what_was_broken_off_too_often_waits_until_nothing_urgent_is_about() -> None:
    book = docket()
    run = waits(book, "old", "low")
    book.finish(replace(end(claim(book).id, "handed-back", ()), broken_off=MOST_BREAKS), 1.0)
    assert (run.stage, run.wants_quiet) == (Stage.WAITING, True)
    other = waits(book, "other", "low")
    assert claim(book, now=2.0).run is other, "nobody else waits for it"
    assert book.claim(ONE, 1.0 + QUIET_S - 0.1, has_others=lambda _: True) is None
    urgent = waits(book, "new", "contest")
    book.call_for(urgent, 20.0)
    assert claim(book, Seeker("r2", frozenset({"cpp"})), 20.0).run is urgent
    assert book.claim(ONE, 1.0 + QUIET_S, has_others=lambda _: True) is None
    again = claim(book, now=20.0 + QUIET_S)
    assert (again.run, order_of(again).broken_off) == (run, MOST_BREAKS)


def test_a_trials_run_that_was_broken_off_too_often_ends_and_holds_nobody_up() -> None:
    book, heard = docket(), list[Run]()
    errand = Errand(heard.append)
    book.enter(order("trial", priority="low"), errand, manifest(), 0.0)
    book.finish(replace(end(claim(book).id, "handed-back", ACCEPTED[:1]), broken_off=MOST_BREAKS - 1), 1.0)
    run = book.finish(replace(end(claim(book, now=2.0).id, "handed-back", ACCEPTED[:1]), broken_off=MOST_BREAKS), 3.0)
    assert (run.stage, errand.is_put_off, run.verdict and run.verdict.verdict) == (Stage.CONCLUDED, True, Verdict.JE)


def test_an_examination_that_puts_a_program_off_is_further_than_before() -> None:
    book, errand = docket(), Errand(lambda _: None, VALIDATE)
    book.enter(order("trial", priority="low"), errand, manifest(), 0.0)
    for known in (Examined(3, asked=1, broken_off=4), Examined(3, asked=1, silent=(1,)), Examined(3, asked=1, silent=(1,), broken_off=1), Examined(4)):
        book.finish(replace(end(claim(book).id, "handed-back", ()), examined=known), 1.0)
        assert errand.examined == known
