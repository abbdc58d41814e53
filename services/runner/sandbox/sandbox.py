"""Owns what all boxes of one runner share: cgroups, user namespaces, the system call filter, boxinit. Never runs a program."""

from __future__ import annotations

import asyncio
import os
import resource
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from services.runner.sandbox import probe
from services.runner.sandbox.boxinit import compiled
from services.runner.sandbox.cgroup_tree import Groups, open_groups
from services.runner.sandbox.errors import SandboxMissing
from services.runner.sandbox.execution import Execution, Job
from services.runner.sandbox.rootfs import furnishing
from services.runner.sandbox.seccomp import build_filter
from services.runner.sandbox.spool import sealed
from services.runner.sandbox.userns import Namespaces


@dataclass(frozen=True, slots=True)
class SandboxSettings:
    """How a runner's boxes are made. ``folder`` is the runner's own; ``binds`` are shown in every box, read-only.

    ``uid_start`` is the first of the host's uids that boxes use; ``cgroup_parent`` a group to hang below, empty: found.
    """

    folder: Path
    binds: tuple[str, ...] = ()
    uid_start: int = 60_100
    cgroup_parent: str = ""
    bwrap: str = ""


class Observer:
    """Is told what happens to boxes; this one does not care."""

    def box_started(self, seconds: float) -> None:
        """A box was started, in so many seconds."""

    def box_failed(self) -> None:
        """A box did not start."""

    def box_discarded(self) -> None:
        """A box was killed, used or not."""

    def executed(self, job: Job, execution: Execution) -> None:
        """An execution came to its end."""


@dataclass(slots=True)
class Sandbox:
    """What boxes are made of. Closed by whoever opened it, after the last box is gone."""

    observer: Observer
    groups: Groups
    namespaces: Namespaces | None
    filter_fd: int
    init_fd: int
    bwrap: str
    furnished: Sequence[str]
    folder: Path
    cores: int
    machine: probe.Machine

    @property
    def is_delegated(self) -> bool:
        """Whether boxinit and program share one uid: weaker, so that a box is used only once."""
        return self.namespaces is None

    def close(self) -> None:
        """Lets go of everything."""
        self.groups.close()
        if self.namespaces:
            self.namespaces.close()
        os.close(self.filter_fd)
        os.close(self.init_fd)


@asynccontextmanager
async def open_sandbox(settings: SandboxSettings, observer: Observer | None = None) -> AsyncIterator[Sandbox]:
    """Examines the machine and gathers what boxes need. Raises: `SandboxMissing` naming what is missing and the remedy."""
    sandbox = await asyncio.to_thread(_gather, settings, observer or Observer())
    try:
        yield sandbox
    finally:
        await asyncio.to_thread(sandbox.close)


def _gather(settings: SandboxSettings, observer: Observer) -> Sandbox:
    machine = probe.examine(settings.bwrap)
    _allow_the_least_core()
    program = compiled("boxinit", settings.folder / "programs")
    namespaces = None
    if os.geteuid() == 0:
        _drop_groups()
        namespaces = Namespaces(settings.uid_start)
        namespaces.make(1)
    return Sandbox(
        observer=observer, groups=open_groups(settings.cgroup_parent), namespaces=namespaces, filter_fd=sealed(build_filter(), "filter"),
        init_fd=os.open(program, os.O_RDONLY | os.O_CLOEXEC), bwrap=machine.bwrap, furnished=furnishing(settings.binds),
        folder=settings.folder, cores=len(os.sched_getaffinity(0)), machine=machine,
    )  # fmt: skip


def _allow_the_least_core() -> None:
    """Programs get a limit of one byte on core files (docs/decisions/0130), which may not be had below a limit of none.

    Raises: `SandboxMissing` where this process may not raise its own.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    if hard:
        return
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (soft, 1))
    except ValueError as refused:
        raise SandboxMissing(
            "core files are forbidden here (hard limit 0), and boxes need a limit of one byte, lest a crash start the host's crash handler; "
            "take the limit away: LimitCORE= in the unit, * hard core in /etc/security/limits.conf, docker run --ulimit core=1, ulimit -Hc"
        ) from refused


def _drop_groups() -> None:
    """Gives them up, since bubblewrap keeps them. Raises: `SandboxMissing` for a root that is none."""
    try:
        os.setgroups([])
    except PermissionError as refused:
        raise SandboxMissing(
            "this root may not even drop its groups: it is root of a user namespace with one uid; run the runner as root of the machine, "
            "as an ordinary user with a delegated cgroup, or give the namespace a range of uids (newuidmap)"
        ) from refused
