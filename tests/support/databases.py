"""Owns the real PostgreSQL and MariaDB of a test run: local processes in temporary folders, on free ports, ended by their pid.

Plain context managers (`postgresql_running`, `mariadb_running`) and, on top of them, fixtures. A missing package is a failure
with REQUIRE_BROKERS=1 or CI=true, else a loud skip.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import asyncmy  # noqa: F401  its import reads files, which the first engine would otherwise do inside the event loop
import pytest

from tests.support.brokers import LocalProcess
from tests.support.ports import free_ports

ROLES = Path(__file__).resolve().parents[2] / "compose" / "database"
HBA = """
local all all trust
hostssl all recorder,frontend 127.0.0.1/32 cert
hostssl replication replicator 127.0.0.1/32 cert
hostnossl all recorder,frontend 127.0.0.1/32 reject
host all postgres 127.0.0.1/32 trust
"""
"""As compose/database/pg_hba.conf has it, with a way in for the tests' administrator."""

_TOOL_LIMIT_S = 60


class DatabaseServer:
    """One database server with its own folder; ``start`` again after ``kill`` keeps port and content."""

    user = ""
    roles = ""

    def __init__(self, folder: Path, pki: Path | None = None) -> None:
        self.folder = folder
        self.has_tls = pki is not None
        (self.port,) = free_ports(1)
        if pki is not None:
            self.take_certificates(pki)
        if os.geteuid() == 0:
            folder.chmod(0o755)
            shutil.chown(folder, self.user, pwd.getpwnam(self.user).pw_gid)
        self.prepare()
        self._process = LocalProcess(self._as_user(self.command()), folder)

    def take_certificates(self, pki: Path) -> None:
        """Copies the authority and the server's own leaf; the server must be told when it runs."""
        self.take(pki, ("ca.crt", 0o644), ("database.crt", 0o644), ("database.key", 0o600))

    def take(self, pki: Path, *files: tuple[str, int]) -> None:
        """Copies files of the mesh's certificates, with these modes, to be the server's own."""
        for name, mode in files:
            shutil.copy(pki / name, self.folder / name)
            (self.folder / name).chmod(mode)
            if os.geteuid() == 0:
                shutil.chown(self.folder / name, self.user, pwd.getpwnam(self.user).pw_gid)

    def reload_certificates(self) -> None:
        """Has a running server show the certificate that it was given last."""
        raise NotImplementedError

    def fresh_database_with_roles(self) -> str:
        """The name of a new database of the user ``recorder`` that ``frontend`` may read: as compose/database says it."""
        name = f"t{uuid.uuid4().hex[:16]}"
        self.run_script((ROLES / self.roles).read_text(encoding="utf-8").replace("palestra", name))
        return name

    def run_script(self, text: str) -> None:
        """Runs statements as an administrator."""
        raise NotImplementedError

    def mesh_url(self, database: str, user: str = "") -> str:
        """The URL of a database over TLS with certificates of the mesh; without a user: the service's own name."""
        scheme, _, rest = self.url(database).partition("://")
        return f"{scheme}://{user}{'@' if user else ''}{rest.rpartition('@')[2]}?tls=mesh"

    def prepare(self) -> None:
        """Makes the folder a database cluster."""
        raise NotImplementedError

    def command(self) -> list[str]:
        """How the server is started."""
        raise NotImplementedError

    def ask(self, sql: str, database: str = "") -> str:
        """What the server's own client gets for a statement, as an administrator."""
        raise NotImplementedError

    def url(self, database: str) -> str:
        """The URL of a database, with all rights."""
        raise NotImplementedError

    def start(self) -> None:
        """Starts it and waits until it answers. Only from the main thread: Linux ends it when the thread ends that started it."""
        self._process.launch()
        self._process.until(self.is_up)

    def kill(self) -> None:
        """kill -9 of the server; what it forked ends by itself."""
        self._process.kill()

    def end(self) -> None:
        """Ends it for good, so that it leaves no shared memory behind."""
        self.thaw()
        self._process.signal(signal.SIGQUIT)
        with suppress(AssertionError):
            self._process.until(self._process.has_ended, 5)
        self.kill()

    def freeze(self) -> None:
        """Stops the server and all that it forked."""
        self._signal_all(signal.SIGSTOP)

    def thaw(self) -> None:
        """Lets a frozen one go on."""
        self._signal_all(signal.SIGCONT)

    def is_up(self) -> bool:
        """Whether it answers a query."""
        try:
            return self.ask("SELECT 1").strip().endswith("1")
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            return False

    def fresh_database(self) -> str:
        """The name of a new, empty database."""
        name = f"t{uuid.uuid4().hex[:16]}"
        self.ask(f"CREATE DATABASE {name}")
        return name

    def drop(self, database: str) -> None:
        """Takes a database away."""
        self.ask(f"DROP DATABASE IF EXISTS {database}")

    def run_tool(self, *command: str, user: bool = False, text: str = "") -> str:
        """Runs one of the server's tools to its end; what it printed."""
        whole = self._as_user(command) if user else list(command)
        done = subprocess.run(whole, cwd=self.folder, capture_output=True, text=True, timeout=_TOOL_LIMIT_S, check=False, input=text)
        if done.returncode:
            raise subprocess.CalledProcessError(done.returncode, command[0], done.stdout, done.stderr)
        return done.stdout

    def _as_user(self, command: Sequence[str]) -> list[str]:
        """Neither server runs as root; both end with us."""
        if os.geteuid() != 0:
            return list(command)
        who = pwd.getpwnam(self.user)
        return [
            "setpriv", f"--reuid={who.pw_uid}", f"--regid={who.pw_gid}", "--init-groups", "--pdeathsig", "KILL", "--", *command,
        ]  # fmt: skip

    def _signal_all(self, number: int) -> None:
        process = self._process._process
        if process is None or process.poll() is not None:
            return
        for pid in (process.pid, *_children(process.pid)):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue


