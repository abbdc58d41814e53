"""A package's own probes of its validators: inputs that one of them must refuse, outputs that the checker must refuse or accept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from mesh.codec import decode, encode
from tests.services.runner.workshop import Log, Workshop
from wire import judging
from wire.judging import VALIDATE, AttemptEnd, Checker, Claim, Examined, InputValidator, Probe, ProgramFile

pytestmark = pytest.mark.sandbox

SMALL = "import sys\nsys.exit(42 if int(sys.stdin.read()) <= 10 else print('too large') or 43)"
ODD = "import sys\nsys.exit(42 if int(sys.stdin.read()) % 2 else 43)"
TWICE = "import sys\nn = int(open(sys.argv[1]).read())\nsys.exit(42 if sys.stdin.read().split() == [str(2 * n)] else 43)"


def probe(workshop: Workshop, claim: Claim, given: str, output: str | None = None, name: str = "1") -> Probe:
    folder = claim.value.replace("-", "_")
    case = workshop.shelf.case(f"{folder}/{name}", given, "")
    if output is None:
        return Probe(claim, f"data/{folder}/{name}.in", case)
    return Probe(claim, f"data/{folder}/{name}.out", case, workshop.shelf.keep(output.encode()), len(output))


async def probed(
    workshop: Workshop, probes: Sequence[Probe], sources: Sequence[str] = (), checker: Checker | None = None, cases: Sequence[judging.TestCase] = ()
) -> AttemptEnd:
    validators = tuple(InputValidator(workshop.shelf.program("python3", {"check.py": source}), path=f"input_validators/{n}.py") for n, source in enumerate(sources))
    order = replace(workshop.order("python3", "", cases, checker), task=VALIDATE, input_validators=validators, probes=tuple(probes))
    return await workshop.judge.judge(order, workshop.log)


def found(end: AttemptEnd) -> list[tuple[str, str, str]]:
    assert end.outcome == "validated", end
    return [(one.severity, one.code, one.path) for one in end.findings]


async def test_invalid_input_must_be_refused_by_one_input_validator(workshop: Workshop) -> None:
    probes = [probe(workshop, Claim.INVALID_INPUT, given, name=given) for given in ("11", "12", "9", "x")]
    end = await probed(workshop, probes, [SMALL, ODD], cases=[workshop.shelf.case("secret/1", "7", "")])
    assert found(end) == [("error", "invalid-input-accepted", "data/invalid_input/9.in")], "11 is too large, 12 even too, x makes both crash"
    assert "no input validator refuses it" in end.findings[0].message
    broken = await probed(workshop, probes[2:3], [ODD, "import os\nos.abort()"])
    assert found(broken) == [("error", "input-validator-broken", "input_validators/1.py")], "it might have refused it"
    assert found(await probed(workshop, probes)) == []


async def test_outputs_are_tried_with_the_output_validator(workshop: Workshop) -> None:
    claims = (Claim.VALID_OUTPUT, "14", "a"), (Claim.INVALID_OUTPUT, "15", "b"), (Claim.VALID_OUTPUT, "15", "c"), (Claim.INVALID_OUTPUT, "14", "d")
    probes = [
        replace(one, case=replace(one.case, answer=workshop.shelf.keep(b"14\n"), answer_bytes=3))
        for one in (probe(workshop, claim, "7", output, name) for claim, output, name in claims)
    ]  # fmt: skip
    for checker in (None, workshop.shelf.custom("python3", TWICE, "twice.py")):
        assert found(await probed(workshop, probes, [ODD], checker)) == [
            ("error", "valid-output-rejected", "data/valid_output/c.out"), ("error", "invalid-output-accepted", "data/invalid_output/d.out"),
        ], checker  # fmt: skip
    checker = workshop.shelf.custom("python3", "raise SystemExit(1)", "check.py")  # its input must be good; it is asked once
    probes = [probe(workshop, Claim.INVALID_OUTPUT, given, "1", given) for given in ("8", "7", "5")]
    assert found(await probed(workshop, probes, [ODD], checker)) == [
        ("error", "input-invalid", "data/invalid_output/8.in"), ("error", "output-validator-broken", "data/invalid_output/7.out"),
    ]  # fmt: skip


async def test_examination_gives_way_among_probes_and_is_gone_on_with(workshop: Workshop) -> None:
    probes = [probe(workshop, Claim.INVALID_INPUT, given, name=given) for given in ("9", "7", "5")]
    validators = (InputValidator(workshop.shelf.program("python3", {"odd.py": ODD})),)
    order = replace(workshop.order("python3", "", [workshop.shelf.case("secret/1", "7", "")]), task=VALIDATE, input_validators=validators, probes=tuple(probes))
    done: list[int] = []
    while (end := await workshop.judge.judge(order, Log(gives_way=True))).outcome == "handed-back":
        assert end.examined is not None
        done.append(end.examined.cases)
        order = replace(order, examined=decode(Examined, encode(end.examined)))
    assert done[-3:] == [1, 2, 3], "each attempt examines one"
    assert [path for _, _, path in found(end)] == [f"data/invalid_input/{given}.in" for given in ("9", "7", "5")]


async def test_input_validator_has_its_arguments_those_of_the_case_and_the_files_of_both(workshop: Workshop) -> None:
    source = "import sys\nassert open('known.txt').read() == 'k' and open('map.txt').read() == 'm'\nsys.exit(42 if sys.argv[1:] == ['own', 'for', 'run'] else 43)"
    program = workshop.shelf.program("python3", {"check.py": source, "known.txt": "k"})
    laid = (ProgramFile("map.txt", workshop.shelf.keep(b"m"), 1),)
    cases = [workshop.shelf.case(f"secret/{n}", "", "", arguments=("run",), files=laid, input_arguments=("other",)) for n in range(2)]
    static = workshop.shelf.case("secret/static validation", "", "", is_static=True)
    validator = InputValidator(program, ("own",), case_arguments={"secret/0": ("for",)})
    order = replace(workshop.order("python3", "", [static, *cases]), task=VALIDATE, input_validators=(validator,))
    end = await workshop.judge.judge(order, workshop.log)
    assert found(end) == [("error", "input-invalid", "data/secret/1.in")], "what is no input is not looked at"
