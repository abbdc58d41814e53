"""A time limit is measured from what a package brings, and counts from then on."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from contest.verdicts import Verdict
from tests.services.grader.cases import manifest, order
from tests.services.grader.room import Room
from tests.services.grader.test_verification import COMMIT, GOOD, OUTCOMES, WISH, end, package, serve, timed
from wire.judging import JudgingManifest
from wire.verification import LimitRule, RecordReport

UNSTATED = LimitRule(Fraction(2), Fraction(3, 2), step_ms=100, is_stated=False)
PROVISIONAL: JudgingManifest = replace(manifest(), limits=manifest().limits.at_cpu(10_000), is_provisional=True)


async def test_limit_is_measured_from_what_must_be_accepted_and_judges_from_then_on(room: Room) -> None:
    room.gitserver.manifests["apples", "v1"] = PROVISIONAL
    room.gitserver.trials["apples", COMMIT] = package(manifest=PROVISIONAL, limit_rule=UNSTATED, input_validators=())
    await room.submit(order("before"))
    runner = room.runner()
    before = await runner.take()
    assert before.manifest.limits.cpu_ms == 10_000
    await runner.finish(before)
    await room.verify(WISH)
    model = await runner.take()
    assert (model.source, model.manifest.limits.cpu_ms) == ("good", 10_000)
    await runner.finish(model, of=timed(100, 330, 20))
    rest = [await runner.take(), await runner.take()]
    assert {each.source: each.manifest.limits.cpu_ms for each in rest} == {"bad": 700, "slow": 1050}
    for each in rest:
        await end(runner, each)
    report: RecordReport = await room.report()
    assert report.state == "passed"
    assert report.limit is not None
    assert (report.limit.limit_ms, report.limit.measured_ms, report.limit.slowest_accepted_ms) == (700, 700, 330)
    assert room.gitserver.pinned == {("apples", "v1"): 700}
    await room.submit(order("after"))
    after = await runner.take()
    assert (after.manifest.limits.cpu_ms, after.manifest.is_provisional) == (700, False)
    await runner.finish(after)


async def test_a_language_with_more_time_has_it_in_trials_and_contests_and_it_is_taken_off_where_the_limit_is_measured(room: Room) -> None:
    await room.stop_grader()
    room.config = replace(room.config, language_times=("cpp=2+100",))
    await room.start_grader()
    room.gitserver.manifests["apples", "v1"] = PROVISIONAL
    room.gitserver.trials["apples", COMMIT] = package(manifest=PROVISIONAL, limit_rule=UNSTATED, input_validators=())
    await room.verify(WISH)
    runner = room.runner(languages=("cpp", "java"))
    model = await runner.take()
    assert model.manifest.limits.cpu_ms == 20_100
    await runner.finish(model, of=timed(100, 760, 20))
    rest = [await runner.take(), await runner.take()]
    assert {each.source: each.manifest.limits.cpu_ms for each in rest} == {"bad": 1500, "slow": 2200}
    for each in rest:
        await runner.finish(each, of=OUTCOMES["bad"] if each.source == "bad" else timed(10, 2201, last=Verdict.TLE))
    report = await room.report()
    assert (report.state, [one.limit_ms for one in report.submissions]) == ("passed", [1500] * 3), report
    assert report.limit is not None
    assert (report.limit.limit_ms, report.limit.slowest_accepted_ms, report.limit.fastest_exceeding_ms) == (700, 330, 1051)
    for language, cpu_ms in (("java", 700), ("cpp", 1500)):
        await room.submit(order(language, language=language))
        given = await runner.take()
        assert (given.language, given.manifest.limits.cpu_ms) == (language, cpu_ms)
        await runner.finish(given)


async def test_limit_is_not_measured_from_a_package_that_fails(room: Room) -> None:
    other = replace(GOOD, path="submissions/accepted/other.cpp", source="bad")
    room.gitserver.trials["apples", COMMIT] = package(GOOD, other, manifest=PROVISIONAL, limit_rule=UNSTATED, input_validators=())
    await room.verify(WISH)
    await serve(room, 2)
    report = await room.report()
    assert room.gitserver.pinned == {}
    assert report.state == "failed"
    assert {each.code for each in report.findings} >= {"submission-unexpected", "limit-not-measured"}
    assert report.limit is not None
    assert report.limit.limit_ms == 10_000
