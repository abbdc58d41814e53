"""One 2 KB delta to 1,000 and 5,000 WebSockets: our broadcaster against asyncio's own ``transport.write`` and Node's ``ws``.

All servers hold their browsers at once; shots alternate, after some that are not counted (Node compiles while it runs). Time runs from
the publishing to the last browser; processor time is the server's own for the same shot, which a busy machine disturbs less.
"""

from __future__ import annotations

import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.processes import ROOT, Pinned, figure, ratio

ROUNDS = {1000: 31, 5000: 11}
WARMING = 10
DEAD_SHARE = 20
INSTALL_LIMIT_S = 60


class Crowd:
    """One server and its browsers."""

    def __init__(self, server: Pinned, program: Path, count: int) -> None:
        self.server, self.count = server, count
        hello = server.hello
        self.bytes = hello["bytes"]
        before_kb = resident_kb(server)
        self.browsers = Pinned("", 1, str(hello["port"]), str(count), hello["path"], command=[str(program)])
        self.shot()
        time.sleep(0.2)
        self.kb_each = (resident_kb(server) - before_kb) / count

    def shot(self) -> tuple[float, float]:
        """Publishes once; milliseconds to the 99th percentile and to the last browser."""
        self.browsers.say(f"w {self.bytes}")
        began = self.server.ask(times=1)["began"]
        _, p99, last, heard = self.browsers.hear()
        assert heard >= self.count * 0.9, f"only {heard} of {self.count} heard it"
        return (p99 - began) / 1e6, (last - began) / 1e6

    def flood(self, times: int) -> None:
        """Publishes so often that who never reads is full to the brim."""
        self.browsers.say(f"w {self.bytes * times}")
        self.server.ask(times=times)
        self.browsers.hear()

    def put_to_sleep(self, count: int) -> None:
        self.browsers.say(f"s {count}")

    def close(self) -> None:
        self.browsers.end()
        self.server.end()


def measure() -> dict[str, Any]:
    """Ratios of news delivered a second; about a minute."""
    compiler = shutil.which("cc")
    if compiler is None:
        return {"not measured": {"value": "no C compiler for the browsers"}}
    with tempfile.TemporaryDirectory() as made:
        program = Path(made) / "fanout"
        subprocess.run([compiler, "-O2", "-o", str(program), str(ROOT / "benchmarks" / "fanout.c")], check=True)
        node = node_command(Path(made))
        figures: dict[str, Any] = {}
        for count, rounds in ROUNDS.items():
            figures |= measure_crowd(program, node, count, rounds)
        figures |= measure_dead(program)
        return figures


def server_of(kind: str, loop: str) -> Pinned:
    return Pinned("benchmarks.fanout_end", 0, kind, loop)


def measure_crowd(program: Path, node: list[str], count: int, rounds: int) -> dict[str, Any]:
    crowds: dict[str, Crowd] = {}
    try:
        crowds["raw"] = Crowd(server_of("raw", "asyncio"), program, count)
        crowds["ours"] = Crowd(server_of("ours", "asyncio"), program, count)
        crowds["ours on uvloop"] = Crowd(server_of("ours", "uvloop"), program, count)
        if node:
            crowds["node"] = Crowd(Pinned("", 0, str(crowds["ours"].bytes), command=node), program, count)
        last: dict[str, list[float]] = {kind: [] for kind in crowds}
        spent: dict[str, list[float]] = {kind: [] for kind in crowds}
        for crowd in crowds.values():
            for _ in range(WARMING):
                crowd.shot()
        for _ in range(rounds):
            for kind in random.sample(list(crowds), len(crowds)):
                before_s = crowds[kind].server.cpu_s()
                last[kind].append(crowds[kind].shot()[1])
                spent[kind].append(crowds[kind].server.cpu_s() - before_s)
    finally:
        for crowd in crowds.values():
            crowd.close()
    kb = crowds["ours"].kb_each
    figures = {
        f"{count}: ours / raw transport.write": figure(ratio(last["raw"], last["ours"]), 0.97),
        f"{count}: ours on uvloop / raw transport.write on asyncio": {"value": round(ratio(last["raw"], last["ours on uvloop"]), 3), "unit": "x"},
        f"{count}: publish to last browser": {"value": round(statistics.median(last["ours"]), 2), "unit": "ms"},
        f"{count}: memory a browser, plain": {"value": round(kb, 1), "unit": "KB", "goal": "<= 20", "is_met": kb <= 20},
    }
    if node:
        figures[f"{count}: ours / Node ws"] = figure(ratio(last["node"], last["ours"]), 1.25)
        figures[f"{count}: raw transport.write / Node ws"] = {"value": round(ratio(last["node"], last["raw"]), 3), "unit": "x"}
        figures[f"{count}: processor time, Node ws / ours"] = {"value": round(ratio(spent["node"], spent["ours"]), 3), "unit": "x"}
    else:
        figures[f"{count}: ours / Node ws"] = {"value": "not measured", "note": "no node, or its ws package could not be installed"}
    return figures


def measure_dead(program: Path) -> dict[str, Any]:
    """One in twenty never reads: the others' 99th percentile, and what the server keeps for the dead."""
    count = 1000
    healthy = Crowd(server_of("ours", "asyncio"), program, count)
    sick = Crowd(server_of("ours", "asyncio"), program, count)
    try:
        sick.put_to_sleep(count // DEAD_SHARE)
        for _ in range(2):
            sick.flood(300)
        before_kb = resident_kb(sick.server)
        sick.flood(300)
        grown_kb = resident_kb(sick.server) - before_kb
        times: dict[str, list[float]] = {"healthy": [], "sick": []}
        for _ in range(21):
            for name, crowd in random.sample([("healthy", healthy), ("sick", sick)], 2):
                times[name].append(crowd.shot()[0])
    finally:
        healthy.close()
        sick.close()
    return {
        "5 % dead browsers: p99 of all well / p99 of the others": figure(ratio(times["healthy"], times["sick"]), 0.9),
        "5 % dead browsers: memory grown by 300 more news": {"value": grown_kb, "unit": "KB", "goal": "< 2000", "is_met": grown_kb < 2000},
    }


def resident_kb(server: Pinned) -> int:
    return int(Path(f"/proc/{server.process.pid}/statm").read_text().split()[1]) * 4


def node_command(folder: Path) -> list[str]:
    """How to start the Node server; empty where there is no node or no ws. The package goes into a temporary folder."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return []
    try:
        subprocess.run(
            [npm, "install", "--no-audit", "--no-fund", "--silent", "ws"], cwd=folder, check=True, capture_output=True, timeout=INSTALL_LIMIT_S
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        print("no ws package for Node here", file=sys.stderr)
        return []
    script = folder / "fanout_node.js"
    script.write_text((ROOT / "benchmarks" / "fanout_node.js").read_text())
    return [node, str(script)]


if __name__ == "__main__":
    for label, found in measure().items():
        print(f"{label:60} {found}")
