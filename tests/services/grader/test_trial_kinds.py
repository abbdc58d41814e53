"""A trial asks of a package what its kind asks: programs that judge are built wherever they are at home, limits are for what is run."""

from __future__ import annotations

from dataclasses import replace

from tests.services.grader.cases import manifest
from tests.services.grader.room import Room
from tests.services.grader.test_verification import COMMIT, GOOD, WISH, end, package, serve
from wire.judging import VALIDATE, Checker, CheckerKind, Program, ProgramFile
from wire.problems import Finding


async def test_where_outputs_are_handed_in_nothing_is_said_of_a_time_limit(room: Room) -> None:
    room.gitserver.trials["apples", COMMIT] = package(GOOD, manifest=replace(manifest(), is_output_only=True), input_validators=())
    await room.verify(WISH)
    await serve(room, 1)
    report = await room.report()
    assert report.limit is None
    assert [one.code for one in report.findings] == ["no-submission-wrong"]


async def test_programs_that_judge_are_built_where_their_languages_are_and_called_by_their_paths(room: Room) -> None:
    talker = Checker(CheckerKind.CUSTOM, program=Program("python3", (ProgramFile("talk.py", "e" * 64, 10),)))
    whole = replace(manifest(), is_interactive=True, interactor=talker)
    room.gitserver.trials["apples", COMMIT] = package(GOOD, manifest=whole, programs={"interactor/talk.py": "output_validators/talk.py"})
    await room.verify(WISH)
    runner, languages = room.runner(languages=("cpp", "python3")), list[str]()
    for _ in range(3):
        given = await runner.take()
        languages += [given.language] if given.task == VALIDATE else []
        await end(runner, given, (Finding("error", "output-validator-broken", "interactor/talk.py", "int x"),))
    assert sorted(languages) == ["cpp", "python3"]
    errors = [(one.code, one.path) for one in (await room.report()).findings if one.severity == "error"]
    assert errors == [("output-validator-broken", "output_validators/talk.py")]
