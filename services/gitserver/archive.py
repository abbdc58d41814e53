"""Owns the pouring of a hostile zip into git: every name, size and byte is checked before or while it flows.

Nothing is ever written under a name from the archive: files become git objects of one commit. Never judges the package
inside: the format readers do. Runs in a thread.
"""

from __future__ import annotations

import io
import itertools
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from services.gitserver.findings import Report
from services.gitserver.links import LINK_MODE, MOST_TARGET_BYTES
from services.gitserver.names import fault_of_path, is_junk
from services.gitserver.repository import EXECUTABLE_MODE

CHUNK_BYTES: Final = 256 * 1024
MOST_RATIO: Final = 200
_UNSUSPICIOUS_BYTES: Final = 64 << 20
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_UTF8_FLAG: Final = 0x800
_ENCRYPTED_FLAG: Final = 0x1
_UNIX: Final = 3
_ANY_EXECUTES: Final = 0o111
_DOS: Final = frozenset({0, 10})
"""Systems of which some archivers write folders with a backslash: FAT, NTFS."""
_CODE_PAGE: Final = "cp437"
"""What a name is in when nothing is said. Source: PKWARE APPNOTE, appendix D."""
_DIRECTORY_BYTES: Final = 256
"""What one file may take of the archive's directory, on average: the directory is held in memory."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How large a package may be: as it travels, unpacked, and in files."""

    packed_bytes: int = 1 << 30
    unpacked_bytes: int = 4 << 30
    files: int = 20_000


@dataclass(frozen=True, slots=True)
class _Entry:
    """One file that may be unpacked, with the path and the mode that it gets."""

    info: zipfile.ZipInfo
    path: str

    @property
    def mode(self) -> str:
        """As git writes it: a link, a file that may be executed, any other. Archives of other systems than Unix say nothing of it."""
        mode = _mode_of(self.info)
        if stat.S_IFMT(mode) == stat.S_IFLNK:
            return LINK_MODE
        return EXECUTABLE_MODE if mode & _ANY_EXECUTES else "100644"


@dataclass(frozen=True, slots=True)
class Poured:
    """What came of an archive: the name of its one top folder (empty: none), and how many files went into the commit."""

    top_folder: str
    files: int


def pour(archive: Path, stream: IO[bytes], bounds: Bounds, report: Report) -> Poured:
    """Writes the archive's good files as one commit on `refs/heads/incoming` in the language of ``git fast-import``.

    What may not be is left out and said in the report; a report with errors means that the commit must not be used.
    """
    written: list[str] = []
    top = ""
    try:
        with _Guarded(archive, _DIRECTORY_BYTES * bounds.files + (64 << 10)) as guarded, zipfile.ZipFile(guarded) as opened:
            entries, top = _without_top_folder(_accepted(opened.infolist(), bounds, report))
            _check_paths(entries, report)
            for number, entry in enumerate(entries, 1):
                if _write(opened, entry, number, stream, report):
                    written.append(f"M {entry.mode} :{number} {entry.path}\n")
    except _TooMuchAtOnce:
        report.add("too-many-files", "", f"the archive's directory is too large; at most {bounds.files} files are allowed")
    except UnicodeDecodeError:
        report.add("path-encoding", "", "the archive has a file name that says it is UTF-8 and is not")
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, struct.error, EOFError, ValueError) as wrong:
        report.add("zip-unreadable", "", f"the archive cannot be read: {wrong}")
    stream.write(b"commit refs/heads/incoming\ncommitter Palestra <gitserver@palestra> 0 +0000\ndata 0\n")
    stream.write("".join(written).encode())
    stream.write(b"\ndone\n")
    return Poured(top, len(written))


def _accepted(infos: list[zipfile.ZipInfo], bounds: Bounds, report: Report) -> list[_Entry]:
    """The entries that are files and may be unpacked; nothing at all of what is too large or a bomb."""
    _check_size([info for info in infos if not info.is_dir()], bounds, report)
    if report.is_refused:
        return []
    accepted: list[_Entry] = []
    junk = 0
    foreign: list[str] = []
    for info in infos:
        name, is_guessed = _name_of(info)
        if is_junk(name):
            junk += 1
        elif _check_name(name, report) and not name.endswith("/") and _check_kind(info, name, report):
            accepted.append(_Entry(info, name))
            foreign += [name] if is_guessed else []
    if junk:
        report.add("junk-ignored", "", f"{junk} files such as .DS_Store, __MACOSX/ or .git/ were left out")
    if foreign:
        more = f" and {len(foreign) - 1} more" if len(foreign) > 1 else ""
        report.add("path-code-page", foreign[0], f"the name is neither ASCII nor UTF-8 and was read in the code page of MS-DOS{more}")
    return accepted


