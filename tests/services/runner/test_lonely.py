"""A runner that is killed leaves nothing; one with fewer rights judges with less, or refuses and says what to do."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from services.runner.sandbox.cgroup_tree import MOUNT, open_groups
from services.runner.sandbox.cgroup_v2 import enable, offered
from tests.services.runner.groups import folders_of

pytestmark = [pytest.mark.sandbox, pytest.mark.faults]

ROOT = Path(__file__).resolve().parents[3]
NOBODY = 65_534
LIMIT_S = 50.0
CAP_SYS_RESOURCE = 24


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that anybody can reach."""
    made = Path(tempfile.mkdtemp(prefix="palestra-lonely-"))
    for room in ("contest", "mesh", "services"):  # the checkout may lie where only its owner may go
        shutil.copytree(ROOT / room, made / "code" / room, ignore=shutil.ignore_patterns("__pycache__"))
    os.chown(made, NOBODY, NOBODY)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def delegated() -> Iterator[str]:
    """A control group that belongs to nobody (the account)."""
    name = f"palestra-delegated-{os.getpid()}"
    is_v2 = (MOUNT / "cgroup.controllers").exists()
    places = [MOUNT] if is_v2 else [MOUNT / controller for controller in ("memory", "cpuacct", "pids")]
    if is_v2:
        enable(MOUNT, offered(MOUNT))
    for place in places:
        (place / name).mkdir()
        for path in (place / name, place / name / "cgroup.procs", place / name / "cgroup.subtree_control"):
            if path.exists():
                os.chown(path, NOBODY, NOBODY)
    yield name
    for place in places:
        for path in sorted((place / name).glob("**/"), reverse=True):
            path.rmdir()


def start(folder: Path, what: str, uid: int = 0, cgroup: str = "", before: Sequence[str] = ()) -> subprocess.Popen[str]:
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(folder / "code"), "PYTHONDONTWRITEBYTECODE": "1"}
    argv = [*before, sys.executable, str(Path(__file__).with_name("lonely.py")), str(folder), str(uid), cgroup, what]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ, cwd=folder)


def said(process: subprocess.Popen[str]) -> dict[str, object]:
    output, complaint = process.communicate(timeout=LIMIT_S)
    assert output, complaint
    return json.loads(output.splitlines()[-1])


def until(happened: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + LIMIT_S
    while not happened():
        assert time.monotonic() < end, f"never: {what}"
        time.sleep(0.01)


def descendants(pid: int) -> set[int]:
    parents: dict[int, int] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(status.parent.name)] = int(status.read_text().rpartition(") ")[2].split()[1])
        except (OSError, ValueError):
            continue
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {pid}


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize(
    "program",
    [
        "sleep 100",
        "trap '' TERM HUP INT; while :; do sleep 100; done",
        "for i in 1 2 3 4 5; do (setsid sleep 100 &) ; done; while :; do :; done",
    ],
)
def test_killed_runner_leaves_no_process_and_its_groups_are_swept(folder: Path, program: str) -> None:
    process = start(folder, program)
    assert process.stdout is not None
    assert json.loads(process.stdout.readline()) == {"started": True}
    until(lambda: len(descendants(process.pid)) >= 7, "boxes and their programs")
    children = descendants(process.pid)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=LIMIT_S)
    until(lambda: not any(is_running(pid) for pid in children), f"no process left of {children}")
    left = folders_of(process.pid)
    assert left
    groups = open_groups()
    groups.close()
    assert groups.swept >= 1
    assert not any(path.exists() for path in left)


def test_stopped_runner_does_not_let_its_programs_outlive_it(folder: Path) -> None:
    process = start(folder, "sleep 100")
    assert process.stdout is not None
    process.stdout.readline()
    until(lambda: len(descendants(process.pid)) >= 7, "boxes and their programs")
    children = descendants(process.pid)
    process.send_signal(signal.SIGSTOP)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=LIMIT_S)
    until(lambda: not any(is_running(pid) for pid in children), "no process left")


def test_ordinary_user_with_delegated_groups_passes_the_self_test(folder: Path, delegated: str) -> None:
    answer = said(start(folder, "self-test", NOBODY, delegated))
    assert answer == {"mode": "delegated", "wrong": [], "swept": 0}


def test_ordinary_user_without_groups_is_refused_with_the_remedy(folder: Path) -> None:
    answer = said(start(folder, "self-test", NOBODY))
    assert answer["code"] == "sandbox-missing"
    assert "run the runner as root, or delegate a cgroup" in str(answer["message"])


@pytest.mark.parametrize("uid", [0, NOBODY])
def test_where_core_files_are_forbidden_whoever_may_allows_their_least_and_others_are_told(folder: Path, uid: int) -> None:
    powers = int(Path("/proc/self/status").read_text().partition("CapEff:")[2].split()[0], 16)
    answer = said(start(folder, "self-test", uid, before=("sh", "-c", 'ulimit -Hc 0; exec "$@"', "sh")))
    if uid == 0 and powers >> CAP_SYS_RESOURCE & 1:
        assert answer == {"mode": "root", "wrong": [], "swept": 0}
    else:
        assert (answer["code"], "docker run --ulimit core=1" in str(answer["message"])) == ("sandbox-missing", True)


def test_machine_without_bubblewrap_is_refused_with_the_remedy(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "bin").mkdir()
    monkeypatch.setenv("PATH", str(folder / "bin"))
    answer = said(start(folder, "self-test"))
    assert (answer["code"], "apt install bubblewrap" in str(answer["message"])) == ("sandbox-missing", True)


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo bubblewrap 0.6.1", "0.6.1 is too old"),
        ("[ $1 = --version ] && echo bubblewrap 0.8.0 || { echo 'bwrap: setting up uid map: Permission denied' >&2; exit 1; }", "AppArmor"),
        ("[ $1 = --version ] && echo bubblewrap 0.8.0 || { echo \"bwrap: Can't mount proc on /newroot/proc\" >&2; exit 1; }", "systempaths=unconfined"),
    ],
)
def test_bubblewrap_that_does_not_do_is_refused_with_the_remedy(
    folder: Path, monkeypatch: pytest.MonkeyPatch, script: str, words: str
) -> None:
    (folder / "bin").mkdir()
    fake = folder / "bin" / "bwrap"
    fake.write_text(f"#!/bin/sh\n{script}\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder / 'bin'}:{os.environ['PATH']}")
    answer = said(start(folder, "self-test"))
    assert (answer["code"], words in str(answer["message"])) == ("sandbox-missing", True), answer


def test_machine_without_a_compiler_is_refused_with_the_remedy(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "bin").mkdir()
    for name in ("bwrap", "unshare", "cat"):
        (folder / "bin" / name).symlink_to(shutil.which(name))
    monkeypatch.setenv("PATH", str(folder / "bin"))
    answer = said(start(folder, "self-test"))
    assert (answer["code"], "apt install gcc" in str(answer["message"])) == ("sandbox-missing", True)
