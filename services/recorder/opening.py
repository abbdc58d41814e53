"""Owns the start: waits for the database, brings the schema up, seals what lies open, makes the first admin. Never takes a command."""

from __future__ import annotations

import asyncio
from pathlib import Path

from mesh.clock import Clock
from mesh.errors import Unavailable
from mesh.life import Life
from mesh.log import Log
from services.recorder.first_admin import make_first_admin
from services.recorder.group import Applier
from services.recorder.record import Record
from services.recorder.resealing import reseal
from services.recorder.schema import prepare
from services.recorder.seal import Seal

BACKOFF_S = (0.1, 0.25, 0.5, 1.0, 2.0)


class Opening:
    """The record on its way to being ready. A database that is away is waited for, as long as the service may live."""

    def __init__(self, record: Record, applier: Applier, seal: Seal, *, password: str, file: Path, clock: Clock, log: Log) -> None:
        self._record = record
        self._applier = applier
        self._seal = seal
        self._password = password
        self._file = file
        self._clock = clock
        self._log = log

    async def complete(self, life: Life) -> bool:
        """True when commands can be taken, False when the service shall leave before. Raises: `Broken` (``schema-unknown``), OSError."""
        await self._record.make_folder()
        tries = 0
        while not life.is_stopping:
            began = self._clock.monotonic()
            try:
                if await prepare(self._record):
                    self._log.info("schema-upgraded", duration_s=round(self._clock.monotonic() - began, 3))
                await reseal(self._record, self._seal, self._log)
                await make_first_admin(
                    self._record, self._applier, password=self._password, file=self._file, clock=self._clock, log=self._log
                )
            except Unavailable as away:
                if tries == 0:
                    self._log.warning("record-away", cause=away.__cause__)
                await asyncio.sleep(BACKOFF_S[min(tries, len(BACKOFF_S) - 1)])
                tries += 1
            else:
                return True
        return False
