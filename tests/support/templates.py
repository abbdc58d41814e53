"""Owns the frontend's templates of a test run: compiled once in a process, however many frontends the tests start in it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest
from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket

from services.frontend.pages import paint


class Compiled(BytecodeCache):
    """What was compiled in this process; Jinja itself looks whether a template is still the same."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


@pytest.fixture(scope="session", autouse=True)
def templates_are_compiled_once() -> Iterator[None]:
    """Half a second of each frontend's start; those that run as processes compile theirs."""
    patched = pytest.MonkeyPatch()
    patched.setattr(paint, "Environment", partial(Environment, bytecode_cache=Compiled()))
    yield
    patched.undo()
