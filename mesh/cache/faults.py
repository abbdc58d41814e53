"""Owns the errors of the state file and its format. Raises none itself."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from mesh.errors import Broken, Conflict, MeshError, Unavailable
from mesh.journal import Format


class StateFaults:
    """Keeps the promise of `mesh.journal.Faults` for sessions and other state."""

    def in_use(self, path: Path, holder: str) -> MeshError:
        return Conflict(
            f"the state {path} is in use by process {holder}: stop that one, give this one another folder, or use Redis",
            code="state-in-use",
        )

    def damaged(self, path: Path, reason: str) -> MeshError:
        return Broken(
            f"the state file {path} is damaged ({reason}): move it aside and start again; everybody signs in again",
            code="state-file-corrupt",
        )

    def newer(self, path: Path, version: int) -> MeshError:
        return Broken(
            f"the state file {path} was written by a newer version (format {version}): start that version", code="state-file-too-new"
        )

    def full(self, path: Path) -> MeshError:
        return Unavailable(f"the disk of the state {path} is full: free some space", code="state-disk-full")

    def unusable(self, path: Path, reason: str) -> MeshError:
        return Unavailable(f"cannot use the state {path}: {reason}", code="cache-unavailable")


_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS entries (
    key TEXT PRIMARY KEY, value BLOB, members TEXT, ends_us INTEGER NOT NULL, life_us INTEGER NOT NULL
) WITHOUT ROWID
"""

FORMAT: Final = Format(mark=0x50414C53, version=1, schema=(_SCHEMA,), faults=StateFaults(), is_synced=False)
"""``PALS``."""
