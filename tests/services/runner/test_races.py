"""What a solution said is judged before how it ended, and the same every time: no verdict of a conversation hangs on who is quicker."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
import pytest_asyncio

from contest.limits import MIB
from services.runner.flows.details import Details
from services.runner.flows.flow import Desk
from services.runner.flows.opening import flowing
from services.runner.inputs import fetching_ahead
from services.runner.languages.table import Toolchain
from services.runner.programs import Programs
from tests.services.runner.actors import INTERACTOR, SOLUTION
from tests.services.runner.workshop import LIMITS, Workshop

pytestmark = [pytest.mark.sandbox, pytest.mark.asyncio(loop_scope="module")]

TIMES = 3
QUICK = dataclasses.replace(LIMITS, cpu_ms=300, memory_bytes=32 * MIB)
# What the interactor does (its first line says what the solution does), what the solution does, what comes of it: see actors.py.
TABLE = """
j      r      AC    the interactor judges a word and accepts
j      w      WA
j      w1     WA    wrong, and a code in the same moment
j      wa     WA    wrong, and a crash in the same moment
j      wK     WA    wrong, and killed by SIGPIPE
j      wx     WA    wrong, and no answer where one was needed
j      ws1    WA    wrong, and it ends a little later
j      wb1    WA
j      wM     WA    wrong, and then a limit of its own
j      wF     WA
bj     w1     WA    the interactor takes its time
sj     w1     WA
jrA    w1     WA
ojW    r1     WA    it has closed its own output before
jiW    r1     WA    and its own input
ju     r1     RTE   it waits for the end of what is said, and is told of it: not its own word
j      r1     RTE   accepted, and a code
j      rK     RTE
j      rY     RFE
j      rM     MLE
A      wF     OLE
j      1      RTE   nothing said, and a code
d      1      RTE   the interactor dies of the silence
d      0      WA    so here, where nothing else went wrong
j      0      WA
jA     o      WA    it closes its output, and ends
jA     ou     WA    it closes its output, and waits
d      ou     WA
j      o1     RTE   it closes its output, and ends with a code
j      ou1    WA    it said by that that nothing comes, and waited for what is said to it
j      iw1    WA    it closes its input
j      ir1    RTE
rrrj   ir     AC    nobody dies of saying something to one who does not listen
iA     rrr    AC
iW     wwwwr1 WA
sA     rrr1   RTE
a      r1     VE    the interactor breaks by itself, whatever the solution does
sa     r1     VE
ja     r1     VE
jj     rP     TLE   both wait
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def workshop(
    tmp_path_factory: pytest.TempPathFactory, programs_folder: Path, toolchains: Mapping[str, Toolchain]
) -> AsyncIterator[Workshop]:
    async with Workshop(tmp_path_factory.mktemp("races"), programs_folder, toolchains) as made:
        yield made


async def test_every_combination_of_ends_has_its_verdict_every_time(workshop: Workshop) -> None:
    rows = [line.split()[:3] for line in TABLE.strip().splitlines()]
    cases = [workshop.shelf.case(f"{theirs}+{ours}", f"{theirs} {ours}\n", "") for theirs, ours, _ in rows]
    checker = workshop.shelf.custom("c", INTERACTOR, "interactor.c")
    manifest = workshop.order("c", SOLUTION, cases, checker, is_interactive=True, limits=QUICK).manifest
    program = await workshop.builds.build("c", {"main.c": SOLUTION.encode()})
    desk = Desk(workshop.pool, workshop.builds, Programs(workshop.blobs), None, Details())
    found: dict[str, list[str]] = {case.name: [] for case in cases}
    async with fetching_ahead(workshop.blobs, manifest) as inputs, flowing(manifest, program, desk) as flow:
        for index, case in enumerate(cases):
            async with inputs.case(index) as pair:
                for _ in range(1 if rows[index][2] == "TLE" else TIMES):
                    result = await flow.judge(index, case, pair)
                    found[case.name].append(str(result.verdict))
    wrong = {name: verdicts for (name, verdicts), row in zip(found.items(), rows, strict=True) if set(verdicts) != {row[2]}}
    assert not wrong, wrong
