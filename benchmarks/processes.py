"""Helper processes for benchmarks, each pinned to a core of its own, that take one JSON command a line and answer one a line."""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LIMIT_S = 60.0


class Pinned:
    """One helper process; `ask` sends a command and waits for its answer."""

    def __init__(self, module: str, core: int, *arguments: str, command: Sequence[str] = ()) -> None:
        cores = sorted(os.sched_getaffinity(0))
        line = [*(command or (sys.executable, "-m", module)), *arguments]
        self.process = subprocess.Popen(
            line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
            preexec_fn=lambda: os.sched_setaffinity(0, {cores[core % len(cores)]}),  # noqa: PLW1509  the benchmark has no threads yet
        )  # fmt: skip
        self.hello = self.hear()

    def ask(self, **command: Any) -> Any:
        return self.say(json.dumps(command))

    def say(self, line: str) -> Any:
        """Sends one line as it is and waits for the answer."""
        self._send(line)
        return self.hear()

    def tell(self, **command: Any) -> None:
        """Sends a command whose answer is heard later."""
        self._send(json.dumps(command))

    def cpu_s(self) -> float:
        """Processor time of all its threads so far, exact."""
        tasks = Path(f"/proc/{self.process.pid}/task")
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks.iterdir()) / 1e9

    def hear(self) -> Any:
        """The next answer."""
        assert self.process.stdout is not None
        timer = threading.Timer(LIMIT_S, self.process.kill)
        timer.start()
        try:
            line = self.process.stdout.readline()
        finally:
            timer.cancel()
        if not line:
            raise RuntimeError(f"a helper process ended with {self.process.wait()}")
        return json.loads(line)

    def _send(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def close(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()

    def end(self) -> None:
        """For processes that do not read their input to its end."""
        self.process.kill()
        self.close()


async def obey(hello: Any, act: Callable[[dict[str, Any]], Awaitable[Any]]) -> None:
    """The other end: says hello, then answers commands until its input ends."""
    loop = asyncio.get_running_loop()
    print(json.dumps(hello), flush=True)
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        print(json.dumps(await act(json.loads(line))), flush=True)


def ratio(mine: Sequence[float], theirs: Sequence[float]) -> float:
    """Median of the ratios of rounds that ran next to each other."""
    return statistics.median(a / b for a, b in zip(mine, theirs, strict=True))


def figure(value: float, goal: float, *, note: str = "", unit: str = "x") -> dict[str, Any]:
    """A ratio that shall reach its goal."""
    return {"value": round(value, 3), "unit": unit, "goal": f">= {goal:g}", "is_met": value >= goal, "note": note}
