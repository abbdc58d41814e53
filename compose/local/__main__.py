"""Owns the command ``python -m compose.local up|keep|down|status|restart [--folder var/mesh]``. Never does the work itself.

    up       starts the whole in the background, waits until it is ready, says where it is
    keep     the same in the foreground, until SIGTERM or SIGINT; what dies is started again
    down     ends everything by its pid and waits until nothing is left; data stays
    restart  every service anew, one process after the other (or those that are named), while people go on working
    status   every process: its pid, and whether it is ready; exit status 0 when all are
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from compose.local.house import complete_plan, programs
from compose.local.keeper import Keeper
from compose.local.monitoring import PROMETHEUS, SETTING
from compose.local.pids import PidNotes
from compose.local.plan import ROOT, Plan, read_plan
from compose.local.program import CannotStart
from compose.local.rolling import in_order, restart

KEEPER: Final = "keeper"
UP_LIMIT_S: Final = 240.0
DOWN_LIMIT_S: Final = 120.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Carries one command out; 0 when all is well, 1 when something is wrong."""
    parser = argparse.ArgumentParser(prog="python -m compose.local", description="The whole on one machine without containers.")
    parser.add_argument("what", choices=("up", "keep", "down", "status", "restart"))
    parser.add_argument("names", nargs="*", help="with restart: these processes only")
    parser.add_argument("--folder", type=Path, default=ROOT / "var" / "mesh", help="where everything lies (default: var/mesh)")
    parser.add_argument("--monitoring", action="store_true", help="with up: Prometheus too, this time and from now on")
    options = parser.parse_args(arguments)
    folder: Path = options.folder.resolve()
    try:
        match options.what:
            case "up":
                return _up(folder, with_monitoring=options.monitoring)
            case "keep":
                return _keep(folder)
            case "down":
                return _down(folder)
            case "restart":
                return _restart(folder, options.names)
            case _:
                return _status(folder)
    except CannotStart as wrong:
        print(f"mesh: {wrong}", file=sys.stderr)  # noqa: T201  an answer to whoever typed
        return 1


def _up(folder: Path, *, with_monitoring: bool = False) -> int:
    notes = PidNotes(folder / "run")
    if with_monitoring:
        plan = read_plan(folder)
        plan.settings[SETTING] = "yes"
        plan.save()
    if notes.read(KEEPER) is None:
        _make_room(notes)
        (folder / "log").mkdir(parents=True, exist_ok=True)
        ready = folder / "run" / "ready"
        ready.unlink(missing_ok=True)
        with (folder / "log" / f"{KEEPER}.log").open("wb") as log:
            keeper = subprocess.Popen(
                [sys.executable, "-m", "compose.local", "keep", "--folder", str(folder)],
                cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        ends_at = time.monotonic() + UP_LIMIT_S
        while not ready.exists():
            if keeper.poll() is not None or time.monotonic() > ends_at:
                print((folder / "log" / f"{KEEPER}.log").read_text(encoding="utf-8")[-8000:], file=sys.stderr)  # noqa: T201
                _down(folder)
                return 1
            time.sleep(0.1)
    _say(_welcome(read_plan(folder)))
    return 0


def _keep(folder: Path) -> int:
    notes = PidNotes(folder / "run")
    if notes.read(KEEPER) is not None:
        raise CannotStart(f"a house stands in {folder} already: make mesh-down ends it")
    _make_room(notes)
    plan = complete_plan(folder)
    keeper = Keeper(plan, programs(plan), _tell)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, keeper.ask_stop)
    notes.note(KEEPER, os.getpid())
    try:
        keeper.start()
        (folder / "run" / "ready").touch()
        keeper.keep()
    finally:
        keeper.stop()
        (folder / "run" / "ready").unlink(missing_ok=True)
        notes.forget(KEEPER)
    return 0


def _down(folder: Path) -> int:
    notes = PidNotes(folder / "run")
    keeper = notes.read(KEEPER)
    if keeper is not None:
        keeper.end(DOWN_LIMIT_S)
    left = _swept(notes)
    _say(f"still there: {', '.join(left)}" if left else f"nothing runs any more; what it kept lies in {folder}")
    return 1 if left else 0


def _make_room(notes: PidNotes) -> None:
    left = _swept(notes)
    if left:
        raise CannotStart(f"still there from before, and not to be ended: {', '.join(left)}; look with ps, then make mesh-down again")


def _swept(notes: PidNotes) -> list[str]:
    """Ends what a killed keeper left: it took its programs along, but not always their children. Returns who stays, and keeps their notes."""
    left = []
    for name in notes.names():
        pid = notes.noted(name)
        if pid is not None:
            pid.end()
            if pid.is_alive or not pid.end_others():
                left.append(name)
                continue
        notes.forget(name)
    return left


def _restart(folder: Path, names: Sequence[str]) -> int:
    plan = read_plan(folder)
    every = {program.name: program for program in programs(plan)} if plan.ports else {}
    unknown = [name for name in names if name not in every]
    if unknown or not every:
        raise CannotStart(f"nothing here is called {', '.join(unknown)}" if unknown else f"no house in {folder}")
    restart(plan, every, names or in_order(plan), _say)
    return 0


def _status(folder: Path) -> int:
    notes, plan = PidNotes(folder / "run"), read_plan(folder)
    if not plan.ports:
        _say(f"no house in {folder}")
        return 1
    is_well = True
    for program in programs(plan):
        pid = notes.read(program.name)
        state = "gone" if pid is None else "ready" if program.is_ready() else "not ready"
        is_well &= state == "ready"
        _say(f"{program.name:<20} {pid.number if pid else '-':>8}  {state}")
    return 0 if is_well else 1


def _welcome(plan: Plan) -> str:
    figures = (f"  figures and alerts: http://127.0.0.1:{plan.ports[PROMETHEUS]}",) if plan.settings.get(SETTING) == "yes" else ()
    return "\n".join((
        "", f"  Palestra is ready:  {plan.url}", f"  trust it with:      {plan.trust}", *figures,
        f"  Sign in as admin, password: the one in {plan.admin_password}", "  make mesh-down ends it all", "",
    ))  # fmt: skip


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201  this is what was asked for


def _tell(text: str) -> None:
    """As `_say`, for a keeper: that its log is on a full disk is no reason to end a house."""
    with suppress(OSError):
        _say(text)


if __name__ == "__main__":
    raise SystemExit(main())
