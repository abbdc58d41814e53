"""A standby is made with what is shipped, compose/servers/postgresql.sh and compose/database/, over mutual TLS, by a role that may copy and nothing else."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.brokers import LocalProcess
from tests.support.databases import folder_for, missing
from tests.support.ports import free_ports

pytestmark = [pytest.mark.databases, pytest.mark.timeout(120)]

COMPOSE = Path(__file__).resolve().parents[3] / "compose"


def _as_postgres(*command: str) -> list[str]:
    who = pwd.getpwnam("postgres")
    return list(command) if os.geteuid() else ["setpriv", f"--reuid={who.pw_uid}", f"--regid={who.pw_gid}", "--init-groups", "--", *command]


@dataclass
class Place:
    """Where one server runs, as a container would have it."""

    folder: Path
    settings: Path
    standby_of: int = 0
    port: int = field(default_factory=lambda: free_ports(1)[0])

    def __post_init__(self) -> None:
        environ = {
            "PGDATA": str(self.folder / "record"), "PKI": str(self.settings / "pki"), "REPLICATOR": str(self.settings / "pki"), "SETTINGS": str(self.settings),
            "SOCKETS": str(self.folder), "SCRATCH": str(self.folder), "PGPORT": str(self.port), "PGUSER": "postgres",
        }  # fmt: skip
        self.folder.mkdir()
        self.process = LocalProcess(_as_postgres(str(COMPOSE / "servers" / "postgresql.sh")), self.folder, environ)
        self.follow(self.standby_of)

    def follow(self, port: int) -> None:
        """Tells it whom to follow at its next start; 0: nobody."""
        told = {"STANDBY_OF": "127.0.0.1", "STANDBY_PORT": str(port)} if port else {"STANDBY_OF": ""}
        self.process.environ = {**self.process.environ, **told}

    def start(self) -> None:
        """Starts it and waits until it answers."""
        self.process.launch()
        door = self.folder / f".s.PGSQL.{self.port}"  # asking costs a process
        self.process.until(lambda: door.exists() and self.does("select 1", database="palestra"))

    def stop(self) -> None:
        """Ends it as an engine does: it is told, and what is left goes with the container."""
        self.process.signal(15)
        assert self.process._process is None or self.process._process.wait(20) == 0
        self.kill()

    def kill(self) -> None:
        """Ends everything at once; the server itself so that it leaves no shared memory behind."""
        noted = self.folder / "record" / "postmaster.pid"
        if self.process._process is not None:
            with contextlib.suppress(OSError):
                os.kill(int(noted.read_text(encoding="utf-8").split()[0]), signal.SIGQUIT)
            with contextlib.suppress(AssertionError):
                self.process.until(lambda: not noted.exists(), 5)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process._process.pid, 9)
            self.process.kill()

    def ask(self, sql: str, database: str = "postgres") -> str:
        """An administrator's answer, by the socket."""
        asked = _as_postgres("psql", "-X", "-q", "-A", "-t", "-h", str(self.folder), "-p", str(self.port), "-U", "postgres", "-d", database, "-c", sql)
        return subprocess.run(asked, cwd="/", capture_output=True, text=True, timeout=20, check=True).stdout.strip()

    def does(self, sql: str, database: str = "postgres") -> bool:
        """Whether that goes well."""
        try:
            self.ask(sql, database)
        except subprocess.CalledProcessError:
            return False
        return True

    def signs_in(self, user: str, words: str, certificate: str = "") -> str:
        """What the server says to that user, who shows that certificate (his own) and asks for these words of libpq."""
        pki = self.settings / "pki"
        line = (
            f"host=database hostaddr=127.0.0.1 port={self.port} user={user} sslmode=verify-full sslrootcert={pki / 'ca.crt'} "
            f"sslcert={pki / f'{certificate or user}.crt'} sslkey={pki / f'{certificate or user}.key'} {words}"
        )
        sql = "IDENTIFY_SYSTEM" if "replication=true" in words else "select current_user"
        done = subprocess.run(
            _as_postgres("psql", "-X", "-q", "-A", "-t", "-d", line, "-c", sql), cwd="/", capture_output=True, text=True, timeout=20, check=False
        )  # fmt: skip
        return done.stdout.strip() or done.stderr.strip()


