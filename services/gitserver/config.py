"""Owns the gitserver's settings. Never reads one from anywhere: `mesh.config` does."""

from __future__ import annotations

from dataclasses import dataclass

from mesh.config import setting
from services.gitserver.archive import Bounds
from wire.services import GITSERVER, PORTS

MIB = 1 << 20


@dataclass(frozen=True)
class Config:
    """What can be set about the owner of problem packages."""

    host: str = setting("127.0.0.1", "Address to listen on")
    port: int = setting(PORTS[GITSERVER], "Port to listen on; 0 takes a free one", minimum=0, maximum=65535)
    folder: str = setting("", "Folder of the repositories; empty: problems/ in the folder of mesh.folder")
    git_binary: str = setting("git", "The git program, 2.36 or newer")
    package_mib: int = setting(1024, "Largest upload or push, MiB", minimum=1, maximum=16_384)
    unpacked_mib: int = setting(4096, "Largest package when unpacked, MiB", minimum=1, maximum=65_536)
    package_files: int = setting(20_000, "Most files of a package", minimum=10, maximum=200_000)
    work_processes: int = setting(8, "Most git processes at once for our own work", minimum=2, maximum=256)
    stream_processes: int = setting(16, "Most files at once on their way to graders and browsers", minimum=1, maximum=256)
    fetch_processes: int = setting(8, "Most git processes at once that people's git clients keep busy", minimum=1, maximum=256)
    git_limit_s: float = setting(240.0, "How long one git process may work, seconds", minimum=1, maximum=3600)
    announce_retry_s: float = setting(5.0, "How long to wait before an accepted problem is sent to the record again, seconds", minimum=0.1)

    @property
    def bounds(self) -> Bounds:
        """The bounds of a package."""
        return Bounds(self.package_mib * MIB, self.unpacked_mib * MIB, self.package_files)
