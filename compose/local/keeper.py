"""Owns the life of a local house: starts its programs in order, starts again what dies, ends everything. Never forgets a pid.

One thread, for the kernel ends a program when the *thread* that launched it ends: nothing can outlive its keeper.
"""

from __future__ import annotations

import math
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from compose.local.pids import PidNotes
from compose.local.plan import Plan
from compose.local.program import LAST_WORDS_BYTES, CannotStart, Program

RESTART_PAUSE_S = 1.0
_LOOK_S = 0.05
_READY_EVERY_S = 0.2
_LEFT_LIMIT_S = 5.0
"""So long those have to end who were killed already: whoever stays keeps his note."""

_MOST_DEATHS = 5
"""Whoever dies so often while the house is started will not come up."""

_RELIEF_S, _LONGEST_RELIEF_S = 5.0, 600.0
"""Whom a new start did not help is started again after pauses that grow: what else it does, it may do meanwhile."""

_LINE_LENGTH = 400
_HEARD_AT_ONCE = 1 << 20


@dataclass(slots=True)
class _Kept:
    program: Program
    process: subprocess.Popen[bytes]
    restart_at: float | None = None
    deaths: int = 0
    relapses: int = 0
    born_at: float = 0.0
    born_bytes: int = 0
    heard_bytes: int = 0
    end_at: float | None = None


class Keeper:
    """A house at work. ``tell`` hears, in words, what happens."""

    def __init__(self, plan: Plan, programs: Sequence[Program], tell: Callable[[str], None], *, restart_pause_s: float = RESTART_PAUSE_S) -> None:
        self._plan = plan
        self._programs = programs
        self._tell = tell
        self._pids = PidNotes(plan.run)
        self._pause_s = restart_pause_s
        self._kept: dict[str, _Kept] = {}
        self._is_stopping = False

    def ask_stop(self, *_signal: object) -> None:
        """The house shall end; safe in a signal handler."""
        self._is_stopping = True

    def start(self, limit_s: float = 120.0) -> None:
        """Starts every stage and waits until it is ready. Raises: `CannotStart` with the end of the log of what did not."""
        for stage in sorted({program.stage for program in self._programs}):
            chosen = [program for program in self._programs if program.stage == stage]
            for program in chosen:
                self._launch(program)
            self._until_ready(chosen, limit_s)

    def keep(self) -> None:
        """Looks after everything until `ask_stop`."""
        while not self._is_stopping:
            self._look_after()
            time.sleep(_LOOK_S)

    def stop(self) -> None:
        """Ends everything, last started first, each stage at once."""
        for stage in sorted({kept.program.stage for kept in self._kept.values()}, reverse=True):
            chosen = [kept for kept in self._kept.values() if kept.program.stage == stage]
            for kept in chosen:
                _signal_group(kept.process, signal.SIGCONT)
                if kept.process.poll() is None:
                    kept.process.send_signal(kept.program.stop_signal)
            ends_at = time.monotonic() + max(kept.program.stop_limit_s for kept in chosen)
            for kept in chosen:
                with suppress(subprocess.TimeoutExpired):
                    kept.process.wait(max(0.0, ends_at - time.monotonic()))
                _signal_group(kept.process, signal.SIGKILL)
                kept.process.wait()
                noted = self._pids.noted(kept.program.name)
                if noted is None or noted.end_others(_LEFT_LIMIT_S):
                    self._pids.forget(kept.program.name)
        self._kept.clear()

    def _until_ready(self, chosen: Iterable[Program], limit_s: float) -> None:
        waiting, ends_at = list(chosen), time.monotonic() + limit_s
        while waiting and not self._is_stopping:
            self._look_after()
            waiting = [program for program in waiting if not program.is_ready()]
            hopeless = [program for program in waiting if self._kept[program.name].deaths >= _MOST_DEATHS]
            if hopeless or (waiting and time.monotonic() > ends_at):
                tails = "\n".join(f"── {one.name}\n{self.tail(one.name)}" for one in hopeless or waiting)
                raise CannotStart(f"not ready: {', '.join(one.name for one in waiting)}\n{tails}")
            if waiting:
                time.sleep(_READY_EVERY_S)

    def tail(self, name: str, lines: int = 3) -> str:
        """The end of what a program printed, the end of each line."""
        path = self._plan.log(name)
        text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
        return "\n".join(line[-_LINE_LENGTH:] for line in text.splitlines()[-lines:]) or "(nothing)"

    def _launch(self, program: Program) -> None:
        program.folder.mkdir(parents=True, exist_ok=True)
        if program.is_private:
            program.folder.chmod(0o700)
        program.prepare()
        path = self._plan.log(program.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.parent.chmod(0o700)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PALESTRA_")}
        with path.open("ab") as log:
            process = subprocess.Popen(
                program.whole_command(), cwd=program.folder, env={**kept, **program.environ}, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, umask=0o077 if program.is_private else -1,
            )  # fmt: skip
        try:
            self._pids.note(program.name, process.pid)
        except OSError:  # nobody would know of it, and the next launch would be a second one
            _signal_group(process, signal.SIGKILL)
            process.wait()
            raise
        before = self._kept.get(program.name)
        size, deaths, relapses = path.stat().st_size, before.deaths if before else 0, before.relapses if before else 0
        self._kept[program.name] = _Kept(program, process, None, deaths, relapses, time.monotonic(), born_bytes=size, heard_bytes=size)

    def _look_after(self) -> None:
        for kept in list(self._kept.values()):
            now = time.monotonic()
            if kept.process.poll() is None:
                self._end_who_does_not_serve(kept, now)
                continue
            if kept.restart_at is None:
                self._tell(f"{kept.program.name} ended with {kept.process.returncode}")
                _signal_group(kept.process, signal.SIGKILL)  # what it left behind holds its port
                kept.restart_at, kept.deaths = now + self._pause_s, kept.deaths + 1
            elif now >= kept.restart_at and not self._is_stopping:
                try:
                    self._launch(kept.program)
                except OSError as wrong:  # a full disk, for one
                    self._tell(f"{kept.program.name} cannot be started: {wrong}")
                    kept.restart_at = now + self._pause_s

    def _end_who_does_not_serve(self, kept: _Kept, now: float) -> None:
        if kept.program.last_words is None:
            return
        if kept.end_at is None and self._has_said(kept.program.last_words, kept):
            is_relapse = kept.relapses and now - kept.born_at < _LONGEST_RELIEF_S
            kept.relapses = kept.relapses + 1 if is_relapse else 1
            kept.end_at = now + (min(_RELIEF_S * 2**kept.relapses, _LONGEST_RELIEF_S) if is_relapse else 0.0)
        if kept.end_at is not None and now >= kept.end_at:
            self._tell(f"{kept.program.name} does not serve any more: it is started again")
            _signal_group(kept.process, signal.SIGKILL)
            kept.end_at = math.inf

    def _has_said(self, words: re.Pattern[bytes], kept: _Kept) -> bool:
        try:
            with self._plan.log(kept.program.name).open("rb") as log:
                log.seek(max(kept.born_bytes, kept.heard_bytes - LAST_WORDS_BYTES))
                fresh = log.read(_HEARD_AT_ONCE)
                kept.heard_bytes = log.tell()
        except FileNotFoundError:  # somebody made room
            return False
        return words.search(fresh) is not None


def _signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)
