"""Owns what a process does once, before its loop runs: memory settings, C extensions checked, the loop chosen.

Source of the figures: docs/decisions/0002-process-start.md.
"""

from __future__ import annotations

import asyncio
import gc
import importlib.util
from collections.abc import Callable


def warm_memory() -> None:
    """Raises glibc's mmap threshold by freeing one large block: plain asyncio sockets then read up to three times faster."""
    block = bytes(16 << 20)
    del block


def rest_collector() -> None:
    """Stops the collector until `freeze_memory`: loading code makes little garbage, and looking for it takes a sixth of the time."""
    gc.disable()


def freeze_memory() -> None:
    """Takes all that lives after start-up out of the collector's sight, and has it look at the rest from now on."""
    gc.collect()
    gc.freeze()
    gc.enable()


def loop_factory(choice: str) -> Callable[[], asyncio.AbstractEventLoop] | None:
    """The maker of the event loop: ``asyncio``, ``uvloop``, or ``auto``: uvloop where installed. None is asyncio's own."""
    if choice == "asyncio" or (choice == "auto" and importlib.util.find_spec("uvloop") is None):
        return None
    import uvloop  # noqa: PLC0415  an optional extra

    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory
