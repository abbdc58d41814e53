"""Owns the taking in of a form with a file: to disk in pieces, so that neither memory nor a peer waits for a slow line.

A form may have its fields behind the file (curl sends them in the order given), so the file is kept before it is used.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from mesh.errors import Refused, TooLarge

T = TypeVar("T")

PIECE_BYTES = 256 * 1024
_MOST_FIELDS = 20
_MOST_FIELD_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Upload:
    """A form that has come in whole. The file lies there until the context ends."""

    fields: dict[str, str]
    path: Path
    size_bytes: int

    async def chunks(self) -> AsyncIterator[bytes]:
        """The file in pieces of 256 KiB."""
        file = await asyncio.to_thread(self.path.open, "rb")
        try:
            while piece := await asyncio.to_thread(file.read, PIECE_BYTES):
                yield piece
        finally:
            await asyncio.to_thread(file.close)


@asynccontextmanager
async def received(request: web.Request, file_field: str, folder: Path, most_bytes: int, limit_s: float = 900.0) -> AsyncIterator[Upload]:
    """Takes in a multipart form with one file in ``file_field`` and short text in other fields.

    Raises: `Refused` (``bad-upload``, ``body-too-slow``), `TooLarge` (``package-too-large``).
    """
    if request.content_type != "multipart/form-data":
        raise Refused(f"send a form (multipart/form-data) with the file in the part {file_field!r}", code="bad-upload")
    if request.content_length is not None and request.content_length > most_bytes + PIECE_BYTES:
        raise _too_large(most_bytes)
    handle, name = await asyncio.to_thread(_temporary, folder)
    path = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            fields, size = await _in_time(_take(request, file_field, file, most_bytes), limit_s)
        yield Upload(fields, path, size)
    finally:
        await asyncio.to_thread(path.unlink, missing_ok=True)


async def _in_time(taking: Coroutine[Any, Any, T], limit_s: float) -> T:
    try:
        async with asyncio.timeout(limit_s):
            return await taking
    except TimeoutError as slow:
        raise Refused(f"the file did not come in within {limit_s:g} s", code="body-too-slow") from slow


async def _take(request: web.Request, file_field: str, file: BinaryIO, most_bytes: int) -> tuple[dict[str, str], int]:
    fields: dict[str, str] = {}
    size = -1
    try:
        reader = await request.multipart()
        while (part := await reader.next()) is not None:
            if not isinstance(part, BodyPartReader) or len(fields) >= _MOST_FIELDS:
                raise Refused("the form has parts that this site does not know", code="bad-upload")
            if part.name == file_field and size < 0:
                size = await _keep(part, file, most_bytes)
            else:
                fields[part.name or ""] = await _text(part)
    except (ValueError, AssertionError, UnicodeDecodeError, HttpProcessingError, web.RequestPayloadError) as wrong:
        raise Refused(f"the form cannot be read: {wrong}", code="bad-upload") from wrong
    if size <= 0:
        raise Refused(f"the form has no file in the part {file_field!r}", code="bad-upload")
    return fields, size


async def _keep(part: BodyPartReader, file: BinaryIO, most_bytes: int) -> int:
    size, waiting = 0, bytearray()
    while piece := await part.read_chunk(64 * 1024):
        size += len(piece)
        if size > most_bytes:
            raise _too_large(most_bytes)
        waiting += piece
        if len(waiting) >= PIECE_BYTES:
            await asyncio.to_thread(file.write, bytes(waiting))
            waiting.clear()
    await asyncio.to_thread(file.write, bytes(waiting))
    await asyncio.to_thread(file.flush)
    return size


async def _text(part: BodyPartReader) -> str:
    kept = bytearray()
    while piece := await part.read_chunk(_MOST_FIELD_BYTES):
        kept += piece
        if len(kept) > _MOST_FIELD_BYTES:
            raise Refused(f"the field {part.name!r} is too long", code="bad-upload")
    return kept.decode()


def _temporary(folder: Path) -> tuple[int, str]:
    folder.mkdir(parents=True, exist_ok=True)
    return tempfile.mkstemp(prefix="upload-", dir=folder)


def _too_large(most_bytes: int) -> TooLarge:
    return TooLarge(f"a package may have at most {most_bytes:,} bytes", code="package-too-large")
