"""The line to the database is mutual TLS with the mesh's own certificates, and the database itself keeps the frontend from writing."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from mesh.database import read_engine, reading, write_engine, writing
from mesh.database.address import parse_address
from mesh.database.connecting import Session, connector
from mesh.errors import MeshError, Unavailable
from mesh.tls import Credentials
from pki.registrar import Registrar
from tests.support.databases import DatabaseServer, MariaDb, PostgreSql, postgresql_running
from tests.support.records import Place

pytestmark = pytest.mark.databases


async def _one(engine: AsyncEngine, statement: str = "SELECT 1") -> object:
    async with reading(engine) as connection:
        return await connection.scalar(sa.text(statement))


@pytest.fixture
async def table(secure_place: Place) -> None:
    engine = write_engine(secure_place.write_url, secure_place.writer)
    async with writing(engine) as connection:
        await connection.execute(sa.text("CREATE TABLE book (id INT PRIMARY KEY)"))
        await connection.execute(sa.text("INSERT INTO book VALUES (1)"))
    await engine.dispose()


async def test_the_line_is_tls_13_and_the_user_is_the_certificates(secure_place: Place) -> None:
    engine = read_engine(secure_place.read_url, secure_place.reader)
    if isinstance(secure_place.server, PostgreSql):
        assert await _one(engine, "SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()") == "TLSv1.3"
        assert await _one(engine, "SELECT current_user") == "frontend"
    else:
        async with reading(engine) as connection:
            assert (await connection.execute(sa.text("SHOW SESSION STATUS LIKE 'Ssl_version'"))).one()[1] == "TLSv1.3"
        assert str(await _one(engine, "SELECT CURRENT_USER()")).startswith("frontend@")
    await engine.dispose()


@pytest.mark.parametrize("service", ["runner", "frontend"])
async def test_nobody_signs_in_under_anothers_name(secure_place: Place, pki_folder: Path, service: str) -> None:
    assert secure_place.server is not None
    url = secure_place.server.mesh_url(secure_place.name, "recorder")
    engine = write_engine(url, await asyncio.to_thread(Credentials.load, pki_folder, service))
    with pytest.raises(Unavailable) as told:
        await _one(engine)
    assert told.value.code == "record-unavailable"
    await engine.dispose()


async def test_without_a_certificate_nobody_comes_in(secure_place: Place, pki_folder: Path) -> None:
    assert secure_place.server is not None
    plain = secure_place.server.mesh_url(secure_place.name, "frontend").partition("?")[0]
    for url in (plain, f"{plain}?sslmode=verify-ca&sslrootcert={pki_folder / 'ca.crt'}"):
        engine = read_engine(url)
        with pytest.raises(Unavailable):
            await _one(engine)
        await engine.dispose()


async def test_files_in_the_url_serve_as_well(secure_place: Place, pki_folder: Path) -> None:
    assert secure_place.server is not None
    url = secure_place.server.mesh_url(secure_place.name, "frontend").partition("?")[0]
    files = f"sslrootcert={pki_folder / 'ca.crt'}&sslcert={pki_folder / 'frontend.crt'}&sslkey={pki_folder / 'frontend.key'}"
    engine = read_engine(f"{url}?sslmode=verify-ca&{files}")
    assert await _one(engine) == 1
    await engine.dispose()


async def test_a_server_that_is_not_the_database_is_not_believed(tmp_path: Path, pki_folder: Path) -> None:
    """One with a certificate of the mesh, but another's: it may be a service that was broken into."""
    folder = tmp_path / "pki"
    shutil.copytree(pki_folder, folder)
    for end in ("crt", "key"):
        shutil.copy(pki_folder / f"runner.{end}", folder / f"database.{end}")
    with postgresql_running(pki=folder) as server:
        name = server.fresh_database_with_roles()
        engine = read_engine(server.mesh_url(name), await asyncio.to_thread(Credentials.load, pki_folder, "frontend"))
        with pytest.raises(Unavailable):
            await _one(engine)
        await engine.dispose()


async def test_renewed_certificates_are_used_by_the_next_connection(
    postgresql: PostgreSql, mariadb: MariaDb, fresh_pki: Registrar, pki_folder: Path
) -> None:
    """A new authority on both sides, so that an old certificate could not pass: nothing is restarted, no engine is made anew."""
    for server in (postgresql, mariadb):
        folder = fresh_pki.store.folder
        with _certificates_of(server, folder, pki_folder):
            name = server.fresh_database_with_roles()
            credentials = await asyncio.to_thread(Credentials.load, folder, "frontend")
            engine = read_engine(server.mesh_url(name), credentials)
            assert await _one(engine) == 1
            old = credentials.now.certificate.serial_number
            for _ in range(2):  # announce the new authority, then sign with it
                await asyncio.to_thread(fresh_pki.roll)
            await asyncio.to_thread(fresh_pki.renew, ["frontend", "database"], is_forced=True)
            assert await asyncio.to_thread(credentials.reload)
            assert credentials.now.certificate.serial_number != old
            server.take_certificates(folder)
            server.reload_certificates()
            await engine.dispose()
            assert await _one(engine) == 1
            await engine.dispose()
            server.drop(name)


