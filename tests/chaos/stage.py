"""Owns the house that chaos is done to: `compose.local` in a folder of its own, a proxy before every door, small disks where it may mount them."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path

from compose.local.house import complete_plan, programs
from compose.local.pids import PidNotes
from compose.local.plan import ROOT, Plan
from compose.local.program import Program
from tests.chaos.faults import Hands
from tests.support.proxy import Proxy

DISKS_MIB = {"postgresql": 320, "rabbitmq": 192, "redis-state": 64, "gitserver": 96, "runner-1": 96}
"""Whose disks may be filled, and how large they are."""

SETTINGS = {
    "PALESTRA_FRONTEND_SUBMISSIONS_PER_MINUTE": "10000",
    "PALESTRA_FRONTEND_REQUESTS_PER_MINUTE": "100000",
    "PALESTRA_FRONTEND_SIGN_INS_PER_ADDRESS_PER_MINUTE": "1000",
    "PALESTRA_FRONTEND_QUESTIONS_PER_MINUTE": "10000",
    "PALESTRA_FRONTEND_PASSWORD_MEMORY_KIB": "1024",
    "rabbitmq.disk-free": "16MB",
}
START_LIMIT_S = 240.0


class Stage:
    """A house that runs, and the hands that faults are done with."""

    def __init__(self, plan: Plan, every: dict[str, Program], hands: Hands) -> None:
        self.plan = plan
        self.programs = every
        self.hands = hands

    @property
    def url(self) -> str:
        """Where people reach the site: through the proxy before its gateway."""
        return f"https://127.0.0.1:{self.plan.port_to('gateway')}"

    def psql(self, statement: str) -> list[list[str]]:
        """Rows of a query on the record, asked by the database's own client as its administrator."""
        folder = self.plan.folder / "postgresql"
        done = subprocess.run(
            ["psql", "-X", "-q", "-A", "-t", "-F", "\t", "-h", str(folder), "-p", str(self.plan.ports["postgresql"]), "-U", "postgres",
             "-c", statement, "palestra"],
            capture_output=True, text=True, timeout=30, check=True, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        return [line.split("\t") for line in done.stdout.splitlines() if line]

    def victims(self) -> dict[str, list[str]]:
        """Who can be given which fault here."""
        everybody = [name for name in self.programs if name != "epmd"]
        return {
            "kill": everybody, "stop": everybody, "cut": sorted(self.hands.proxies), "stall": sorted(self.hands.proxies),
            "fill": sorted(self.hands.disks),
        }  # fmt: skip


@asynccontextmanager
async def stage(folder: Path) -> AsyncIterator[Stage]:
    """A house in that folder, ready; ended when the block is left, and its disks taken away."""
    async with AsyncExitStack() as stack:
        plan = Plan(folder.resolve(), settings=dict(SETTINGS))
        plan.save()
        plan = await asyncio.to_thread(complete_plan, folder)
        proxies = {}
        for name in _doors(plan):
            proxies[name] = await stack.enter_async_context(Proxy.to("127.0.0.1", plan.ports[name]))
            plan.routes[name] = proxies[name].port
        plan.save()
        disks = stack.enter_context(_small_disks(plan))
        await stack.enter_async_context(_kept(plan))
        every = {program.name: program for program in await asyncio.to_thread(programs, plan)}
        notes = PidNotes(plan.run)
        yield Stage(plan, every, Hands(notes.read, lambda name: every[name].is_ready(), proxies, disks))


def _doors(plan: Plan) -> list[str]:
    """Not the frontends': a proxy takes connections for a process that is gone, and nginx, which sends again what nobody took, would be misled."""
    behind = ("recorder", "gitserver", "grader", "broadcaster")
    return ["gateway", "rabbitmq", "redis-state", "redis-cache", "postgresql", *(name for service in behind for name in plan.names_of(service))]


@asynccontextmanager
async def _kept(plan: Plan) -> AsyncIterator[None]:
    """The keeper as a process of its own; waits until everything is ready."""
    (plan.folder / "log").mkdir(parents=True, exist_ok=True)
    path = plan.folder / "log" / "keeper.log"
    with path.open("wb") as log:
        keeper = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", "--", sys.executable, "-m", "compose.local", "keep", "--folder", str(plan.folder)],
            cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    try:
        ends_at = time.monotonic() + START_LIMIT_S
        while not (plan.run / "ready").exists():
            if keeper.poll() is not None or time.monotonic() > ends_at:
                raise RuntimeError(f"the house did not start:\n{path.read_text(errors='replace')[-4000:]}")
            await asyncio.sleep(0.1)
        yield
    finally:
        keeper.terminate()
        try:
            await asyncio.to_thread(keeper.wait, 150)
        except subprocess.TimeoutExpired:
            keeper.kill()
            keeper.wait()


@contextmanager
def _small_disks(plan: Plan) -> Iterator[dict[str, Path]]:
    """A disk of its own, in memory, for each victim that is to be filled; none where we may not mount."""
    mounted: dict[str, Path] = {}
    try:
        for name, size_mib in DISKS_MIB.items():
            folder = plan.folder / name if name in plan.ports and name not in _services(plan) else plan.home(name)
            folder.mkdir(parents=True, exist_ok=True)
            done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size_mib}m,mode=755", "chaos", str(folder)], capture_output=True, check=False)
            if done.returncode == 0:
                mounted[name] = folder
        yield mounted
    finally:
        for folder in mounted.values():
            subprocess.run(["umount", "-l", str(folder)], capture_output=True, check=False)


def _services(plan: Plan) -> set[str]:
    return {name for service in plan.replicas for name in plan.names_of(service)}
