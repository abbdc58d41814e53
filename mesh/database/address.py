"""Owns the reading of database URLs: which driver, which hosts, who signs in, and how the line is protected. Never opens one.

A plain URL is enough: ``sqlite:///var/record.db``, ``postgresql://…``, ``mysql://…``; the asynchronous driver is chosen here.

``?tls=mesh`` asks for TLS 1.3 with the mesh's own certificates: the server must prove the name ``database``, we show the
service's leaf, and a URL without a user signs in under the service's name. libpq's words ask for TLS with files, for MySQL too:
``?sslmode=verify-full&sslrootcert=…&sslcert=…&sslkey=…``. Without either there is none.
Several hosts, PostgreSQL only: ``postgresql://a:5432,b/palestra``; a writer takes the one that may be written, a reader
rather a standby; ``target_session_attrs`` says it otherwise.
"""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass
from typing import Final

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from mesh.errors import Refused
from mesh.tls import Credentials

SERVER: Final = "database"
"""The name in the server's certificate."""

_DRIVERS: Final = {
    "sqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+asyncpg",
    "postgres": "postgresql+asyncpg",
    "mysql": "mysql+asyncmy",
    "mariadb": "mariadb+asyncmy",
}
_PORTS: Final = {"postgresql": 5432, "mysql": 3306, "mariadb": 3306}
_TLS_WORDS: Final = frozenset({"sslmode", "sslrootcert", "sslcert", "sslkey"})
_WORDS: Final = _TLS_WORDS | {"tls", "target_session_attrs"}
_TARGETS: Final = frozenset({"any", "primary", "standby", "prefer-standby", "read-write", "read-only"})

Host = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Address:
    """Where a database is. ``url`` names the driver and has one host; ``hosts`` are all of them, in order.

    ``target`` is libpq's ``target_session_attrs``, empty when nothing was said. ``tls`` is None for a plain line.
    """

    url: URL
    hosts: tuple[Host, ...]
    user: str
    password: str
    database: str
    target: str
    tls: ssl.SSLContext | None

    @property
    def kind(self) -> str:
        """sqlite, postgresql, mysql or mariadb."""
        return self.url.get_backend_name()

    @property
    def is_file(self) -> bool:
        """Whether it is a SQLite file."""
        return self.kind == "sqlite"


def parse_address(url: str, credentials: Credentials | None = None) -> Address:
    """Reads a database URL. ``tls=mesh`` needs ``credentials``. Raises: `Refused` (``bad-database-url``), which shows no password."""
    plain, names = _with_one_host(url)
    try:
        parsed = make_url(plain)
    except (ArgumentError, ValueError):
        raise _bad("the database URL cannot be read; write it like sqlite:///var/record.db") from None
    scheme = parsed.drivername.partition("+")[0]
    driver = _DRIVERS.get(scheme)
    if driver is None or not parsed.database:
        raise _bad(f"the database URL must be sqlite:///FILE, postgresql://HOST/NAME or mysql://HOST/NAME, not {parsed.drivername}://…")
    words = {key: str(value) for key, value in parsed.query.items()}
    if unknown := sorted(set(words) - _WORDS):
        raise _bad(f"the database URL has words that nobody knows: {', '.join(unknown)}; there are {', '.join(sorted(_WORDS))}")
    whole = parsed.set(drivername=driver, query={})
    if scheme == "sqlite":
        return Address(whole, (), "", "", str(parsed.database), "", None)
    usual = _PORTS[whole.get_backend_name()]
    hosts = tuple(_host(name, usual) for name in names) or ((parsed.host or "127.0.0.1", parsed.port or usual),)
    if len(hosts) > 1 and whole.get_backend_name() != "postgresql":
        raise _bad("several hosts in a database URL are for PostgreSQL only")
    target = words.get("target_session_attrs", "")
    if target and target not in _TARGETS:
        raise _bad(f"target_session_attrs must be one of {', '.join(sorted(_TARGETS))}")
    is_of_mesh = _wants_mesh(words)
    user = parsed.username or (credentials.service if is_of_mesh and credentials is not None else "")
    tls = _of_mesh(credentials) if is_of_mesh else _of_files(words)
    return Address(whole, hosts, user, str(parsed.password or ""), str(parsed.database), target, tls)


def _with_one_host(url: str) -> tuple[str, list[str]]:
    """The URL with its first host only, and all hosts as they stand there; none for a URL with one."""
    scheme, mark, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    account, at, places = authority.rpartition("@")
    if not mark or "," not in places:
        return url, []
    names = [name.strip() for name in places.split(",")]
    return f"{scheme}://{account}{at}{names[0]}{slash}{path}", names


def _host(name: str, usual: int) -> Host:
    found = _HOST.fullmatch(name)
    if found is None:
        raise _bad(f"{name!r} in the database URL is not HOST or HOST:PORT")
    return found[1].strip("[]"), int(found[2] or usual)


_HOST: Final = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^:\[\]\s]+)(?::(\d{1,5}))?")


def _wants_mesh(words: dict[str, str]) -> bool:
    if "tls" not in words:
        return False
    if words["tls"] != "mesh":
        raise _bad(f"tls={words['tls']} is not known; write tls=mesh, or libpq's sslmode=verify-full and its files")
    if _TLS_WORDS & set(words):
        raise _bad("tls=mesh brings its own certificates: leave sslmode and its files out of the database URL")
    return True


def _of_mesh(credentials: Credentials | None) -> ssl.SSLContext:
    """A context that follows the service's files: every new connection shows the certificate of now."""
    if credentials is None:
        raise _bad("tls=mesh needs the certificates of a service, and there are none here")
    return credentials.client_context(SERVER)


def _of_files(words: dict[str, str]) -> ssl.SSLContext | None:
    mode = words.get("sslmode", "verify-full")
    if not _TLS_WORDS & set(words) or mode == "disable":
        return None
    if mode not in {"verify-full", "verify-ca"}:
        raise _bad(f"sslmode {mode} does not prove who answers; use verify-full, verify-ca or disable")
    try:
        context = ssl.create_default_context(cafile=words.get("sslrootcert"))
        if "sslcert" in words:
            context.load_cert_chain(words["sslcert"], words.get("sslkey"))
    except OSError as wrong:
        raise _bad(f"the certificates that the database URL names cannot be read: {wrong}") from wrong
    context.check_hostname = mode == "verify-full"
    return context


def _bad(text: str) -> Refused:
    return Refused(text, code="bad-database-url")
