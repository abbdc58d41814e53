"""Owns the errors of the embedded queue's journal and its format. Raises none itself."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from mesh.errors import Broken, Conflict, MeshError, Unavailable
from mesh.journal import Format
from mesh.queue.statements import SCHEMA


class QueueFaults:
    """Keeps the promise of `mesh.journal.Faults` for queues."""

    def in_use(self, path: Path, holder: str) -> MeshError:
        return Conflict(
            f"the queue {path} is in use by process {holder}: stop that one, give this one another folder, or use RabbitMQ",
            code="queue-in-use",
        )

    def damaged(self, path: Path, reason: str) -> MeshError:
        return Broken(
            f"the queue journal {path} is damaged ({reason}): move it aside and start again; the sweep sends again what the record knows",
            code="queue-journal-corrupt",
        )

    def newer(self, path: Path, version: int) -> MeshError:
        return Broken(
            f"the queue journal {path} was written by a newer version (format {version}): start that version",
            code="queue-journal-too-new",
        )

    def full(self, path: Path) -> MeshError:
        return Unavailable(f"the disk of the queue {path} is full: free some space; nothing was taken", code="queue-disk-full")

    def unusable(self, path: Path, reason: str) -> MeshError:
        return Unavailable(f"cannot use the queue {path}: {reason}", code="queue-unavailable")


FORMAT: Final = Format(mark=0x50414C51, version=1, schema=SCHEMA, faults=QueueFaults())
"""``PALQ``."""
