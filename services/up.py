"""Owns the first start on embedded defaults: certificates, the words on the screen, the demo contest. Never a service.

The demo is loaded by a process of its own that speaks the public API, as any organiser's script would.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from mesh.backbone import House
from mesh.log import Log
from pki.bootstrap import bootstrap
from services.composition import run_process
from services.configuration import Configuration
from services.delegation import start_with_groups
from services.runner.sandbox.errors import SandboxMissing
from services.targets import ALL
from wire import services

DEMO = Path(__file__).resolve().parent.parent / "demo" / "load.py"
DEMO_LIMIT_S = 300


def bring_up(configuration: Configuration, arguments: Sequence[str], *, wants_demo: bool) -> int:
    """Makes what is missing, runs every service in this process until it is told to stop; returns the exit status.

    An ordinary user's house starts anew with control groups of its own, by the same ``arguments``; without any nothing is started.
    """
    try:
        start_with_groups(arguments)
    except SandboxMissing as missing:
        print(f"palestra: {missing.message}", file=sys.stderr)  # noqa: T201  an answer to whoever typed
        return 1
    mesh = configuration.mesh
    mesh.path.mkdir(parents=True, exist_ok=True)
    bootstrap(mesh.pki_path, leaf_life_h=mesh.leaf_life_h)

    async def when_ready(house: House) -> None:
        host, port = house.addresses[services.FRONTEND]
        welcome = _welcome(configuration, port)
        print(welcome, flush=True)  # noqa: T201  whoever typed the command waits for this
        if wants_demo and DEMO.exists() and await _load_demo(house, f"http://{host}:{port}"):
            print(welcome, flush=True)  # noqa: T201  once more, below what loading the demo had to say

    return run_process(configuration, ALL, when_ready)


def password_file(configuration: Configuration) -> Path:
    """Where the recorder leaves the first admin's random password."""
    return configuration.mesh.path / "admin.password"


def _password(configuration: Configuration) -> str:
    given = os.environ.get("PALESTRA_ADMIN_PASSWORD", "")
    kept = password_file(configuration)
    return given or (kept.read_text(encoding="utf-8").strip() if kept.exists() else "")


def _welcome(configuration: Configuration, port: int) -> str:
    if os.environ.get("PALESTRA_ADMIN_PASSWORD"):
        words = "the one in PALESTRA_ADMIN_PASSWORD"
    elif (configuration.mesh.path / ".welcomed").exists():
        words = f"the one in {password_file(configuration)}"
    else:
        words = _password(configuration)
        (configuration.mesh.path / ".welcomed").touch()
    return "\n".join(["", f"  Palestra is ready:  http://localhost:{port}", f"  Sign in as admin, password: {words}", ""])


async def _load_demo(house: House, url: str) -> bool:
    """Starts the loader, which does nothing when the demo contest is there already, and waits for it; whether it loaded now."""
    log, done = Log("demo"), house.config.path / ".demo-loaded"
    if done.exists():
        return False
    secret = os.environ.get("PALESTRA_ADMIN_PASSWORD", "") or (house.config.path / "admin.password").read_text(encoding="utf-8").strip()
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(DEMO), "--url", url, "--username", "admin", "--password-env", "PALESTRA_ADMIN_PASSWORD",
        env={**os.environ, "PALESTRA_ADMIN_PASSWORD": secret},
        stdin=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with asyncio.timeout(DEMO_LIMIT_S):
            status = await process.wait()
    except (TimeoutError, asyncio.CancelledError):
        process.kill()
        await process.wait()
        raise
    if status == 0:
        done.touch()
    else:
        log.error("demo-not-loaded", status=status)
    return status == 0
