"""Owns the asking of one input validator about one input. Never says what follows from it.

    validator [arguments] < input       42: good; of testlib's kind 0: good; any other code of its own: the input is not good
    validator CASE LANGUAGE < input     omegaUp's kind, beside data.in: it prints 1 for a good one

The arguments are its own, then those of the case for it, then those that the case has for submissions; its own data files and the case's files
lie in its working directory. Source: ICPC problem package format, "Input validators"; 2025-09, "Working directory".
"""

from __future__ import annotations

from dataclasses import dataclass

from contest.limits import CHECKER_LIMITS
from contest.verdicts import Verdict
from services.runner.builds import Built, readable
from services.runner.checkers.programs import Asker
from services.runner.checkers.validator import RIGHT, is_broken, why_broken
from services.runner.course import ERROR, SAID_CHARACTERS, Course
from services.runner.flows.beside import beside_of, lay_contents
from services.runner.inputs import Pair
from services.runner.languages.language import Sources
from services.runner.places import input_of, name_of
from services.runner.sandbox.errors import BoxLost
from services.runner.sandbox.execution import Execution, Job
from services.runner.sandbox.spool import Spool
from services.runner.sandbox.turns import Turns
from wire.judging import CheckerKind, InputValidator, TestCase


@dataclass(slots=True)
class Examiner:
    """An input validator at work; ``data`` are the files that it opens by name."""

    validator: InputValidator
    program: Built
    boxes: Turns
    path: str
    place: int
    data: Sources


async def said_against(examiner: Examiner, case: TestCase, pair: Pair, course: Course) -> str:
    """What a validator has against an input, empty when it is good. One that fails is broken: that is found, and it is asked no more.

    Raises: `BoxLost`.
    """
    validator = examiner.validator
    if validator.kind is CheckerKind.OMEGAUP:
        return await _by_score(examiner, case, pair, course)
    launch = examiner.program.launch(CHECKER_LIMITS)
    own = validator.case_arguments.get(case.name, case.input_arguments)
    arguments = (*validator.arguments, *own, *case.arguments)
    job = Job((*launch.argv, *arguments), launch.limits, launch.environment, stdin=pair.question.fd, cuts_output=True, purpose="validator")
    async with examiner.boxes.turn() as box:
        await lay_contents(box, examiner.data, 0o555 if examiner.program.toolchain.language.is_setters else 0o444)
        await beside_of(case, pair).lay(box)
        with course.asking():
            execution = await box.execute(job)
    try:
        if execution.is_lost and execution.killed_by is None:
            raise BoxLost("the input validator's box was lost")
        if is_broken(execution):
            course.silent.add(examiner.place)
            said = why_broken(name_of(validator), execution, f"it was reading {input_of(case)}, and was asked no more")
            course.findings.add(ERROR, "input-validator-broken", examiner.path, said)
        elif execution.exit_code != (0 if validator.kind is CheckerKind.TESTLIB else RIGHT):
            return _refusal(validator, execution)
    finally:
        execution.output.close()
    return ""


async def _by_score(examiner: Examiner, case: TestCase, pair: Pair, course: Course) -> str:
    """The same of omegaUp's kind, which is a checker that gets the input as the output too. Source: omegaup/quark ``runner/ci/ci.go``."""
    asker = Asker(CheckerKind.OMEGAUP, examiner.program, examiner.boxes, CHECKER_LIMITS, language="cpp")
    copied = Spool.over(pair.question.fd, pair.question.size_bytes)
    try:
        with course.asking():
            judgement = await asker.ask(case, examiner.validator.arguments, copied, pair)
    finally:
        copied.close()
    if judgement.verdict is Verdict.VE:
        course.silent.add(examiner.place)
        said = f"{name_of(examiner.validator)}: {judgement.message}\nit was reading {input_of(case)}, and was asked no more"
        course.findings.add(ERROR, "input-validator-broken", examiner.path, said)
    elif judgement.verdict is not Verdict.AC:
        return f"{name_of(examiner.validator)} does not give it 1\n{judgement.message}".strip()
    return ""


def _refusal(validator: InputValidator, execution: Execution) -> str:
    words = [readable(execution.stderr).strip(), readable(execution.output.head(SAID_CHARACTERS)).strip()]
    return "\n".join(part for part in (f"{name_of(validator)} refuses it with exit code {execution.exit_code}", *words) if part)
