"""Owns how quickly blockbuster looks at the stack: the same question and the same answer, at a hundredth of its CPU time.

Blockbuster compares the file of each frame, some fifty below pytest, with each name that it knows, for each call of a test that could
block: a third of the time of tests with many boxes or files. Here a file is compared once, and names are looked up.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

from blockbuster import BlockingError, blockbuster


@cache
def _is_scanned(path: str, modules: tuple[str, ...], excluded_modules: tuple[str, ...]) -> bool:
    return path.startswith(modules) and not path.startswith(excluded_modules)


def wrapped(
    modules: Sequence[str],
    excluded_modules: Sequence[str],
    func: Callable[..., Any],
    func_name: str,
    can_block_functions: list[tuple[str, Iterable[str]]],
    can_block_predicate: Callable[..., bool],
) -> Callable[..., Any]:
    """As ``blockbuster._wrap_blocking``, whose place it takes."""
    scanned, excluded, skip = tuple(modules), tuple(excluded_modules), blockbuster._skip
    files: dict[str, list[str]] = {}
    known = 0

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        nonlocal known
        if skip.value:
            return func(*args, **kwargs)
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return func(*args, **kwargs)
        skip.value = True
        try:
            if can_block_predicate(*args, **kwargs):
                return func(*args, **kwargs)
            for file, functions in can_block_functions[known:]:  # a test may allow more while it runs
                for name in functions:
                    files.setdefault(name, []).append(file)
            known = len(can_block_functions)
            is_ours = not scanned
            frame = sys._getframe()
            while frame is not None:
                code = frame.f_code
                allowed = files.get(code.co_name)
                if allowed is not None and code.co_filename.replace("\\", "/").endswith(tuple(allowed)):
                    return func(*args, **kwargs)
                is_ours = is_ours or _is_scanned(code.co_filename, scanned, excluded)
                frame = frame.f_back
            if is_ours:
                raise BlockingError(func_name)
            return func(*args, **kwargs)
        finally:
            skip.value = False

    return wrapper


def look_quickly() -> None:
    """For every guard that is made from now on."""
    assert callable(blockbuster._wrap_blocking), "blockbuster has another inside now: look there what it is called"
    blockbuster._wrap_blocking = wrapped
