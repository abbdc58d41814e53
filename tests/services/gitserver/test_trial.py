"""What a trial is given of a commit, and the limit that it measures: pinned once, in force wherever a limit is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from mesh.errors import Conflict, Forbidden, Invalid, MeshError, NotFound
from tests.packages.building import SUM_CPP, sound, with_changes
from tests.packages.omegaup import sums
from tests.services.gitserver.world import World, serving
from wire.judging import CheckerKind
from wire.methods import GITSERVER_LIMIT, GITSERVER_MANIFEST, GITSERVER_PROBLEM, GITSERVER_TRIAL
from wire.problems import ManifestRequest, ProblemRequest
from wire.verification import PinLimit, PinnedLimit, TrialRequest


def unstated(**changes: str | bytes | None) -> dict[str, bytes]:
    return with_changes({".timelimit": None, **changes})


async def test_trial_has_all_that_it_needs(world: World) -> None:
    card = (await world.bring(sound())).card
    trial = await world.call(GITSERVER_TRIAL, TrialRequest("sum", card.commit), by="grader")
    assert trial.manifest == await world.call(GITSERVER_MANIFEST, ManifestRequest("sum", card.version), by="grader")
    assert [(one.path, one.expected) for one in trial.submissions] == [
        ("submissions/accepted/sum.cpp", ("AC",)), ("submissions/accepted/sum.py", ("AC",)), ("submissions/wrong_answer/minus.py", ("WA",)),
    ]  # fmt: skip
    assert trial.submissions[0].source == SUM_CPP
    (validator,) = trial.input_validators
    assert (validator.kind, validator.program.language) == (CheckerKind.CUSTOM, "python3")
    assert await world.blob("sum", validator.program.files[0].digest) == sound()["input_validators/check.py"]
    assert trial.limit_rule.is_stated
    assert not trial.manifest.is_provisional
    assert trial.is_newest


async def test_cases_are_called_by_the_packages_own_paths_and_judging_knows_none(world: World) -> None:
    card = (await world.bring(sums(), "sums")).card
    trial = await world.call(GITSERVER_TRIAL, TrialRequest("sums", card.commit), by="grader")
    paths = [(case.name, case.input_path, case.answer_path) for case in trial.manifest.cases]
    assert paths
    assert all(sums().keys() >= {question, answer} and question.endswith(f"{name.rpartition('/')[2]}.in") for name, question, answer in paths), paths
    manifest = await world.call(GITSERVER_MANIFEST, ManifestRequest("sums", card.version), by="grader")
    assert {(case.input_path, case.answer_path) for case in manifest.cases} == {("", "")}
    assert [one.path for one in trial.input_validators if not one.path.startswith("tests/")] == []


async def test_programs_that_judge_are_called_by_the_packages_own_paths(world: World) -> None:
    custom = {"problem.yaml": "name: Sum\nvalidation: custom\n", "output_validators/check/v.cpp": "int x", "output_validators/check/own.h": "\n"}
    card = (await world.bring(with_changes(custom))).card
    trial = await world.call(GITSERVER_TRIAL, TrialRequest("sum", card.commit), by="grader")
    assert trial.manifest.checker.program is not None
    files = {f"checker/{file.path}" for file in trial.manifest.checker.program.files}
    assert {trial.programs[path] for path in files} == {"output_validators/check/v.cpp", "output_validators/check/own.h"}


async def test_what_the_checks_said_goes_along(world: World) -> None:
    answer = await world.bring(sound(**{"problem.yaml": "name: Two\nnonsense: 1\n"}))
    trial = await world.call(GITSERVER_TRIAL, TrialRequest("sum", answer.card.commit), by="grader")
    assert "yaml-unknown-key" in {finding.code for finding in trial.findings}
    assert trial.findings == answer.findings


async def test_older_commit_can_be_tried_and_says_that_it_is_one(world: World) -> None:
    first = (await world.bring(sound())).card
    second = (await world.bring(with_changes({"data/secret/03.in": "1 1\n", "data/secret/03.ans": "2\n"}))).card
    old = await world.call(GITSERVER_TRIAL, TrialRequest("sum", first.commit), by="grader")
    new = await world.call(GITSERVER_TRIAL, TrialRequest("sum", second.commit), by="grader")
    assert (old.is_newest, len(old.manifest.cases)) == (False, 3)
    assert (new.is_newest, len(new.manifest.cases)) == (True, 4)


async def test_measured_limit_is_in_force_wherever_a_limit_is_told(house: World) -> None:
    async with serving(house):
        card = (await house.bring(unstated())).card
        assert card.is_provisional
        pin = PinLimit("sum", card.version, 700)
        assert await house.call(GITSERVER_LIMIT, pin, by="grader") == PinnedLimit(700)
    async with serving(house):
        told = await house.call(GITSERVER_PROBLEM, ProblemRequest("sum"))
        manifest = await house.call(GITSERVER_MANIFEST, ManifestRequest("sum", card.version), by="grader")
        trial = await house.call(GITSERVER_TRIAL, TrialRequest("sum", card.commit), by="grader")
    for limits, is_provisional in ((told.limits, told.is_provisional), (manifest.limits, manifest.is_provisional)):
        assert (limits.cpu_ms, limits.wall_ms, is_provisional) == (700, 2400, False)
    assert trial.manifest == manifest
    assert not trial.limit_rule.is_stated, "who reads the report sees where the limit is from"


async def test_first_limit_that_is_pinned_stays(world: World) -> None:
    card = (await world.bring(unstated())).card
    for wished in (700, 900):
        assert await world.call(GITSERVER_LIMIT, PinLimit("sum", card.version, wished), by="grader") == PinnedLimit(700)
    again = (await world.bring(unstated(**{"problem_statement/problem.en.md": "Another statement.\n"}))).card
    assert (again.version, again.limits.cpu_ms) == (card.version, 700), "the same cases, the same limit"
    other = (await world.bring(unstated(**{"data/secret/03.in": "1 1\n", "data/secret/03.ans": "2\n"}))).card
    assert other.is_provisional, "other cases are measured anew"


@pytest.mark.parametrize(("change", "kind", "code"), [
    ({"cpu_ms": 0}, Invalid, "limit-invalid"), ({"cpu_ms": 10**9}, Invalid, "limit-invalid"), ({"version": "0" * 40}, NotFound, "no-such-version"),
    ({"alias": "none"}, NotFound, "no-such-problem"), ({}, Conflict, "limit-stated"),
])  # fmt: skip
async def test_limit_that_cannot_be_pinned(world: World, change: dict[str, object], kind: type[MeshError], code: str) -> None:
    card = (await world.bring(sound())).card
    values: dict[str, object] = {"alias": "sum", "version": card.version, "cpu_ms": 500, **change}
    with pytest.raises(kind) as refused:
        await world.call(GITSERVER_LIMIT, PinLimit(**values), by="grader")  # type: ignore[arg-type]  # as named
    assert refused.value.code == code


async def test_only_the_grader_tries_out_and_measures(world: World) -> None:
    for method, request in ((GITSERVER_TRIAL, TrialRequest("sum", "0" * 40)), (GITSERVER_LIMIT, PinLimit("sum", "0" * 40, 1))):
        with pytest.raises(Forbidden):
            await world.call(method, request)


async def test_push_says_where_its_report_will_be(world: World, tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    for path, content in sound().items():
        (work / path).parent.mkdir(parents=True, exist_ok=True)
        (work / path).write_bytes(content)
    await world.git("init", "--quiet", cwd=work)
    await world.git("add", "--all", cwd=work)
    await world.git("commit", "--quiet", "--message=first", cwd=work)
    said = await world.git("push", f"{world.git_url}/pushed.git", "HEAD:main", cwd=work)
    assert "/problems/pushed/report" in said
