"""Owns the rolling restart of a local house: each process of each service is told to leave, and the next only when it is back. Never kills.

Between two of them lies `SETTLE_S`. Where the gateway leaves a frontend alone that it could not reach (nginx: ``fail_timeout``), it must be
longer than twice that: else it knows of none for a moment. Deployments elsewhere say so by their own means (``minReadySeconds``).
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from compose.local.pids import PidNotes
from compose.local.plan import Plan
from compose.local.program import CannotStart, Program
from wire.services import BROADCASTER, FRONTEND, GITSERVER, GRADER, MAILER, RECORDER, RUNNER

ORDER: Final = (RECORDER, GITSERVER, GRADER, BROADCASTER, RUNNER, MAILER, FRONTEND)
SETTLE_S: Final = 1.0
READY_LIMIT_S: Final = 120.0


def in_order(plan: Plan) -> list[str]:
    """Every process of every service, in the order in which they are restarted."""
    return [name for service in ORDER if service in plan.replicas for name in plan.names_of(service)]


def restart(
    plan: Plan, programs: Mapping[str, Program], names: Sequence[str], tell: Callable[[str], None], *, settle_s: float = SETTLE_S
) -> dict[str, float]:
    """Restarts those processes, one after the other; how long each was away, in seconds. Blocks.

    The keeper starts again what has left. Raises: `CannotStart` for one that does not run, or does not come back.
    """
    away: dict[str, float] = {}
    for place, name in enumerate(names):
        if place:
            time.sleep(settle_s)
        away[name] = _restart(PidNotes(plan.run), programs[name])
        tell(f"{name} was away for {away[name]:.1f} s")
    return away


def _restart(notes: PidNotes, program: Program) -> float:
    pid = notes.read(program.name)
    if pid is None:
        raise CannotStart(f"{program.name} does not run: make mesh starts everything")
    began = time.monotonic()
    pid.signal(signal.SIGTERM)
    while time.monotonic() < began + READY_LIMIT_S:
        time.sleep(0.1)
        fresh = notes.read(program.name)
        if fresh is not None and fresh != pid and program.is_ready():
            return time.monotonic() - began
    raise CannotStart(f"{program.name} was not ready again after {READY_LIMIT_S:g} s: its log is {program.name}.log")
