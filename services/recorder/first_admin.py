"""Owns the first admin: made when the record has none. The password is never logged, and never stored but as a hash."""

from __future__ import annotations

import asyncio
import os
import secrets
from pathlib import Path

import sqlalchemy as sa
from argon2 import PasswordHasher

from contest.visibility import ADMIN
from mesh.clock import Clock
from mesh.errors import MeshError
from mesh.ids import new_id
from mesh.log import Log
from services.recorder import rows
from services.recorder.group import Applier
from services.recorder.record import Record
from services.recorder.rules.rights import service_actor
from wire import services
from wire.commands import Command, CreateAccount

USERNAME = "admin"


async def make_first_admin(record: Record, applier: Applier, *, password: str, file: Path, clock: Clock, log: Log) -> None:
    """Makes ``admin`` when nobody is one. Without a password a random one is left in ``file`` (0600), and its path is logged.

    Raises: `Unavailable` (``record-unavailable``); what the rules refuse the account with.
    """
    accounts = record.table(rows.Account)
    async with record.reading() as connection:
        if await connection.scalar(sa.select(accounts.c.username).where(accounts.c.role == ADMIN).limit(1)):
            return
    if not password:
        password = secrets.token_urlsafe(12)
        await asyncio.to_thread(_leave, file, password)
        log.info("admin-password-left", file=str(file))
    hashed = await asyncio.to_thread(PasswordHasher().hash, password)
    body = CreateAccount(USERNAME, "Admin", hashed, ADMIN)
    done = await applier.apply([Command(new_id(), "CreateAccount", service_actor(services.RECORDER), clock.now(), body)])
    result = done.answers[0].result
    if isinstance(result, MeshError):
        raise result
    log.info("first-admin", username=USERNAME, outcome="made" if result.is_applied else result.code)


def _leave(file: Path, password: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
        os.fchmod(descriptor, 0o600)
        handle.write(password + "\n")
        handle.flush()
        os.fsync(descriptor)
