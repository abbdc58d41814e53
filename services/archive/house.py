"""Owns where the things are that a backup holds: the record, the problems, the certificates. Never opens one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mesh.errors import Broken
from mesh.tls import Credentials
from services.configuration import Configuration
from wire.services import GITSERVER, RECORDER


@dataclass(frozen=True, slots=True)
class Places:
    """Where a house keeps what it keeps. ``credentials`` are the recorder's, None where there are none (and no TLS needs them)."""

    record_url: str
    problems: Path
    pki: Path
    credentials: Credentials | None
    recorder: tuple[str, int] | None

    @property
    def has_mesh_tls(self) -> bool:
        """Whether the database asks for the mesh's certificates."""
        return "tls=mesh" in self.record_url


def places_of(configuration: Configuration) -> Places:
    """The places that a configuration names. Blocks."""
    mesh = configuration.mesh
    folder = configuration.services[GITSERVER].folder
    try:
        credentials = Credentials.load(mesh.pki_path, RECORDER)
    except Broken:
        credentials = None  # a URL that needs them says so
    return Places(
        mesh.record, Path(folder).resolve() if folder else mesh.path / "problems", mesh.pki_path, credentials, mesh.addresses().get(RECORDER)
    )
