"""A process with boxes of its own, for tests that kill it or take its rights away: ``lonely.py FOLDER UID CGROUP WHAT``."""

from __future__ import annotations

import asyncio
import concurrent.futures.thread  # loaded before the rights to read it may be gone
import json
import os
import sys
from pathlib import Path

from contest.limits import Limits
from mesh.errors import MeshError
from services.runner.sandbox.execution import Job
from services.runner.sandbox.pool import BoxPool
from services.runner.sandbox.sandbox import SandboxSettings, open_sandbox
from services.runner.sandbox.selftest import self_test

assert concurrent.futures.thread
PATIENT = Limits(cpu_ms=60_000, wall_ms=120_000, processes=64)


async def main(folder: Path, cgroup: str, what: str) -> None:
    try:
        async with open_sandbox(SandboxSettings(folder, cgroup_parent=cgroup)) as sandbox, BoxPool(sandbox, 2).running() as pool:
            if what == "self-test":
                lines = await self_test(pool)
                say(mode=sandbox.machine.mode, wrong=[f"{line.name}: {line.wrong}" for line in lines if line.wrong], swept=sandbox.groups.swept)
            else:
                async with pool.box() as box:
                    await box.until_prepared()
                    say(started=True)
                    await box.execute(Job(("/bin/sh", "-c", what), PATIENT))
    except MeshError as refused:
        say(code=refused.code, message=refused.message)


def say(**words: object) -> None:
    print(json.dumps(words), flush=True)


if __name__ == "__main__":
    given_folder, given_uid, given_cgroup, given_what = sys.argv[1:]
    if given_cgroup and Path("/sys/fs/cgroup/cgroup.controllers").exists():
        Path("/sys/fs/cgroup", given_cgroup, "cgroup.procs").write_text(str(os.getpid()))  # as systemd does with Delegate=yes
    if int(given_uid):
        os.setgroups([])
        os.setresgid(*[int(given_uid)] * 3)
        os.setresuid(*[int(given_uid)] * 3)
    asyncio.run(main(Path(given_folder), given_cgroup, given_what))
