"""Owns a PostgreSQL standby of a test run: a copy that follows its primary by streaming, late if wanted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support import databases
from tests.support.databases import PostgreSql


class Standby(PostgreSql):
    """Follows ``primary``, ``delay_s`` behind it. Reads the same databases; ``promote`` makes it a primary."""

    def __init__(self, folder: Path, primary: PostgreSql, pki: Path, *, delay_s: float = 0.0) -> None:
        self._primary = primary
        self._delay_s = delay_s
        super().__init__(folder, pki=pki)

    def take_certificates(self, pki: Path) -> None:
        super().take_certificates(pki)
        self.take(pki, ("replicator.crt", 0o644), ("replicator.key", 0o600))

    def prepare(self) -> None:
        self.run_tool(
            str(self.bin / "pg_basebackup"), "-d",
            f"host=database hostaddr=127.0.0.1 port={self._primary.port} user=replicator sslmode=verify-full sslrootcert={self.folder / 'ca.crt'} "
            f"sslcert={self.folder / 'replicator.crt'} sslkey={self.folder / 'replicator.key'}",
            "-D", str(self.folder / "data"), "-R", "-X", "stream", "--checkpoint=fast", "--no-sync", user=True,
        )  # fmt: skip

    def command(self) -> list[str]:
        return [*super().command(), f"--recovery_min_apply_delay={round(self._delay_s * 1000)}ms", "--hot_standby=on"]

    def promote(self) -> None:
        """Makes it a primary that may be written."""
        self.ask("SELECT pg_promote(true, 20)")


@contextmanager
def primary_with_standby(pki: Path) -> Iterator[tuple[PostgreSql, Standby]]:
    """A primary of the test's own, to be killed, and its standby; both ended on leaving."""
    with databases.postgresql_running(pki=pki) as primary, standby_of(primary, pki) as standby:
        yield primary, standby


@contextmanager
def standby_of(primary: PostgreSql, pki: Path, *, delay_s: float = 0.0) -> Iterator[Standby]:
    """A started standby of a primary, copied by the role that compose/database makes for it; ended on leaving."""
    primary.drop(primary.fresh_database_with_roles())
    with databases.folder_for("standby") as folder:
        standby = Standby(folder, primary, pki, delay_s=delay_s)
        try:
            standby.start()
            yield standby
        finally:
            standby.thaw()
            standby.kill()
