"""Owns the place where a runner's groups hang: finds it, locks it, sweeps what dead runners left. Never limits anything.

    MOUNT[/CONTROLLER]/PARENT/palestra/TOKEN/NUMBER      TOKEN is one living runner, NUMBER one execution

A runner holds a lock (flock) on its own folder while it lives; the kernel lets go when it dies, in whatever container it
was. A folder that nobody locks belonged to a dead runner: its members are killed and it is removed.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from services.runner.sandbox import cgroup_v1, cgroup_v2
from services.runner.sandbox.cgroup import GroupTree, RunGroup, clear_folder, own_groups
from services.runner.sandbox.errors import SandboxMissing

MOUNT = Path("/sys/fs/cgroup")
FOLDER = "palestra"
_REMEDY = (
    "run the runner as root, or delegate a cgroup to it (systemd: Delegate=yes, by hand: systemd-run --user --scope -p Delegate=yes …); "
    "in a container mount /sys/fs/cgroup writable"
)


class Groups:
    """A runner's own tree, its lock, and the groups that would not go at once. Closed by whoever opened it."""

    def __init__(self, tree: GroupTree, lock: int, swept: int) -> None:
        self.tree = tree
        self.swept = swept
        self._lock = lock
        self._stubborn: list[RunGroup] = []

    def create(self) -> RunGroup:
        """A fresh group for one execution."""
        return self.tree.create()

    def discard(self, group: RunGroup) -> None:
        """Removes a group, now or, when something in it is still ending, a little later. Never waits."""
        self._stubborn = [one for one in (*self._stubborn, group) if not one.remove()]

    @property
    def stubborn(self) -> int:
        """How many groups wait to be removed."""
        return len(self._stubborn)

    def close(self) -> None:
        """Removes everything and lets go of the lock."""
        for group in self._stubborn:
            group.kill()
            group.remove()
        self.tree.close()
        os.close(self._lock)


def open_groups(parent: str = "", mount: Path = MOUNT) -> Groups:
    """Finds a place that we may write to, sweeps it, and takes a folder of our own. ``parent``: a group to hang below.

    Raises: `SandboxMissing` saying which controller or right is missing.
    """
    version = 2 if (mount / "cgroup.controllers").exists() else 1
    places = _places_v2(parent, mount) if version == 2 else _places_v1(parent, mount)
    homes = {name: place / FOLDER for name, place in places.items()}
    first = next(iter(homes.values()))
    token = f"{os.getpid()}-{secrets.token_hex(4)}"
    try:
        for home in homes.values():
            home.mkdir(parents=True, exist_ok=True)
        if version == 2:
            for folder in (places[""], homes[""]):
                cgroup_v2.enable(folder, cgroup_v2.offered(folder))
        elif "cpuset" in homes:
            cgroup_v1.inherit_cores(homes["cpuset"])
        with _locked(first):
            swept = _sweep(homes, first)
            own = {name: home / token for name, home in homes.items()}
            for folder in own.values():
                folder.mkdir(exist_ok=True)
            lock = _lock(own[next(iter(own))])
            assert lock is not None, "a fresh folder is locked by nobody"
        try:
            tree: GroupTree = cgroup_v2.TreeV2(own[""]) if version == 2 else cgroup_v1.TreeV1(own)
        except BaseException:
            for folder in own.values():
                clear_folder(folder)
            os.close(lock)
            raise
    except OSError as refused:
        raise SandboxMissing(f"cgroups cannot be used ({refused.strerror}: {refused.filename}); {_REMEDY}") from refused
    return Groups(tree, lock, swept)


def is_lent(mount: Path = MOUNT) -> bool:
    """Whether this process may hang groups below its own without disturbing others who are in it, as a desktop's programs are."""
    if not (mount / "cgroup.controllers").exists():
        try:
            _places_v1("", mount)
        except SandboxMissing:
            return False
        return True
    own = _own_v2(mount)
    return _is_delegated(own) or (_may_write(own) and "/user@" not in str(own))


def _places_v1(parent: str, mount: Path) -> dict[str, Path]:
    own = own_groups()
    found: dict[str, Path] = {}
    for name in (*cgroup_v1.NEEDED, *cgroup_v1.WELCOME):
        top = mount / name
        places = [top / parent.strip("/")] if parent else [top, top / own.get(name, "").strip("/")]
        place = next((place for place in places if _may_write(place)), None)
        if place:
            found[name] = place
    missing = [name for name in cgroup_v1.NEEDED if name not in found]
    if missing:
        raise SandboxMissing(f"no writable cgroup for {', '.join(missing)} below {mount}; {_REMEDY}")
    return found


def _places_v2(parent: str, mount: Path) -> dict[str, Path]:
    own = _own_v2(mount)
    places = [mount / parent.strip("/")] if parent else [own, mount] if _is_delegated(own) else [mount, own]
    place = next((place for place in places if _may_write(place)), None)
    if place is None:
        raise SandboxMissing(f"no writable cgroup below {mount}; {_REMEDY}")
    missing = [name for name in cgroup_v2.NEEDED if name not in cgroup_v2.offered(place)]
    if missing:
        raise SandboxMissing(f"cgroup {place} does not offer {', '.join(missing)}; {_REMEDY}")
    return {"": place}


def _own_v2(mount: Path) -> Path:
    """The group that this process was given: not the leaf in it that a runner moved it to, else each runner would hang one deeper."""
    names = own_groups().get("", "").strip("/").split("/")
    while names[-1:] == [cgroup_v2.LEAF]:
        names.pop()
    return mount.joinpath(*names)


def _may_write(place: Path) -> bool:
    return os.access(place, os.W_OK | os.X_OK) and os.access(place / "cgroup.procs", os.W_OK)


def _is_delegated(place: Path) -> bool:
    for attribute in ("trusted.delegate", "user.delegate"):
        try:
            if os.getxattr(place, attribute) == b"1":
                return True
        except OSError:
            continue
    return False


def _sweep(homes: dict[str, Path], first: Path) -> int:
    """Removes the folders of dead runners; the number of executions' groups found in them."""
    removed = 0
    for token in sorted({name for home in homes.values() for name in _below(home)}):
        lock = _lock(first / token)
        if lock is None and (first / token).exists():
            continue
        removed += sum(1 for _ in _below(first / token))
        for home in homes.values():
            clear_folder(home / token)
        if lock is not None:
            os.close(lock)
    return removed


def _below(folder: Path) -> Iterable[str]:
    try:
        return [entry.name for entry in folder.iterdir() if entry.is_dir()]
    except FileNotFoundError:  # its runner has left in order, just now
        return []


def _lock(folder: Path) -> int | None:
    try:
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(fd)
        return None
    return fd


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)
