"""Owns how an ordinary user's house comes by control groups of its own: it asks systemd for them, or says what to do. Never as root.

``palestra up`` starts itself anew inside ``systemd-run --user --scope -p Delegate=yes``, where the groups below are the user's.
What cannot be had is not done without: the answer names the one command that helps, and nothing starts.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from services.runner.sandbox import cgroup_tree, cgroup_v2
from services.runner.sandbox.errors import SandboxMissing

MARK = "SCOPE_OF_PALESTRA"
"""Set in the environment of the second start, so that there is no third."""

_SCOPE = ("systemd-run", "--user", "--scope", "--quiet", "--collect", "-p", "Delegate=yes", "--")
_SESSIONS = Path("/run/user")
_ASK = 'cat "/sys/fs/cgroup$(sed -n s/^0:://p /proc/self/cgroup)/cgroup.controllers"'
_LIMIT_S = 20.0
_AS_ROOT = "run it as root (sudo make up)"


@dataclass(frozen=True, slots=True)
class Loan:
    """How the house gets its groups: as it is, by starting anew as ``command``, or not at all, for the reason in ``refusal``."""

    command: tuple[str, ...] = ()
    refusal: str = ""


def arrange(arguments: Sequence[str], environ: Mapping[str, str] | None = None, mount: Path = cgroup_tree.MOUNT) -> Loan:
    """What to do so that this process, started as ``palestra`` with these arguments, may judge. Blocks some milliseconds."""
    environ = _with_session(os.environ if environ is None else environ)
    if os.geteuid() == 0 or MARK in environ or environ.get("PALESTRA_RUNNER_CGROUP_PARENT"):
        return Loan()  # the runner itself looks, and refuses
    if cgroup_tree.is_lent(mount):
        return Loan()
    if not (mount / "cgroup.controllers").exists():
        return Loan(refusal=f"this machine has control groups of version 1, which systemd does not lend to users: {_AS_ROOT}, or see docs/sandbox.md")
    if why_not := _why_no_session(environ):
        return Loan(refusal=why_not)
    return Loan(command=(*_SCOPE, sys.executable, "-m", "services", *arguments))


def _with_session(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment in which systemd-run finds the user's systemd: sudo, cron and the like do not say where that is, also where it runs."""
    place = _SESSIONS / str(os.geteuid())
    return {"XDG_RUNTIME_DIR": str(place), **environ} if place.is_dir() else dict(environ)


def _why_no_session(environ: Mapping[str, str]) -> str:
    """Asks systemd for a scope that only looks at itself; empty when that went well."""
    if shutil.which(_SCOPE[0], path=environ.get("PATH")) is None:
        return f"there is no systemd-run to ask for control groups: {_AS_ROOT}, or delegate a group by hand (docs/sandbox.md)"
    try:
        asked = subprocess.run(
            [*_SCOPE, "/bin/sh", "-c", _ASK], capture_output=True, text=True, timeout=_LIMIT_S, check=False, env=dict(environ), stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as failed:
        return f"systemd does not lend control groups ({failed}): {_AS_ROOT}"
    if asked.returncode != 0:
        said = asked.stderr.strip().splitlines() or ["no answer"]
        return (
            f"systemd has no session of this user to lend control groups from ({said[-1]}): log in by ssh or a desktop rather than by su, "
            f"or once as root: loginctl enable-linger {environ.get('USER', 'USER')}; or {_AS_ROOT}"
        )
    missing = [name for name in cgroup_v2.NEEDED if name not in asked.stdout.split()]
    if missing:
        return (
            f"systemd lends this user no control groups for {' and '.join(missing)}: once as root "
            "mkdir -p /etc/systemd/system/user@.service.d && printf '[Service]\\nDelegate=cpu cpuset memory pids\\n' > "
            f"/etc/systemd/system/user@.service.d/delegate.conf && systemctl daemon-reload, then log in again; or {_AS_ROOT}"
        )
    return ""


def start_with_groups(arguments: Sequence[str]) -> None:
    """Returns when this process may go on as it is; otherwise it becomes another. Raises: `SandboxMissing` when neither can be."""
    loan = arrange(arguments)
    if loan.refusal:
        raise SandboxMissing(f"submissions could not be judged safely here, so nothing was started: {loan.refusal}")
    if loan.command:
        print("palestra: asking systemd for control groups of its own", file=sys.stderr, flush=True)  # noqa: T201  it takes a moment
        os.execvpe(loan.command[0], loan.command, {**_with_session(os.environ), MARK: "1"})  # noqa: S606  no shell between
