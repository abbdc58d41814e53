"""Runs every benchmark and writes benchmarks/report.md: ratios in one run, since machines differ and are noisy.

Each module has ``measure() -> dict``: figures by name; a value is a number, or {"value": number, "unit": text, "goal": text,
"is_met": bool, "note": text}.
"""

from __future__ import annotations

import importlib
import os
import platform
import subprocess
import sys
import time
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
MODULES = (
    "rpc", "stream", "pki", "queue", "cache", "record", "reads", "visible", "taking", "scoreboard", "fanout", "judging", "accuracy", "runners", "house", "large",
)


def main() -> int:
    """Measures what the command line names, or everything; returns 1 when a benchmark broke (a missed goal is only said)."""
    chosen = sys.argv[1:] or list(MODULES)
    sections, broken = [heading()], 0
    for name in chosen:
        print(f"── {name}", flush=True)
        began = time.monotonic()
        try:
            figures = importlib.import_module(f"benchmarks.{name}").measure()
            sections.append(section(name, figures, time.monotonic() - began))
        except Exception:
            broken += 1
            traceback.print_exc()
            sections.append(f"\n## {name}\n\nBroke: {traceback.format_exc(limit=1).splitlines()[-1]}\n")
        print(sections[-1], flush=True)
    if not sys.argv[1:]:
        (FOLDER / "report.md").write_text("".join(sections), encoding="utf-8")
        print(f"wrote {FOLDER.name}/report.md")
    return 1 if broken else 0


def heading() -> str:
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False).stdout.strip() or "no commit"
    cores = len(os.sched_getaffinity(0))
    return (
        "# Benchmarks\n\n"
        f"{datetime.now(UTC):%Y-%m-%d}, commit {commit}, Python {platform.python_version()}, {cores} cores, Linux {platform.release().split('-')[0]}. "
        "Made by `make bench`; ratios are medians of alternating rounds in one run. Absolute times belong to this machine and this day.\n"
    )


def section(name: str, figures: dict[str, Any], seconds: float) -> str:
    lines = [f"\n## {name}\n", f"Took {seconds:.0f} s.\n", "| figure | value | goal | met |", "| --- | --- | --- | --- |"]
    for label, figure in figures.items():
        one = figure if isinstance(figure, dict) else {"value": figure}
        value = one.get("value")
        shown = f"{value:.4g}" if isinstance(value, float) else str(value)
        met = {True: "yes", False: "**no**", None: ""}[one.get("is_met")]
        note = f" ({one['note']})" if one.get("note") else ""
        lines.append(f"| {label} | {shown} {one.get('unit', '')}{note} | {one.get('goal', '')} | {met} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    raise SystemExit(main())
