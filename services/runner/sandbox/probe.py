"""Owns the question what this machine offers for running untrusted code. Never changes anything."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from services.runner.sandbox.errors import SandboxMissing

LEAST_BWRAP = (0, 7)
_LIMIT_S = 10.0


@dataclass(frozen=True, slots=True)
class Machine:
    """What was found. ``mode`` is root (two uids per box) or delegated (one uid: weaker)."""

    kernel: str
    architecture: str
    bwrap: str
    bwrap_version: str
    mode: str
    cores: int


def examine(bwrap: str = "") -> Machine:
    """What this machine offers. ``bwrap`` names a bubblewrap; empty: the one in PATH. Blocks some milliseconds.

    Raises: `SandboxMissing` with the first thing that is missing and its remedy.
    """
    if not sys.platform.startswith("linux"):
        raise SandboxMissing(f"boxes need Linux, this is {platform.system()}; run the runner in the container or on a Linux machine")
    found = shutil.which(bwrap or "bwrap")
    if found is None:
        raise SandboxMissing(f"bubblewrap is not here ({bwrap or 'bwrap'}); install it (Debian, Ubuntu: apt install bubblewrap)")
    version = _bwrap_version(found)
    if version < LEAST_BWRAP:
        raise SandboxMissing(f"bubblewrap {'.'.join(map(str, version))} is too old; {'.'.join(map(str, LEAST_BWRAP))} or newer is needed")
    if Path(found).stat().st_mode & 0o4000:
        raise SandboxMissing(f"{found} is set-uid, which is not safe; take the bit away: chmod u-s {found}")
    return Machine(
        kernel=platform.release(), architecture=platform.machine(), bwrap=found, bwrap_version=".".join(map(str, version)),
        mode="root" if os.geteuid() == 0 else "delegated", cores=len(os.sched_getaffinity(0)),
    )  # fmt: skip


def why_not(said: str) -> SandboxMissing:
    """What it means that a box did not start, from what bubblewrap said, with the remedy."""
    for symptom, remedy in _REMEDIES:
        if symptom in said:
            return SandboxMissing(f"boxes do not start here: {said}; {remedy}")
    return SandboxMissing(f"boxes do not start here: {said}; docs/sandbox.md says what a host must offer")


_CONTAINER = "in a container: --security-opt seccomp=unconfined --security-opt systempaths=unconfined (AppArmor: apparmor=unconfined)"
_REMEDIES = (
    ("uid map", "AppArmor forbids user namespaces (Ubuntu from 23.10): run the runner as root, or give bwrap a profile with userns"),
    ("proc", f"/proc cannot be mounted; {_CONTAINER}"),
    ("namespace", f"namespaces are not allowed; sysctl user.max_user_namespaces=10000; {_CONTAINER}"),
    ("not permitted", _CONTAINER),
)


def _bwrap_version(path: str) -> tuple[int, ...]:
    try:
        said = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=_LIMIT_S, check=True, env={}).stdout
    except (OSError, subprocess.SubprocessError) as failed:
        raise SandboxMissing(f"{path} does not run: {failed}") from failed
    number = re.search(r"\d+(?:\.\d+)+", said)
    return tuple(int(part) for part in number[0].split(".")) if number else (0,)
