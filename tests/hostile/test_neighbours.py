"""What an attacker does to the time of an honest program that is judged at the same moment, on another core: less than 5 %."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

import pytest
from blockbuster import BlockBuster

from contest.limits import MIB, Limits
from services.runner.builds import Built
from services.runner.languages.table import Toolchain, find_toolchains
from services.runner.sandbox.execution import Job
from services.runner.sandbox.turns import Turns, taking_turns
from tests.hostile.test_hostile import hostile_order
from tests.services.runner.guard import guarded
from tests.services.runner.workshop import Log, Workshop

pytestmark = [pytest.mark.sandbox]

PROGRAMS = Path(__file__).parent / "programs"
ATTACKERS = ("fork_bomb.c", "orphans.c", "execs_itself.c", "fill_shared_memory.c", "burns_in_the_kernel.c", "one_byte_at_a_time.c")
FIXED_WORK = "#include <stdlib.h>\nint main(int n,char**v){unsigned long x=n;for(long i=atol(v[1]);i;i--){x^=x<<13;x^=x>>7;x^=x<<17;}return x==1;}"
"""Does the same work each time, so that its CPU time is a measure of what others take from it."""
STEPS = 10_000_000
MOST = 1.05
LEAST_SAMPLES, MOST_SAMPLES = 4, 40
LIMITS = Limits(cpu_ms=5_000, wall_ms=20_000, memory_bytes=64 * MIB)


@pytest.fixture(autouse=True)
def nothing_blocks_the_loop() -> Iterator[BlockBuster]:
    yield from guarded()


@pytest.fixture(scope="module")
def toolchains() -> Mapping[str, Toolchain]:
    return find_toolchains(("c",))


@pytest.fixture
async def workshop(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, toolchains: Mapping[str, Toolchain]) -> AsyncIterator[Workshop]:
    async with Workshop(tmp_path, tmp_path_factory.mktemp("programs"), toolchains, core=max(os.sched_getaffinity(0))) as made:
        yield made


class Honest:
    """The program that keeps to itself, and the least CPU time that its work took, alone and beside each attacker, in seconds."""

    def __init__(self, turns: Turns, built: Built) -> None:
        self._turns = turns
        self._built = built
        self.alone_s = float("inf")

    async def sample(self, steps: int = STEPS) -> float:
        launch = self._built.launch(LIMITS)
        async with self._turns.turn() as box:
            execution = await box.execute(Job((*launch.argv, str(steps)), launch.limits, core=min(os.sched_getaffinity(0))))
        execution.output.close()
        assert execution.verdict is None, execution.detail
        return execution.cpu_ns / 1e9

    async def alone(self, samples: int = LEAST_SAMPLES) -> None:
        """Learns what the work takes when nobody is there."""
        self.alone_s = min([self.alone_s, *[await self.sample() for _ in range(samples)]])

    async def slowdown(self, attack: asyncio.Event) -> float:
        """The least time of several beside the attacker, divided by the least alone; more samples while it looks too large."""
        least_s = float("inf")
        for number in range(MOST_SAMPLES):
            await attack.wait()
            least_s = min(least_s, await self.sample())
            if number >= LEAST_SAMPLES and least_s <= self.alone_s * MOST:
                break
        return least_s / self.alone_s


async def test_honest_program_keeps_its_time_beside_an_attacker(workshop: Workshop) -> None:
    built = await workshop.builds.build("c", {"main.c": FIXED_WORK.encode()})
    async with taking_turns(workshop.pool, built.furnish) as turns:
        honest = Honest(turns, built)
        await honest.alone(2 * LEAST_SAMPLES)
        more_s = min([await honest.sample(STEPS * 11 // 10) for _ in range(LEAST_SAMPLES)])
        assert more_s > honest.alone_s * MOST, "a tenth more work was not seen: what follows would prove nothing"
        slowdowns = {name: await _beside(workshop, honest, PROGRAMS / name) for name in ATTACKERS}
    assert max(slowdowns.values()) <= MOST, slowdowns


async def _beside(workshop: Workshop, honest: Honest, program: Path) -> float:
    attack = asyncio.Event()

    async def again_and_again() -> None:
        order = hostile_order(workshop, program)
        await workshop.builds.build("c", {"main.c": order.source.encode()}, order.manifest.compile_limits)
        while True:
            attack.set()
            end = await workshop.judge.judge(order, Log())
            assert end.outcome == "judged", end
            attack.clear()

    attacker = asyncio.create_task(again_and_again())
    try:
        return await honest.slowdown(attack)
    finally:
        attacker.cancel()
        await asyncio.wait([attacker])
