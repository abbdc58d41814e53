"""Owns whose word counts when a conversation is over. Pure: it is told who ended how, and who first.

A solution that breaks its own limits has that verdict, unless the interactor had rejected it before. One that crashed before the
interactor ended has RTE, whatever the interactor made of the silence. One that died of writing to an interactor that was done has the
interactor's word. An interactor that fails is VE, unless the solution went away or stopped listening first and so made it fail.
"""

from __future__ import annotations

import signal

from contest.verdicts import Verdict
from services.runner.builds import readable
from services.runner.checkers.judgement import Judgement
from services.runner.flows.talk import First, Talk
from services.runner.sandbox.execution import Execution, KilledBy

WAITS = "the program and the interactor wait for each other: is every line of output flushed, and is as much read as was sent?"
STAYS = "the interaction was over, and the program did not end"
LEFT = "the program ended before the interaction was over"
CLOSED = "the program closed its input or its output before the interaction was over"
_BROKEN_PIPE = (b"BrokenPipeError", b"Broken pipe", b"EPIPE")
_SHELLS_SIGPIPE = 128 + signal.SIGPIPE  # what a shell makes of it that runs an interactor, as ours does a manager
_END_OF_FILE = (b"EOFError", b"NoSuchElementException")
_OWN = frozenset({Verdict.MLE, Verdict.RFE, Verdict.OLE})


def settled(talk: Talk, own: tuple[Verdict | None, str], said: Judgement) -> Judgement:
    """The judgement of a conversation. ``own`` is the verdict that the solution has by itself, with why; ``said`` is the interactor's."""
    solution, is_first = talk.solution, talk.first in {First.SOLUTION, First.BOTH}
    verdict, detail = own
    has_rejected = talk.first is First.INTERACTOR and said.verdict not in {Verdict.AC, Verdict.PA}
    if talk.is_flood:
        return Judgement(Verdict.OLE, f"more than {solution.limits.output_bytes} bytes of output")
    if talk.is_idle:
        return Judgement(Verdict.TLE, WAITS)
    is_left = said.verdict is Verdict.VE and is_first and _died_of_silence(talk.interactor)
    if was_dismissed(solution):
        return Judgement(Verdict.WA, CLOSED) if is_left else said
    if has_rejected:
        return said
    if verdict in _OWN or (verdict is Verdict.TLE and solution.killed_by not in {KilledBy.WALL, KilledBy.IDLE}):
        return _failed_by_itself(solution, own)
    if verdict is Verdict.TLE:
        return _late(talk, detail, said)
    if is_left and _died_writing(solution):
        return Judgement(Verdict.WA, CLOSED)  # we were about to dismiss it: it wrote once more before that
    if verdict is not None:
        return said if not is_first and _died_writing(solution) else _failed_by_itself(solution, own)
    return Judgement(Verdict.WA, LEFT) if is_left else said


def was_dismissed(solution: Execution) -> bool:
    """Whether it was we who ended it, since the interactor had nothing more to say to it."""
    is_killed = solution.killed_by is KilledBy.CANCEL and solution.signal == signal.SIGKILL
    return is_killed and solution.verdict is Verdict.RTE  # not by the kernel, for its memory, a moment before


def _late(talk: Talk, detail: str, said: Judgement) -> Judgement:
    """The wall clock ended the solution, or it slept on after the interactor had ended: whoever kept it waiting is to blame."""
    if talk.first is First.INTERACTOR:
        return Judgement(Verdict.TLE, STAYS)
    busy_ms = talk.interactor.time_ms
    if busy_ms > talk.solution.limits.wall_ms // 2:
        return Judgement(Verdict.VE, f"the interactor kept the program waiting: it used {busy_ms} ms of CPU time\n{said.message}".strip())
    return Judgement(Verdict.TLE, detail)


def _failed_by_itself(solution: Execution, own: tuple[Verdict | None, str]) -> Judgement:
    verdict, detail = own
    assert verdict is not None
    words = readable(solution.stderr).strip()
    return Judgement(verdict, f"{detail}\n{words}" if words else detail)


def _died_writing(execution: Execution) -> bool:
    """Whether it died of writing to somebody who reads no more; some run-times say so in words."""
    return execution.signal == signal.SIGPIPE or any(words in execution.stderr for words in _BROKEN_PIPE)


def _died_of_silence(interactor: Execution) -> bool:
    """Whether an interactor died since nobody was there any more: of writing, or of an end of the file that it did not expect."""
    is_by_itself = interactor.killed_by is None and not interactor.oom_kills
    has_no_reader = _died_writing(interactor) or interactor.exit_code == _SHELLS_SIGPIPE
    return is_by_itself and (has_no_reader or any(words in interactor.stderr for words in _END_OF_FILE))
