"""A zip becomes a published problem."""

from __future__ import annotations

import hashlib

from tests.packages.building import SUM_PY, outside_zip, sound, with_changes, zipped
from tests.services.gitserver.world import World
from wire.judging import CheckerKind
from wire.methods import GITSERVER_MANIFEST, GITSERVER_PROBLEM, GITSERVER_STATEMENT, GITSERVER_SUBMISSIONS
from wire.problems import ManifestRequest, ProblemRequest, StatementRequest


async def test_an_uploaded_package_is_a_problem_with_card_statement_and_manifest(world: World) -> None:
    answer = await world.bring(sound())
    card = answer.card
    assert (card.alias, card.title, card.author, card.source, card.license) == ("sum", "Two numbers", "Ada", "Test Open 2026", "cc by-sa")
    assert (card.limits.cpu_ms, card.limits.memory_bytes) == (1500, 256 << 20)
    assert [(one.language, one.format, one.path) for one in card.statements] == [
        ("en", "markdown", "statement/problem.en.md"),
        ("es", "markdown", "statement/problem.es.md"),
    ]
    assert [(one.name, one.input, one.answer) for one in card.samples] == [("1", "1 2\n", "3\n")]
    assert card.attachments == ("attachments/template.py",)
    assert card == await world.call(GITSERVER_PROBLEM, ProblemRequest("sum"))
    assert card == await world.call(GITSERVER_PROBLEM, ProblemRequest("sum", card.commit), by="grader")
    spanish = await world.call(GITSERVER_STATEMENT, StatementRequest("sum", "es"))
    assert (spanish.language, spanish.text) == ("es", "Sume $a$ y $b$.\n")
    french = await world.call(GITSERVER_STATEMENT, StatementRequest("sum", "fr", card.commit))
    assert french.language == "en"
    manifest = await world.call(GITSERVER_MANIFEST, ManifestRequest("sum", card.version), by="grader")
    assert [case.name for case in manifest.cases] == ["sample/1", "secret/01-small", "secret/02-large"]
    assert manifest.checker.kind is CheckerKind.TOKEN
    assert (manifest.problem, manifest.version) == ("sum", card.version)
    case = manifest.cases[2]
    assert await world.blob("sum", case.input) == b"1000000000000 1\n"
    assert case.answer == hashlib.sha256(b"1000000000001\n").hexdigest()


async def test_the_packages_own_submissions_come_with_the_verdicts_written_beside_them(world: World) -> None:
    await world.bring(sound())
    found = await world.call(GITSERVER_SUBMISSIONS, ProblemRequest("sum"))
    assert [(one.path, one.language, one.expected) for one in found] == [
        ("submissions/accepted/sum.cpp", "cpp", ("AC",)),
        ("submissions/accepted/sum.py", "python3", ("AC",)),
        ("submissions/wrong_answer/minus.py", "python3", ("WA",)),
    ]
    assert found[1].source == SUM_PY


async def test_the_record_is_told_before_the_answer(world: World) -> None:
    answer = await world.bring(sound(), owner="grace")
    (command,) = await world.commands()
    assert (command.kind, command.actor, command.body.alias, command.body.owner) == ("RecordProblem", "service:gitserver", "sum", "grace")
    assert (command.body.commit, command.body.version) == (answer.card.commit, answer.card.version)
    assert command.body.statement_languages == ("en", "es")


async def test_a_changed_statement_leaves_the_judging_version_and_a_changed_case_does_not(world: World) -> None:
    first = (await world.bring(sound())).card
    second = (await world.bring(with_changes({"problem_statement/problem.en.md": "Other words.\n", "submissions/accepted/sum.cpp": None}))).card
    third = (await world.bring(with_changes({"data/secret/01-small.ans": "31\n"}))).card
    fourth = (await world.bring(with_changes({".timelimit": "2\n", "data/secret/01-small.ans": "31\n"}))).card
    assert second.commit != first.commit
    assert second.version == first.version
    assert len({first.version, third.version, fourth.version}) == 3
    old = await world.call(GITSERVER_MANIFEST, ManifestRequest("sum", first.version), by="grader")
    assert await world.blob("sum", old.cases[1].answer) == b"30\n", "old versions stay fetchable"
    assert (await world.call(GITSERVER_STATEMENT, StatementRequest("sum", "en", first.commit))).text.startswith("# Two numbers")


async def test_the_same_package_again_is_the_same_commit_and_the_record_is_told_again(world: World) -> None:
    first = await world.bring(sound())
    second = await world.bring_zip(zipped(sound(), top="two-numbers"))
    assert first.card == second.card
    ids = {command.id for command in await world.commands()}
    assert len(ids) == 1, "the same command, so that it is applied once"


async def test_a_package_from_outside_is_taken_as_it_was_sent(world: World) -> None:
    answer = await world.bring_zip(outside_zip(), alias="")
    assert (answer.card.alias, answer.card.title, answer.card.case_count) == ("doublevision", "Double Vision", 7)
    assert [finding.code for finding in answer.findings] == ["junk-ignored"]
    swedish = await world.call(GITSERVER_STATEMENT, StatementRequest("doublevision", "sv-SE"))
    assert (swedish.language, swedish.format, swedish.title) == ("sv", "latex", "Dubbelseende")
    assert "Farmor" in swedish.text
    assert {one.expected for one in await world.call(GITSERVER_SUBMISSIONS, ProblemRequest("doublevision"))} >= {("AC",), ("TLE", "WA"), ("MLE", "RTE")}
    manifest = await world.call(GITSERVER_MANIFEST, ManifestRequest("doublevision", answer.card.version), by="grader")
    assert manifest.checker.program is not None
    for file in manifest.checker.program.files:
        assert hashlib.sha256(await world.blob("doublevision", file.digest)).hexdigest() == file.digest
