"""Owns the reading of a whole commit for the format readers: every file once, hashed, the small ones kept. Never judges them."""

from __future__ import annotations

import asyncio
import codecs
import hashlib
import re
import subprocess
from dataclasses import dataclass, replace
from typing import IO, Final

from services.gitserver.archive import Bounds
from services.gitserver.findings import Report
from services.gitserver.formats.files import MOST_KEPT_BYTES, PackageFile, PackageFiles
from services.gitserver.git_process import CHUNK_BYTES
from services.gitserver.links import LINK_MODE, MOST_TARGET_BYTES, followed
from services.gitserver.names import fault_of_path, is_junk
from services.gitserver.repository import EXECUTABLE_MODE, FILE_MODES, Repository, TreeEntry

MOST_KEPT_IN_ALL_BYTES: Final = 64 << 20
_CASE_ENDINGS: Final = (".in", ".ans", ".out")
_CASE_FOLDERS: Final = ("input/", "output/")
"""Where CMS tasks have their cases."""
_SHOWN_FOLDERS: Final = ("examples/", "interactive/examples/")
"""Where omegaUp packages have their samples."""
_NUMBERED: Final = re.compile(r"[^/]+/\d+(?:\.a)?")
"""How Polygon calls its tests, samples among them."""
_MOST_NUMBERED_BYTES: Final = 64 << 10


@dataclass(frozen=True, slots=True)
class _Facts:
    """What one pass over an object tells."""

    digest: str
    is_utf8: bool
    content: bytes | None


async def read_snapshot(repository: Repository, tree: str, bounds: Bounds, report: Report) -> PackageFiles:
    """Every file of a tree. What may not be in a package is left out and said in the report."""
    entries = await repository.tree(tree, bounds.files)
    if entries is None:
        report.add("too-many-files", "", f"more than {bounds.files} files")
        return PackageFiles(())
    links = [entry for entry in entries if entry.mode == LINK_MODE]
    entries = await asyncio.to_thread(followed, entries, await _targets(repository, links), bounds.files, report)
    total = sum(entry.size_bytes for entry in entries)
    if total > bounds.unpacked_bytes:
        report.add("package-too-large", "", f"{total} bytes; at most {bounds.unpacked_bytes} are allowed")
        return PackageFiles(())
    allowed = [entry for entry in entries if not is_junk(entry.path) and _is_allowed(entry, report)]
    facts = await repository.git.work(repository.folder, "cat-file", "--batch", work=lambda process: _read_all(process, allowed))
    return PackageFiles(
        PackageFile(entry.path, entry.oid, entry.size_bytes, facts[entry.oid].digest, facts[entry.oid].content, facts[entry.oid].is_utf8, entry.mode == EXECUTABLE_MODE)
        for entry in allowed
    )


def _is_allowed(entry: TreeEntry, report: Report) -> bool:
    fault = fault_of_path(entry.path)
    if fault is not None:
        report.add(fault[0], entry.path[:200], fault[1])
    elif entry.mode not in FILE_MODES:
        report.add("link", entry.path, "a submodule: put the files themselves there")
    else:
        return True
    return False


async def _targets(repository: Repository, links: list[TreeEntry]) -> dict[str, str | None]:
    """What links say, by their path; None for what is no text or too long to be a path."""
    short = [link for link in links if 0 < link.size_bytes <= MOST_TARGET_BYTES]
    held = await repository.read(*(link.oid for link in short), most_bytes=MOST_TARGET_BYTES * max(len(short), 1)) if short else []
    return {link.path: _text(found.content) for link, found in zip(short, held, strict=True) if found is not None}


def _text(content: bytes) -> str | None:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return None


def _read_all(process: subprocess.Popen[bytes], entries: list[TreeEntry]) -> dict[str, _Facts]:
    """Each object once; runs in a thread. Raises: EOFError when git ends early."""
    assert process.stdin is not None
    assert process.stdout is not None
    found: dict[str, _Facts] = {}
    room = MOST_KEPT_IN_ALL_BYTES
    for entry in entries:
        wanted = _is_wanted(entry) and entry.size_bytes <= room
        known = found.get(entry.oid)
        if known is not None and (known.content is not None or not wanted):
            continue
        process.stdin.write(f"{entry.oid}\n".encode())
        process.stdin.flush()
        facts = _read_one(process.stdout)
        room -= entry.size_bytes if wanted else 0
        found[entry.oid] = facts if wanted else replace(facts, content=None)
    process.stdin.close()
    return found


def _is_wanted(entry: TreeEntry) -> bool:
    """Whether a reader may ask for the content: what is small, and no case that only judging sees."""
    path = entry.path
    if _NUMBERED.fullmatch(path) is not None:
        return entry.size_bytes <= _MOST_NUMBERED_BYTES
    is_shown = "sample" in path or path.startswith(_SHOWN_FOLDERS)
    is_secret = path.startswith(_CASE_FOLDERS) or (path.endswith(_CASE_ENDINGS) and not is_shown)
    return entry.size_bytes <= MOST_KEPT_BYTES and not is_secret


def _read_one(stream: IO[bytes]) -> _Facts:
    header = stream.readline().split()
    if len(header) != 3:
        raise EOFError(b" ".join(header).decode(errors="replace") or "git said nothing")
    size = left = int(header[2])
    digest, decoder, is_utf8 = hashlib.sha256(), codecs.getincrementaldecoder("utf-8")(), True
    kept: list[bytes] = []
    while left:
        chunk = stream.read(min(left, CHUNK_BYTES))
        if not chunk:
            raise EOFError(f"git ended {left} bytes early")
        left -= len(chunk)
        digest.update(chunk)
        is_utf8 = is_utf8 and _goes_on(decoder, chunk, is_last=not left)
        if size <= MOST_KEPT_BYTES:
            kept.append(chunk)
    stream.read(1)
    return _Facts(digest.hexdigest(), is_utf8, b"".join(kept) if size <= MOST_KEPT_BYTES else None)


def _goes_on(decoder: codecs.IncrementalDecoder, chunk: bytes, *, is_last: bool) -> bool:
    try:
        decoder.decode(chunk, is_last)
    except UnicodeDecodeError:
        return False
    return True
