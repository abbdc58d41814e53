"""Owns whose fault it is when the calls between a setter's Main and a submission's processes are over. Pure: it is told who ended how.

Main's end decides alone where it says that a process broke the protocol (RTE), or was stopped: out of time it is TLE, for printing too much
OLE, as with omegaUp, since a submission that calls for ever makes it so; another failure of Main is VE. Where it ended well, or only heard
that nobody is there any more, the processes end by themselves and the worst verdict that one has decides; whoever left early has RTE. Else
the checker judges what Main printed. So nothing hangs on who is seen to end first.

Source: omegaup/quark ``runner/runner.go`` (mergeVerdict).
"""

from __future__ import annotations

import signal
from dataclasses import dataclass

from contest.verdicts import Verdict
from services.runner.builds import readable
from services.runner.checkers.judgement import Judgement
from services.runner.sandbox.execution import Execution, KilledBy

BROKEN = frozenset({240, 241, 243})
"""Exit codes of Main that say: the other side broke the protocol. The code for it is made by the reader of such packages."""

GONE = frozenset({239, 242})
"""The same: the other side is not there any more."""

WAITS = "the program and Main wait for each other"
STAYS = "Main had ended, and the program did not"
BROKE = "the program broke the protocol"
LEFT = "the program ended before it had answered"


@dataclass(frozen=True, slots=True)
class Called:
    """How it went. ``is_idle``: everybody waited."""

    main: Execution
    processes: tuple[Execution, ...]
    is_idle: bool = False

    @staticmethod
    def dismissed(process: Execution) -> bool:
        """Whether it was we who ended it, since another's end had decided."""
        is_killed = process.killed_by is KilledBy.CANCEL and process.signal == signal.SIGKILL
        return is_killed and process.verdict is Verdict.RTE

    def close(self) -> None:
        """Forgets what anybody wrote."""
        for one in (self.main, *self.processes):
            one.output.close()


def decides(main: Execution) -> bool:
    """Whether Main's end tells it all, so that nobody need go on; not where it was we who ended it, for what a process did."""
    return main.verdict is not None and main.exit_code not in GONE and main.killed_by is not KilledBy.CANCEL


def settled_calls(called: Called, own: list[tuple[Verdict | None, str]]) -> Judgement | None:
    """The judgement; None: the checker shall judge what Main printed. ``own`` are the verdicts that the processes have by themselves."""
    main = called.main
    words = readable(main.stderr).strip()
    if called.is_idle:
        return Judgement(Verdict.TLE, WAITS)
    if not decides(main):
        left = Judgement(Verdict.RTE, words or LEFT) if main.verdict is not None else None
        return _failed(called, own) or left
    if main.exit_code in BROKEN:
        return Judgement(Verdict.RTE, words or BROKE)
    if main.verdict is Verdict.TLE:
        return Judgement(Verdict.TLE, f"Main was called for too long: {main.detail}")
    if main.verdict is Verdict.OLE:
        return Judgement(Verdict.OLE, f"what was called made Main print {main.detail}")
    return Judgement(Verdict.VE, f"Main failed: {main.detail}\n{words}".strip())


def _failed(called: Called, own: list[tuple[Verdict | None, str]]) -> Judgement | None:
    """The worst that a process did by itself."""
    order = list(Verdict)
    found = [
        (order.index(verdict), process, words)
        for process, (verdict, words) in zip(called.processes, own, strict=True)
        if verdict is not None and not called.dismissed(process)
    ]
    if not found:
        return None
    place, process, words = min(found, key=lambda one: one[0])
    if process.killed_by is KilledBy.IDLE:
        return Judgement(Verdict.TLE, STAYS)
    said = readable(process.stderr).strip()
    return Judgement(order[place], f"{words}\n{said}" if said else words)
