"""Owns where outputs are compared: small ones here, medium ones in a thread, large ones in a process of their own.

A comparison of many numbers is work for Python; in a thread it would take the loop's time, so it gets its own interpreter.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import sys
from decimal import Decimal
from pathlib import Path

from mesh.errors import Broken
from services.runner.checkers.tokens import TokenRules, difference
from services.runner.sandbox.reading import FileReader
from services.runner.sandbox.spool import Spool

HERE_BYTES = 8 << 10
THREAD_BYTES = 1 << 20
LIMIT_S = 600.0
_ROOT = Path(__file__).resolve().parents[3]


async def compare(output: Spool, answer: int, answer_bytes: int, rules: TokenRules) -> str:
    """What is wrong with an output, empty when it is right. ``answer`` is a descriptor, left where it is and open.

    Raises: `Broken` (``comparison-failed``) when the process for large outputs fails.
    """
    size = output.size + answer_bytes
    if size <= HERE_BYTES:
        return difference(output.reader(), FileReader(answer), rules)
    if size <= THREAD_BYTES:
        return await asyncio.to_thread(difference, output.reader(), FileReader(answer), rules)
    return await _apart(output.fd(), answer, rules)


async def _apart(output: int, answer: int, rules: TokenRules) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", __name__, str(output), str(answer), json.dumps(dataclasses.asdict(rules), default=str),
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        pass_fds=(output, answer), env={"PYTHONPATH": str(_ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    try:
        async with asyncio.timeout(LIMIT_S):
            said, complaint = await process.communicate()
    except BaseException:
        process.kill()
        await process.wait()
        raise
    if process.returncode != 0:
        raise Broken(f"the comparison failed: {complaint.decode(errors='replace')[-500:]}", code="comparison-failed")
    return said.decode()


def _main(arguments: list[str]) -> None:
    output, answer, rules = arguments
    given = json.loads(rules)
    for name in ("float_absolute", "float_relative"):
        given[name] = None if given[name] is None else Decimal(given[name])
    sys.stdout.write(difference(FileReader(int(output)), FileReader(int(answer)), TokenRules(**given)))


if __name__ == "__main__":
    os.nice(1)
    _main(sys.argv[1:])
