"""Owns what a box looks like inside: bubblewrap's arguments for root, devices and writable folders. Never starts it.

The root is read-only and holds /usr, the toolchains' settings of /etc that are named, /proc of the box's own PID namespace,
four devices, and these folders: ``/box`` (work), ``/tmp``, ``/dev/shm``, ``/feedback`` (writable, emptied between
executions), ``/program`` (what is executed: only boxinit writes there), ``/case/input`` and ``/case/answer`` (files 4 and 5
of whoever gets some).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

WORK, PROGRAM, FEEDBACK = "/box", "/program", "/feedback"
WRITABLE = (WORK, "/tmp", "/dev/shm", FEEDBACK)  # noqa: S108  folders inside a box
INPUT, ANSWER = "/case/input", "/case/answer"
SPACE_BYTES = 256 << 20
"""The most that each writable folder holds; what a program writes there counts as its memory too."""

_LINKED = ("lib", "lib32", "lib64", "libx32", "bin", "sbin")
_DEVICES = ("null", "zero", "urandom", "random")
_CAPABILITIES = ("CAP_SETUID", "CAP_SETGID", "CAP_KILL", "CAP_DAC_OVERRIDE", "CAP_FOWNER")


def furnishing(binds: Sequence[str]) -> tuple[str, ...]:
    """What is the same for every box. ``binds`` are files and folders of the host to show, read-only, in the same place."""
    return (*_system(), *_settings(binds), "--proc", "/proc", *_masks(), *_devices(), *_folders(), "--remount-ro", "/", "--chdir", "/", "--clearenv")


def arguments(namespace: int | None, furnished: Sequence[str]) -> list[str]:
    """The arguments of bubblewrap up to the command. ``namespace``: a descriptor; None makes one with a single uid."""
    who = ["--unshare-user", "--uid", "1000", "--gid", "1000"] if namespace is None else ["--userns", str(namespace), "--uid", "1", "--gid", "1"]
    powers = [] if namespace is None else [word for name in _CAPABILITIES for word in ("--cap-add", name)]
    return [
        *who, "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try", "--hostname", "box",
        "--as-pid-1", "--die-with-parent", "--cap-drop", "ALL", *powers,
        *furnished,
    ]  # fmt: skip


def _system() -> list[str]:
    words = ["--ro-bind", "/usr", "/usr"]
    for name in _LINKED:
        if Path(f"/{name}").is_symlink():
            words += ["--symlink", f"usr/{name}", f"/{name}"]
        elif Path(f"/{name}").is_dir():  # a system before the merge of /usr
            words += ["--ro-bind", f"/{name}", f"/{name}"]
    return words


def _settings(binds: Sequence[str]) -> list[str]:
    words = ["--perms", "0755", "--dir", "/etc"]
    above = {str(folder) for path in binds for folder in PurePosixPath(path).parents}
    for path in sorted(above - {"/", "/etc", "/usr"}):  # bubblewrap would make them for itself alone
        words += ["--perms", "0755", "--dir", path]
    for path in ("/etc/ld.so.cache", "/etc/alternatives", *binds):
        words += ["--ro-bind-try", path, path]
    return words


def _masks() -> list[str]:
    """What /proc offers anybody to write, and is the machine's: alarms on its load, each of them work for the kernel."""
    if not Path("/proc/pressure").is_dir():
        return []
    return ["--perms", "0555", "--tmpfs", "/proc/pressure", "--remount-ro", "/proc/pressure"]


def _devices() -> list[str]:
    words = ["--perms", "0755", "--dir", "/dev"]
    for name in _DEVICES:
        words += ["--dev-bind", f"/dev/{name}", f"/dev/{name}"]
    words += ["--symlink", "/proc/self/fd", "/dev/fd"]
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        words += ["--symlink", f"/proc/self/fd/{number}", f"/dev/{name}"]
    return words


def _folders() -> list[str]:
    words = ["--perms", "0755", "--size", str(SPACE_BYTES), "--tmpfs", PROGRAM, "--perms", "0755", "--dir", "/case"]
    words += ["--symlink", "/proc/self/fd/4", INPUT, "--symlink", "/proc/self/fd/5", ANSWER]
    for path in WRITABLE:
        words += ["--perms", "1777", "--size", str(SPACE_BYTES), "--tmpfs", path]
    return words
