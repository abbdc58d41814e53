"""Owns the archive's form: a gzipped tar that is written once from the beginning to the end, and checked whole before it is used.

The first member, ``palestra.json``, says what is in it; the last, ``contents.sha256``, lists every member before it with size and
digest, in order. So a file that was cut off or changed anywhere is known for what it is. Never knows a table.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import tarfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any, Final, Self

import msgspec

from mesh.errors import Invalid
from services.archive.place import opened_beside, put, taken

FORMAT: Final = 1
FIRST: Final = "palestra.json"
LAST: Final = "contents.sha256"
MOST_BYTES_IN_MEMORY: Final = 256 << 20
_CHUNK: Final = 1 << 20
_COMPRESSION: Final = 4
_BROKEN: Final = (tarfile.TarError, EOFError, gzip.BadGzipFile, zlib.error, OSError, msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError)


@dataclass(frozen=True, slots=True)
class ArchivedTable:
    """A table as it was: its columns (name, kind of `wire.record.Kind`) in the order of every row."""

    name: str
    columns: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What stands in an archive. ``parts`` are record, problems, pki; ``revision`` is the schema's."""

    made_at: str
    revision: str
    parts: tuple[str, ...]
    tables: tuple[ArchivedTable, ...] = ()
    format: int = FORMAT


@dataclass(slots=True)
class Member:
    """One member while it passes by. ``mode`` are its permission bits; a folder has no content."""

    name: str
    size_bytes: int
    mode: int
    is_folder: bool
    stream: IO[bytes] = field(repr=False)

    def read(self) -> bytes:
        """The whole content. Raises: `Invalid` (``backup-damaged``) for more than `MOST_BYTES_IN_MEMORY`."""
        if self.size_bytes > MOST_BYTES_IN_MEMORY:
            raise _damaged(f"{self.name} is too large")
        return self.stream.read(self.size_bytes)


class ArchiveWriter:
    """Writes an archive beside its place, and puts it there when it is whole and on the disk. Blocks; mode 0600.

    ``paths`` are the names that it may get, all in one folder: the first that is free at the end. Others may write beside it.
    """

    def __init__(self, paths: Sequence[Path], manifest: Manifest) -> None:
        self._paths = paths
        self._partial, descriptor = opened_beside(paths[0])
        self._file = os.fdopen(descriptor, "wb")
        self._gzip = gzip.GzipFile("", "wb", _COMPRESSION, self._file, mtime=0)
        self._tar = tarfile.open(fileobj=self._gzip, mode="w|", format=tarfile.PAX_FORMAT)  # noqa: SIM115  closed by complete or discard
        self._contents: list[str] = []
        self.add_bytes(FIRST, msgspec.json.encode(manifest))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            self.discard()

    def add_bytes(self, name: str, content: bytes) -> None:
        """Adds a small member."""
        self._add(name, len(content), 0o600, io.BytesIO(content))

    def add_file(self, name: str, path: Path) -> None:
        """Adds a file as it is now, of the size that it has now. Raises: FileNotFoundError."""
        with path.open("rb") as source:
            found = os.fstat(source.fileno())
            self._add(name, found.st_size, found.st_mode & 0o777, source)

    def add_folder(self, name: str) -> None:
        """Adds a folder that is empty."""
        member = tarfile.TarInfo(name)
        member.type, member.mode = tarfile.DIRTYPE, 0o700
        self._tar.addfile(member)
        self._contents.append(f"-  0  {name}")

    def complete(self) -> Path:
        """Puts the archive in its place, over nothing; where. Raises: `Conflict` (``backup-exists``) when no name is free."""
        listing = "".join(f"{line}\n" for line in self._contents).encode()
        self._add(LAST, len(listing), 0o600, io.BytesIO(listing))
        self._tar.close()
        self._gzip.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        path = next((path for path in self._paths if put(self._partial, path)), None)
        if path is None:
            raise taken(self._paths[0])
        self._partial.unlink(missing_ok=True)
        self._file.close()  # not before: whoever finds the file unlocked takes it for a leftover
        return path

    def discard(self) -> None:
        """Leaves nothing behind."""
        self._partial.unlink(missing_ok=True)
        for each in (self._tar, self._gzip, self._file):
            with suppress(OSError, ValueError):  # what it wants to write at its end is not wanted, and the disk may be full
                each.close()

    def _add(self, name: str, size_bytes: int, mode: int, source: IO[bytes]) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode = size_bytes, mode
        hashing = _Hashing(source)
        self._tar.addfile(member, hashing)  # type: ignore[arg-type]  # reads it, and nothing else
        self._contents.append(f"{hashing.digest}  {size_bytes}  {name}")


