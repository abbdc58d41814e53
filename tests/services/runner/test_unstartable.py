"""Programs that the kernel will not start: whose fault that is, and that nobody makes the judge fail by handing one in."""

from __future__ import annotations

import os

import pytest

from contest.verdicts import Verdict
from services.runner.sandbox.execution import Job
from services.runner.sandbox.spool import sealed
from tests.services.runner.workshop import LIMITS, Workshop
from wire.judging import Checker

pytestmark = pytest.mark.sandbox

NO_LOADER = 'const char wanted[] __attribute__((section(".interp"))) = "/nonexistent/ld.so";\nint main(void){return 42;}'
ACCEPTS = "#include <stdio.h>\nint main(void){while(getchar()!=EOF);return 42;}"


@pytest.mark.parametrize("content", [b"", b"garbage", b"#!/nowhere\n", b"#!/dev/zero\n", b"\x7fELF", b"\x7fELF" + b"\xff" * 60])
async def test_what_was_built_and_cannot_be_started_is_its_authors_fault(workshop: Workshop, content: bytes) -> None:
    fd = sealed(content)
    try:
        async with workshop.pool.box() as box:
            await box.put("/program/main", fd, 0o555)
            execution = await box.execute(Job(("/program/main",), LIMITS))
            refused = (execution.verdict, execution.detail.partition(":")[0])
            again = await box.execute(Job(("/program/main",), LIMITS, folder="/nowhere"))
    finally:
        os.close(fd)
    assert refused == (Verdict.RTE, "what was built cannot be started")
    assert again.verdict is Verdict.JE, "it did not come to starting it: that is ours, whatever the program is"


async def test_a_submission_that_cannot_be_started_is_judged_and_run_once(workshop: Workshop) -> None:
    end = await workshop.judged("c", NO_LOADER)
    assert (end.outcome, [result.verdict for result in end.results]) == ("judged", ["RTE"])
    assert "No such file" in end.results[0].message
    assert workshop.eyes.purposes.count("solution") == 1


async def test_one_that_cannot_be_started_and_shall_talk_is_judged_too(workshop: Workshop) -> None:
    end = await workshop.judged("c", NO_LOADER, checker=Checker(), is_interactive=True, interactor=workshop.shelf.custom("c", ACCEPTS, "talk.c"))
    assert (end.outcome, [result.verdict for result in end.results]) == ("judged", ["RTE"])


@pytest.mark.parametrize("is_interactive", [False, True])
async def test_a_setters_program_that_cannot_be_started_is_the_setters_fault(workshop: Workshop, is_interactive: bool) -> None:
    wrong = workshop.shelf.custom("c", NO_LOADER, "program.c")
    kind = {"is_interactive": True, "interactor": wrong} if is_interactive else {"checker": wrong}
    end = await workshop.judged("c", "int main(void){return 0;}", **kind)
    assert end.outcome == "checker-error", end
