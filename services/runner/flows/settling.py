"""Owns whose word counts when a conversation is over. Pure: it is told who ended how, and what the interactor had been told.

What a solution said is judged before how it ended: an interactor that rejects, or fails, without having heard of the solution's end has
the word, whatever the solution did meanwhile. Then come the solution's own limits and crashes, also after it was accepted. A solution that
ended well has the interactor's word. An interactor that dies of a silence that the solution made is WA, one that fails otherwise VE.
"""

from __future__ import annotations

import signal

from contest.verdicts import Verdict
from services.runner.builds import readable
from services.runner.checkers.judgement import Judgement
from services.runner.flows.talk import Talk, Told
from services.runner.sandbox.execution import Execution, KilledBy

WAITS = "the program and the interactor wait for each other: is every line of output flushed, and is as much read as was sent?"
STAYS = "the interaction was over, and the program did not end"
LEFT = "the program ended before the interaction was over"
CLOSED = "the program closed its input or its output before the interaction was over"
_BROKEN_PIPE = (b"BrokenPipeError", b"Broken pipe", b"EPIPE")
_SHELLS_SIGPIPE = 128 + signal.SIGPIPE  # what a shell makes of it that runs an interactor, as ours does a manager
_END_OF_FILE = (b"EOFError", b"NoSuchElementException")
_REJECTS = frozenset({Verdict.WA, Verdict.VE})


def settled(talk: Talk, own: tuple[Verdict | None, str], said: Judgement) -> Judgement:
    """The judgement of a conversation. ``own`` is the verdict that the solution has by itself, with why; ``said`` is the interactor's."""
    solution, verdict = talk.solution, own[0]
    is_silenced = said.verdict is Verdict.VE and _died_of_silence(talk)
    if talk.is_idle:
        return Judgement(Verdict.TLE, WAITS)
    if said.verdict in _REJECTS and talk.told is not Told.LEFT and not is_silenced:
        return said
    if is_silenced and talk.told is Told.CLOSED:
        return Judgement(Verdict.WA, CLOSED)
    if talk.is_flood:
        return Judgement(Verdict.OLE, f"more than {solution.limits.output_bytes} bytes of output")
    if is_silenced and (was_dismissed(solution) or solution.killed_by is KilledBy.IDLE):
        return Judgement(Verdict.WA, CLOSED)  # it lived on, deaf, and did nothing more
    if verdict is Verdict.TLE and solution.killed_by in {KilledBy.WALL, KilledBy.IDLE}:
        return _late(talk, own[1], said)
    if verdict is not None:
        return _failed_by_itself(solution, own)
    return Judgement(Verdict.WA, LEFT) if is_silenced else said


def was_dismissed(solution: Execution) -> bool:
    """Whether it was we who ended it, since the interactor had nothing more to say to it."""
    is_killed = solution.killed_by is KilledBy.CANCEL and solution.signal == signal.SIGKILL
    return is_killed and solution.verdict is Verdict.RTE  # not by the kernel, for its memory, a moment before


def _late(talk: Talk, detail: str, said: Judgement) -> Judgement:
    """The wall clock ended the solution, or it slept on after the interactor had ended: whoever kept it waiting is to blame."""
    busy_ms = talk.interactor.time_ms
    if talk.solution.killed_by is KilledBy.WALL and busy_ms > talk.solution.limits.wall_ms // 2:
        return Judgement(Verdict.VE, f"the interactor kept the program waiting: it used {busy_ms} ms of CPU time\n{said.message}".strip())
    return Judgement(Verdict.TLE, detail if talk.told is Told.LEFT else STAYS)


def _failed_by_itself(solution: Execution, own: tuple[Verdict | None, str]) -> Judgement:
    verdict, detail = own
    assert verdict is not None
    words = readable(solution.stderr).strip()
    return Judgement(verdict, f"{detail}\n{words}" if words else detail)


def _died_of_silence(talk: Talk) -> bool:
    """Whether an interactor died since nobody was there any more: of saying much to nobody, or of an end of the file that it did not expect."""
    interactor = talk.interactor
    if interactor.killed_by is not None or interactor.oom_kills:
        return False
    has_no_reader = interactor.signal == signal.SIGPIPE or interactor.exit_code == _SHELLS_SIGPIPE or _says(interactor, _BROKEN_PIPE)
    return (talk.is_cut and has_no_reader) or (talk.told is not Told.NOTHING and _says(interactor, _END_OF_FILE))


def _says(interactor: Execution, words: tuple[bytes, ...]) -> bool:
    return any(word in interactor.stderr for word in words)
