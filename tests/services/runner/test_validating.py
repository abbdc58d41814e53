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
from wire.judging import VALIDATE, AttemptEnd, Checker, CheckerKind, Examined, InputValidator
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
        ("warning", "answer-rejected", "data/sample/1.ans"), ("warning", "answer-rejected", "data/secret/2.ans"),
    ]  # fmt: skip
    assert "WA of the jury's own answer" in end.findings[0].message
    testlib = Checker(CheckerKind.TESTLIB, program=workshop.shelf.program("python3", {"check.py": "import sys\nsys.exit('43' in open(sys.argv[2]).read())"}))
    found = (await validated(workshop, cases, (), testlib)).findings
    assert [(one.severity, one.path) for one in found] == [("error", "data/sample/1.ans")]


async def test_checker_that_fails_is_asked_once(workshop: Workshop) -> None:
    cases = [workshop.shelf.case(f"secret/{number}", "5", "") for number in range(4)]
    end = await validated(workshop, cases, (), workshop.shelf.custom("python3", "raise SystemExit(9)", "check.py"))
    assert [(one.code, one.path) for one in end.findings] == [("answer-rejected", "data/secret/0.ans")], end.findings
    assert "was asked no more" in end.findings[0].message
    assert workshop.eyes.purposes.count("validator") == 1


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


async def test_program_that_runs_is_broken_off_for_what_is_urgent_twice_and_then_ends(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(haste, "SLICE_S", 0.05)
    monkeypatch.setattr(haste, "MOST_BREAKS", 2)
    cases = [workshop.shelf.case("secret/1", "50", "")]
    sleeps = validator(workshop, "import time, sys\ntime.sleep(1.2)\nsys.exit(43)", name="sleeps.py")
    order = replace(workshop.order("python3", "", cases), task=VALIDATE, input_validators=(validator(workshop, SMALL, arguments=("10",)), sleeps))
    ends, took_s = [], []
    while not ends or ends[-1].outcome == "handed-back":
        began = time.monotonic()
        ends.append(await workshop.judge.judge(order, Log(gives_way=True)))
        took_s.append(time.monotonic() - began)
        assert len(ends) < 9
        order = replace(order, examined=decode(Examined, encode(ends[-1].examined or Examined())))
    far = [(end.examined.asked, end.examined.broken_off) for end in ends[:-1] if end.examined is not None]
    assert far[-2:] == [(1, 1), (1, 2)], "what the other program said is kept"
    assert min(took_s[-3:-1]) < 1.0, "it was broken off"
    assert took_s[-1] >= 1.2, "the third time it ran to its end"
    assert [(one.code, one.path) for one in ends[-1].findings] == [("input-invalid", "data/secret/1.in")] * 2


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
