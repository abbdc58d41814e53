"""Owns the pinning of measured time limits: once for each judging version. Never measures: the grader does.

The first that is pinned stays: what was judged with it must stay comparable. Who wants another brings another version, or states a limit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mesh.errors import Conflict, Invalid
from services.gitserver.library import Library
from services.gitserver.names import parse_object
from services.gitserver.pins import limit_ref, pinned
from services.gitserver.repository import NOTHING, RefChange
from services.gitserver.shelf import Shelf
from wire.verification import PinLimit

MOST_MS: Final = 3_600_000


@dataclass(frozen=True, slots=True)
class MeasuredLimits:
    """Where they are pinned."""

    shelf: Shelf
    library: Library

    async def pin(self, wish: PinLimit) -> int:
        """Pins the limit unless one is; the one in force, in milliseconds of CPU.

        Raises: `NotFound` (``no-such-problem``, ``no-such-version``), `Invalid` (``limit-invalid``), `Conflict` (``limit-stated``).
        """
        version = parse_object(wish.version)
        if not 0 < wish.cpu_ms <= MOST_MS:
            raise Invalid(f"a limit lies between 1 and {MOST_MS} ms", code="limit-invalid")
        async with self.shelf.holding(wish.alias):
            repository = await self.shelf.repository(wish.alias)
            known = await pinned(repository, version)
            if known is not None:
                return known
            if not (await self.library.manifest_of(repository, wish.alias, version)).is_provisional:
                raise Conflict(f"the package of {wish.alias!r} states its limit: there is nothing to measure", code="limit-stated")
            made = await repository.git.run(repository.folder, "hash-object", "-w", "--stdin", stdin=str(wish.cpu_ms).encode())
            await repository.move([RefChange(limit_ref(version), made.decode().strip(), NOTHING)])
            return wish.cpu_ms
