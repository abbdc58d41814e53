"""Input validators in Checktestdata run in a box like every other: their interpreter lies beside them."""

from __future__ import annotations

import asyncio

import pytest

from tests.packages.building import with_changes
from tests.packages.reading import read
from tests.services.runner.test_validating import validated
from tests.services.runner.workshop import Workshop
from wire.judging import InputValidator, Program, ProgramFile
from wire.problems import Finding

pytestmark = pytest.mark.sandbox

PAIR = "# two numbers\nINT(1, 100) SPACE INT(1, 100, b) NEWLINE\nEOF\n"


async def findings(workshop: Workshop, program: str, *inputs: str) -> list[Finding]:
    """What the validator of a package that is read for it says of these inputs."""
    package, report = await asyncio.to_thread(read, with_changes({"input_validators/check.py": None, "input_validators/pair.ctd": program}))
    assert package is not None, report.findings()
    assert {finding.code for finding in report.findings()} <= {"checktestdata-syntax"}
    (one,) = package.input_validators
    for file in one.files.values():
        workshop.shelf.keep(file.content or b"")
    made = Program(one.language, tuple(ProgramFile(path, file.digest, file.size_bytes) for path, file in one.files.items()))
    cases = [workshop.shelf.case(f"secret/{number}", text, "") for number, text in enumerate(inputs)]
    end = await validated(workshop, cases, [InputValidator(made, one.arguments, one.kind, one.path)])
    assert end.outcome == "validated", end.message
    return list(end.findings)


async def test_inputs_are_held_against_it_and_refused_with_its_words(workshop: Workshop) -> None:
    found = await findings(workshop, PAIR, "1 2\n", "3 101\n", "1 2", "100 100\n")
    assert [(one.code, one.path) for one in found] == [("input-invalid", "data/secret/1.in"), ("input-invalid", "data/secret/2.in")]
    assert found[0].message.startswith("the input validator pair.ctd refuses it with exit code 43")
    assert "1:3 integer 101 outside of range [1, 100]" in found[0].message
    assert "Source 2:19 INT(1,100,b)" in found[0].message
    assert "<NEWLINE>" in found[1].message


async def test_a_program_that_is_none_is_told_once(workshop: Workshop) -> None:
    for program, words in (("INT(1, 100\n", "unexpected end of file"), ("INT(1, 9)\nNOTHING(1)\n", "2:1")):
        found = await findings(workshop, program, "1\n", "2\n")
        assert [(one.code, one.path) for one in found] == [("input-validator-broken", "input_validators/pair.ctd")]
        assert words in found[0].message
