"""A package's input validators over all its inputs, and its checker over its own answers: real programs in real boxes."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import replace

import pytest

from mesh.codec import decode, encode
from services.runner import course, haste, validating
from tests.services.runner.workshop import Log, Workshop
from wire import judging
from wire.judging import VALIDATE, AttemptEnd, Checker, CheckerKind, Claim, Examined, InputValidator, Probe
from wire.problems import Finding

pytestmark = pytest.mark.sandbox

# The input is one number; it must not exceed the argument that comes last.
SMALL = "import sys\nmost = int(sys.argv[-1])\nsys.exit(42 if int(sys.stdin.read()) <= most else print('too large') or 43)"


async def validated(
    workshop: Workshop, cases: Sequence[judging.TestCase], validators: Sequence[InputValidator] = (), checker: Checker | None = None, **more: object
) -> AttemptEnd:
    order = replace(workshop.order("python3", "", cases, checker, **more), task=VALIDATE, input_validators=tuple(validators))
    return await workshop.judge.judge(order, workshop.log)


def validator(workshop: Workshop, source: str, language: str = "python3", name: str = "small.py", **more: object) -> InputValidator:
    return InputValidator(workshop.shelf.program(language, {name: source}), **more)


async def test_every_input_is_shown_to_every_validator_with_its_arguments(workshop: Workshop) -> None:
    cases = [
        workshop.shelf.case("sample/1", "5", ""), workshop.shelf.case("secret/2", "50", ""),
        workshop.shelf.case("secret/3", "50", "", input_arguments=("100",)),
    ]  # fmt: skip
    picky = validator(workshop, "import sys\nassert sys.argv[1] == 'odd', sys.argv\nassert int(input()) % 2", name="odd.py", arguments=("odd",), kind=CheckerKind.TESTLIB)
    end = await validated(workshop, cases, [validator(workshop, SMALL, arguments=("10",)), picky])
    assert (end.outcome, end.results) == ("validated", ())
    assert [(one.severity, one.code, one.path) for one in end.findings] == [
        ("error", "input-invalid", "data/secret/2.in"), ("error", "input-invalid", "data/secret/2.in"), ("error", "input-invalid", "data/secret/3.in"),
    ]  # fmt: skip
    assert end.findings[0].message == "the input validator small.py refuses it with exit code 43\ntoo large"
    assert "odd.py refuses it with exit code 1" in end.findings[1].message
    assert "AssertionError" in end.findings[1].message


async def test_files_are_called_by_the_packages_own_paths(workshop: Workshop) -> None:
    strict = workshop.shelf.custom("python3", "import sys\nsys.exit(43)", "check.py")
    case = workshop.shelf.case("group.1", "50", "", input_path="cases/group.1.in", answer_path="cases/group.1.out")
    end = await validated(workshop, [case], [validator(workshop, SMALL, arguments=("10",), path="tests/small.py")], strict)
    assert [(one.code, one.path) for one in end.findings] == [("input-invalid", "cases/group.1.in"), ("answer-rejected", "cases/group.1.out")]
    assert end.findings[0].message.startswith("the input validator tests/small.py refuses it")


@pytest.mark.parametrize(
    ("language", "source", "why"),
    [
        pytest.param("c", "int main(void){nothing}", "does not compile", id="does-not-compile"),
        pytest.param("c", "#include <stdlib.h>\nint main(void){abort();}", "SIGABRT", id="crashes"),
        pytest.param("cpp", '#include "testlib.h"\nint main(){}', "put testlib.h beside", id="no-testlib"),
        pytest.param("cobol", "x", "does not have cobol", id="language"),
    ],
)
async def test_validator_that_is_broken_is_said_once(workshop: Workshop, language: str, source: str, why: str) -> None:
    cases = [workshop.shelf.case(f"secret/{number}", "5", "") for number in range(4)]
    end = await validated(workshop, cases, [validator(workshop, source, language, "check.x" if language == "cobol" else f"check.{language}")])
    assert [(one.severity, one.code) for one in end.findings] == [("error", "input-validator-broken")], end.findings
    assert why in end.findings[0].message
    assert end.findings[0].path.startswith("input_validators/check.")


async def test_findings_are_bounded_and_the_rest_is_counted(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(course, "MOST_FINDINGS", 3)
    cases = [workshop.shelf.case(f"secret/{number}", "50", "") for number in range(8)]
    end = await validated(workshop, cases, [validator(workshop, SMALL, arguments=("10",))])
    assert [one.code for one in end.findings] == ["input-invalid"] * 3 + ["more-findings"]
    assert end.findings[-1].message.startswith("5 more")


async def test_good_package_has_no_findings(workshop: Workshop) -> None:
    checker = workshop.shelf.custom("python3", "import sys\nsys.exit(42 if sys.stdin.read() == open(sys.argv[2]).read() else 43)", "check.py")
    cases = [workshop.shelf.case(f"secret/{number}", str(number), str(number) * 3) for number in range(4)]
    end = await validated(workshop, cases, [validator(workshop, SMALL, arguments=("10",))], checker)
    assert (end.outcome, end.findings) == ("validated", ())


async def test_answer_that_the_checker_rejects_is_found(workshop: Workshop) -> None:
    says = "import sys\nanswer = open(sys.argv[2]).read()\nassert answer == sys.stdin.read()\nsys.exit(int(answer))"
    cases = [workshop.shelf.case(name, "", answer) for name, answer in (("sample/1", "43"), ("secret/1", "42"), ("secret/2", "7"))]
    cases[0] = replace(cases[0], is_sample=True)
    end = await validated(workshop, cases, (), workshop.shelf.custom("python3", says, "check.py"))
    assert [(one.severity, one.code, one.path) for one in end.findings] == [
        ("warning", "answer-rejected", "data/sample/1.ans"), ("error", "answer-rejected", "data/secret/2.ans"),
    ]  # fmt: skip
    assert "WA of the jury's own answer" in end.findings[0].message
    testlib = Checker(CheckerKind.TESTLIB, program=workshop.shelf.program("python3", {"check.py": "import sys\nsys.exit('43' in open(sys.argv[2]).read())"}))
    found = (await validated(workshop, cases, (), testlib)).findings
    assert [(one.severity, one.path) for one in found] == [("error", "data/sample/1.ans")]


async def test_checker_that_fails_is_asked_once(workshop: Workshop) -> None:
    cases = [workshop.shelf.case(f"secret/{number}", "5", "") for number in range(4)]
    end = await validated(workshop, cases, (), workshop.shelf.custom("python3", "raise SystemExit(9)", "check.py"))
    assert [(one.severity, one.code, one.path) for one in end.findings] == [("error", "answer-rejected", "data/secret/0.ans")], end.findings
    assert "was asked no more" in end.findings[0].message
    assert "exit code 9; it must end with 42 (accepted) or 43 (rejected)" in end.findings[0].message
    assert workshop.eyes.purposes.count("validator") == 1


async def test_whatever_judges_and_does_not_compile_is_found_without_a_submission(workshop: Workshop) -> None:
    fine = workshop.shelf.custom("python3", "raise SystemExit(42)", "check.py")
    broken = Checker(CheckerKind.CUSTOM, program=workshop.shelf.program("c", {"v.h": "", "v.c": "int x"}))
    case = workshop.shelf.case("secret/1", "5", "5")
    kinds: list[tuple[Checker, dict[str, object], str]] = [
        (broken, {}, "checker/v.c"), (fine, {"more_checkers": (broken,)}, "checkers/0/v.c"), (broken, {"is_interactive": True}, "checker/v.c"),
        (broken, {"passes": 2}, "checker/v.c"), (Checker(), {"is_interactive": True, "interactor": broken}, "interactor/v.c"),
        (fine, {"static_validator": broken}, "static/v.c"), (fine, {"grader": broken.program}, "grader/v.c"),
    ]  # fmt: skip
    for checker, more, path in kinds:
        end = await validated(workshop, [case], (), checker, **more)
        assert [(one.severity, one.code, one.path) for one in end.findings] == [("error", "output-validator-broken", path)], more
        assert "does not compile:\nv.c:1:" in end.findings[0].message


async def test_examination_gives_way_between_two_programs_and_is_gone_on_with(workshop: Workshop) -> None:
    cases = [workshop.shelf.case(f"secret/{number}", str(number), "") for number in range(4)]
    crashes = validator(workshop, "raise SystemExit(9 * (input() == '0') or 42)", name="broken.py", kind=CheckerKind.OMEGAUP)
    whole = await validated(workshop, cases, [crashes, validator(workshop, SMALL, arguments=("1",))], fails := workshop.shelf.custom("python3", "1/0", "check.py"))
    once = len(workshop.eyes.purposes)
    order = replace(workshop.order("python3", "", cases, fails), task=VALIDATE, input_validators=(crashes, validator(workshop, SMALL, arguments=("1",))))
    done: list[tuple[int, int]] = []
    while (end := await workshop.judge.judge(order, Log(gives_way=True))).outcome == "handed-back":
        assert end.examined is not None
        done.append((end.examined.cases, end.examined.asked))
        order = replace(order, examined=decode(Examined, encode(end.examined)))
    assert done[0] == (0, 1), "each attempt asks one program"
    assert done == sorted(set(done))
    assert {cases for cases, _ in done} == {0, 1, 2, 3}
    assert (end.outcome, end.findings) == ("validated", whole.findings), "as if it had not given way"
    asked = [purpose for purpose in workshop.eyes.purposes if purpose == "validator"]
    assert len(asked) == 2 * sum(purpose == "validator" for purpose in workshop.eyes.purposes[:once]), "nothing is asked twice"


HANGS_AT_7 = "import sys, time\ntime.sleep(50 * (input() == '7'))\nsys.exit(42)"


@pytest.mark.parametrize(
    ("hangs", "path"), [("validator", "input_validators/hangs.py"), ("checker", "data/secret/1.ans"), ("probe", "data/valid_output/1.out")]
)
async def test_what_hangs_never_keeps_the_slot_and_is_put_off_while_the_rest_is_examined(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, hangs: str, path: str
) -> None:
    monkeypatch.setattr(haste, "SLICE_S", 0.02)
    monkeypatch.setattr(haste, "MOST_BREAKS", 2)
    shelf = workshop.shelf
    cases = [shelf.case("secret/1", "7" if hangs == "validator" else "50", ""), shelf.case("secret/2", "50", "")]
    validators = (validator(workshop, SMALL, arguments=("10",)), validator(workshop, HANGS_AT_7, name="hangs.py"))
    checker = shelf.custom("python3", "import time\ntime.sleep(50)", "check.py") if hangs == "checker" else None
    probes = (Probe(Claim.VALID_OUTPUT, "data/valid_output/1.out", shelf.case("valid_output/1", "7", ""), shelf.keep(b"")),) * (hangs == "probe")
    known = Examined(2) if probes else Examined(0, (Finding("error", "input-invalid", "data/secret/1.in", "known"),), asked=1 if hangs == "validator" else 2)
    order = replace(workshop.order("python3", "", cases, checker), task=VALIDATE, input_validators=validators, probes=probes, examined=known)
    far = list[tuple[int, int, tuple[int, ...], int]]()
    began = time.monotonic()
    for _ in range(3):
        end = await workshop.judge.judge(order, Log(gives_way=True))
        assert (end.outcome, end.examined is not None) == ("handed-back", True)
        order = replace(order, examined=(done := decode(Examined, encode(end.examined or Examined()))))
        far.append((done.cases, done.asked, done.silent, done.broken_off))
    assert time.monotonic() - began < 40, "it never kept the slot"
    where, silent = (known.cases, known.asked), ({"validator": 1, "checker": -1, "probe": -2}[hangs],)
    assert far == [(*where, (), 0), (*where, (), 1), (*where, silent, 0)], "compiled, broken off, put off"
    quiet = await workshop.judge.judge(order, Log())
    found = [(one.severity, one.code, one.path) for one in quiet.findings]
    others = [] if probes else [("error", "input-invalid", f"data/secret/{number}.in") for number in (1, 2)]
    assert sorted(found) == [*others, ("warning", "put-off", path)]
    assert all("broken off" in one.message for one in quiet.findings if one.code == "put-off")


async def test_compiling_is_broken_off_too_and_then_the_examination_is_put_off(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"SLICE_S": 0.02, "BUILD_S": 0.0, "MOST_BREAKS": 2}.items():
        monkeypatch.setattr(haste, name, value)
        monkeypatch.setattr(validating, name, value, raising=False)
    slow = validator(workshop, "#include <bits/stdc++.h>\nint main() { return 42; }", "cpp", "slow.cpp")
    order = replace(workshop.order("python3", "", [workshop.shelf.case("secret/1", "7", "")]), task=VALIDATE, input_validators=(slow,))
    end = await workshop.judge.judge(order, Log(gives_way=True))
    assert (end.outcome, end.examined and end.examined.broken_off) == ("handed-back", 1)
    end = await workshop.judge.judge(replace(order, examined=end.examined), Log(gives_way=True))
    assert (end.outcome, [(one.code, one.path) for one in end.findings]) == ("validated", [("put-off", "input_validators")])


async def test_what_was_compiled_is_a_step_too(workshop: Workshop) -> None:
    cases = [workshop.shelf.case(f"secret/{number}", str(number), "") for number in range(2)]
    order = replace(workshop.order("python3", "", cases), task=VALIDATE, input_validators=(validator(workshop, SMALL, arguments=("1",)),))
    ends = [await workshop.judge.judge(order, Log(gives_way=True)) for _ in range(2)]
    assert [end.examined and end.examined.cases for end in ends] == [0, 1]


async def test_examination_that_takes_too_long_is_cut_and_says_so(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validating, "MOST_MS", 300)
    cases = [workshop.shelf.case(f"secret/{number}", "5", "") for number in range(5)]
    end = await validated(workshop, cases, [validator(workshop, "import time, sys\ntime.sleep(0.2)\nsys.exit(42)")])
    assert (end.outcome, [one.code for one in end.findings]) == ("validated", ["examination-cut"]), end
    assert re.search(r"for [12] of 5 cases", end.findings[0].message)


async def test_answers_of_conversations_are_no_outputs(workshop: Workshop) -> None:
    refuses = workshop.shelf.custom("python3", "import sys\nsys.exit(43)", "check.py")
    cases = [workshop.shelf.case("secret/1", "5", "")]
    for kind in ({"is_interactive": True}, {"passes": 3}):
        assert (await validated(workshop, cases, (), refuses, **kind)).findings == ()


async def test_file_that_is_missing_is_our_fault(workshop: Workshop) -> None:
    case = workshop.shelf.case("secret/1", "5", "")
    order = [validator(workshop, SMALL)]
    workshop.shelf.files.clear()
    end = await validated(workshop, [case], order)
    assert (end.outcome, end.findings) == ("judge-error", tuple[Finding, ...]())
