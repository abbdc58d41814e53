"""The primary dies, its standby is promoted: the recorder goes on there by itself, and what was accepted is recorded once."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from mesh.database.address import parse_address
from mesh.database.connecting import CONNECT_TIMEOUT_S
from mesh.database import read_engine, reading, write_engine
from mesh.errors import DeadlineExceeded, Unavailable
import sqlalchemy as sa

from services.recorder import rows
from tests.services.recorder.makers import submit
from tests.services.recorder.world import World
from tests.support.databases import PostgreSql
from tests.support.standbys import Standby, primary_with_standby

pytestmark = [pytest.mark.databases, pytest.mark.faults, pytest.mark.timeout(120)]


def _both(primary: PostgreSql, standby: Standby, name: str, words: str = "") -> str:
    return f"postgresql://postgres@127.0.0.1:{primary.port},127.0.0.1:{standby.port}/{name}{words}"


async def test_the_recorder_goes_on_at_the_standby_that_was_promoted(tmp_path: Path, pki_folder: Path) -> None:
    with primary_with_standby(pki_folder) as (primary, standby):
        name = primary.fresh_database()
        # as synchronous as a house wants it that must lose nothing: docs/operations.md, "A standby"
        primary.ask("ALTER SYSTEM SET synchronous_standby_names = '*'")
        primary.ask("SELECT pg_reload_conf()")
        async with World(tmp_path / "var", pki_folder, _both(primary, standby, name)) as world:
            await world.start()
            await world.settle()
            first = [submit() for _ in range(10)]
            await world.publish(*first)
            await world.until_settled(*first)
            primary.kill()
            during = [submit() for _ in range(10)]
            await world.publish(*during)
            late = submit()
            with pytest.raises((Unavailable, DeadlineExceeded)):  # whoever of the two sides notices first that time is over
                await world.call(late, timeout_s=2.0)
            await asyncio.to_thread(standby.promote)
            began = time.monotonic()
            await world.until_settled(*during)
            assert time.monotonic() - began < 10
            found = [row["id"] for row in await world.store.all(rows.Submission)]
            assert sorted({*found} - {late.id}) == sorted(one.id for one in [*first, *during]), "none lost"
            assert len(found) == len({*found}), "each once; who was told that time is over does not know whether his is among them"
            await world.store.gapless()
            await world.stop()


async def test_several_hosts_lead_each_to_the_one_it_needs(pki_folder: Path) -> None:
    with primary_with_standby(pki_folder) as (primary, standby):
        name = "postgres"
        is_standby = sa.text("SELECT pg_is_in_recovery()")
        for order in ((primary, standby), (standby, primary)):
            url = f"postgresql://postgres@127.0.0.1:{order[0].port},127.0.0.1:{order[1].port}/{name}"
            for engine, wanted in ((write_engine(url), False), (read_engine(url), True), (read_engine(f"{url}?target_session_attrs=read-write"), False)):
                async with reading(engine) as connection:
                    assert await connection.scalar(is_standby) is wanted
                await engine.dispose()
        reader, writer = read_engine(_both(primary, standby, name)), write_engine(_both(primary, standby, name))
        standby.kill()
        async with reading(reader) as connection:
            assert await connection.scalar(is_standby) is False, "a reader takes the primary when there is no standby"
        primary.freeze()
        try:
            began = time.monotonic()
            with pytest.raises(Unavailable):
                async with reading(writer, timeout_s=CONNECT_TIMEOUT_S + 2) as connection:
                    await connection.scalar(is_standby)
            assert time.monotonic() - began < CONNECT_TIMEOUT_S + 1.5, "every wait is bounded"
        finally:
            primary.thaw()
        await reader.dispose()
        await writer.dispose()


@pytest.mark.parametrize(("url", "hosts"), [
    ("postgresql://db/palestra", [("db", 5432)]),
    ("postgresql://u:p@a:1,b/palestra", [("a", 1), ("b", 5432)]),
    ("postgresql://[::1]:7,[fe80::2],c:9/palestra?target_session_attrs=any", [("::1", 7), ("fe80::2", 5432), ("c", 9)]),
    ("mysql://db:3307/palestra", [("db", 3307)]),
])  # fmt: skip
def test_hosts_are_read_as_libpq_reads_them(url: str, hosts: list[tuple[str, int]]) -> None:
    assert list(parse_address(url).hosts) == hosts
