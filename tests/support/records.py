"""Owns the places where the contract of databases is held: each kind, plain and over TLS with certificates of the mesh."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mesh.tls import Credentials
from tests.support.databases import DatabaseServer


@dataclass(frozen=True)
class Place:
    """One empty database: how its writer and its readers reach it."""

    write_url: str
    read_url: str
    writer: Credentials | None = None
    reader: Credentials | None = None
    server: DatabaseServer | None = None
    name: str = ""


@pytest.fixture(params=[
    "sqlite", *(pytest.param(name, marks=pytest.mark.databases) for name in ("postgresql", "mariadb", "postgresql-tls", "mariadb-tls"))
])  # fmt: skip
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    kind, _, tls = request.param.partition("-")
    if tls:
        yield from request.getfixturevalue(f"{kind}_place")
    else:
        url = request.getfixturevalue(f"{kind}_url")
        yield Place(url, url)


@pytest.fixture
def postgresql_place(postgresql: DatabaseServer, pki_folder: Path) -> Iterator[Place]:
    return secured(postgresql, pki_folder)


@pytest.fixture
def mariadb_place(mariadb: DatabaseServer, pki_folder: Path) -> Iterator[Place]:
    return secured(mariadb, pki_folder)


@pytest.fixture(params=[pytest.param(name, marks=pytest.mark.databases) for name in ("postgresql", "mariadb")])
def secure_place(request: pytest.FixtureRequest) -> Iterator[Place]:
    """A database with the roles of compose/database, over TLS, on each kind of server."""
    yield from request.getfixturevalue(f"{request.param}_place")


@pytest.fixture(params=["sqlite", *(pytest.param(name, marks=pytest.mark.databases) for name in ("postgresql", "mariadb"))])
def record_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a fresh, empty database on each kind in turn: a file, or a server that takes mutual TLS only, with the roles of compose/database.

    It opens with the credentials of `recorder` or, to read, of `frontend`.
    """
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_url")
        return
    server: DatabaseServer = request.getfixturevalue(request.param)
    name = server.fresh_database_with_roles()
    yield server.mesh_url(name)
    server.drop(name)


@pytest.fixture(scope="session")
def recorder(pki_folder: Path) -> Credentials:
    """Who may write the record."""
    return Credentials.load(pki_folder, "recorder")


@pytest.fixture(scope="session")
def frontend(pki_folder: Path) -> Credentials:
    """Who may read it, and no more."""
    return Credentials.load(pki_folder, "frontend")


def secured(server: DatabaseServer, pki: Path) -> Iterator[Place]:
    name = server.fresh_database_with_roles()
    url = server.mesh_url(name)
    yield Place(url, url, Credentials.load(pki, "recorder"), Credentials.load(pki, "frontend"), server, name)
    server.drop(name)
