from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from mesh.database import metadata_of, read_engine, reading, snapshot, write_engine, writing
from mesh.errors import MeshError, Refused, Unavailable
from tests.mesh.database.shelves import Shelf, ShelfColumn
from tests.support.databases import MariaDb, PostgreSql, sqlite_threads_ended
from tests.support.records import Place

SHELF = Shelf(
    "shelf",
    (
        ShelfColumn("id", "uuid", is_key=True),
        ShelfColumn("name", "name"),
        ShelfColumn("title", "text", is_optional=True),
        ShelfColumn("long", "long_text", is_optional=True),
        ShelfColumn("number", "int", is_optional=True),
        ShelfColumn("is_open", "bool", is_optional=True),
        ShelfColumn("at", "time", is_optional=True),
        ShelfColumn("body", "json", is_optional=True),
        ShelfColumn("score", "fraction", is_optional=True),
        ShelfColumn("blob", "bytes", is_optional=True),
    ),
    indexes=(("at",),),
    unique=(("name",),),
)
METADATA = metadata_of([SHELF])
TABLE = METADATA.tables["shelf"]
ID = "018f0000-0000-7000-8000-00000000000{}"


@pytest.fixture
async def writer(place: Place) -> AsyncIterator[AsyncEngine]:
    engine = write_engine(place.write_url, place.writer)
    async with writing(engine) as connection:
        await connection.run_sync(METADATA.create_all)
    yield engine
    await engine.dispose()


@pytest.fixture
async def reader(place: Place, writer: AsyncEngine) -> AsyncIterator[AsyncEngine]:
    engine = read_engine(place.read_url, place.reader)
    yield engine
    await engine.dispose()


async def _put(writer: AsyncEngine, **values: object) -> None:
    async with writing(writer) as connection:
        await connection.execute(TABLE.insert(), [{"id": ID.format(1), "name": "one"} | values])


async def _only(reader: AsyncEngine) -> sa.Row[tuple[object, ...]]:
    async with reading(reader) as connection:
        return (await connection.execute(sa.select(TABLE))).one()


async def test_every_kind_comes_back_as_it_went_in(writer: AsyncEngine, reader: AsyncEngine) -> None:
    at = datetime(2026, 2, 3, 4, 5, 6, 789_123, tzinfo=UTC)
    values = {
        "name": "ñandú 🦩", "title": "'; DROP TABLE shelf; --", "long": "x" * 300_000, "number": -(2**62), "is_open": True, "at": at,
        "body": {"b": [1, Fraction(5, 2)], "a": None}, "score": Fraction(10, 4), "blob": bytes(range(256)) * 400,
    }  # fmt: skip
    await _put(writer, **values)
    row = await _only(reader)
    assert row._mapping == values | {"id": ID.format(1), "body": {"a": None, "b": [1, "5/2"]}, "score": Fraction(5, 2)}
    assert row.at.tzinfo is not None


async def test_nothing_comes_back_as_nothing(writer: AsyncEngine, reader: AsyncEngine) -> None:
    await _put(writer)
    assert [value for value in (await _only(reader))[2:] if value is not None] == []


async def test_times_are_the_same_moment_whatever_their_zone(writer: AsyncEngine, reader: AsyncEngine) -> None:
    at = datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=2)))
    await _put(writer, at=at)
    assert (await _only(reader)).at == at


async def test_a_time_without_a_zone_is_refused(writer: AsyncEngine) -> None:
    with pytest.raises(Exception, match="aware UTC"):
        await _put(writer, at=datetime(2026, 1, 1))


async def test_names_that_differ_in_case_or_accent_are_two_names(writer: AsyncEngine) -> None:
    async with writing(writer) as connection:
        names = ["Ana", "ana", "aná"]
        await connection.execute(TABLE.insert(), [{"id": ID.format(place), "name": name} for place, name in enumerate(names)])
        found = await connection.scalars(sa.select(TABLE.c.id).where(TABLE.c.name == "ana"))
        assert list(found) == [ID.format(1)]


async def test_the_same_name_twice_is_an_error_of_the_statement_and_not_an_outage(writer: AsyncEngine) -> None:
    await _put(writer)
    with pytest.raises(IntegrityError):
        await _put(writer, id=ID.format(2))


async def test_a_body_that_raises_leaves_nothing_behind(writer: AsyncEngine, reader: AsyncEngine) -> None:
    with pytest.raises(RuntimeError, match="broken"):
        async with writing(writer) as connection:
            await connection.execute(TABLE.insert(), [{"id": ID.format(1), "name": "one"}])
            _break()
    async with reading(reader) as connection:
        assert await connection.scalar(sa.select(sa.func.count()).select_from(TABLE)) == 0


