"""The keeper of a local house: what dies is started again, what only looks alive too, and nothing outlives it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

import pytest

from compose.local.__main__ import _make_room, _swept, _tell
from compose.local.keeper import Keeper
from compose.local.pids import Pid, PidNotes
from compose.local.plan import Plan, read_plan
from compose.local.program import CannotStart, Program
from compose.local.servers import RABBITMQ_SERVER, node_environ
from tests.support.ports import free_ports

pytestmark = pytest.mark.faults


def program(folder: Path, name: str, text: str, **more: object) -> Program:
    return Program(name, [sys.executable, "-c", text], folder, 0, lambda: True, **more)


class Kept:
    """A keeper at work in a thread of its own, and what it told."""

    def __init__(self, folder: Path, *programs: Program, tell: Callable[[str], None] | None = None) -> None:
        self.plan = Plan(folder)
        self.notes = PidNotes(self.plan.run)
        self.told: list[str] = []
        self.keeper = Keeper(self.plan, programs, tell or self.told.append, restart_pause_s=0.05)
        self._thread = threading.Thread(target=self._keep)
        self._has_started = threading.Event()

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._has_started.wait(10)
        return self

    def __exit__(self, *exc: object) -> None:
        self.keeper.ask_stop()
        self._thread.join(20)

    def _keep(self) -> None:
        self.keeper.start(10)
        self._has_started.set()
        self.keeper.keep()
        self.keeper.stop()

    def pid(self, name: str) -> Pid:
        until(lambda: self.notes.read(name))
        found = self.notes.read(name)
        assert found is not None
        return found


def until(holds: Callable[[], object], limit_s: float = 10) -> None:
    ends_at = time.monotonic() + limit_s
    while not holds():
        assert time.monotonic() < ends_at, "not in time"
        time.sleep(0.01)


SLEEPER = "import time; time.sleep(600)"


def test_what_is_killed_is_started_again_and_nothing_is_left_at_the_end(tmp_path: Path) -> None:
    with Kept(tmp_path, program(tmp_path, "one", SLEEPER), program(tmp_path, "two", SLEEPER)) as kept:
        first, other = kept.pid("one"), kept.pid("two")
        first.signal(signal.SIGKILL)
        until(lambda: (fresh := kept.notes.read("one")) is not None and fresh != first)
        last = kept.pid("one")
        assert kept.pid("two") == other
    assert not last.is_alive
    assert not other.is_alive
    assert kept.notes.names() == []
    assert kept.told == ["one ended with -9"]


def test_a_log_on_a_full_disk_does_not_end_the_house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = Path("/dev/full").open("w", encoding="ascii")  # noqa: SIM115  closing it fails
    monkeypatch.setattr(sys, "stdout", full)
    with Kept(tmp_path, program(tmp_path, "one", SLEEPER), program(tmp_path, "two", SLEEPER), tell=_tell) as kept:
        first, other = kept.pid("one"), kept.pid("two")
        first.signal(signal.SIGKILL)
        until(lambda: (fresh := kept.notes.read("one")) is not None and fresh != first)
        assert kept.pid("two") == other
    with pytest.raises(OSError, match="No space left"):
        full.close()


def test_who_cannot_be_noted_is_not_left_behind_and_started_when_there_is_room(tmp_path: Path) -> None:
    text = f"import os; open('born', 'a').write(str(os.getpid()) + ' '); {SLEEPER}"
    with Kept(tmp_path, program(tmp_path, "one", text)) as kept:
        first = kept.pid("one")
        in_the_way = kept.plan.run / ".one"  # its note cannot be written
        in_the_way.mkdir()
        first.signal(signal.SIGKILL)
        until(lambda: any("cannot be started" in told for told in kept.told))
        in_the_way.rmdir()
        until(lambda: (fresh := kept.notes.read("one")) is not None and fresh != first)
        last = kept.pid("one")
        until(lambda: (tmp_path / "born").exists() and str(last.number) in (tmp_path / "born").read_text().split())
        alive = [number for number in (tmp_path / "born").read_text().split() if Path(f"/proc/{number}").exists()]
        assert alive == [str(last.number)]


def test_a_log_that_somebody_deletes_to_make_room_does_not_end_the_house(tmp_path: Path) -> None:
    with Kept(tmp_path, program(tmp_path, "one", SLEEPER, last_words=re.compile(b"log has failed"))) as kept:
        first = kept.pid("one")
        kept.plan.log("one").unlink()
        time.sleep(0.3)
        first.signal(signal.SIGKILL)
        until(lambda: (fresh := kept.notes.read("one")) is not None and fresh != first)


def test_children_of_a_program_that_died_do_not_stay(tmp_path: Path) -> None:
    text = f"import subprocess, sys, time; p = subprocess.Popen([sys.executable, '-c', {SLEEPER!r}]); open('child', 'w').write(str(p.pid)); time.sleep(600)"
    with Kept(tmp_path, program(tmp_path, "one", text)) as kept:
        until(lambda: (tmp_path / "child").exists() and (tmp_path / "child").read_text())
        child = int((tmp_path / "child").read_text())
        os.kill(kept.pid("one").number, signal.SIGKILL)
        until(lambda: not Path(f"/proc/{child}").exists() or "Z" in Path(f"/proc/{child}/stat").read_text())


def test_a_program_that_says_its_last_words_is_started_again(tmp_path: Path) -> None:
    text = f"import os; print('born', flush=True); os.path.exists('said') or (open('said', 'w'), print('the log has failed', flush=True)); {SLEEPER}"
    with Kept(tmp_path, program(tmp_path, "one", text, last_words=re.compile(b"log has failed"))) as kept:
        until(lambda: kept.plan.log("one").read_text().count("born") == 2)
        until(lambda: "one does not serve any more: it is started again" in kept.told)
        time.sleep(0.3)
        assert kept.plan.log("one").read_text().count("born") == 2, "what it said in a former life is forgotten"


def test_whom_a_new_start_does_not_help_is_left_alone_for_a_while(tmp_path: Path) -> None:
    text = f"print('born', flush=True); print('the log has failed', flush=True); {SLEEPER}"
    with Kept(tmp_path, program(tmp_path, "one", text, last_words=re.compile(b"log has failed"))) as kept:
        until(lambda: kept.plan.log("one").read_text().count("born") == 2)
        time.sleep(0.6)
        assert kept.plan.log("one").read_text().count("born") == 2, "what else it does, it may do meanwhile"


def test_who_dies_again_and_again_while_starting_is_named_with_its_words(tmp_path: Path) -> None:
    broken = Program("one", [sys.executable, "-c", "raise SystemExit('no such thing')"], tmp_path, 0, lambda: False)
    keeper = Keeper(Plan(tmp_path), [broken], lambda _: None, restart_pause_s=0.01)
    with pytest.raises(CannotStart, match=r"one(.|\n)*no such thing"):
        keeper.start(20)
    keeper.stop()


def test_what_a_killed_program_leaves_of_its_group_is_found_and_ended(tmp_path: Path) -> None:
    notes = PidNotes(tmp_path)
    worker = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(300)']); print(flush=True); import time; time.sleep(300)"
    with subprocess.Popen([sys.executable, "-c", worker], start_new_session=True, stdout=subprocess.PIPE) as leader:
        assert leader.stdout is not None
        leader.stdout.readline()
        pid = notes.note("gateway", leader.pid)
        assert not pid.has_left_others, "the program itself is there"
        leader.kill()
        leader.wait(10)
    assert notes.read("gateway") is None
    assert notes.noted("gateway") == pid
    assert pid.has_left_others
    assert pid.end_others()
    assert not pid.has_left_others
    assert Pid(os.getpid(), 0).end_others(), "who has that number now is left alone"


def test_what_a_killed_program_leaves_is_found_while_nobody_has_reaped_it(tmp_path: Path) -> None:
    notes = PidNotes(tmp_path)
    worker = "import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(300)']); print(p.pid, flush=True); p.wait()"
    with subprocess.Popen([sys.executable, "-c", worker], start_new_session=True, stdout=subprocess.PIPE) as leader:
        assert leader.stdout is not None
        child = notes.note("child", int(leader.stdout.readline()))
        pid = notes.note("gateway", leader.pid)
        os.kill(leader.pid, signal.SIGKILL)
        until(lambda: not pid.is_alive)
        assert Path(f"/proc/{leader.pid}").exists(), "a zombie: nobody has waited for it"
        assert pid.has_left_others
        assert not Pid(pid.number, pid.born + 1).has_left_others, "another one's group, even of a zombie, is left alone"
        assert child.is_alive
        assert pid.end_others()
        assert not child.is_alive
        assert not pid.has_left_others
        assert Path(f"/proc/{leader.pid}").exists()


def test_a_note_is_kept_until_nobody_of_it_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notes = PidNotes(tmp_path)
    (tmp_path / "gateway.pid").write_text("4194304 1\n")  # a number that no process has
    with monkeypatch.context() as patch:
        patch.setattr(Pid, "end_others", lambda *_: False)  # nothing here withstands SIGKILL
        assert _swept(notes) == ["gateway"]
        assert notes.names() == ["gateway"]
        with pytest.raises(CannotStart, match=r"still there from before.*gateway"):
            _make_room(notes)
        with Kept(tmp_path / "house", program(tmp_path, "one", SLEEPER)) as kept:
            kept.pid("one")
        assert kept.notes.names() == ["one"]
    assert _swept(notes) == []
    assert notes.names() == []


@pytest.mark.brokers
def test_who_asks_a_broker_that_has_ended_leaves_no_epmd_behind(tmp_path: Path) -> None:
    """A house that ends while its node is being asked: Erlang would start a daemon of its own when it finds none."""
    epmd_port, erlang_port = free_ports(2)
    environ = node_environ(tmp_path, name="nobody@localhost", epmd_port=epmd_port, erlang_port=erlang_port)
    command = [str(RABBITMQ_SERVER.with_name("rabbitmqctl")), "-q", "eval", "1."]
    done = subprocess.run(command, env={**os.environ, **environ}, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0
    found = subprocess.run(["epmd", "-port", str(epmd_port), "-kill"], capture_output=True, text=True, timeout=10, check=False)
    assert "Killed" not in found.stdout + found.stderr, done.stderr


def test_a_number_that_was_given_out_again_is_nobody(tmp_path: Path) -> None:
    notes = PidNotes(tmp_path)
    mine = notes.note("me", os.getpid())
    assert notes.read("me") == mine
    stranger = Pid(mine.number, mine.born + 1)
    assert not stranger.is_alive
    (tmp_path / "me.pid").write_text(f"{stranger.number} {stranger.born}\n")
    assert notes.read("me") is None


def test_a_plan_keeps_its_ports(tmp_path: Path) -> None:
    plan = read_plan(tmp_path)
    plan.complete(("frontend", "grader", "recorder"))
    plan.save()
    again = read_plan(tmp_path)
    again.complete(("frontend", "grader", "recorder"))
    assert again.ports == plan.ports
    assert again.names_of("grader") == ["grader-1", "grader-2"]
    assert again.names_of("recorder") == ["recorder"]
    assert len(set(again.ports.values())) == len(again.ports)
    again.routes["recorder"] = 1
    assert (again.port_to("recorder"), again.port_to("grader-1")) == (1, plan.ports["grader-1"])


def test_what_a_private_program_keeps_is_for_its_user_alone(tmp_path: Path) -> None:
    text = "import time; open('kept', 'w').close(); time.sleep(600)"
    (tmp_path / "mine").mkdir(mode=0o755)
    with Kept(tmp_path, program(tmp_path / "mine", "one", text, is_private=True), program(tmp_path / "open", "two", text)):
        until(lambda: (tmp_path / "mine" / "kept").exists() and (tmp_path / "open" / "kept").exists())
    modes = {str(path.relative_to(tmp_path)): path.stat().st_mode & 0o077 for path in (tmp_path / "mine", tmp_path / "mine" / "kept", tmp_path / "log")}
    assert modes == {"mine": 0, "mine/kept": 0, "log": 0}
    assert (tmp_path / "open" / "kept").stat().st_mode & 0o044, "others are as their folder's owner wants them"
