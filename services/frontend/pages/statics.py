"""Owns the files that pages need: read once, compressed once, served under an address that changes with their content.

All lie in one folder named by the hash of them all, so that modules find each other by relative names and browsers may
keep them for ever. An address of an older hash is answered with today's file, kept for a minute.
"""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from aiohttp import web

from mesh.errors import NotFound

_TYPES: Final = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_FOR_A_MINUTE: Final = "public, max-age=60"


@dataclass(frozen=True, slots=True)
class _File:
    content: bytes
    compressed: bytes
    kind: str


class Statics:
    """The static files of the pages, in memory: about 100 KB."""

    def __init__(self, kept: dict[str, bytes]) -> None:
        self._files = {name: _File(body, gzip.compress(body, mtime=0), _TYPES[name.rpartition(".")[2]]) for name, body in kept.items()}
        digest = hashlib.sha256()
        for name in sorted(kept):
            digest.update(f"{name}\0{len(kept[name])}\0".encode() + kept[name])
        self.version = digest.hexdigest()[:12]

    def url(self, name: str) -> str:
        """The address of a file. Raises: `KeyError` for one that is not there."""
        if name not in self._files:
            raise KeyError(name)
        return f"/static/{self.version}/{name}"

    async def serve(self, request: web.Request) -> web.Response:
        """Answers ``/static/{version}/{name}``."""
        file = self._files.get(request.match_info["name"])
        if file is None:
            raise NotFound("there is no such file", code="no-such-file")
        life = _FOR_EVER if request.match_info["version"] == self.version else _FOR_A_MINUTE
        headers = {"Content-Type": file.kind, "Cache-Control": life, "Vary": "Accept-Encoding", "X-Content-Type-Options": "nosniff"}
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            return web.Response(body=file.compressed, headers={**headers, "Content-Encoding": "gzip"})
        return web.Response(body=file.content, headers=headers)


def read_statics() -> Statics:
    """Reads the folder ``static`` of this package; blocks for a few milliseconds."""
    folder = files("services.frontend").joinpath("static")
    kept = {entry.name: entry.read_bytes() for entry in folder.iterdir() if entry.name.rpartition(".")[2] in _TYPES}
    return Statics(kept)
