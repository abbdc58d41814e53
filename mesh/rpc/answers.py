"""Owns the JSON forms that cross the wire in a call, both directions. Never opens a connection."""

from __future__ import annotations

import base64
import binascii
from typing import Any, TypeVar

import msgspec
from aiohttp import web

from mesh import codec
from mesh.errors import Broken, MeshError, Refused, TooLarge, error_of_status

T = TypeVar("T")


def answer_of(value: Any) -> web.Response:
    """A result as an HTTP answer."""
    return web.Response(body=codec.encode(value), content_type="application/json")


def answer_of_error(error: MeshError) -> web.Response:
    """A failure as an HTTP answer."""
    return web.Response(body=codec.encode(error.as_object()), status=error.status, content_type="application/json")


def error_of_answer(status: int, body: bytes, peer: str) -> MeshError:
    """The failure that a peer answered with; `Broken` (``bad-answer``) when it is none of ours."""
    try:
        found = msgspec.json.decode(body, type=_Answer).error
    except msgspec.DecodeError:
        return Broken(f"{peer} answered {status} and not in our form: is that address a service of this house?", code="bad-answer")
    return error_of_status(status)(found.message, code=found.code, details=found.details, retry_after_s=found.retry_after_s)


def result_of_answer(kind: type[T], body: bytes, peer: str) -> T:
    """The result that a peer answered with. Raises: `Broken` (``bad-answer``): the two ends are of different versions."""
    try:
        return codec.decode(kind, body)
    except Refused as wrong:
        raise Broken(f"{peer} answered what is no {kind}: {wrong.message}; run one version everywhere", code="bad-answer") from wrong


async def read_body(request: web.BaseRequest, max_bytes: int) -> bytes:
    """The whole body. Raises: `TooLarge` (``too-large``) as soon as it is."""
    length = request.content_length
    if length is not None:
        if length > max_bytes:
            raise too_large(max_bytes)
        return await request.read()
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > max_bytes:
            raise too_large(max_bytes)
    return bytes(body)


def too_large(max_bytes: int) -> TooLarge:
    """The refusal of a body, naming its limit."""
    return TooLarge(f"the body is larger than {max_bytes} bytes", details={"max_bytes": max_bytes})


def in_header(value: Any) -> str:
    """JSON in base64, fit for a header."""
    return base64.b64encode(codec.encode(value)).decode()


def from_header(kind: type[T], text: str) -> T:
    """The value that `in_header` wrote. Raises: `Refused` (``bad-json``, ``bad-shape``)."""
    try:
        return codec.decode(kind, base64.b64decode(text, validate=True))
    except binascii.Error as wrong:
        raise Refused(f"not base64: {wrong}", code="bad-json") from wrong


class _Error(msgspec.Struct):
    code: str
    message: str
    details: Any = None
    retry_after_s: float | None = None


class _Answer(msgspec.Struct):
    error: _Error
