"""Owns the command ``python -m tests.chaos [--short] [--seed N] [--keep]``; CHAOS_SEED is the default seed. Exit status 0: every promise held."""

from __future__ import annotations

import argparse
import asyncio
import os
import secrets
import shutil
import signal
import tempfile
from pathlib import Path

from tests.chaos.run import LONG, SHORT, chaos


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("--short", action="store_true", help="a minute instead of minutes, as `make test` runs it")
    parser.add_argument("--seed", type=int, default=int(os.environ.get("CHAOS_SEED") or secrets.randbelow(10_000)))
    parser.add_argument("--keep", action="store_true", help="leave logs and data where they are when a promise was broken")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix=f"palestra-chaos-{options.seed}-"))
    folder.chmod(0o755)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends the house too, and takes its disks away
    report = asyncio.run(chaos(options.seed, folder, SHORT if options.short else LONG))
    for line in (*report.lines, *report.wrong):
        print(line)
    if report.wrong and options.keep:
        print(f"logs: {folder}/log")
    else:
        shutil.rmtree(folder, ignore_errors=True)
    print(report.summary, flush=True)
    return 1 if report.wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
