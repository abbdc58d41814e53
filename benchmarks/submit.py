"""Measures submit → 202 at a running house: p50 and p99 at a steady rate, as a browser or program sees it.

    python -m benchmarks.submit URL USERNAME PASSWORD CONTEST PROBLEM [RATE_PER_S] [SECONDS]

The account must be registered in the contest, and the house must allow the rate (PALESTRA_FRONTEND_SUBMISSIONS_PER_MINUTE).
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from typing import Any

import aiohttp

SOURCE = "a, b = map(int, input().split())\nprint(a + b)\n"


def measure(
    url: str, username: str, password: str, contest: str, problem: str, *, rate_per_s: float = 10.0, seconds: float = 10.0
) -> dict[str, Any]:
    """Figures of one run. Submissions leave on time whatever the answers do, so that a stall is seen and not waited out."""
    path = f"/api/v1/contests/{contest}/submissions"
    return asyncio.run(_measure(url, (username, password), path, problem, rate_per_s=rate_per_s, seconds=seconds))


async def _measure(url: str, who: tuple[str, str], path: str, problem: str, *, rate_per_s: float, seconds: float) -> dict[str, Any]:
    username, password = who
    took_s: list[float] = []
    refused: dict[str, int] = {}
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(url, connector=connector, timeout=aiohttp.ClientTimeout(total=30)) as session:
        async with session.post("/api/v1/session", json={"username": username, "password": password}) as answer:
            answer.raise_for_status()
            headers = {"Authorization": f"Bearer {(await answer.json())['token']}"}

        async def submit(number: int) -> None:
            body = {"problem": problem, "language": "python3", "source": f"# {number}\n{SOURCE}"}
            began = time.perf_counter()
            async with session.post(path, json=body, headers=headers) as answer:
                said = await answer.json()
            if answer.status == 202:
                took_s.append(time.perf_counter() - began)
            else:
                code = said["error"]["code"]
                refused[code] = refused.get(code, 0) + 1

        await submit(-1)  # opens the connection, warms what is lazy
        took_s.clear()
        began = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for number in range(int(rate_per_s * seconds)):
                await asyncio.sleep(max(0.0, began + number / rate_per_s - time.perf_counter()))
                group.create_task(submit(number))
    if not took_s:
        raise RuntimeError(f"no submission was taken: {refused}")
    took_s.sort()
    p50, p99 = statistics.median(took_s) * 1000, took_s[int(len(took_s) * 0.99)] * 1000
    note = f"{len(took_s)} at {rate_per_s:g}/s" + (f", refused {refused}" if refused else "")
    return {
        "submit → 202 p50": {"value": p50, "unit": "ms", "note": note},
        "submit → 202 p99": {"value": p99, "unit": "ms", "goal": "< 50 ms", "is_met": p99 < 50 and not refused, "note": note},
        "submit → 202 worst": {"value": took_s[-1] * 1000, "unit": "ms"},
    }


if __name__ == "__main__":
    given = sys.argv[1:]
    if len(given) < 5:
        raise SystemExit(__doc__)
    rate, length = [*map(float, given[5:7]), 10.0, 10.0][:2] if len(given) != 6 else (float(given[5]), 10.0)
    for label, figure in measure(*given[:5], rate_per_s=rate, seconds=length).items():
        print(f"{label:24} {figure['value']:8.2f} {figure['unit']}  {figure.get('note', '')}")
