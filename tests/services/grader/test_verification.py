"""A package's way through the grader, over real lines: queue, runs behind everybody's, report, acknowledgement."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from contest.groups import OnReject
from contest.results import CaseResult
from contest.verdicts import Verdict
from mesh.codec import decode
from mesh.errors import Unavailable
from mesh.ids import derived_id
from mesh.queue import Message
from mesh.topics import News
from tests.services.grader.cases import ACCEPTED, WRONG, manifest, order
from tests.services.grader.room import Room, ScriptedRunner, sleepless, until
from wire.judging import (
    MOST_BREAKS, JUDGE, NOT_REFUSED, VALIDATE, BlobRequest, Checker, CheckerKind, Claim, InputValidator, Probe, Program, ProgramFile, RunOrder,
)  # fmt: skip
from wire.methods import GRADER_BLOB
from wire.news import Headline
from wire.problems import CaseRule, ExpectedSubmission, Finding
from wire.queues import VERIFICATIONS
from wire.verification import PackageTrial, VerifyProblem

COMMIT = "c" * 40
WISH = VerifyProblem("apples", COMMIT, "v1", "olga")
GOOD = ExpectedSubmission("submissions/accepted/good.cpp", "cpp", "good", ("AC",))
BAD = ExpectedSubmission("submissions/wrong_answer/bad.cpp", "cpp", "bad", ("WA",))
SLOW = ExpectedSubmission("submissions/time_limit_exceeded/slow.cpp", "cpp", "slow", ("TLE",))


def validator(digest: str = "d" * 64) -> InputValidator:
    return InputValidator(Program("cpp", (ProgramFile("validate.cpp", digest, 10),)))


def package(*submissions: ExpectedSubmission, **values: object) -> PackageTrial:
    whole = PackageTrial(manifest(), (validator(),), submissions or (GOOD, BAD, SLOW))
    return replace(whole, **values)  # type: ignore[arg-type]  # a test's own fields


def timed(*times_ms: int, last: Verdict = Verdict.AC) -> tuple[CaseResult, ...]:
    verdicts = [Verdict.AC] * (len(times_ms) - 1) + [last]
    return tuple(CaseResult(index, verdict, time, 1000) for index, (time, verdict) in enumerate(zip(times_ms, verdicts, strict=True)))


OUTCOMES = {"good": ACCEPTED, "bad": WRONG, "slow": timed(10, 1500, last=Verdict.TLE)}


async def end(runner: ScriptedRunner, given: RunOrder, findings: tuple[Finding, ...] = ()) -> None:
    if given.task == VALIDATE:
        await runner.finish(given, "validated", (), findings=findings)
    else:
        await runner.finish(given, of=OUTCOMES[given.source])


async def serve(room: Room, count: int, findings: tuple[Finding, ...] = ()) -> list[RunOrder]:
    runner, seen = room.runner(), list[RunOrder]()
    for _ in range(count):
        seen.append(await runner.take())
        await end(runner, seen[-1], findings)
    return seen


async def test_package_is_tried_out_and_its_report_is_said_once(room: Room) -> None:
    room.gitserver.trials["apples", COMMIT] = package()
    await room.verify(WISH)
    seen = await serve(room, 4)
    report = await room.report()
    command = room.reports[0][0]
    assert (command.id, command.actor) == (derived_id("report", "apples", COMMIT, "1"), "service:grader")
    assert (report.alias, report.commit, report.version, report.state, report.findings) == ("apples", COMMIT, "v1", "passed", ())
    assert [(one.path, one.verdict) for one in report.submissions] == [
        (GOOD.path, Verdict.AC), (BAD.path, Verdict.WA), (SLOW.path, Verdict.TLE),
    ]  # fmt: skip
    assert sorted(given.task for given in seen) == [JUDGE] * 3 + [VALIDATE]
    assert next(given.input_validators for given in seen if given.task == VALIDATE) == (validator(),)
    assert room.verdicts(order("a")) == []
    assert room.count("trials_total", state="passed") == 1


async def test_what_may_exceed_the_limit_is_given_more_time(room: Room) -> None:
    room.gitserver.trials["apples", COMMIT] = package()
    await room.verify(WISH)
    given = {each.source: each.manifest.limits for each in await serve(room, 4)}
    assert (given["good"].cpu_ms, given["bad"].cpu_ms, given["slow"].cpu_ms) == (1000, 1000, 1500)
    assert given["slow"].wall_ms > given["good"].wall_ms


async def test_inputs_that_a_validator_rejects_fail_the_package(room: Room) -> None:
    room.gitserver.trials["apples", COMMIT] = package()
    await room.verify(WISH)
    said = Finding("error", "input-invalid", "data/secret/1.in", "n is 0")
    await serve(room, 4, (said,))
    report = await room.report()
    assert (report.state, report.findings) == ("failed", (said,))


async def test_what_the_checks_said_at_the_upload_stands_in_the_report(room: Room) -> None:
    said = (Finding("warning", "license-unknown", "problem.yaml", "x"), Finding("warning", "no-accepted-submission", "", "none"))
    room.gitserver.trials["apples", COMMIT] = package(BAD, input_validators=(), findings=said)
    await room.verify(WISH)
    await serve(room, 1)
    report = await room.report()
    assert sorted(each.code for each in report.findings if each.severity == "warning") == ["license-unknown", "no-accepted-submission"]


async def test_validators_and_checker_are_asked_where_their_languages_are(room: Room) -> None:
    """One in Python beside a checker in C++: the checker looks at the answers once."""
    custom = Checker(CheckerKind.CUSTOM, program=Program("cpp", (ProgramFile("check.cpp", "e" * 64, 10),)))
    python = InputValidator(Program("python3", (ProgramFile("validate.py", "f" * 64, 10),)))
    whole = replace(manifest(), checker=custom)
    room.gitserver.trials["apples", COMMIT] = package(GOOD, manifest=whole, input_validators=(python, python))
    await room.verify(WISH)
    said = Finding("error", "answer-rejected", "data/secret/1.ans", "no")
    runner, seen = room.runner(languages=("cpp", "python3")), dict[str, RunOrder]()
    for _ in range(3):
        given = await runner.take()
        seen[given.language if given.task == VALIDATE else "judged"] = given
        await end(runner, given, (said,))
    assert (seen["python3"].input_validators, seen["python3"].manifest.checker) == ((python, python), Checker())
    assert (seen["cpp"].input_validators, seen["cpp"].manifest.checker) == ((), custom)
    assert [each.code for each in (await room.report()).findings].count("answer-rejected") == 1


async def test_an_input_counts_as_accepted_when_no_language_refuses_it(room: Room) -> None:
    """Each runner knows its own validators only; outputs are tried where the checker is, once."""
    python = InputValidator(Program("python3", (ProgramFile("validate.py", "f" * 64, 10),)))
    case = manifest().cases[0]
    probes = (Probe(Claim.INVALID_INPUT, "data/invalid_input/a.in", case), Probe(Claim.VALID_OUTPUT, "data/valid_output/b.out", case, "a" * 64, 1))
    room.gitserver.trials["apples", COMMIT] = package(GOOD, input_validators=(validator(), python), probes=probes)
    await room.verify(WISH)
    lonely, both = (Finding("error", NOT_REFUSED, f"data/invalid_input/{name}.in", "no") for name in "ab")
    runner, seen = room.runner(languages=("cpp", "python3")), dict[str, RunOrder]()
    for _ in range(3):
        given = await runner.take()
        seen[given.language if given.task == VALIDATE else "judged"] = given
        await end(runner, given, (lonely, both) if given.language == "cpp" else (both,))
    assert (seen["cpp"].probes, seen["python3"].probes) == (probes, (probes[0], replace(probes[1], output=""))), "the default checker is asked once"
    assert [each for each in (await room.report()).findings if each.code == NOT_REFUSED] == [both]


async def test_outputs_are_tried_though_there_is_no_program_to_try(room: Room) -> None:
    probe = Probe(Claim.INVALID_OUTPUT, "data/invalid_output/b.out", manifest().cases[0], room.gitserver.keep_file(b"7"), 1)
    given = replace(probe.case, files=(ProgramFile("map.txt", room.gitserver.keep_file(b"map"), 3),))
    room.gitserver.trials["apples", COMMIT] = package(GOOD, input_validators=(), probes=(probe, replace(probe, case=given)))
    await room.verify(WISH)
    runner = room.runner(languages=("cpp", "text"))
    orders = [await runner.take(), await runner.take()]
    assert [(each.language, len(each.probes)) for each in orders if each.task == VALIDATE] == [("text", 2)]
    assert await _fetched(room, probe.output) == b"7"
    assert await _fetched(room, given.files[0].digest) == b"map"
    for each in orders:
        await end(runner, each)
    assert (await room.report()).state == "passed"


async def test_submission_of_which_more_is_said_is_judged_to_the_end(room: Room) -> None:
    told = replace(BAD, rules=(CaseRule("", ((0, 2),), required=("TLE",)),))
    room.gitserver.trials["apples", COMMIT] = package(GOOD, told)
    await room.verify(WISH)
    seen = {each.source: each for each in await serve(room, 3)}
    assert (seen["good"].manifest.groups.on_reject, seen["bad"].manifest.groups.on_reject) == (OnReject.BREAK, OnReject.CONTINUE)


async def test_contest_goes_before_a_trial(room: Room) -> None:
    room.gitserver.trials["apples", COMMIT] = package()
    await room.verify(WISH)
    await until(lambda: room.count("runs_waiting", priority="low") == 4, "a trial that waits")
    await room.submit(order("a"))
    await until(lambda: room.count("runs_waiting", priority="contest") == 1, "a submission that waits")
    runner = room.runner()
    first = await runner.take()
    assert first.submission == order("a").submission
    await runner.finish(first)
    await serve(room, 4)
    assert (await room.report()).state == "passed"
    assert (await room.verdict(order("a"))).verdict is Verdict.AC


async def test_grader_that_dies_in_mid_trial_tries_it_out_anew_and_says_it_once(room: Room) -> None:
    room.gitserver.trials["apples", COMMIT] = package()
    await room.verify(WISH)
    await serve(room, 2)
    await room.kill_grader()
    await room.start_grader()
    await serve(room, 4)
    assert (await room.report()).state == "passed"


async def test_trial_that_is_asked_for_twice_is_made_once(room: Room) -> None:
    room.gitserver.trials["apples", COMMIT] = package()
    await room.verify(WISH)
    await serve(room, 1)
    await room.verify(replace(WISH, sends=2))
    await serve(room, 3)
    await room.report()
    assert await room.runner().claim(0.1) is None


async def test_overtaken_commit_is_not_tried_out_unless_it_is_asked_for_again(room: Room) -> None:
    room.gitserver.trials["apples", COMMIT] = package(GOOD, is_newest=False, input_validators=())
    await room.verify(WISH)
    await until(lambda: room.count("trials_total", state="overtaken") == 1, "a message that is acknowledged")
    await room.verify(replace(WISH, sends=2))
    await serve(room, 1)
    assert [one.path for one in (await room.report()).submissions] == [GOOD.path]


async def test_runner_that_dies_costs_the_package_nothing(room: Room) -> None:
    room.gitserver.trials["apples", COMMIT] = package(GOOD, input_validators=())
    await room.verify(WISH)
    dying = room.runner("dying")
    given = await dying.take()
    async with dying.holding(given):
        pass
    await serve(room, 1)
    assert [one.verdict for one in (await room.report()).submissions] == [Verdict.AC]


async def test_judge_errors_are_tried_again_and_then_said_as_ours(room: Room) -> None:
    room.config = replace(room.config, judge_errors=2, elsewhere_s=0)
    await room.kill_grader()
    await room.start_grader()
    room.gitserver.trials["apples", COMMIT] = package(GOOD)
    await room.verify(WISH)
    runner = room.runner()
    for _ in range(4):
        await runner.finish(await runner.take(), "judge-error", (), message="the disk is full")
    report = await room.report()
    assert [(each.severity, each.code) for each in report.findings if each.code == "trial-broken"] == [("warning", "trial-broken")] * 2
    assert all("disk is full" in each.message for each in report.findings if each.code == "trial-broken")
    assert report.state == "warned"


async def test_what_would_keep_contests_waiting_is_put_off_and_the_report_says_that_it_is_tried_again(room: Room) -> None:
    room.gitserver.trials["apples", COMMIT] = package(GOOD, input_validators=())
    await room.verify(WISH)
    runner = room.runner()
    for broken_off in range(1, MOST_BREAKS + 1):
        await runner.finish(await runner.take(), "handed-back", (), broken_off=broken_off)
    report = await room.report()
    assert (report.state, [each.code for each in report.findings if each.path == GOOD.path]) == ("postponed", ["put-off"])


async def test_gitserver_that_is_away_is_waited_for(room: Room) -> None:
    room.gitserver.trials["apples", COMMIT] = package(GOOD, input_validators=())
    room.gitserver.faults = [Unavailable("away", code="gitserver-away")] * 2
    await room.verify(WISH)
    await serve(room, 1)
    assert [one.path for one in (await room.report()).submissions] == [GOOD.path]


@pytest.mark.parametrize("has_cases", [True, False])
async def test_commit_that_cannot_be_judged_fails_with_words(room: Room, has_cases: bool) -> None:
    if not has_cases:
        room.gitserver.trials["apples", COMMIT] = package(manifest=replace(manifest(), cases=()))
    await room.verify(WISH)
    report = await room.report()
    assert (report.state, [each.code for each in report.findings]) == ("failed", ["cannot-be-judged"])
    assert ("no test cases" in report.findings[0].message) is not has_cases


async def test_runners_get_the_files_of_a_trial_while_it_is_under_way(room: Room) -> None:
    content = b"int main(){}"
    digest, other = room.gitserver.keep_file(content), room.gitserver.keep_file(b"void f(){}")
    many = replace(GOOD, path="submissions/accepted/many", filename="main.cpp", files=(ProgramFile("f.cpp", other, 10),))
    room.gitserver.trials["apples", COMMIT] = package(many, input_validators=(validator(digest),))
    await room.verify(WISH)
    runner = room.runner()
    given = [await runner.take(), await runner.take()]
    for wanted, expected in ((digest, content), (other, b"void f(){}")):
        assert await _fetched(room, wanted) == expected
    judged = next(each for each in given if each.task == JUDGE)
    assert (judged.filename, judged.manifest.includes) == ("main.cpp", (Program("cpp", many.files),))
    for each in given:
        await end(runner, each)
    await room.report()


async def _fetched(room: Room, digest: str) -> bytes:
    async with room.to_grader.download(GRADER_BLOB, BlobRequest("apples", digest)) as stream:
        return b"".join([chunk async for chunk in stream])


async def test_owner_hears_how_far_it_is(room: Room) -> None:
    room.gitserver.trials["apples", COMMIT] = package(GOOD, BAD, input_validators=())
    heard: list[dict[str, object]] = []
    async with room.topics.subscribe() as news:
        await news.follow("user:olga")
        await room.verify(WISH)
        await serve(room, 2)
        await room.report()
        async with asyncio.timeout(5):
            while not heard:
                item = await news.next()
                assert isinstance(item, News)
                headline = decode(Headline, item.body)
                assert headline.kind == "trial"
                heard.append(headline.body)
    assert heard[0] == {"alias": "apples", "commit": COMMIT, "done": 0, "total": 2}
    assert await room.cache.fetch("trial:apples") is not None


async def test_message_that_nobody_can_read_is_buried(room: Room) -> None:
    await room.queue.publish(VERIFICATIONS.name, Message(derived_id("x", "y"), b"no json"))
    await until(lambda: room.count("messages_total", queue=VERIFICATIONS.name, outcome="rejected") == 1, "a message that is buried")
    await sleepless()
    assert room.reports == []
