"""Problems in several passes: real validators that ask for another one, and what they may not do."""

from __future__ import annotations

import dataclasses

import pytest

from contest.results import CaseResult
from tests.services.runner.workshop import LIMITS, Workshop

pytestmark = pytest.mark.sandbox

# Encodes in the first pass, decodes in the second: the validator hands on what was encoded, and never what was to be.
VALIDATOR = """
import os, sys
given, answer, folder = sys.argv[1:4]
output = sys.stdin.read().split()
judged = open(folder + "judgemessage.txt", "a")
if open(given).read().startswith("encode"):
    judged.write("encoded, ")
    assert not os.path.exists(folder + "nextpass.in")
    open(folder + "nextpass.in", "w").write("decode " + output[0])
    open(folder + "secret", "w").write(open(given).read().split()[1])
    sys.exit(42)
judged.write("decoded")
assert open(answer).read() == "the answer"
sys.exit(42 if output == [open(folder + "secret").read()] else 43)
"""
CODER = "what, word = input().split()\nprint(word[::-1])"


async def passed(workshop: Workshop, solution: str, validator: str = VALIDATOR, **more: object) -> CaseResult:
    more.setdefault("passes", 2)
    case = workshop.shelf.case("1", "encode apples", "the answer")
    return await workshop.only_result("python3", solution, [case], workshop.shelf.custom("python3", validator, "validator.py"), **more)


async def test_validator_has_the_solution_run_again_on_what_it_leaves(workshop: Workshop) -> None:
    result = await passed(workshop, CODER)
    assert (result.verdict, result.message) == ("AC", "encoded, decoded"), result


async def test_solution_remembers_nothing_of_the_pass_before(workshop: Workshop) -> None:
    cheat = "import os\nwhat, word = input().split()\nif os.path.exists('kept'): print(open('kept').read())\nelse: open('kept', 'w').write(word); print('x')"
    assert (await passed(workshop, cheat)).verdict == "WA"


async def test_verdict_of_a_later_pass_is_that_of_the_case_and_says_which(workshop: Workshop) -> None:
    late = "what, word = input().split()\nif what == 'decode':\n    while True: pass\nprint(word)"
    result = await passed(workshop, late, limits=dataclasses.replace(LIMITS, cpu_ms=300))
    assert (result.verdict, result.message.startswith("pass 2: more than 300 ms")) == ("TLE", True), result
    wrong = await passed(workshop, "print('x')")
    assert (wrong.verdict, wrong.message) == ("WA", "pass 2: encoded, decoded")
    assert (wrong.output_head, wrong.difference) == ("x\n", ""), "the answer is not what a pass is compared with"
    silent = "import sys\nif 'encode' in open(sys.argv[1]).read():\n    open(sys.argv[3] + 'nextpass.in', 'w').write('decode x')\n    sys.exit(42)\nsys.exit(43)"
    assert (await passed(workshop, CODER, silent)).message == "pass 2"


async def test_limit_is_for_each_pass_and_the_figures_are_the_largest(workshop: Workshop) -> None:
    busy = "import time\nwhat, word = input().split()\nwhile time.process_time() < (0.4 if what == 'encode' else 0.3): pass\nprint(word[::-1])"
    result = await passed(workshop, busy, limits=dataclasses.replace(LIMITS, cpu_ms=600))
    assert (result.verdict, 390 <= result.time_ms < 600) == ("AC", True), result


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ("open(sys.argv[3] + 'nextpass.in', 'w').write('again x')\nsys.exit(42)", "more than 2 passes"),
        ("open(sys.argv[3] + 'nextpass.in', 'w')\nsys.exit(43)", "rejects, and wants another pass"),
        ("open(sys.argv[3] + 'nextpass.in', 'w')\nsys.exit(1)", "exit code 1"),
    ],
)
async def test_validator_that_asks_for_what_cannot_be_is_ve(workshop: Workshop, lines: str, why: str) -> None:
    result = await passed(workshop, CODER, f"import sys\n{lines}")
    assert (result.verdict, why in result.message) == ("VE", True), result


async def test_passes_without_a_validator_of_the_package_are_the_setters_fault(workshop: Workshop) -> None:
    end = await workshop.judged("python3", CODER, (), passes=2)
    assert (end.outcome, "passes" in end.message) == ("checker-error", True)


async def test_conversations_can_have_passes_too(workshop: Workshop) -> None:
    interactor = """
import sys
given, answer, folder = sys.argv[1:4]
what, word = open(given).read().split()
print(what, word, flush=True)
reply = input()
if what == "encode":
    open(folder + "nextpass.in", "w").write("decode " + reply)
    sys.exit(42)
sys.exit(42 if reply == "apples" else 43)
"""
    assert (await passed(workshop, CODER, interactor, is_interactive=True)).verdict == "AC"
    result = await passed(workshop, "input()\nprint('x', flush=True)", interactor, is_interactive=True)
    assert (result.verdict, result.message.startswith("pass 2")) == ("WA", True), result