def _check_size(files: list[zipfile.ZipInfo], bounds: Bounds, report: Report) -> None:
    total = sum(info.file_size for info in files)
    packed = sum(info.compress_size for info in files)
    if len(files) > bounds.files:
        report.add("too-many-files", "", f"{len(files)} files; at most {bounds.files} are allowed")
    if total > bounds.unpacked_bytes:
        report.add("package-too-large", "", f"{total} bytes when unpacked; at most {bounds.unpacked_bytes} are allowed")
    if total > _UNSUSPICIOUS_BYTES and total > MOST_RATIO * max(packed, 1):
        report.add("zip-bomb", "", f"{packed} bytes would unpack to {total}: more than {MOST_RATIO} times as many")
    if _overlap(files):
        report.add("zip-bomb", "", "files of the archive overlap in it")


def _overlap(files: list[zipfile.ZipInfo]) -> bool:
    """Whether two entries share bytes: one that follows must not begin before the other's content can have ended."""
    ordered = sorted(files, key=lambda info: info.header_offset)
    return any(
        first.header_offset + 30 + len(first.orig_filename) + first.compress_size > second.header_offset
        for first, second in itertools.pairwise(ordered)
    )


def _name_of(info: zipfile.ZipInfo) -> tuple[str, bool]:
    """A name as it is meant, and whether its letters were guessed: many archivers write UTF-8 and do not say so, or backslashes."""
    name, is_guessed = info.orig_filename, False
    if not name.isascii() and not info.flag_bits & _UTF8_FLAG:
        try:
            name = name.encode(_CODE_PAGE).decode()
        except UnicodeDecodeError:
            is_guessed = True
    if info.create_system in _DOS and "/" not in name:
        name = name.replace("\\", "/")
    return unicodedata.normalize("NFC", name), is_guessed


def _check_name(name: str, report: Report) -> bool:
    fault = fault_of_path(name.removesuffix("/"))
    if fault is not None:
        report.add(fault[0], _shown(name), fault[1])
    return fault is None


def _check_kind(info: zipfile.ZipInfo, name: str, report: Report) -> bool:
    kind = stat.S_IFMT(_mode_of(info))
    if kind == stat.S_IFLNK and not 0 < info.file_size <= MOST_TARGET_BYTES:
        report.add("link", name, f"a symbolic link that says no path: it must have at most {MOST_TARGET_BYTES} bytes")
    elif kind not in {0, stat.S_IFREG, stat.S_IFLNK}:
        report.add("special-file", name, "neither a file nor a folder")
    elif info.flag_bits & _ENCRYPTED_FLAG:
        report.add("zip-encrypted", name, "the file is encrypted")
    elif info.compress_type not in _METHODS:
        report.add("zip-method", name, f"packed by method {info.compress_type}; store and deflate are read")
    else:
        return True
    return False


def _mode_of(info: zipfile.ZipInfo) -> int:
    return info.external_attr >> 16 if info.create_system == _UNIX else 0


def _without_top_folder(entries: list[_Entry]) -> tuple[list[_Entry], str]:
    """The entries as they lie in the package's folder: in the root, or in the one folder that holds everything."""
    tops = {entry.path.partition("/")[0] for entry in entries}
    if len(tops) != 1 or any("/" not in entry.path for entry in entries):
        return entries, ""
    top = tops.pop()
    return [_Entry(entry.info, entry.path[len(top) + 1 :]) for entry in entries], top


def _check_paths(entries: list[_Entry], report: Report) -> None:
    counts = Counter(entry.path for entry in entries)
    for path, count in counts.items():
        if count > 1:
            report.add("path-duplicate", path, f"{count} files of the archive have this path")
    folders = {path[:place] for path in counts for place, letter in enumerate(path) if letter == "/"}
    for path in sorted(folders & counts.keys()):
        report.add("path-conflict", path, "the path is a file and a folder at once")


def _write(opened: zipfile.ZipFile, entry: _Entry, number: int, stream: IO[bytes], report: Report) -> bool:
    """Writes one blob. A file that unpacks to less than it says is filled up, so that git keeps step, and reported."""
    size = left = entry.info.file_size
    stream.write(f"blob\nmark :{number}\ndata {size}\n".encode())
    fault = ""
    try:
        with opened.open(entry.info) as content:
            while left and (chunk := content.read(min(left, CHUNK_BYTES))):
                stream.write(chunk)
                left -= len(chunk)
            if left or content.read(1):
                fault = f"unpacks to something else than the {size} bytes that its header says"
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as wrong:
        fault = str(wrong)
    if fault:
        report.add("zip-damaged", entry.path, fault)
        while left:
            filler = bytes(min(left, CHUNK_BYTES))
            stream.write(filler)
            left -= len(filler)
    stream.write(b"\n")
    return not fault


def _shown(name: str) -> str:
    """A name from outside, fit to be shown."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in name)[:200]


class _TooMuchAtOnce(Exception):
    """One read wants more than it may hold in memory: the directory of an archive of far too many files."""


class _Guarded(io.FileIO):
    """An archive of which nothing larger than the bound is read at once."""

    def __init__(self, path: Path, most_bytes: int) -> None:
        super().__init__(path)
        self._most_bytes = most_bytes

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > self._most_bytes:
            raise _TooMuchAtOnce
        return super().read(-1 if size is None else size)
