"""Runs the rules of the house and the tests, and says what it ran. In CI, what is missing is a failure, not a skip."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

WORKERS = 3
"""Whole files at a time: a file's servers start once. One more than cores: a third of the time is waiting, for servers and by design."""
ALONE = ("tests/hostile/test_neighbours.py",)
"""What measures how programs disturb each other: when everything else has ended, since other tests disturb them too."""
LINTERS = (["ruff", "check", "."], ["mypy"], ["lint-imports", "--no-cache"])
_BIN = Path(sys.executable).parent
_STOP_LIMIT_S = 120


def main() -> int:
    """Lints (when all is asked for) beside the first tests, which they end when they fail, and what wants quiet last; returns an exit status."""
    paths = sys.argv[1:] or ["tests"]
    began = time.monotonic()
    options = ["-p", "no:cacheprovider", "-p", "no:anyio", "--durations=10", "-q"]
    if paths == ["tests"]:
        # reordered, the files with few and long tests would come last
        spread = ["-n", str(WORKERS), "--dist", "loadfile", "--no-loadscope-reorder", *(f"--ignore={path}" for path in ALONE)]
    else:
        spread = []
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell that runs us in its background has it ignored, and pytest would inherit that
    environ = {**os.environ, "REQUIRE_BROKERS": "1"} if os.environ.get("CI") else dict(os.environ)
    command = [sys.executable, "-m", "pytest", *options]
    with subprocess.Popen([*command, *spread, *paths], env=environ) as tests:
        lints = _lint() if paths == ["tests"] else []
        refused = next((lint.returncode for lint in lints if lint.returncode), 0)
        if refused:
            _end(tests)
        for lint in lints:
            print(f"── {' '.join(lint.args)}\n{lint.stdout.rstrip()}", flush=True)
        status = refused or tests.wait()
    if spread and not refused and status in {0, 1}:
        status = subprocess.run([*command, *ALONE], env=environ, check=False).returncode or status
    print(f"── {time.monotonic() - began:.0f} s in all", flush=True)
    return status


def _lint() -> list[subprocess.CompletedProcess[str]]:
    """All of them at once."""
    with ThreadPoolExecutor(len(LINTERS)) as threads:
        return list(threads.map(_run, LINTERS))


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, executable=_BIN / command[0], check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def _end(tests: subprocess.Popen[bytes]) -> None:
    """As Ctrl-C does: fixtures end what they started."""
    tests.send_signal(signal.SIGINT)
    try:
        tests.wait(_STOP_LIMIT_S)
    except subprocess.TimeoutExpired:
        tests.kill()


if __name__ == "__main__":
    raise SystemExit(main())