async def test_a_reader_cannot_write_whatever_it_tries(writer: AsyncEngine, reader: AsyncEngine) -> None:
    for statement in (TABLE.insert().values(id=ID.format(1), name="one"), sa.text("CREATE TABLE other (id INT)")):
        with pytest.raises((DBAPIError, MeshError)):
            async with reading(reader) as connection:
                await connection.execute(statement)
    await _put(writer)  # nobody was locked out by the attempts


async def test_a_snapshot_does_not_see_what_is_committed_meanwhile(writer: AsyncEngine, reader: AsyncEngine) -> None:
    await _put(writer)
    count = sa.select(sa.func.count()).select_from(TABLE)
    async with snapshot(reader) as connection:
        assert await connection.scalar(count) == 1
        await _put(writer, id=ID.format(2), name="two")
        assert await connection.scalar(count) == 1
    async with snapshot(reader) as connection:
        assert await connection.scalar(count) == 2


async def test_plain_reads_see_each_commit_at_once(writer: AsyncEngine, reader: AsyncEngine) -> None:
    for number in range(5):
        await _put(writer, id=ID.format(number), name=str(number))
        async with reading(reader) as connection:
            assert await connection.scalar(sa.select(sa.func.count()).select_from(TABLE)) == number + 1


async def test_whoever_takes_too_long_is_told_and_the_connection_is_not_lost(writer: AsyncEngine) -> None:
    for _ in range(6):
        with pytest.raises(Unavailable) as told:
            async with writing(writer, timeout_s=0.05):
                await asyncio.Event().wait()
        assert told.value.code == "record-unavailable"
    await _put(writer)


@pytest.mark.parametrize("url", [
    "", "nonsense", "oracle://x/y", "sqlite://", "postgresql://host", "mysql://u@h/db?sslmode=require",
    "mysql://a,b/db", "postgresql://a,b:x/db", "postgresql://h/db?tls=yes", "postgresql://h/db?tls=mesh", "postgresql://h/db?hosts=x",
    "postgresql://h/db?target_session_attrs=best", "postgresql://h/db?tls=mesh&sslmode=verify-full", "postgresql://h/db?sslrootcert=/nowhere",
])
def test_an_url_that_leads_nowhere_is_refused_with_an_example(url: str) -> None:
    with pytest.raises(Refused) as told:
        write_engine(url)
    assert told.value.code == "bad-database-url"


async def test_a_sqlite_file_that_is_not_there_yet_is_unavailable_and_never_made_by_a_reader(sqlite_url: str) -> None:
    engine = read_engine(sqlite_url)
    with pytest.raises(Unavailable):
        async with reading(engine) as connection:
            await connection.execute(sa.text("SELECT 1"))
    await engine.dispose()
    await sqlite_threads_ended()


async def test_the_sqlite_writer_is_durable_and_a_locked_file_is_unavailable(sqlite_url: str) -> None:
    engine = write_engine(sqlite_url)
    async with writing(engine) as connection:
        found = [await connection.scalar(sa.text(f"PRAGMA {name}")) for name in ("journal_mode", "synchronous", "foreign_keys")]
        assert found == ["wal", 2, 1]
        with pytest.raises(Unavailable):
            async with writing(engine):
                pass
    await engine.dispose()


@pytest.mark.databases
async def test_a_killed_postgresql_is_unavailable_and_found_again(postgresql: PostgreSql, postgresql_url: str) -> None:
    await _survives_a_kill(postgresql, postgresql_url)


@pytest.mark.databases
async def test_a_killed_mariadb_is_unavailable_and_found_again(mariadb: MariaDb, mariadb_url: str) -> None:
    await _survives_a_kill(mariadb, mariadb_url)


async def _survives_a_kill(server: PostgreSql | MariaDb, url: str) -> None:
    engines = [write_engine(url), read_engine(url)]
    for engine in engines:
        async with reading(engine) as connection:
            assert await connection.scalar(sa.select(1)) == 1
    server.kill()
    for engine in engines:
        for _ in range(3):
            with pytest.raises(Unavailable):
                async with reading(engine) as connection:
                    await connection.scalar(sa.select(1))
    server.start()
    for engine in engines:
        async with reading(engine) as connection:
            assert await connection.scalar(sa.select(1)) == 1
        await engine.dispose()


@pytest.mark.databases
async def test_a_database_that_dies_inside_a_transaction_is_unavailable(postgresql: PostgreSql, postgresql_url: str) -> None:
    engine = write_engine(postgresql_url)
    with pytest.raises(Unavailable):
        await _die_inside(engine, postgresql)
    postgresql.start()
    await engine.dispose()


async def _die_inside(engine: AsyncEngine, server: PostgreSql) -> None:
    async with writing(engine) as connection:
        await connection.scalar(sa.select(1))
        server.kill()
        async with asyncio.timeout(10):
            while True:  # the process that serves us may answer once more before it sees that its parent is gone
                await connection.scalar(sa.select(1))


def _break() -> None:
    raise RuntimeError("broken")
