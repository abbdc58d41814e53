"""Owns the notes of who runs: a pid and the time of its start, so that a number that was given out again is never mistaken.

Never starts a process.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Pid:
    """One process, for as long as it lives. ``born`` is its start in clock ticks since boot."""

    number: int
    born: int

    @property
    def is_alive(self) -> bool:
        """Whether that very process is there and not a zombie."""
        there = _seen(self.number)
        return there is not None and there.born == self.born and not there.is_dead

    def signal(self, number: int) -> None:
        """Sends a signal to it and to its process group; nothing when it has gone."""
        if self.is_alive:
            with suppress(ProcessLookupError):
                os.killpg(self.number, number)

    @property
    def has_left_others(self) -> bool:
        """Whether it has gone, if only as a zombie that nobody has reaped, and others of its process group live, such as nginx's workers.

        The group's number is given to nobody else meanwhile: who has it and is another, or lives, has a group that is not looked at.
        """
        leader = _seen(self.number)
        if leader is not None and (leader.born != self.born or not leader.is_dead):
            return False
        return any(one.group == self.number and not one.is_dead for one in _everybody())

    def end_others(self, limit_s: float = 20.0) -> bool:
        """Ends those, and returns when none lives any more, or after twice the limit: False when some stay."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            ends_at = time.monotonic() + limit_s
            while self.has_left_others and time.monotonic() < ends_at:
                with suppress(ProcessLookupError):
                    os.killpg(self.number, number)
                time.sleep(0.05)
        return not self.has_left_others

    def until_gone(self, limit_s: float) -> bool:
        """Waits for its end; False when it did not come."""
        ends_at = time.monotonic() + limit_s
        while self.is_alive:
            if time.monotonic() > ends_at:
                return False
            time.sleep(0.02)
        return True

    def end(self, limit_s: float = 20.0) -> None:
        """SIGTERM, and SIGKILL when that was not heard."""
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        if not self.until_gone(limit_s):
            self.signal(signal.SIGKILL)
            self.until_gone(5.0)


class PidNotes:
    """A folder with a file for each program that runs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def note(self, name: str, number: int) -> Pid:
        """Writes down who runs under that name."""
        there = _seen(number)
        pid = Pid(number, there.born if there is not None else 0)
        self._folder.mkdir(parents=True, exist_ok=True)
        fresh = self._folder / f".{name}"
        fresh.write_text(f"{pid.number} {pid.born}\n", encoding="ascii")
        fresh.replace(self._folder / f"{name}.pid")
        return pid

    def read(self, name: str) -> Pid | None:
        """Who runs under that name; None when nobody does."""
        pid = self.noted(name)
        return pid if pid is not None and pid.is_alive else None

    def noted(self, name: str) -> Pid | None:
        """Who ran under that name last, whether it is there or not; None when nobody did."""
        try:
            number, born = (self._folder / f"{name}.pid").read_text(encoding="ascii").split()
        except (FileNotFoundError, ValueError):
            return None
        return Pid(int(number), int(born))

    def forget(self, name: str) -> None:
        """Takes a note away."""
        (self._folder / f"{name}.pid").unlink(missing_ok=True)

    def names(self) -> list[str]:
        """Every name that has a note."""
        return sorted(path.stem for path in self._folder.glob("*.pid"))


@dataclass(frozen=True, slots=True)
class _Seen:
    is_dead: bool
    group: int
    born: int


def _seen(number: int) -> _Seen | None:
    """Fields 3, 5 and 22 of /proc/PID/stat; None for who is gone. Source: proc(5)."""
    try:
        text = Path(f"/proc/{number}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    state, *fields = text[text.rindex(")") + 1 :].split()
    return _Seen(state in {"Z", "X"}, int(fields[1]), int(fields[18]))


def _everybody() -> Iterator[_Seen]:
    """Who is there; some may have gone meanwhile."""
    for place in Path("/proc").iterdir():
        if place.name.isdigit() and (found := _seen(int(place.name))) is not None:
            yield found
