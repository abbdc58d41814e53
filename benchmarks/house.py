"""Measures a whole house on embedded defaults: start, idle memory, submit latency while judging runs, and the way to a verdict."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from tests.support.api import Person
from tests.support.contests import open_contest, sum_package
from tests.support.house import HouseOfProcesses

TRIVIAL = "#include <cstdio>\nint main(){long a,b;scanf(\"%ld %ld\",&a,&b);printf(\"%ld\\n\",a+b);}\n"
BACKGROUND = "a, b = map(int, input().split())\ns = 0\nfor i in range(400000): s += i\nprint(a + b)\n"
SUBMITS = 120
TRIVIAL_ROUNDS = 12


def measure() -> dict[str, Any]:
    """Figures of one house; bounded to about a minute."""
    with tempfile.TemporaryDirectory() as folder:
        house = HouseOfProcesses(Path(folder), {"PALESTRA_FRONTEND_SUBMISSIONS_PER_MINUTE": "10000", "PALESTRA_FRONTEND_REQUESTS_PER_MINUTE": "100000", "PALESTRA_FRONTEND_REQUESTS_PER_ADDRESS_PER_MINUTE": "100000"})
        house.start()
        try:
            first_start_s = house.until_ready()
            house.stop()
            house.start()
            second_start_s = house.until_ready()
            time.sleep(2)
            idle_mib = resident_mib(house)
            admin = house.admin()
            admin.upload(sum_package(cases=1), "sum")
            admin.upload(sum_package("Busy", cases=3), "busy")
            teams = list(open_contest(admin, "bench", ["sum", "busy"], [f"team{n}" for n in range(8)]).values())
            figures = way_to_verdict(house, teams[0], Path(folder))
            figures |= submit_latency(teams)
            figures |= {
                "first start: processes to ready": {"value": first_start_s, "unit": "s", "goal": "< 3 s", "is_met": first_start_s < 3, "note": "PKI and database made"},
                "second start": {"value": second_start_s, "unit": "s", "goal": "< 3 s", "is_met": second_start_s < 3},
                "resident memory of `all`, idle": {"value": idle_mib, "unit": "MiB", "goal": "< 250 MiB", "is_met": idle_mib < 250},
            }
        finally:
            house.stop()
    return figures


def resident_mib(house: HouseOfProcesses) -> float:
    pid = house.processes["all"].pid
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return float("nan")


def timed(action: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    answer = action()
    return time.perf_counter() - began, answer


def submit_latency(teams: list[Person]) -> dict[str, Any]:
    """Submit → 202 while the runner is busy with what was sent before."""
    times, ids = list[float](), list[str]()
    for number in range(SUBMITS):
        person = teams[number % len(teams)]
        seconds, one = timed(partial(person.submit, "bench", "busy", "python3", f"# {number}\n{BACKGROUND}"))
        times.append(seconds * 1000)
        ids.append(one)
        time.sleep(0.03)
    teams[0].verdict(ids[0], limit_s=60)
    times.sort()
    p50, p99 = statistics.median(times), times[int(len(times) * 0.99) - 1]
    return {
        "submit → 202 p50, judging runs": {"value": p50, "unit": "ms"},
        "submit → 202 p99, judging runs": {"value": p99, "unit": "ms", "goal": "< 50 ms", "is_met": p99 < 50},
    }


def way_to_verdict(house: HouseOfProcesses, person: Person, folder: Path) -> dict[str, Any]:
    """202 → verdict pushed by ?wait=true for a trivial C++ program, against compiling and running it bare."""
    source = folder / "bare.cpp"
    bare, ways = list[float](), list[float]()
    for number in range(TRIVIAL_ROUNDS):
        text = f"// {number}\n{TRIVIAL}"
        source.write_text(text)

        def bare_run() -> None:
            subprocess.run(["g++", "-O2", "-std=gnu++17", "-o", str(folder / "bare"), str(source)], check=True)
            for _ in range(2):
                subprocess.run([str(folder / "bare")], input=b"1 2\n", capture_output=True, check=True)

        bare.append(timed(bare_run)[0])
        body = {"problem": "sum", "language": "cpp", "source": text}
        seconds, _ = timed(partial(person.ask, "POST", "/contests/bench/submissions?wait=true", body))
        ways.append(seconds)
        time.sleep(0.05)
    waits = queue_waits_ms(house)
    ratio = statistics.median(w / b for w, b in zip(ways, bare, strict=True))
    figures: dict[str, Any] = {
        "trivial C++: submit → verdict": {"value": statistics.median(ways) * 1000, "unit": "ms"},
        "trivial C++: compile and two runs, bare": {"value": statistics.median(bare) * 1000, "unit": "ms"},
        "ratio": {"value": ratio, "unit": "x"},
    }
    if waits is not None:
        figures["queue wait with an idle runner, mean"] = {"value": waits, "unit": "ms", "goal": "< 100 ms", "is_met": waits < 100}
    return figures


def queue_waits_ms(house: HouseOfProcesses) -> float | None:
    """The mean of the grader's own histogram of waiting times."""
    answer = house.run("metrics", "grader")
    total = count = 0.0
    for line in answer.stdout.splitlines():
        if line.startswith("palestra_grader_run_wait_seconds_sum"):
            total += float(line.split()[-1])
        if line.startswith("palestra_grader_run_wait_seconds_count"):
            count += float(line.split()[-1])
    return total / count * 1000 if count else None


if __name__ == "__main__":
    for name, figure in measure().items():
        print(f"{name}: {figure}", file=sys.stdout)
