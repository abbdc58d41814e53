"""What the look over the machine finds, and what it leaves to others."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.hostile.traces import adopting_orphans, descendants, newcomers

pytestmark = [pytest.mark.sandbox, pytest.mark.faults]

STARTS_ANOTHER = "read -r line; sleep 600 & echo $!; read -r line"
"""A shell that starts a process when it is told to, and ends when it is told again."""


@pytest.fixture
def shell() -> Iterator[subprocess.Popen[str]]:
    """A process that goes on working while others look."""
    with subprocess.Popen(["bash", "-c", STARTS_ANOTHER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def tell(shell: subprocess.Popen[str]) -> int:
    """Has the shell start its other process; its pid."""
    assert shell.stdin is not None
    assert shell.stdout is not None
    shell.stdin.write("go\n")
    shell.stdin.flush()
    return int(shell.stdout.readline())


def until(holds: Callable[[], bool]) -> None:
    ends_at = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < ends_at, "not in time"
        time.sleep(0.01)


def test_what_a_process_of_others_starts_is_its_own_affair(shell: subprocess.Popen[str]) -> None:
    before = descendants(os.getpid())
    with adopting_orphans():
        started = tell(shell)
        try:
            assert newcomers(before) == []
        finally:
            os.kill(started, signal.SIGKILL)


def test_what_a_process_of_others_leaves_to_us_is_waited_for(shell: subprocess.Popen[str]) -> None:
    with adopting_orphans():
        started = tell(shell)
        before = descendants(shell.pid) | descendants(os.getpid())
        unknown = before - {key for key in before if key[0] == str(started)}  # as if it had been started later
        shell.kill()
        shell.wait()
        os.kill(started, signal.SIGKILL)
        assert newcomers(unknown) == []
    with pytest.raises(ProcessLookupError):
        os.kill(started, 0)


def test_who_starts_later_is_found_with_all_that_it_started_whatever_it_calls_itself(tmp_path: Path) -> None:
    program = tmp_path / "beam.smp"
    shutil.copy("/bin/sleep", program)
    before = descendants(os.getpid())
    with adopting_orphans(), subprocess.Popen(["bash", "-c", f"{program} 600 & {program} 601; true"]) as parent:
        try:
            until(lambda: len(descendants(parent.pid)) == 2)
            found = newcomers(before)
            assert len(found) == 3, found
            assert any(line.endswith(f"{program} 601") and line.startswith(f"{parent.pid} ") for line in found), found
        finally:
            for pid, _ in descendants(parent.pid):
                os.kill(int(pid), signal.SIGKILL)


def test_a_daemon_that_leaves_its_parent_is_found() -> None:
    before = descendants(os.getpid())
    with adopting_orphans():
        done = subprocess.run(["bash", "-c", "setsid sleep 600 >/dev/null 2>&1 & echo $!"], capture_output=True, text=True, check=True)
        try:
            found = newcomers(before)
            assert [line.split()[0] for line in found] == [done.stdout.strip()]
        finally:
            os.kill(int(done.stdout), signal.SIGKILL)
            os.waitpid(int(done.stdout), 0)
