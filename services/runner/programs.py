"""Owns the fetching of a package's programs, as sources. Never builds one."""

from __future__ import annotations

from contest.limits import MIB
from mesh.errors import TooLarge
from services.runner.blobs import BlobCache
from services.runner.languages.language import Sources
from wire.judging import Program

MOST_BYTES = 32 * MIB


class Programs:
    """The programs of problems."""

    def __init__(self, blobs: BlobCache) -> None:
        self._blobs = blobs

    async def sources(self, problem: str, program: Program) -> Sources:
        """The files of a program. Raises: `TooLarge` (``program-too-large``), and as `BlobCache.pinned`."""
        total = sum(file.size_bytes for file in program.files)
        if total > MOST_BYTES:
            raise TooLarge(f"the validator of {problem!r} has {total} bytes; at most {MOST_BYTES} are taken", code="program-too-large")
        return {file.path: await self._blobs.read(problem, file.digest) for file in program.files}
