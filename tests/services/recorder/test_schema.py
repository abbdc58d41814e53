from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from mesh.errors import Broken
from mesh.tls import Credentials
from services.recorder.migrations import HEAD
from services.recorder.record import Record
from services.recorder.rows import TABLE_OF
from services.recorder.schema import FOLDER, prepare
from wire.record import TABLES


async def test_the_migrated_schema_is_the_declared_one(record_url: str, recorder: Credentials) -> None:
    async with Record(record_url, recorder) as record:
        assert await prepare(record)

        def differences(connection: sa.Connection) -> list[Any]:
            context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": _is_ours})
            return compare_metadata(context, record.metadata)

        assert await record.transact(differences) == []


async def test_a_schema_that_is_there_is_left_alone(record_url: str, recorder: Credentials) -> None:
    async with Record(record_url, recorder) as record:
        assert await prepare(record)
        assert not await prepare(record)


async def test_a_schema_of_a_later_release_is_refused_with_advice(sqlite_url: str) -> None:
    async with Record(sqlite_url) as record:
        await prepare(record)
        await record.transact(lambda connection: connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'")) and None)
        with pytest.raises(Broken, match="another release") as told:
            await prepare(record)
        assert told.value.code == "schema-unknown"


def test_the_known_head_is_the_newest_revision() -> None:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


def test_a_usual_start_does_not_load_alembic() -> None:
    code = "import sys; import services.recorder.main; print('alembic' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.strip() == "False"


def test_every_table_has_its_row_with_the_same_columns() -> None:
    declared = {table.name: [column.name for column in table.columns] for table in TABLES}
    assert {name: [field.name for field in dataclasses.fields(kind)] for kind, name in TABLE_OF.items()} == {
        name: sorted(columns, key=[field.name for field in dataclasses.fields(_kind(name))].index) for name, columns in declared.items()
    }


def _kind(name: str) -> type[Any]:
    return next(kind for kind, table in TABLE_OF.items() if table == name)


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    return kind != "table" or name != "alembic_version"


async def test_a_closed_sqlite_record_is_one_file(sqlite_url: str) -> None:
    async with Record(sqlite_url) as record:
        await prepare(record)
        async with record.reading() as connection:
            await connection.execute(sa.text("SELECT 1 FROM outbox"))
    folder = Path(sqlite_url.removeprefix("sqlite:///")).parent
    assert [path.name for path in folder.iterdir()] == ["record.sqlite3"], "nothing is left in a log beside it: it can be copied"
