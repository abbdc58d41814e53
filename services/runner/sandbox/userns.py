"""Owns user namespaces with two host uids each: one for boxinit, one for the program. Never starts a box.

No two boxes share a host uid while they live: per-user quotas (pipe memory, pending signals) are counted per host uid. The
uid that is root on the host is never mapped, so nothing in a box is root of anything.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from services.runner.sandbox.errors import SandboxMissing

INIT_UID = 1
PROGRAM_UID = 1000
_LIMIT_S = 5.0


@dataclass(frozen=True, slots=True)
class Namespace:
    """A user namespace, kept alive by ``fd``."""

    fd: int
    first_uid: int


class Namespaces:
    """A growing set of user namespaces; taken by a box and given back by it. Closed by whoever made it."""

    def __init__(self, uid_start: int) -> None:
        self._next_uid = uid_start
        self._free: list[Namespace] = []
        self._all: list[Namespace] = []

    def make(self, count: int) -> None:
        """Makes so many ahead of need. Blocks some milliseconds each. Raises: `SandboxMissing`."""
        for _ in range(count):
            self._free.append(self._make())

    def take(self) -> Namespace:
        """One that no living box uses; made on the spot when none is free. Raises: `SandboxMissing`."""
        return self._free.pop() if self._free else self._make()

    def give_back(self, namespace: Namespace) -> None:
        """The box that used it is gone, with every process in it."""
        self._free.append(namespace)

    def close(self) -> None:
        """Lets go of all."""
        for namespace in self._all:
            os.close(namespace.fd)
        self._all.clear()
        self._free.clear()

    def _make(self) -> Namespace:
        fd = make_namespace(((INIT_UID, self._next_uid), (PROGRAM_UID, self._next_uid + 1)))
        namespace = Namespace(fd, self._next_uid)
        self._next_uid += 2
        self._all.append(namespace)
        return namespace


def make_namespace(pairs: tuple[tuple[int, int], ...]) -> int:
    """A user namespace with these (inner, outer) uids and gids, alive as long as the descriptor that is returned.

    Raises: `SandboxMissing` when the kernel refuses.
    """
    lines = "".join(f"{inner} {outer} 1\n" for inner, outer in pairs)
    try:
        keeper = subprocess.Popen(
            ["unshare", "--user", "--", "cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=_PATH
        )
    except FileNotFoundError as missing:
        raise SandboxMissing("the program unshare is not here; install util-linux") from missing
    with keeper:
        try:
            _wait_until_apart(keeper)
            for name in ("uid_map", "gid_map"):
                Path(f"/proc/{keeper.pid}/{name}").write_text(lines, encoding="ascii")
            return os.open(f"/proc/{keeper.pid}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
        except OSError as refused:
            raise SandboxMissing(
                f"a user namespace with host uids {pairs[0][1]} and {pairs[-1][1]} cannot be made ({refused.strerror}); run as root with "
                "CAP_SETUID and CAP_SETGID, in a container with --security-opt seccomp=unconfined, or set PALESTRA_RUNNER_UID_START to uids that exist"
            ) from refused
        finally:
            with contextlib.suppress(BrokenPipeError):
                keeper.communicate(timeout=_LIMIT_S)


def _wait_until_apart(keeper: subprocess.Popen[bytes]) -> None:
    ours = Path("/proc/self/ns/user").readlink()
    end = time.monotonic() + _LIMIT_S
    while keeper.poll() is None and time.monotonic() < end:
        with contextlib.suppress(FileNotFoundError, PermissionError):
            if Path(f"/proc/{keeper.pid}/ns/user").readlink() != ours:
                return
        time.sleep(0.0005)
    assert keeper.stderr is not None
    keeper.kill()
    said = keeper.stderr.read().decode(errors="replace").strip()
    raise SandboxMissing(
        f"user namespaces are not allowed here ({said or 'no answer'}); on the host: sysctl user.max_user_namespaces=10000 "
        "(Debian before 11: kernel.unprivileged_userns_clone=1; Ubuntu from 23.10: run as root or add an AppArmor profile for bwrap), "
        "in a container: --security-opt seccomp=unconfined"
    )


_PATH = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
