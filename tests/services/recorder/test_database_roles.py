"""What the recorder makes the frontend's database user reads, all but secrets, and cannot change: tried on the real schema."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from mesh.database import read_engine, reading
from mesh.errors import MeshError
from services.frontend.reads.record import Record as Reader
from services.recorder.record import Record
from services.recorder.schema import prepare
from tests.support.databases import PostgreSql
from tests.support.records import Place
from wire.record import SECRETS, TABLES

pytestmark = pytest.mark.databases


@pytest.fixture
async def reader(secure_place: Place) -> AsyncIterator[Reader]:
    """The frontend's own connection to a record that the recorder has opened, each over TLS as itself."""
    async with Record(secure_place.write_url, secure_place.writer) as record:
        assert await prepare(record)
    made = Reader(read_engine(secure_place.read_url, secure_place.reader))
    yield made
    await made.aclose()


async def test_the_frontend_reads_every_table_but_the_secrets_in_it(reader: Reader, secure_place: Place) -> None:
    for table in TABLES:
        columns = [column.name for column in table.columns if column.name not in SECRETS.get(table.name, ())]
        assert await reader.rows(sa.select(*(reader.table(table.name).c[name] for name in columns))) == []
    if isinstance(secure_place.server, PostgreSql):
        for name, hidden in SECRETS.items():
            for column in hidden:
                with pytest.raises((DBAPIError, MeshError)):
                    await reader.rows(sa.select(reader.table(name).c[column]))


async def test_the_frontend_changes_nothing(reader: Reader, secure_place: Place) -> None:
    engine = read_engine(secure_place.read_url, secure_place.reader)
    for table in TABLES:
        for statement in (f"DELETE FROM {table.name}", f"DROP TABLE {table.name}", f"ALTER TABLE {table.name} ADD COLUMN more INT"):
            with pytest.raises((DBAPIError, MeshError)):
                async with reading(engine) as connection:
                    await connection.execute(sa.text(statement))
    assert await reader.rows(sa.select(reader.table("accounts").c.username)) == []
    await engine.dispose()
