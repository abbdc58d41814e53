"""Programs of a package in every form that the formats allow: with scripts of their own, and several that judge outputs."""

from __future__ import annotations

import pytest

from services.gitserver.formats.package import Package
from tests.packages.broken import CUSTOM, VALIDATOR
from tests.packages.building import Executable, changed, sound, sound_2025, zipped
from tests.packages.icpc_scripts import scripts
from tests.packages.reading import read
from tests.services.gitserver.world import World
from wire.judging import Program
from wire.languages import SCRIPTED
from wire.methods import GITSERVER_MANIFEST, GITSERVER_TRIAL
from wire.problems import ManifestRequest
from wire.verification import TrialRequest

BUILD = Executable(b"#!/bin/sh\ncp check run\n")


def of(changes: dict[str, str | bytes | None], *, is_newest: bool = False) -> tuple[Package, list[tuple[str, str]]]:
    package, report = read(changed(sound_2025() if is_newest else sound(), changes))
    assert package is not None, report.findings()
    return package, [(finding.code, finding.path) for finding in report.findings()]


def executables(program: Program | None) -> dict[str, bool]:
    assert program is not None
    assert program.language == SCRIPTED
    return {file.path: file.is_executable for file in program.files}


@pytest.mark.parametrize("place", ["output_validators/check", "output_validators"])
def test_a_folder_with_scripts_is_one_program_wherever_they_lie(place: str) -> None:
    package, findings = of({
        "problem.yaml": CUSTOM, f"{place}/build": BUILD, f"{place}/check.cpp": VALIDATOR, f"{place}/lib/tool": Executable(b"x"), f"{place}/lib/some": "x",
    })  # fmt: skip
    assert executables(package.checker.program) == {"build": True, "check.cpp": False, "lib/some": False, "lib/tool": True}
    assert findings == []


def test_scripts_that_are_not_marked_are_run_with_a_warning() -> None:
    package, findings = of({"problem.yaml": CUSTOM, "output_validators/check/run": b"#!/bin/sh\n", "input_validators/other/build": b"x"})
    assert executables(package.checker.program) == {"run": True}
    assert [one.language for one in package.input_validators] == ["python3", SCRIPTED]
    assert findings == [("script-not-executable", "output_validators/check/run"), ("script-not-executable", "input_validators/other/build")]


def test_graders_and_loose_input_validators_may_have_scripts() -> None:
    package, findings = of({
        "data/secret/testdata.yaml": "grading: custom\n", "graders/grade/run": Executable(b"#!/bin/sh\n"),
        "input_validators/check.py": None, "input_validators/run": Executable(b"#!/bin/sh\n"), "input_validators/rules.txt": "x",
    })  # fmt: skip
    assert package.grader is not None
    assert (package.grader.language, set(package.grader.files)) == (SCRIPTED, {"run"})
    (validator,) = package.input_validators
    assert (validator.language, validator.path, set(validator.files)) == (SCRIPTED, "input_validators", {"run", "rules.txt"})
    assert findings == []


def test_programs_of_2025_may_have_scripts_and_constants_leave_them_executable() -> None:
    package, findings = of(
        {
            "problem.yaml": sound_2025()["problem.yaml"].decode() + "constants: {most: 9}\n",
            "data/secret/test_group.yaml": "static_validation_score: pass-fail\n",
            "output_validator/build": Executable(b"#!/bin/sh\necho {{most}} > run\n"), "output_validator/deep/x.cpp": VALIDATOR,
            "static_validator/look/run": Executable(b"#!/bin/sh\n"), "input_validators/check/run": Executable(b"#!/bin/sh\n"),
        },
        is_newest=True,
    )  # fmt: skip
    assert executables(package.checker.program) == {"build": True, "deep/x.cpp": False}
    assert package.checker_files["build"].content == b"#!/bin/sh\necho 9 > run\n"
    assert package.checker_files["build"].is_executable
    assert package.static_validator is not None
    assert executables(package.static_validator.program) == {"run": True}
    assert findings == []


def test_submissions_have_no_scripts() -> None:
    package, findings = of({"submissions/accepted/odd/build": BUILD, "submissions/accepted/odd/a.py": "print()\n"})
    assert findings == [("submission-many-files", "submissions/accepted/odd")]
    assert "submissions/accepted/odd" not in {one.path for one in package.submissions}


@pytest.mark.parametrize("validation", ["custom", "custom interactive", "custom score"])
def test_several_output_validators_are_asked_in_the_order_of_their_names(validation: str) -> None:
    kind = "type: scoring\n" if "score" in validation else ""
    package, findings = of({
        "problem.yaml": f"name: Sum\nvalidation: {validation}\nvalidator_flags: all\n{kind}", "data/testdata.yaml": "output_validator_flags: strict\n",
        "output_validators/b.py": "import sys\n", "output_validators/c/main.cpp": VALIDATOR, "output_validators/a/run": Executable(b"#!/bin/sh\n"),
    })  # fmt: skip
    every = (package.checker, *package.more_checkers)
    assert [one.program.language for one in every if one.program is not None] == [SCRIPTED, "python3", "cpp"]
    assert {one.arguments for one in every} == {("all", "strict")}
    assert [set(files) for files in package.more_checker_files] == [{"b.py"}, {"main.cpp"}]
    assert not {code for code, _ in findings} & {"validators-many", "validator-language"}


def test_several_validators_of_a_multi_pass_problem_are_refused_with_the_reason() -> None:
    package, report = read(changed(sound(), {
        "problem.yaml": "name: Sum\nvalidation: custom multi-pass\n", "output_validators/a.cpp": VALIDATOR, "output_validators/b.cpp": VALIDATOR,
    }))  # fmt: skip
    assert package is None
    (said,) = [one for one in report.findings() if one.code == "validators-many"]
    assert said.message == "there must be one output validator, not a.cpp, b.cpp: the format does not say whose nextpass.in would count"


async def test_what_a_runner_needs_of_all_of_them_is_there(world: World) -> None:
    answer = await world.bring_zip(zipped(scripts()))
    manifest = await world.call(GITSERVER_MANIFEST, ManifestRequest("sum", answer.card.version), by="grader")
    (brief,) = manifest.more_checkers
    files = {file.path: file for one in (manifest.checker, brief) for file in one.program.files}
    assert [path for path, file in files.items() if file.is_executable] == ["build", "tools/words"]
    assert await world.blob("sum", files["b-brief.py"].digest) == scripts()["output_validators/b-brief.py"]
    trial = await world.call(GITSERVER_TRIAL, TrialRequest("sum", answer.card.commit), by="grader")
    assert executables(trial.input_validators[0].program) == {"pattern": False, "run": True}
