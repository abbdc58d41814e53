"""Control groups: v1 with the real kernel; v2 against files that look like the kernel's, since one machine has one of them."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path

import pytest

from services.runner.sandbox import cgroup_tree, cgroup_v2
from services.runner.sandbox.cgroup import Usage
from services.runner.sandbox.cgroup_tree import open_groups
from services.runner.sandbox.cgroup_v2 import GroupV2
from services.runner.sandbox.errors import SandboxMissing
from tests.services.runner.groups import folders_of


@pytest.mark.sandbox
def test_closed_tree_leaves_no_folder() -> None:
    groups = open_groups()
    group = groups.create()
    assert folders_of(os.getpid())
    groups.discard(group)
    groups.close()
    assert not folders_of(os.getpid())


@pytest.mark.sandbox
def test_abandoned_folders_are_swept_and_those_of_the_living_are_not() -> None:
    living, dead = open_groups(), open_groups()
    dead.create()
    dead.create()
    fcntl.flock(dead._lock, fcntl.LOCK_UN)  # as the kernel does when a runner is killed
    before = len(folders_of(os.getpid()))
    next_one = open_groups()
    assert next_one.swept == 2
    assert len(folders_of(os.getpid())) == before  # one tree went, one came
    group = living.create()
    living.discard(group)
    for groups in (living, next_one):
        groups.close()
    os.close(dead._lock)
    assert not folders_of(os.getpid())


@pytest.mark.sandbox
def test_limits_arrive_in_the_kernel() -> None:
    groups = open_groups()
    group = groups.create()
    try:
        group.limit(64 << 20, 7, 0)
        name = {1: "memory.limit_in_bytes", 2: "memory.max"}[groups.tree.version]
        limits = [(folder / "1" / name).read_text().strip() for folder in folders_of(os.getpid()) if (folder / "1" / name).exists()]
        assert limits == [str(64 << 20)]
        assert (group.usage().cpu_ns, group.usage().oom_kills, group.usage().refused_forks) == (0, 0, 0)
    finally:
        groups.discard(group)
        groups.close()


class KernelFiles:
    """A folder that answers as a cgroup v2 of Linux 6.1 would."""

    def __init__(self, folder: Path, *, has_peak: bool = True) -> None:
        self.folder = folder
        folder.mkdir()
        files = {
            "cpu.stat": "usage_usec 1234567\nuser_usec 1000000\nsystem_usec 234567\n", "memory.max": "", "memory.oom.group": "",
            "memory.swap.max": "", "pids.max": "", "cpuset.cpus": "", "cgroup.procs": "", "cgroup.kill": "",
            "memory.events": "low 0\nhigh 0\nmax 12\noom 1\noom_kill 1\noom_group_kill 0\n", "pids.events": "max 3\n",
        }  # fmt: skip
        if has_peak:
            files["memory.peak"] = "104857600\n"
        for name, text in files.items():
            (folder / name).write_text(text)

    def read(self, name: str) -> str:
        return (self.folder / name).read_text()


def test_v2_figures_are_read_from_their_files(tmp_path: Path) -> None:
    kernel = KernelFiles(tmp_path / "1")
    group = GroupV2(kernel.folder, has_peak=True, can_pin=True)
    assert group.usage() == Usage(1_234_567_000, 104_857_600, 1, 3)
    os.close(group._stat)


def test_v2_limits_are_written_to_their_files(tmp_path: Path) -> None:
    kernel = KernelFiles(tmp_path / "1")
    group = GroupV2(kernel.folder, has_peak=True, can_pin=True)
    group.limit(1 << 20, 5, 3)
    group.kill()
    assert [kernel.read(name) for name in ("memory.max", "memory.oom.group", "memory.swap.max", "pids.max")] == ["1048576", "1", "0", "5"]
    assert kernel.read("cpuset.cpus") == "3"
    assert kernel.read("cgroup.kill") == "1"
    os.close(group._stat)


def test_v2_kernel_without_peak_tells_none(tmp_path: Path) -> None:
    kernel = KernelFiles(tmp_path / "1", has_peak=False)
    group = GroupV2(kernel.folder, has_peak=False, can_pin=False)
    assert group.usage().memory_bytes == 0
    os.close(group._stat)


def test_v2_moves_its_own_processes_out_of_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cgroup.subtree_control").write_text("")
    (tmp_path / "cgroup.procs").write_text("11\n12\n")
    moved: list[str] = []
    refused = [OSError(errno.EBUSY, "busy")]

    def write(path: str, value: object) -> None:
        if path.endswith("subtree_control") and refused:
            raise refused.pop()
        moved.append(f"{Path(path).parent.name}/{Path(path).name}={value}")

    monkeypatch.setattr(cgroup_v2, "write_file", write)
    cgroup_v2.enable(tmp_path, ["cpuset", "cpu", "memory", "pids"])
    assert moved == [
        "palestra-service/cgroup.procs=11", "palestra-service/cgroup.procs=12",
        f"{tmp_path.name}/cgroup.subtree_control=+memory +pids +cpuset",
    ]  # fmt: skip


def test_v2_without_the_memory_controller_is_refused_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "cgroup.controllers").write_text("cpu pids\n")
    (tmp_path / "cgroup.procs").write_text("")
    with pytest.raises(SandboxMissing, match=r"does not offer memory.*Delegate=yes"):
        open_groups("/", tmp_path)


def test_place_that_cannot_be_written_is_refused_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(SandboxMissing, match=r"no writable cgroup for memory, cpuacct, pids.*as root"):
        open_groups("nowhere", tmp_path)


def test_delegated_group_is_preferred_to_the_top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "system.slice" / "palestra.service"
    own.mkdir(parents=True)
    for folder in (tmp_path, own):
        (folder / "cgroup.controllers").write_text("memory pids\n")
        (folder / "cgroup.procs").write_text("")
    monkeypatch.setattr(cgroup_tree, "own_groups", lambda: {"": "/system.slice/palestra.service"})
    assert cgroup_tree._places_v2("", tmp_path) == {"": tmp_path}
    monkeypatch.setattr(cgroup_tree, "_is_delegated", lambda _: True)
    assert cgroup_tree._places_v2("", tmp_path) == {"": own}


def test_runner_hangs_where_its_predecessor_did_though_that_moved_whoever_starts_it_into_a_leaf(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lent = tmp_path / "user.slice" / "run-1.scope"
    for folder in (tmp_path, lent, lent / cgroup_v2.LEAF, lent / cgroup_v2.LEAF / cgroup_v2.LEAF):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "cgroup.controllers").write_text("memory pids\n")
        (folder / "cgroup.procs").write_text("")
    monkeypatch.setattr(cgroup_tree, "_is_delegated", lambda place: place == lent)
    for path in ("/user.slice/run-1.scope", f"/user.slice/run-1.scope/{cgroup_v2.LEAF}", f"/user.slice/run-1.scope/{cgroup_v2.LEAF}/{cgroup_v2.LEAF}"):
        monkeypatch.setattr(cgroup_tree, "own_groups", lambda path=path: {"": path})
        assert cgroup_tree._places_v2("", tmp_path) == {"": lent}
        assert cgroup_tree.is_lent(tmp_path)
    monkeypatch.setattr(cgroup_tree, "own_groups", lambda: {"": f"/{cgroup_v2.LEAF}"})  # a container's, whose top is its own
    assert cgroup_tree._places_v2("", tmp_path) == {"": tmp_path}


class Kernel:
    """Stands in for writes to a cgroup v2: a new group has its files, and joining is answered as told."""

    def __init__(self, joining: OSError | None) -> None:
        self._joining = joining
        self.joined: list[int] = []

    def write(self, path: str, value: object) -> None:
        if path.endswith("cgroup.procs"):
            assert isinstance(value, int), "a process joins by its number"
            os.kill(value, 0)  # it lives
            if self._joining:
                raise self._joining
            self.joined.append(value)


@pytest.fixture
def second(tmp_path: Path) -> Path:
    """A mount of version 2, with the folders of a runner in it, so that what a kernel would put there can be there."""
    for folder in (tmp_path, tmp_path / "palestra"):
        folder.mkdir(exist_ok=True)
        (folder / "cgroup.controllers").write_text("memory pids\n")
        (folder / "cgroup.subtree_control").write_text("memory pids\n")
        (folder / "cgroup.procs").write_text("")
    return tmp_path


def test_v2_tree_that_no_process_may_join_is_refused_at_the_start_and_nothing_is_left(second: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container whose control group namespace is its own, with the host's tree mounted."""
    own = second / "palestra" / "1-abc"
    own.mkdir()
    for name, text in (("cgroup.controllers", "memory pids\n"), ("cgroup.subtree_control", "memory pids\n")):
        (own / name).write_text(text)
    kernel = Kernel(OSError(errno.ENOENT, "No such file or directory"))
    monkeypatch.setattr(cgroup_v2, "write_file", kernel.write)
    with pytest.raises(SandboxMissing, match=r"no process of ours may join.*--cgroupns host.*writable-cgroups=true"):
        cgroup_v2.TreeV2(own)
    assert not (own / "probe").exists()
    willing = Kernel(None)
    monkeypatch.setattr(cgroup_v2, "write_file", willing.write)
    assert not cgroup_v2.TreeV2(own).has_peak
    with pytest.raises(ProcessLookupError):
        os.kill(willing.joined[0], 0)
