"""Owns whose fault it is when the calls between a setter's Main and a submission's processes are over. Pure: it is told who ended how.

A process that breaks its own limits, or crashes, has that verdict, unless it was we who ended it. One that broke the protocol (which Main
says by how it ends) or left it early has RTE. Main that ran out of time makes TLE, that printed too much OLE, as with omegaUp: a submission
that calls for ever makes it do so. Main that fails in another way is VE. Else the checker judges what Main printed.

Source: omegaup/quark ``runner/runner.go`` (mergeVerdict).
"""

from __future__ import annotations

import signal
from dataclasses import dataclass

from contest.verdicts import Verdict
from services.runner.builds import readable
from services.runner.checkers.judgement import Judgement
from services.runner.sandbox.execution import Execution, KilledBy

PEER_FAULTS = frozenset({239, 240, 241, 242, 243})
"""Exit codes of Main that say: the other side was at fault. The code for it is made by the reader of such packages."""

WAITS = "the program and Main wait for each other"
STAYS = "Main had ended, and the program did not"
BROKE = "the program broke the protocol"


@dataclass(frozen=True, slots=True)
class Called:
    """How it went. ``is_idle``: everybody waited."""

    main: Execution
    processes: tuple[Execution, ...]
    is_idle: bool = False

    @staticmethod
    def was_dismissed(process: Execution) -> bool:
        """Whether it was we who ended it, since Main was gone."""
        is_killed = process.killed_by is KilledBy.CANCEL and process.signal == signal.SIGKILL
        return is_killed and process.verdict is Verdict.RTE

    def close(self) -> None:
        """Forgets what anybody wrote."""
        for one in (self.main, *self.processes):
            one.output.close()


def settled_calls(called: Called, own: list[tuple[Verdict | None, str]]) -> Judgement | None:
    """The judgement; None: the checker shall judge what Main printed. ``own`` are the verdicts that the processes have by themselves."""
    main = called.main
    if called.is_idle:
        return Judgement(Verdict.TLE, WAITS)
    if (failed := _failed(called, own)) is not None:
        return failed
    if main.verdict is None:
        return None
    if main.verdict is Verdict.TLE:
        return Judgement(Verdict.TLE, f"Main was called for too long: {main.detail}")
    if main.verdict is Verdict.OLE:
        return Judgement(Verdict.OLE, f"what was called made Main print {main.detail}")
    words = readable(main.stderr).strip()
    if main.exit_code in PEER_FAULTS:
        return Judgement(Verdict.RTE, words or BROKE)
    return Judgement(Verdict.VE, f"Main failed: {main.detail}\n{words}".strip())


def _failed(called: Called, own: list[tuple[Verdict | None, str]]) -> Judgement | None:
    """The worst that a process did by itself."""
    order = list(Verdict)
    found = [
        (order.index(verdict), process, words)
        for process, (verdict, words) in zip(called.processes, own, strict=True)
        if verdict is not None and not called.was_dismissed(process)
    ]
    if not found:
        return None
    place, process, words = min(found, key=lambda one: one[0])
    if process.killed_by is KilledBy.IDLE:
        return Judgement(Verdict.TLE, STAYS)
    said = readable(process.stderr).strip()
    return Judgement(order[place], f"{words}\n{said}" if said else words)
