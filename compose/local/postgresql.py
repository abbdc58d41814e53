"""Owns how PostgreSQL runs in a local house: TLS only, each user signed in by its certificate. Never starts it."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from compose.local.plan import Plan
from compose.local.program import CannotStart, Program

DATABASE: Final = "palestra"
ROLES: Final = Path(__file__).resolve().parents[1] / "database" / "postgresql.sql"


def tools() -> Path | None:
    """The folder of the newest PostgreSQL's programs; None where there is none."""
    found = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if (path / "initdb").exists()]
    return max(found, key=lambda path: int(path.parent.name), default=None)


def postgresql(plan: Plan) -> Program:
    """The database server."""
    found = tools()
    assert found is not None, "looked for before"
    folder, port = plan.folder / "postgresql", plan.ports["postgresql"]
    settings = {
        "listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": folder, "shared_buffers": "64MB",
        "max_connections": 100, "logging_collector": "off", "log_min_messages": "warning", "max_wal_size": "256MB", "ssl": "on",
        "dynamic_shared_memory_type": "mmap",  # in its own folder, and gone with it when it is killed
        "ssl_ca_file": folder / "tls" / "ca.crt", "ssl_cert_file": folder / "tls" / "database.crt", "ssl_key_file": folder / "tls" / "database.key",
        "ssl_min_protocol_version": "TLSv1.3", "password_encryption": "scram-sha-256",
        "tcp_keepalives_idle": 10, "tcp_keepalives_interval": 5, "tcp_keepalives_count": 3,
    }  # fmt: skip
    command = [str(found / "postgres"), "-D", str(folder / "data"), *(f"--{key.replace('_', '-')}={value}" for key, value in settings.items())]

    def prepare() -> None:
        _prepare_postgresql(plan, folder, found)

    def is_ready() -> bool:
        return _has_database(folder, found, port)

    return Program("postgresql", command, folder, 0, is_ready, prepare, user="postgres", stop_signal=2)


def _prepare_postgresql(plan: Plan, folder: Path, found: Path) -> None:
    """Makes the cluster, its rules of entry and its copies of the certificates; all of it again harmless."""
    for path in (folder, folder / "tls"):
        path.mkdir(parents=True, exist_ok=True)
        _give(path)
        path.chmod(0o700)
    for name in ("ca.crt", "database.crt", "database.key"):
        copy = folder / "tls" / name
        shutil.copyfile(plan.pki / name, copy)
        copy.chmod(0o600)
        _give(copy)
    if not _is_reachable(folder):
        raise CannotStart(f"the user postgres cannot enter {folder}: choose another folder with MESH_FOLDER=/srv/palestra-mesh")
    if not (folder / "data" / "PG_VERSION").exists():
        shutil.rmtree(folder / "data", ignore_errors=True)
        _as_postgres([str(found / "initdb"), "--no-sync", "--auth=peer", "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8", str(folder / "data")])
    rules = folder / "data" / "pg_hba.conf"
    rules.write_text("local all postgres peer map=keeper\nhostssl palestra recorder,frontend 127.0.0.1/32 cert\nhostssl replication replicator 127.0.0.1/32 cert\n", encoding="ascii")
    people = {"postgres", pwd.getpwuid(os.geteuid()).pw_name}
    (folder / "data" / "pg_ident.conf").write_text("".join(f"keeper {one} postgres\n" for one in sorted(people)), encoding="ascii")
    for path in (rules, folder / "data" / "pg_ident.conf"):
        _give(path)


def _has_database(folder: Path, found: Path, port: int) -> bool:
    """Whether it answers; the first time it does, roles and database are made."""
    ask = [str(found / "psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", str(folder), "-p", str(port), "-U", "postgres"]
    try:
        there = subprocess.run(
            [*ask, "-c", f"select 1 from pg_database where datname = '{DATABASE}'", "postgres"],  # noqa: S608  a constant
            capture_output=True, text=True, timeout=20, check=True, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        if not there.stdout.strip():
            subprocess.run([*ask, "-f", str(ROLES), "postgres"], capture_output=True, timeout=20, check=True, stdin=subprocess.DEVNULL)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return False
    return True


def _give(path: Path) -> None:
    if os.geteuid() == 0:
        who = pwd.getpwnam("postgres")
        os.chown(path, who.pw_uid, who.pw_gid)


def _is_reachable(folder: Path) -> bool:
    return os.geteuid() != 0 or all(parent.stat().st_mode & 0o001 for parent in folder.parents)


def _as_postgres(command: Sequence[str]) -> None:
    words = list(command)
    if os.geteuid() == 0:
        who = pwd.getpwnam("postgres")
        words = ["setpriv", f"--reuid={who.pw_uid}", f"--regid={who.pw_gid}", "--init-groups", "--", *words]
    try:
        subprocess.run(words, cwd="/", capture_output=True, text=True, timeout=60, check=True, stdin=subprocess.DEVNULL)
    except subprocess.CalledProcessError as wrong:
        raise CannotStart(f"{Path(command[0]).name}: {wrong.stderr.strip()[-500:]}") from wrong


