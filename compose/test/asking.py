"""Owns asking the site all the time, while something happens to it. Never makes it happen by itself."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

from compose.test.deployment import Deployment
from compose.test.engine import Failed

_PAUSE_S = 0.1


@contextmanager
def asked_meanwhile(deployment: Deployment) -> Iterator[Callable[[], int]]:
    """Asks for a page until the block ends; gives the count of the answers so far. Raises: `Failed` when one of them was not 200."""
    is_over, answers = Event(), list[str]()

    def ask() -> None:
        while not is_over.is_set():
            answers.append(answer(deployment))
            time.sleep(_PAUSE_S)

    with ThreadPoolExecutor(1) as one:
        asking = one.submit(ask)
        try:
            yield lambda: len(answers)
        finally:
            is_over.set()
        asking.result(timeout=60)
    wrong = [each for each in answers if each != "200"]
    if wrong or not answers:
        raise Failed(f"of {len(answers)} requests {len(wrong)} were not answered by a page: {', '.join(sorted(set(wrong)))}")


def answer(deployment: Deployment) -> str:
    """The status of one request for a page; 000: no answer."""
    command = ["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "--cacert", str(deployment.authority), f"{deployment.url}/sign-in"]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False).stdout


def until(is_so: Callable[[], bool], limit_s: float, what: str) -> float:
    """Waits until it is so; for how long, seconds. Raises: `Failed` saying ``what`` did not come."""
    began = time.monotonic()
    while not is_so():
        if time.monotonic() - began > limit_s:
            raise Failed(f"not after {limit_s:g} s: {what}")
        time.sleep(0.5)
    return time.monotonic() - began
