"""Looks for control groups of one process. Others on the machine make and remove theirs meanwhile."""

from __future__ import annotations

from pathlib import Path

from services.runner.sandbox.cgroup import own_groups
from services.runner.sandbox.cgroup_tree import FOLDER, MOUNT

_LENT = MOUNT / own_groups().get("", "").strip("/")
"""Where an ordinary user's groups of version 2 are: here or, when a runner has moved us into a leaf, above."""


def folders_of(pid: int) -> list[Path]:
    """The folders of a runner with that pid, one per hierarchy."""
    homes = {place / FOLDER for place in (MOUNT, *MOUNT.iterdir(), _LENT, _LENT.parent)}
    return [path for home in homes if home.is_dir() for path in home.iterdir() if path.name.startswith(f"{pid}-")]


def members_of(pid: int) -> dict[Path, list[str]]:
    """The processes in each execution's group of a runner with that pid."""
    found: dict[Path, list[str]] = {}
    for folder in folders_of(pid):
        for path in folder.glob("*/cgroup.procs"):
            found[path] = path.read_text().split()
    return found