class PostgreSql(DatabaseServer):
    """A PostgreSQL cluster that trusts loopback. ``fsync`` is off: kill -9 of a process loses no page cache."""

    user = "postgres"
    roles = "postgresql.sql"

    def __init__(self, folder: Path, *, is_synced: bool = False, pki: Path | None = None) -> None:
        self.bin = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
        self._is_synced = is_synced
        super().__init__(folder, pki)

    def prepare(self) -> None:
        self.run_tool(
            str(self.bin / "initdb"), "--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8",
            str(self.folder / "data"), user=True,
        )  # fmt: skip
        if self.has_tls:
            (self.folder / "data" / "pg_hba.conf").write_text(HBA)

    def command(self) -> list[str]:
        settings: dict[str, object] = {
            "listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": self.folder, "shared_buffers": "32MB",
            "fsync": "on" if self._is_synced else "off", "max_connections": 60, "logging_collector": "off", "autovacuum": "off",
            "dynamic_shared_memory_type": "mmap",
        }  # fmt: skip
        if self.has_tls:
            files = {"ssl_ca_file": "ca.crt", "ssl_cert_file": "database.crt", "ssl_key_file": "database.key"}
            settings |= {"ssl": "on", "ssl_min_protocol_version": "TLSv1.3", **{name: self.folder / file for name, file in files.items()}}
        return [str(self.bin / "postgres"), "-D", str(self.folder / "data"), *(f"--{name}={value}" for name, value in settings.items())]

    def ask(self, sql: str, database: str = "") -> str:
        return self.run_tool(
            str(self.bin / "psql"), "-X", "-q", "-t", "-A", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", str(self.port),
            "-U", "postgres", "-d", database or "postgres", "-c", sql,
        )  # fmt: skip

    def run_script(self, text: str) -> None:
        self.run_tool(
            str(self.bin / "psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres",
            "-d", "postgres", text=text,
        )  # fmt: skip

    def reload_certificates(self) -> None:
        self.ask("SELECT pg_reload_conf()")

    def drop(self, database: str) -> None:
        self.ask(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")

    def url(self, database: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"


class MariaDb(DatabaseServer):
    """A MariaDB server whose root has no password on loopback. Its log is not forced to the disk, for the same reason."""

    user = "mysql"
    roles = "mariadb.sql"

    def __init__(self, folder: Path, *, is_synced: bool = False, pki: Path | None = None) -> None:
        self._is_synced = is_synced
        super().__init__(folder, pki)

    def prepare(self) -> None:
        self.run_tool(
            "mariadb-install-db", "--no-defaults", f"--datadir={self.folder / 'data'}", "--auth-root-authentication-method=normal",
            "--skip-test-db", "--skip-name-resolve", user=True,
        )  # fmt: skip

    def command(self) -> list[str]:
        return [
            "/usr/sbin/mariadbd", "--no-defaults", f"--datadir={self.folder / 'data'}", f"--port={self.port}", "--bind-address=127.0.0.1",
            f"--socket={self.folder / 'mariadb.sock'}", f"--pid-file={self.folder / 'mariadb.pid'}", "--skip-name-resolve",
            f"--innodb-flush-log-at-trx-commit={1 if self._is_synced else 2}", "--innodb-buffer-pool-size=64M", "--max-connections=60",
            "--performance-schema=off", *(self._tls_options() if self.has_tls else ()),
        ]  # fmt: skip

    def _tls_options(self) -> list[str]:
        files = {"ssl-ca": "ca.crt", "ssl-cert": "database.crt", "ssl-key": "database.key"}
        return [*(f"--{name}={self.folder / file}" for name, file in files.items()), "--tls-version=TLSv1.3"]

    def run_script(self, text: str) -> None:
        self.run_tool("mariadb", "--no-defaults", "--host=127.0.0.1", f"--port={self.port}", "--user=root", text=text)

    def reload_certificates(self) -> None:
        self.ask("FLUSH SSL")

    def ask(self, sql: str, database: str = "") -> str:
        return self.run_tool(
            "mariadb", "--no-defaults", "--batch", "--skip-column-names", "--host=127.0.0.1", f"--port={self.port}", "--user=root",
            f"--execute={sql}", *([database] if database else []),
        )  # fmt: skip

    def url(self, database: str) -> str:
        return f"mysql://root@127.0.0.1:{self.port}/{database}"


@contextmanager
def postgresql_running(*, is_synced: bool = False, pki: Path | None = None) -> Iterator[PostgreSql]:
    """A started PostgreSQL, ended on leaving."""
    if shutil.which("psql") is None or not list(Path("/usr/lib/postgresql").glob("*/bin/initdb")):
        missing("PostgreSQL", "postgresql")
    with folder_for("postgresql") as folder:
        server = PostgreSql(folder, is_synced=is_synced, pki=pki)
        try:
            server.start()
            yield server
        finally:
            server.end()


@contextmanager
def mariadb_running(*, is_synced: bool = False, pki: Path | None = None) -> Iterator[MariaDb]:
    """A started MariaDB, ended on leaving."""
    if not Path("/usr/sbin/mariadbd").exists() or shutil.which("mariadb-install-db") is None:
        missing("MariaDB", "mariadb-server")
    with folder_for("mariadb") as folder:
        server = MariaDb(folder, is_synced=is_synced, pki=pki)
        try:
            server.start()
            yield server
        finally:
            server.end()


@pytest.fixture(scope="session")
def postgresql(pki_folder: Path) -> Iterator[PostgreSql]:
    """One PostgreSQL for the whole run. Tests that kill it start it again."""
    with postgresql_running(pki=pki_folder) as server:
        yield server


@pytest.fixture(scope="session")
def mariadb(pki_folder: Path) -> Iterator[MariaDb]:
    """One MariaDB for the whole run. Tests that kill it start it again."""
    with mariadb_running(pki=pki_folder) as server:
        yield server


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of a SQLite file that is not there yet."""
    return f"sqlite:///{tmp_path / 'record.sqlite3'}"


@pytest.fixture
def postgresql_url(postgresql: PostgreSql) -> Iterator[str]:
    """The URL of a fresh database on PostgreSQL."""
    name = postgresql.fresh_database()
    yield postgresql.url(name)
    postgresql.drop(name)


@pytest.fixture
def mariadb_url(mariadb: MariaDb) -> Iterator[str]:
    """The URL of a fresh database on MariaDB."""
    name = mariadb.fresh_database()
    yield mariadb.url(name)
    mariadb.drop(name)


async def sqlite_threads_ended(limit_s: float = 5.0) -> None:
    """Waits until aiosqlite's threads are gone: one whose connection failed reports to the loop after the caller went on."""
    async with asyncio.timeout(limit_s):
        while any("_connection_worker_thread" in thread.name for thread in threading.enumerate()):
            await asyncio.sleep(0.005)


@contextmanager
def folder_for(name: str) -> Iterator[Path]:
    """A folder that the servers' own users can reach, as pytest's are not."""
    folder = Path(tempfile.mkdtemp(prefix=f"palestra-{name}-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def missing(name: str, package: str) -> None:
    """Ends the test: as a failure where databases are required, else as a skip that says what to install."""
    text = f"{name} is not installed here: apt-get install {package}"
    if os.environ.get("REQUIRE_BROKERS") == "1" or os.environ.get("CI") == "true":
        pytest.fail(text)
    pytest.skip(text)


def _children(pid: int) -> list[int]:
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return []
    return [int(child) for child in text.split()]
