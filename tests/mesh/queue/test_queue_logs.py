"""compose/servers/queue-files.sh and the logs of quorum queues: what is kept, let go, put back and set aside. Plain files, and Ra itself.

A log here is a file whose text is its place in the order in which they were written.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.ra import Ra

SCRIPT = Path(__file__).parents[3] / "compose" / "servers" / "queue-files.sh"
ROOM, NO_ROOM = 500_000, 0
_LIMIT_S = 20.0


class Disk:
    """A node's folder, and the tools that the script finds: a clock that runs fast, and a disk as full as is said."""

    def __init__(self, folder: Path) -> None:
        self.base = folder / "mnesia"
        self.logs = self.base / "rabbit" / "quorum" / "rabbit@here"
        self.logs.mkdir(parents=True)
        self.tools = folder / "tools"
        self.tools.mkdir()
        self.tool("sleep", "exec /bin/sleep 0.02")
        self.has(ROOM)

    def tool(self, name: str, text: str) -> None:
        path = self.tools / f".{name}"
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        path.rename(self.tools / name)

    def has(self, left_kib: int | str) -> None:
        """So much room from now on. In a language that is not C, df has other words in front of it."""
        self.tool("df", f'[ "$LC_ALL" = C ] || echo "S. ficheros bloques de 1K Usados Disponibles Uso% Montado en"\n'
                        f'[ "$LC_ALL" != C ] || echo "Filesystem 1024-blocks Used Available Capacity Mounted on"\n'
                        f'echo "/dev/vda 900000 400000 {left_kib} 45% /"')  # fmt: skip

    def write(self, number: int, text: str, digits: int = 8) -> Path:
        path = self.logs / f"{number:0{digits}}.wal"
        path.write_text(text)
        return path

    def keep(self, number: int, text: str) -> None:
        """A second name whose first one is gone."""
        (self.logs / f"{number:08}.wal-kept").write_text(text)

    def environ(self) -> dict[str, str]:
        return {**os.environ, "PATH": f"{self.tools}:{os.environ['PATH']}", "RABBITMQ_PID_FILE": str(self.base / "none")}

    def put_back(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run([SCRIPT, "put-back", self.base], env=self.environ(), capture_output=True, text=True, timeout=_LIMIT_S, check=False)

    def played(self) -> list[str]:
        """What Ra would play at a start, in order."""
        return [path.read_text() for path in sorted(self.logs.glob("*.wal"))]

    def names(self, ending: str) -> list[str]:
        return sorted(path.name.partition(".")[0].lstrip("0") for path in self.logs.glob(f"*.{ending}"))

    @contextmanager
    def watched(self, node: str = "exec /bin/sleep 60") -> Iterator[subprocess.Popen[bytes]]:
        """The watch over a node, which gets TERM when it is to end."""
        with subprocess.Popen(["/bin/sh", "-c", node], start_new_session=True) as running:
            arguments = [SCRIPT, "watch", self.base, str(running.pid)]
            with subprocess.Popen(arguments, env=self.environ(), stdout=subprocess.DEVNULL, start_new_session=True) as watch:
                try:
                    yield running
                finally:
                    running.kill()
                    running.wait()
                    watch.wait(_LIMIT_S)

    def looks(self, count: int = 3) -> None:
        """Waits until so many looks were taken from now on."""
        seen = self.base.parent / "looks"
        seen.write_text("")
        self.tool("sleep", f"echo >> {seen}; exec /bin/sleep 0.02")
        until(lambda: len(seen.read_text()) > count)


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(tmp_path)


def until(holds: Callable[[], bool]) -> None:
    ends_at = time.monotonic() + _LIMIT_S
    while not holds():
        assert time.monotonic() < ends_at
        time.sleep(0.01)


def test_log_that_went_with_room_is_let_go(disk: Disk) -> None:
    with disk.watched() as node:
        first = disk.write(7, "a")
        until(lambda: disk.names("wal-kept") == ["7"])
        disk.write(8, "b")
        until(lambda: disk.names("wal-kept") == ["7", "8"])
        first.unlink()
        until(lambda: disk.names("wal-kept") == ["8"])
        disk.looks()
        assert node.poll() is None
    assert disk.put_back().stdout == ""
    assert disk.played() == ["b"]


def test_log_that_went_without_room_is_kept_with_all_after_it_and_put_back_when_there_is_room(disk: Disk) -> None:
    with disk.watched() as node:
        first = disk.write(7, "a")
        until(lambda: disk.names("wal-kept") == ["7"])
        disk.has(NO_ROOM)
        disk.looks()
        first.unlink()
        second = disk.write(8, "b")
        until(lambda: disk.names("wal-kept") == ["7", "8"])
        disk.looks()
        assert node.poll() is None, "there is no room yet to put it back"
        second.unlink()
        disk.write(1, "c")  # as Ra does that finds no log
        until(lambda: disk.names("wal-kept") == ["7", "8", "9"])
        disk.has(ROOM)
        assert node.wait(_LIMIT_S) == -15
    said = disk.put_back()
    assert disk.played() == ["a", "b", "c"]
    assert said.returncode == 0
    assert "put back: 00000007.wal-kept 00000008.wal-kept" in said.stdout
    assert disk.put_back().stdout == ""
    assert disk.names("wal") == disk.names("wal-kept") == ["7", "8", "9"]


def test_node_that_does_not_end_is_watched_on_and_killed_in_the_end(disk: Disk) -> None:
    with disk.watched("trap '' TERM; while :; do /bin/sleep 0.1; done") as node:
        first = disk.write(7, "a")
        until(lambda: disk.names("wal-kept") == ["7"])
        disk.has(NO_ROOM)
        disk.looks()
        first.unlink()
        disk.looks()
        disk.has(ROOM)
        disk.looks(5)
        disk.write(8, "b")
        until(lambda: disk.names("wal-kept") == ["7", "8"])
        assert node.poll() is None
        assert node.wait(_LIMIT_S) == -9
    disk.put_back()
    assert disk.played() == ["a", "b"]


@pytest.mark.parametrize("left", ["-", "400000K", None])
def test_nothing_is_done_when_nobody_can_say_how_much_room_there_is(disk: Disk, left: str | None) -> None:
    with disk.watched() as node:
        first = disk.write(7, "a")
        until(lambda: disk.names("wal-kept") == ["7"])
        if left is None:
            disk.tool("df", "exit 1")
        else:
            disk.has(left)
        disk.looks()
        first.unlink()
        disk.looks()
        assert node.poll() is None
        assert disk.names("wal-kept") == ["7"]
        disk.has(ROOM)
        until(lambda: disk.names("wal-kept") == [])


def test_log_that_is_not_joined_to_the_next_is_set_aside_and_told(disk: Disk) -> None:
    disk.keep(7, "a")
    disk.keep(8, "b")
    disk.write(10, "d")
    said = disk.put_back()
    assert said.returncode == 0
    assert said.stdout.count("is not joined to what came after it") == 2
    assert disk.played() == ["d"]
    assert disk.names("wal-doubted") == ["7", "8"]


def test_log_that_began_while_nobody_watched_is_no_joint(disk: Disk) -> None:
    with disk.watched():
        disk.write(7, "a")
        until(lambda: disk.names("wal-kept") == ["7"])
    (disk.logs / "00000007.wal").unlink()
    disk.write(9, "c")
    with disk.watched():
        until(lambda: "9" in disk.names("wal-kept"))
    disk.put_back()
    assert disk.played() == ["c"]


@pytest.mark.parametrize("tool", ["ln", "mv", "rm"])
@pytest.mark.parametrize("at", range(1, 7))
def test_put_back_may_be_cut_off_anywhere_and_is_done_at_the_next_start(disk: Disk, tool: str, at: int) -> None:
    disk.keep(6, "set aside")
    disk.keep(8, "a")
    disk.keep(9, "b")
    disk.write(1, "c")
    count = disk.base.parent / "count"
    count.write_text("")
    disk.tool(tool, f'echo >> {count}\n[ "$(wc -l < {count})" -ne {at} ] || kill -KILL $PPID\nexec {shutil.which(tool)} "$@"')
    disk.put_back()
    (disk.tools / tool).unlink()
    assert disk.put_back().returncode == 0
    assert disk.played() == ["a", "b", "c"]
    assert disk.names("wal-new") == []


def test_what_an_earlier_put_back_left_half_made_is_not_played(disk: Disk) -> None:
    (disk.logs / "00000004.wal-new").write_text("ancient")
    disk.keep(2, "a")
    disk.write(3, "b")
    disk.put_back()
    assert disk.played() == ["a", "b"]


def test_put_back_that_finds_no_room_changes_nothing_and_its_logs_stay_doubted(disk: Disk) -> None:
    disk.keep(2, "a")
    disk.write(3, "b")
    disk.tool("ln", f'case $2 in *-new) exit 1 ;; esac\nexec {shutil.which("ln")} "$@"')
    said = disk.put_back()
    assert (said.returncode, disk.played()) == (1, ["b"])
    assert "could not be put back" in said.stdout
    (disk.tools / "ln").unlink()
    with disk.watched() as node:
        assert node.wait(_LIMIT_S) == -15
    assert disk.put_back().returncode == 0
    assert disk.played() == ["a", "b"]


def test_logs_of_a_later_release_are_left_alone_and_nothing_is_played_in_front_of_them(disk: Disk) -> None:
    disk.keep(7, "a")
    disk.write(8, "b", digits=16)
    with disk.watched() as node:
        assert node.wait(_LIMIT_S) == -15
    assert disk.put_back().returncode == 0
    assert disk.played() == ["b"]
    assert disk.names("wal-kept") == []
    assert disk.names("wal-doubted") == ["7"]


@pytest.mark.parametrize("kept", ["1", "1,3", "2", "2,3", "1,2", "1,2,3", "3"])
def test_ra_has_every_entry_after_its_logs_were_put_back(disk: Disk, kept: str) -> None:
    """Whatever of the second names is missing: to play a log and leave a later one out would take confirmed entries along."""
    ra = Ra(disk.logs.parent, disk.base.parent / "ra.escript")
    ra.count(3, kept.split(","))
    assert disk.put_back().returncode == 0
    assert ra.told() == 300


@pytest.mark.faults
def test_disk_that_was_filled_under_ra_takes_nothing_that_was_confirmed(tmp_path: Path) -> None:
    """Without the second names most of it is gone: 499 to 874 of 551 to 974, five times of five."""
    with small_disk(tmp_path / "small") as folder:
        disk = Disk(folder)
        disk.tool("df", f'exec {shutil.which("df")} "$@"')
        ra = Ra(disk.logs.parent, tmp_path / "ra.escript")
        ra.count(1, [])
        disk.put_back()
        with ra.counting() as (node, said):
            watch = subprocess.Popen([SCRIPT, "watch", disk.base, str(node)], env=disk.environ(), stdout=subprocess.DEVNULL)
            heard: list[str] = []
            until(lambda: heard.append(next(said)) or heard[-1] == "200")
            fill(folder / "filler")
            until(lambda: heard.append(next(said)) or heard[-2:] == ["refused", "refused"])
            (folder / "filler").unlink()
            heard += said  # until the watch has ended it
            confirmed = 100 + max(int(line) for line in heard if line != "refused")
        assert watch.wait(_LIMIT_S) == 0
        assert "put back" in disk.put_back().stdout
        assert confirmed <= ra.told() <= confirmed + heard.count("refused")


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m", "palestra", folder], capture_output=True, check=False).returncode != 0:
        pytest.skip("small disks are tmpfs, which only root may mount")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def fill(path: Path) -> None:
    """To the last byte."""
    size = 1 << 20
    with path.open("ab", buffering=0) as file:
        while size:
            try:
                file.write(bytes(size))
            except OSError:
                size //= 2