def verify(path: Path) -> Manifest:
    """Reads the whole archive once; what it says of itself. Blocks. Raises: `Invalid` (``backup-damaged``, ``backup-unreadable``)."""
    with _told_as_damage():
        return _verified(path)


def members(path: Path) -> Iterator[Member]:
    """The members in order, each to be read before the next. Blocks. Raises: `Invalid` (``backup-damaged``, ``backup-unreadable``)."""
    try:
        source = path.open("rb")
    except OSError as wrong:
        raise Invalid(f"{path} cannot be read: {wrong.strerror}", code="backup-unreadable") from wrong
    with source, _told_as_damage():
        unpacked = gzip.GzipFile(fileobj=source)
        with tarfile.open(fileobj=unpacked, mode="r|") as archive:
            for found in archive:
                name = PurePosixPath(found.name)
                if name.is_absolute() or ".." in name.parts or not (found.isreg() or found.isdir()):
                    raise _damaged(f"{found.name!r} has no place in it")
                stream = archive.extractfile(found) if found.isreg() else io.BytesIO()
                assert stream is not None, "regular files have content"
                yield Member(found.name, found.size, found.mode & 0o777, found.isdir(), stream)
        while unpacked.read(_CHUNK):
            pass  # to the end, where the checksum of gzip stands


def _verified(path: Path) -> Manifest:
    seen: list[str] = []
    manifest: Manifest | None = None
    listing: list[str] | None = None
    for member in members(path):
        if listing is not None:
            raise _damaged("something stands behind its end")
        if member.name == LAST:
            listing = member.read().decode().splitlines()
            continue
        if member.is_folder:
            seen.append(f"-  0  {member.name}")
            continue
        hashing = _Hashing(member.stream)
        if manifest is None:
            manifest = _manifest(member.name, hashing.read(min(member.size_bytes, MOST_BYTES_IN_MEMORY)))
        while hashing.read(_CHUNK):
            pass
        seen.append(f"{hashing.digest}  {member.size_bytes}  {member.name}")
    if manifest is None or listing is None:
        raise _damaged("it ends too early")
    if seen != listing:
        wrong = next((one for one, other in zip(seen, listing, strict=False) if one != other), "its end")
        raise _damaged(f"{wrong.rpartition('  ')[2]} is not what was written")
    return manifest


@contextmanager
def _told_as_damage() -> Iterator[None]:
    try:
        yield
    except _BROKEN as wrong:
        raise _damaged(str(wrong) or type(wrong).__name__) from wrong


def _manifest(name: str, content: bytes) -> Manifest:
    if name != FIRST:
        raise Invalid("this is not a backup of Palestra: it does not begin with palestra.json", code="backup-damaged")
    found: dict[str, Any] = msgspec.json.decode(content)
    if found.get("format") != FORMAT:
        raise Invalid(f"the backup has form {found.get('format')}, and this Palestra reads {FORMAT}: restore it with the release that made it, or a newer one", code="backup-unreadable")
    return msgspec.convert(found, Manifest)


def _damaged(why: str) -> Invalid:
    return Invalid(f"the backup is damaged or was cut off, and nothing was changed: {why}; take another copy of it", code="backup-damaged")


class _Hashing:
    """A stream that is hashed while it is read."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self._hash = hashlib.sha256()

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()

    def read(self, size: int) -> bytes:
        part = self._source.read(size)
        self._hash.update(part)
        return part
