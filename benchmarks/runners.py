"""Measures runners by the house: two against one on programs that only compute, and how soon another one has the work of a lost one.

All services but the runners share one process, on embedded defaults; each runner is a process with one slot, bound to a core of its own
with all that it starts. A program burns a fixed time of processor, so two cores can do twice as much, less what the house itself takes.
A runner is lost while the program runs; "elsewhere" is when the same program, compiled anew, is seen to run below the other one.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from benchmarks.rounds import at_least, at_most
from benchmarks.runner_process import Runner
from tests.support.api import Person
from tests.support.contests import open_contest, sum_package
from tests.support.house import ROOT, HouseOfProcesses

OTHERS = ("recorder", "gitserver", "grader", "broadcaster", "mailer", "frontend")
BURN_S, ROUNDS, EACH = 0.5, 3, 6
LONG_S = 1.5
KILLS = 3
STEP_S = 0.6
KILLED_GOAL_S, FROZEN_GOAL_S, GOAL = 1.0, 35.0, 1.8
GIVING_WAY_GOAL = 1.5
LIMIT_S = 60.0
PROGRAM = """import time
a, b = map(int, input().split())
end = time.process_time() + {burn}
while time.process_time() < end:
    sum(range(1000))
print(a + b)  # {number}
"""


def measure() -> dict[str, Any]:
    """Ratios and seconds; about a minute and a half, a third of which a frozen runner is waited for."""
    with tempfile.TemporaryDirectory(prefix="palestra-bench-") as folder, yard_open(Path(folder)) as yard:
        ratio = statistics.median(yard.seconds_with("one") / yard.seconds_with("one", "two") for _ in range(ROUNDS))
        killed_s = [yard.seconds_to_elsewhere(Runner.kill) for _ in range(KILLS)]
        frozen_s = yard.seconds_to_elsewhere(Runner.freeze)
        waits_s = [yard.seconds_behind_a_rejudge() for _ in range(KILLS)]
    return {
        "two runners / one, programs that compute": at_least(ratio, GOAL, f"{EACH} submissions of two cases of {BURN_S:g} s"),
        "a contest submission behind a rejudge in the only slot: its wait / one case": at_most(
            max(waits_s) / STEP_S, GIVING_WAY_GOAL, "x", f"the worst of {KILLS}; the rejudge has 9 cases of {STEP_S:g} s, and ends without a case run twice"
        ),
        "runner killed: its work runs elsewhere": at_most(max(killed_s), KILLED_GOAL_S, "s", f"the worst of {KILLS}"),
        "runner frozen with all it started: its work runs elsewhere": at_most(frozen_s, FROZEN_GOAL_S, "s"),
    }


class Yard:
    """A house, a contest, and runners by name."""

    def __init__(self, house: HouseOfProcesses, jury: Person, team: Person) -> None:
        self._jury = jury
        self.runners = {name: Runner(house, name, number) for number, name in enumerate(("one", "two"))}
        self._team = team
        self._sent = 0

    def seconds_with(self, *names: str) -> float:
        """How long these runners take for so many submissions."""
        self._only(*names)
        for _ in names:  # warm: each has compiled, fetched and claimed
            self._judged(len(names))
        return self._judged(EACH)

    def seconds_to_elsewhere(self, lose: Callable[[Runner], None]) -> float:
        """From losing the runner that works to when the other runs the program."""
        self._only("one", "two")
        self._judged(2)
        one = self._send(LONG_S)
        busy = _until(lambda: next((runner for runner in self.runners.values() if runner.is_judging()), None))
        [other] = [runner for runner in self.runners.values() if runner is not busy]
        began = time.monotonic()
        lose(busy)
        _until(other.is_judging)
        took_s = time.monotonic() - began
        found = self._team.verdict(one, limit_s=LIMIT_S)
        assert found["verdict"] == "AC", found
        if busy.is_running:
            busy.thaw()
        return took_s

    def seconds_behind_a_rejudge(self) -> float:
        """How much longer a submission to the contest takes when the only slot has a run of the level of rejudges with nine cases."""
        self._only("one")
        alone_s = min(self._judged(1, "steps", 0.0) for _ in range(2))
        low = self._send(STEP_S, "steps", sender=self._jury, priority="low")
        _until(self.runners["one"].is_judging)
        time.sleep(1.5 * STEP_S)
        behind_s = self._judged(1, "steps", 0.0)
        found = self._jury.verdict(low, limit_s=LIMIT_S)
        assert (found["verdict"], len(found["cases"])) == ("AC", 9), found
        return behind_s - alone_s

    def _only(self, *names: str) -> None:
        for name, runner in self.runners.items():
            if name not in names:
                runner.stop()
            elif not runner.is_running:
                runner.start()

    def _judged(self, count: int, problem: str = "burn", burn_s: float = BURN_S) -> float:
        began = time.monotonic()
        sent = [self._send(burn_s, problem) for _ in range(count)]
        verdicts = {self._team.verdict(one, limit_s=LIMIT_S)["verdict"] for one in sent}
        assert verdicts == {"AC"}, verdicts
        return time.monotonic() - began

    def _send(self, burn_s: float, problem: str = "burn", sender: Person | None = None, **more: Any) -> str:
        self._sent += 1
        return (sender or self._team).submit("bench", problem, "python3", PROGRAM.format(burn=burn_s, number=self._sent), **more)


@contextmanager
def yard_open(folder: Path) -> Iterator[Yard]:
    """Everything but runners is up, the contest open; all of it ends on leaving."""
    house = HouseOfProcesses(folder, {"PALESTRA_FRONTEND_SUBMISSIONS_PER_MINUTE": "10000", "PALESTRA_FRONTEND_SUBMISSIONS_PER_HOUR": "100000"})
    assert house.run("pki", "--folder", str(house.pki), "bootstrap").returncode == 0
    with ExitStack() as ending:
        log = ending.enter_context(house.log_path("others").open("ab"))
        environ = {**{name: value for name, value in os.environ.items() if not name.startswith("PALESTRA_")}, **house.environ}
        others = subprocess.Popen(house.command(*OTHERS), cwd=ROOT, env=environ, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)
        ending.callback(_end, others)
        _until(lambda: all(house._is_ready(name) for name in OTHERS))  # noqa: SLF001  `until_ready` knows one process a service
        admin = house.admin()
        admin.upload(sum_package("Burn", 1, **{".timelimit": "5\n"}), "burn")
        admin.upload(sum_package("Steps", 8, **{".timelimit": "5\n"}), "steps")
        yard = Yard(house, admin, open_contest(admin, "bench", ["burn", "steps"], ["ann"])["ann"])
        for runner in yard.runners.values():
            ending.callback(runner.stop)
        yield yard


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _until(is_so: Callable[[], Any]) -> Any:
    end = time.monotonic() + LIMIT_S
    while time.monotonic() < end:
        found = is_so()
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError("not within a minute")


if __name__ == "__main__":
    for label, found in measure().items():
        print(f"{label:60} {found}")