@contextlib.contextmanager
def _certificates_of(server: DatabaseServer, folder: Path, usual: Path) -> Iterator[None]:
    try:
        server.take_certificates(folder)
        server.reload_certificates()
        yield
    finally:
        server.take_certificates(usual)
        server.reload_certificates()


async def test_a_leaf_that_was_taken_back_opens_nothing_once_the_server_has_the_list(
    postgresql: PostgreSql, fresh_pki: Registrar, pki_folder: Path, tmp_path: Path
) -> None:
    """As docs/operations.md says it, "Certificates": by default the server has no list, and the leaf goes on there until it ends."""
    folder, server = fresh_pki.store.folder, postgresql
    with _certificates_of(server, folder, pki_folder):
        name = server.fresh_database_with_roles()
        thief = await asyncio.to_thread(shutil.copytree, folder, tmp_path / "thief")
        await asyncio.to_thread(fresh_pki.revoke, "frontend")
        await asyncio.to_thread(fresh_pki.renew, ["frontend"], is_forced=True)
        stolen, own = [read_engine(server.mesh_url(name), await asyncio.to_thread(Credentials.load, of, "frontend")) for of in (thief, folder)]
        assert await _one(stolen) == 1
        await stolen.dispose()
        server.take(folder, ("revoked.crl", 0o644))
        server.ask(f"ALTER SYSTEM SET ssl_crl_file = '{server.folder / 'revoked.crl'}'")
        try:
            server.reload_certificates()
            async with asyncio.timeout(20):
                with pytest.raises(Unavailable):
                    while await _one(stolen):  # until the server has read its settings
                        await stolen.dispose()
            assert await _one(own) == 1
        finally:
            server.ask("ALTER SYSTEM RESET ssl_crl_file")
            await stolen.dispose()
            await own.dispose()
        server.reload_certificates()
        server.drop(name)


FORBIDDEN = (
    "INSERT INTO book VALUES (2)", "UPDATE book SET id = 3", "DELETE FROM book", "TRUNCATE book", "CREATE TABLE other (id INT)",
    "DROP TABLE book", "ALTER TABLE book ADD COLUMN name INT", "CREATE TEMPORARY TABLE mine (id INT)", "CREATE VIEW mine AS SELECT 1",
)  # fmt: skip
BESIDE_TABLES = {
    PostgreSql: (
        "SELECT lo_from_bytea(0, 'x')", "SELECT lo_creat(-1)", "SELECT lo_create(0)", "CREATE SCHEMA mine", "CREATE SEQUENCE mine", "CREATE DATABASE mine",
        "COPY book TO '/tmp/book'", "CREATE FUNCTION mine() RETURNS INT LANGUAGE sql AS 'SELECT 1'", "SELECT pg_advisory_lock(1)",
        "SELECT pg_logical_emit_message(false, 'book', repeat('x', 100))",
        "ALTER ROLE recorder SET statement_timeout = 1", "ALTER SYSTEM SET work_mem = '64kB'",
    ),
    MariaDb: (
        "SELECT 1 INTO OUTFILE '/tmp/book'", "CREATE DATABASE mine", "CREATE SEQUENCE mine", "CREATE FUNCTION mine() RETURNS INT RETURN 1",
        "SET GLOBAL max_connections = 10", "CREATE USER mine",
    ),
}  # fmt: skip
"""What somebody who signs in could leave behind, or hold against others, beside the tables."""


@pytest.mark.usefixtures("table")
async def test_the_frontends_user_reads_and_nothing_else(secure_place: Place) -> None:
    """Also when its session says that it may write: the rights are the database's."""
    address = parse_address(secure_place.read_url, secure_place.reader)
    own = read_engine(secure_place.read_url, secure_place.reader)
    bold = create_async_engine(address.url, async_creator=connector(address, Session(is_read_only=False)), isolation_level="AUTOCOMMIT")
    for engine in (own, bold):
        assert await _one(engine, "SELECT id FROM book") == 1
        for statement in (*FORBIDDEN, *BESIDE_TABLES[type(secure_place.server)]):
            with pytest.raises((DBAPIError, MeshError)):
                await _one(engine, statement)
        assert await _one(engine, "SELECT count(*) FROM book") == 1
    await own.dispose()
    await bold.dispose()


@pytest.mark.usefixtures("table")
async def test_the_scripts_can_be_run_again(secure_place: Place) -> None:
    assert secure_place.server is not None
    server = secure_place.server
    script = (Path(__file__).resolve().parents[3] / "compose" / "database" / server.roles).read_text(encoding="utf-8")
    server.run_script(script.replace("palestra", secure_place.name))
    engine = read_engine(secure_place.read_url, secure_place.reader)
    assert await _one(engine, "SELECT id FROM book") == 1
    await engine.dispose()
