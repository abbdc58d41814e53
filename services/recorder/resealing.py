"""Owns the sealing of what lies in the record already: in the clear from before there were keys, or under an older key. Never makes a key."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Final

import sqlalchemy as sa
from sqlalchemy import Connection

from mesh.log import Log
from services.recorder import rows
from services.recorder.record import Record
from services.recorder.seal import SEALED, CannotOpen, Seal

_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class _Part:
    """What one part came to: ``last`` is the last account looked at, None at the end."""

    last: str | None
    sealed: int = 0
    lost: int = 0


async def reseal(record: Record, seal: Seal, log: Log) -> None:
    """Puts every webhook's secret under the first key, some at a time; what cannot be opened stays as it is, and is told.

    Raises: `Unavailable` (``record-unavailable``).
    """
    last: str | None = ""
    sealed = lost = 0
    while last is not None:
        part = await record.transact(partial(_part, table=record.table(rows.Webhook), seal=seal, after=last))
        last, sealed, lost = part.last, sealed + part.sealed, lost + part.lost
    if sealed:
        log.info("webhook-secrets-sealed", count=sealed)
    if lost:
        log.error("webhook-secrets-lost", count=lost, reason="sealed with a key that is not in recorder.webhook_keys: put it there, or these accounts set their webhooks anew")
    if not seal.mark:
        await _tell_clear(record, log)


def _part(connection: Connection, table: sa.Table, seal: Seal, after: str) -> _Part:
    others = table.c.secret.not_like(f"{seal.mark}%") if seal.mark else table.c.secret.like(f"{SEALED}%")
    statement = sa.select(table.c.username, table.c.secret).where(others, table.c.username > after).order_by(table.c.username).limit(_AT_ONCE)
    found = connection.execute(statement).all()
    sealed = lost = 0
    for username, kept in found:
        try:
            secret = seal.open(kept, username)
        except CannotOpen:
            lost += 1
            continue
        where = (table.c.username == username, table.c.secret == kept)
        sealed += connection.execute(table.update().where(*where).values(secret=seal.seal(secret, username))).rowcount
    return _Part(found[-1].username if len(found) == _AT_ONCE else None, sealed, lost)


async def _tell_clear(record: Record, log: Log) -> None:
    table = record.table(rows.Webhook)
    async with record.reading() as connection:
        count = await connection.scalar(sa.select(sa.func.count()).select_from(table).where(table.c.secret.not_like(f"{SEALED}%")))
    if count:
        log.warning("webhook-secrets-clear", count=count, reason="they lie in the record in the clear: set recorder.webhook_keys")
