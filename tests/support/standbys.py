"""Owns a PostgreSQL standby of a test run: a copy that follows its primary by streaming, late if wanted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support import databases
from tests.support.databases import PostgreSql


class Standby(PostgreSql):
    """Follows ``primary``, ``delay_s`` behind it. Reads the same databases; ``promote`` makes it a primary."""

    def __init__(self, folder: Path, primary: PostgreSql, *, delay_s: float = 0.0) -> None:
        self._primary = primary
        self._delay_s = delay_s
        super().__init__(folder)

    def prepare(self) -> None:
        self.run_tool(
            str(self.bin / "pg_basebackup"), "-h", "127.0.0.1", "-p", str(self._primary.port), "-U", "postgres", "-D",
            str(self.folder / "data"), "-R", "-X", "stream", "--checkpoint=fast", "--no-sync", user=True,
        )  # fmt: skip

    def command(self) -> list[str]:
        return [*super().command(), f"--recovery_min_apply_delay={round(self._delay_s * 1000)}ms", "--hot_standby=on"]

    def promote(self) -> None:
        """Makes it a primary that may be written."""
        self.ask("SELECT pg_promote(true, 20)")


@contextmanager
def primary_with_standby() -> Iterator[tuple[PostgreSql, Standby]]:
    """A primary of the test's own, to be killed, and its standby; both ended on leaving."""
    with databases.postgresql_running() as primary, standby_of(primary) as standby:
        yield primary, standby


@contextmanager
def standby_of(primary: PostgreSql, *, delay_s: float = 0.0) -> Iterator[Standby]:
    """A started standby of a primary, ended on leaving."""
    with databases._folder("standby") as folder:
        standby = Standby(folder, primary, delay_s=delay_s)
        try:
            standby.start()
            yield standby
        finally:
            standby.thaw()
            standby.kill()
