"""Runs the rules of the house and the tests, and says what it ran. In CI, what is missing is a failure, not a skip."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

WORKERS = 2
"""Whole files at a time: a file's servers start once. More would disturb what measures time."""
LINTERS = (["ruff", "check", "."], ["mypy"], ["lint-imports", "--no-cache"])


def main() -> int:
    """Lints first (when all is asked for), then tests; returns the first exit status that is not 0."""
    paths = sys.argv[1:] or ["tests"]
    bin_folder = Path(sys.executable).parent
    began = time.monotonic()
    if paths == ["tests"]:
        for command in LINTERS:
            print(f"── {' '.join(command)}", flush=True)
            status = subprocess.run([str(bin_folder / command[0]), *command[1:]], check=False).returncode
            if status:
                return status
    print("── pytest", flush=True)
    options = ["-p", "no:cacheprovider", "--durations=10", "-q"]
    if paths == ["tests"]:
        options += ["-n", str(WORKERS), "--dist", "loadfile", "--no-loadscope-reorder"]  # else the files with few and long tests come last
    environ = {**os.environ, "REQUIRE_BROKERS": "1"} if os.environ.get("CI") else dict(os.environ)
    status = subprocess.run([sys.executable, "-m", "pytest", *options, *paths], check=False, env=environ).returncode
    print(f"── {time.monotonic() - began:.0f} s in all", flush=True)
    return status


if __name__ == "__main__":
    raise SystemExit(main())
