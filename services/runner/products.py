"""Owns what compilers made, on disk, by the content that it was made of: kept across restarts, bounded by bytes. Never builds.

Layout: ``FOLDER/ab/KEY`` (folder 0700, file 0400, written apart and renamed). An entry begins with the SHA-256 of the rest and is looked
through whenever it is read: one that was cut or changed is thrown away, and built anew. Boxes never see the folder.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from services.runner.threads import hop

_KEY = re.compile(r"[0-9a-f]{64}")
_DIGEST_BYTES = hashlib.sha256().digest_size


@dataclass(frozen=True, slots=True)
class Product:
    """What came of one build: the program's files by path, and what the compiler said. ``is_refused``: it said no, there are no files."""

    files: Mapping[str, bytes]
    output: str = ""
    is_refused: bool = False


class Products:
    """Products by key. ``broken`` counts entries that did not hold what they were written with."""

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._sizes: OrderedDict[str, int] = OrderedDict()
        self._drafts = itertools.count(1)
        self.total_bytes = 0
        self.broken = 0

    async def open(self) -> None:
        """Finds what a former life left, and removes what it did not finish."""
        for key, size_bytes in await hop(_scan, self._folder):
            self._sizes[key] = size_bytes
            self.total_bytes += size_bytes
        await self._evict()

    async def find(self, key: str) -> Product | None:
        """The product, None when there is none that is whole."""
        if key not in self._sizes:
            return None
        product = await hop(_read, self._path(key))
        if product is None:
            self.broken += 1
            await self._forget(key)
        elif key in self._sizes:
            self._sizes.move_to_end(key)
        return product

    async def keep(self, key: str, product: Product) -> bool:
        """Writes it down; False when the disk does not take it: then it is built again another time."""
        draft = self._folder / f"{os.getpid()}-{next(self._drafts)}.part"
        try:
            size_bytes = await hop(_write, draft, self._path(key), product)
        except OSError:
            await hop(_remove, draft)
            return False
        self.total_bytes += size_bytes - self._sizes.pop(key, 0)
        self._sizes[key] = size_bytes
        await self._evict()
        return True

    async def _evict(self) -> None:
        while self.total_bytes > self._most_bytes:
            await self._forget(next(iter(self._sizes)))

    async def _forget(self, key: str) -> None:
        self.total_bytes -= self._sizes.pop(key, 0)
        await hop(_remove, self._path(key))

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / key


def _scan(folder: Path) -> list[tuple[str, int]]:
    """Keys and sizes, the least recently used first."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    for draft in folder.glob("*.part"):
        _remove(draft)
    found = []
    for path in folder.glob("??/*"):
        status = path.stat()
        if _KEY.fullmatch(path.name) and path.is_file() and not path.is_symlink():
            found.append((status.st_mtime_ns, path.name, status.st_size))
        else:
            _remove(path)
    return [(key, size_bytes) for _, key, size_bytes in sorted(found)]


def _write(draft: Path, path: Path, product: Product) -> int:
    """Returns the size of the entry. Raises: OSError."""
    head = json.dumps({
        "output": product.output, "is_refused": product.is_refused,
        "files": [[name, len(content)] for name, content in product.files.items()],
    }).encode()  # fmt: skip
    digest = hashlib.sha256(head + b"\n")
    for content in product.files.values():
        digest.update(content)
    fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o400)
    with os.fdopen(fd, "wb") as file:
        file.write(digest.digest() + head + b"\n")
        for content in product.files.values():
            file.write(content)
        size_bytes = file.tell()
    path.parent.mkdir(mode=0o700, exist_ok=True)
    draft.replace(path)
    return size_bytes


def _read(path: Path) -> Product | None:
    """What is in an entry; None when it is not what was written."""
    try:
        whole = path.read_bytes()
    except OSError:
        return None
    rest = memoryview(whole)[_DIGEST_BYTES:]
    if len(whole) <= _DIGEST_BYTES or hashlib.sha256(rest).digest() != whole[:_DIGEST_BYTES]:
        return None
    at = whole.index(b"\n", _DIGEST_BYTES) + 1
    head = json.loads(whole[_DIGEST_BYTES:at])
    files: dict[str, bytes] = {}
    for name, size_bytes in head["files"]:
        files[name] = whole[at : at + size_bytes]
        at += size_bytes
    os.utime(path)
    return Product(files, head["output"], head["is_refused"])


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