@pytest.fixture(scope="module")
def place(pki_folder: Path) -> Iterator[Callable[[str, int], Place]]:
    """Makes places for servers; what runs at the end is ended."""
    if not list(Path("/usr/lib/postgresql").glob("*/bin/initdb")):
        missing("PostgreSQL", "postgresql")
    made: list[Place] = []
    with folder_for("shipped") as folder:
        settings = folder / "settings"
        shutil.copytree(COMPOSE / "database", settings)
        shutil.copytree(pki_folder, settings / "pki", ignore=shutil.ignore_patterns("authority"))
        text = (settings / "postgresql.conf").read_text(encoding="utf-8")
        assert "listen_addresses = '*'" in text
        ours = text.replace("listen_addresses = '*'", "listen_addresses = '127.0.0.1'").replace("fsync = on", "fsync = off")
        (settings / "postgresql.conf").write_text(ours, encoding="utf-8")

        def make(name: str, standby_of: int = 0) -> Place:
            made.append(Place(folder / name, settings, standby_of))
            _give(folder)
            return made[-1]

        try:
            yield make
        finally:
            for each in made:
                each.kill()


def _give(folder: Path) -> None:
    if os.geteuid() == 0:
        for path in (folder, *folder.rglob("*")):
            shutil.chown(path, "postgres", "postgres")


def _until(holds: Callable[[], bool]) -> None:
    ends_at = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < ends_at, "not in time"
        time.sleep(0.05)


def test_a_standby_is_made_follows_is_promoted_and_an_old_primary_stays_out(place: Callable[..., Place]) -> None:
    primary = place("primary")
    primary.start()
    primary.ask("create table book (id int); insert into book values (1); set role recorder; create table page (id int)", "palestra")
    standby = place("standby", primary.port)
    standby.start()

    # the role may copy, and nothing else
    assert "system" not in (said := primary.signs_in("replicator", "replication=true dbname=replication")), said
    assert said.count("|") == 3, "who the server is, and how far it has written"
    assert "pg_hba.conf rejects" in primary.signs_in("replicator", "dbname=palestra")
    assert "certificate authentication failed" in primary.signs_in("replicator", "replication=true dbname=replication", certificate="frontend")
    assert "no pg_hba.conf entry" in primary.signs_in("frontend", "replication=true dbname=replication")
    rights = "rolsuper or rolcreatedb or rolcreaterole or rolbypassrls or not rolreplication"
    assert primary.ask(f"select rolname from pg_roles where rolname = 'replicator' and ({rights})") == ""

    # the standby follows, and the frontend reads there
    primary.ask("insert into book values (2)", "palestra")
    _until(lambda: standby.ask("select count(*) from book", "palestra") == "2")
    assert standby.ask("select pg_is_in_recovery()") == "t"
    assert standby.signs_in("frontend", "dbname=palestra") == "frontend"
    assert primary.ask("select usename, state from pg_stat_replication") == "replicator|streaming"
    assert primary.ask("select s.version from pg_stat_replication r join pg_stat_ssl s using (pid)") == "TLSv1.3"

    # promoted, it is a primary and stays one when it is started again as before; the old one does not come back beside it
    primary.stop()
    standby.ask("select pg_promote(true, 20)")
    standby.stop()
    standby.start()
    assert standby.ask("insert into book values (3) returning id", "palestra") == "3"
    primary.follow(standby.port)
    primary.process.launch()
    _until(primary.process.has_ended)
    assert "was a primary and would take writes" in primary.process.log.read_text(encoding="utf-8")
    shutil.rmtree(primary.folder / "record")
    primary.start()
    assert primary.ask("select pg_is_in_recovery(), count(*) from book", "palestra") == "t|3", "made anew, it follows"
