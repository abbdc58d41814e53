"""Owns what a program gets besides its input: arguments, and files in its working directory. Never runs one.

Source: ICPC problem package format, 2025-09, "Input" and "Working directory".
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from services.runner.inputs import Pair
from services.runner.languages.language import Language, Sources
from services.runner.sandbox.box import Box
from services.runner.sandbox.rootfs import WORK
from services.runner.sandbox.spool import sealed
from wire.judging import TestCase

_CODE = (".h", ".hh", ".hpp", ".hxx", ".inc")


@dataclass(frozen=True, slots=True)
class Beside:
    """Arguments, and open files by their path in the working directory. The program reads them and cannot change them."""

    arguments: tuple[str, ...] = ()
    files: tuple[tuple[str, int], ...] = ()

    async def lay(self, box: Box) -> None:
        """Puts the files where the program looks for them; the next reset of the box takes them away. Raises: `BoxLost`."""
        for path, fd in self.files:
            await box.put(f"{WORK}/{path}", fd)


NOTHING = Beside()


def beside_of(case: TestCase, pair: Pair) -> Beside:
    """What a case gives."""
    return Beside(case.arguments, tuple((path, blob.fd) for path, blob in pair.files))


async def lay_contents(box: Box, contents: Mapping[str, bytes], mode: int = 0o444) -> None:
    """The same of files that are at hand. Raises: `BoxLost`."""
    for path, content in contents.items():
        fd = sealed(content)
        try:
            await box.put(f"{WORK}/{path}", fd, mode)
        finally:
            os.close(fd)


def data_among(language: Language, sources: Sources) -> Sources:
    """The files that a program of several opens by name: all that are no code of its language."""
    return {path: content for path, content in sources.items() if not path.endswith((*language.suffixes, *_CODE))}
