"""Input validators of omegaUp packages: they read data.in and print 1 for an input that is as it should be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.services.runner.workshop import Workshop
from wire.judging import VALIDATE, AttemptEnd, CheckerKind, InputValidator

pytestmark = pytest.mark.sandbox

SMALL = "import sys\nquestion = int(open('data.in').read())\nassert question == int(sys.stdin.read())\nprint(float(question <= int(sys.argv[1])))\n"


async def validated(workshop: Workshop, source: str, *inputs: str) -> AttemptEnd:
    cases = [workshop.shelf.case(f"cases/{place}0", text, "") for place, text in enumerate(inputs)]
    validator = InputValidator(workshop.shelf.program("python3", {"validador.py": source}), kind=CheckerKind.OMEGAUP)
    order = replace(workshop.order("python3", "", cases), task=VALIDATE, input_validators=(validator,))
    return await workshop.judge.judge(order, workshop.log)


async def test_an_input_is_good_when_the_validator_prints_one(workshop: Workshop) -> None:
    end = await validated(workshop, SMALL, "0", "20", "7")
    assert end.outcome == "validated"
    assert [(one.code, one.path) for one in end.findings] == [("input-invalid", "data/cases/10.in")], end.findings


async def test_a_validator_that_crashes_is_said_once(workshop: Workshop) -> None:
    end = await validated(workshop, SMALL, "0", "many", "words")
    assert [one.code for one in end.findings] == ["input-validator-broken"]
    assert "validador.py" in end.findings[0].message
