"""Owns a file that outlives the process: one SQLite journal, one writer thread, group commit. Knows nothing of what it keeps.

Everything that was handed in while the disk worked on the last commit goes into the next one: one fsync for all.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from mesh.errors import MeshError

_LARGEST_GROUP: Final = 1000

Row = Sequence[Any]
Done = Callable[[MeshError | None], None]


class Faults(Protocol):
    """The errors of one kind of journal, with its codes and what to do."""

    def in_use(self, path: Path, holder: str) -> MeshError:
        """Another process has it."""
        ...

    def damaged(self, path: Path, reason: str) -> MeshError:
        """It cannot be read, or is no journal of ours."""
        ...

    def newer(self, path: Path, version: int) -> MeshError:
        """A later version of the program wrote it."""
        ...

    def full(self, path: Path) -> MeshError:
        """The disk has no room; nothing was taken."""
        ...

    def unusable(self, path: Path, reason: str) -> MeshError:
        """Anything else, closed included."""
        ...


@dataclass(frozen=True, slots=True)
class Format:
    """What a kind of journal is made of. ``mark`` tells it from the files of others, ``version`` from its own later forms.

    ``is_synced``: each commit waits for the disk, and outlives a power cut, not only the process.
    """

    mark: int
    version: int
    schema: tuple[str, ...]
    faults: Faults
    is_synced: bool = True


@dataclass(frozen=True, slots=True)
class _Write:
    sql: str
    rows: Sequence[Row]
    done: Done


class Journal:
    """An open journal. ``done`` callbacks run on the event loop that opened it, in the order of the writes."""

    def __init__(self, path: Path, form: Format, loop: asyncio.AbstractEventLoop) -> None:
        self._path = path
        self._form = form
        self._loop = loop
        self._writes: queue.SimpleQueue[_Write | None] = queue.SimpleQueue()
        self._reading = threading.Lock()
        self._lock_file = _locked(path, form.faults)
        try:
            self._writer = _connected(path, form)
            self._reader = _connected(path, form)
        except BaseException:
            os.close(self._lock_file)
            raise
        self._is_closed = False
        self._thread = threading.Thread(target=self._write_until_closed, name=f"journal {path.name}", daemon=True)
        self._thread.start()

    @classmethod
    async def open(cls, path: Path, form: Format) -> Journal:
        """Opens or makes it. Raises: the faults of its format."""
        return await asyncio.to_thread(cls, path, form, asyncio.get_running_loop())

    def write(self, sql: str, rows: Sequence[Row], done: Done) -> None:
        """Hands in one statement with its rows; ``done`` is told when it is on disk (None) or why it is not."""
        if self._is_closed:
            done(self._form.faults.unusable(self._path, "it is closed, this process is stopping"))
            return
        self._writes.put(_Write(sql, rows, done))

    async def read(self, sql: str, parameters: Row = ()) -> list[Any]:
        """The rows of a query, as committed. Raises: the faults of its format."""
        return await asyncio.to_thread(self._read, sql, parameters)

    async def close(self) -> None:
        """Finishes what was handed in, then lets go of the file."""
        if self._is_closed:
            return
        self._is_closed = True
        self._writes.put(None)
        await asyncio.to_thread(self._end)

    def _end(self) -> None:
        self._thread.join()
        with self._reading:
            self._reader.close()
        self._writer.close()
        os.close(self._lock_file)

    def _read(self, sql: str, parameters: Row) -> list[Any]:
        try:
            with self._reading:
                return self._reader.execute(sql, parameters).fetchall()
        except sqlite3.Error as wrong:
            raise _translated(wrong, self._path, self._form.faults) from wrong

    def _write_until_closed(self) -> None:
        is_open = True
        while is_open:
            group: list[_Write] = []
            write = self._writes.get()
            while write is not None:
                group.append(write)
                if len(group) >= _LARGEST_GROUP:
                    break
                try:
                    write = self._writes.get_nowait()
                except queue.Empty:
                    break
            else:
                is_open = False
            if group:
                self._tell(self._committed(group))

    def _committed(self, group: list[_Write]) -> list[tuple[Done, MeshError | None]]:
        """Commits all as one; when that fails, each alone, so that one cannot fail the others."""
        try:
            self._commit(group)
        except sqlite3.Error as wrong:
            if len(group) == 1:
                return [(group[0].done, _translated(wrong, self._path, self._form.faults))]
            return [result for write in group for result in self._committed([write])]
        return [(write.done, None) for write in group]

    def _commit(self, group: list[_Write]) -> None:
        self._writer.execute("BEGIN IMMEDIATE")
        try:
            position = 0
            while position < len(group):
                sql = group[position].sql
                rows: list[Row] = []
                while position < len(group) and group[position].sql == sql:
                    rows.extend(group[position].rows)
                    position += 1
                self._writer.executemany(sql, rows)
            self._writer.execute("COMMIT")
        except sqlite3.Error:
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
            raise

    def _tell(self, results: list[tuple[Done, MeshError | None]]) -> None:
        def settle() -> None:
            for done, error in results:
                done(error)

        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(settle)


def _locked(path: Path, faults: Faults) -> int:
    """The open lock file beside the journal; the kernel lets go of it when the process dies."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as wrong:
        raise faults.unusable(path, wrong.strerror or str(wrong)) from wrong
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as wrong:
        holder = os.pread(descriptor, 20, 0).decode(errors="replace").strip() or "unknown"
        os.close(descriptor)
        raise faults.in_use(path, holder) from wrong
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode(), 0)
    return descriptor


def _connected(path: Path, form: Format) -> sqlite3.Connection:
    try:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)
    except sqlite3.Error as wrong:
        raise _translated(wrong, path, form.faults) from wrong
    try:
        _prepare(connection, path, form)
    except sqlite3.Error as wrong:
        connection.close()
        raise _translated(wrong, path, form.faults) from wrong
    except MeshError:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path, form: Format) -> None:
    """Checks that it is ours and whole, makes it when it is new."""
    is_new = not connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
    mark = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if not is_new and mark != form.mark:
        raise form.faults.damaged(path, "it is the file of another program")
    if version > form.version:
        raise form.faults.newer(path, version)
    trouble = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if trouble != "ok":
        raise form.faults.damaged(path, trouble)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA journal_size_limit=67108864")
    connection.execute(f"PRAGMA synchronous={'FULL' if form.is_synced else 'NORMAL'}")
    if is_new:
        connection.execute(f"PRAGMA application_id={form.mark}")
        connection.execute(f"PRAGMA user_version={form.version}")
    for statement in form.schema:
        connection.execute(statement)


def _translated(wrong: sqlite3.Error, path: Path, faults: Faults) -> MeshError:
    code = getattr(wrong, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return faults.full(path)
    if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
        return faults.damaged(path, str(wrong))
    return faults.unusable(path, str(wrong))
