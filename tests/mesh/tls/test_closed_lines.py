"""What a test closed is gone with its loop, so that no later test pays for it; what it left open is found."""

from __future__ import annotations

import asyncio
import gc
import socket
import ssl
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.loops import SettledLoop


@pytest.fixture
def silent_door(pki_folder: Path) -> Iterator[tuple[str, int]]:
    """Takes one line over TLS, and never says goodbye."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pki_folder / "grader.crt", pki_folder / "grader.key")
    taken: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as door:
        door.settimeout(20)
        taking = threading.Thread(target=lambda: taken.append(context.wrap_socket(door.accept()[0], server_side=True)))
        taking.start()
        yield door.getsockname()
        taking.join(20)
        for each in taken:
            each.close()


async def _lead(address: tuple[str, int], pki_folder: Path, *, is_closed: bool) -> None:
    context = await asyncio.to_thread(ssl.create_default_context, cafile=str(pki_folder / "ca.crt"))
    line, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, *address, ssl=context, server_hostname="grader")
    if is_closed:
        line.close()


@pytest.mark.parametrize(("loop_factory", "is_closed", "is_found"), [
    (SettledLoop, True, False), (SettledLoop, False, True), (asyncio.SelectorEventLoop, True, True),
])  # fmt: skip
def test_only_what_nobody_closed_is_found_later(
    silent_door: tuple[str, int], pki_folder: Path, loop_factory: type[asyncio.SelectorEventLoop], is_closed: bool, is_found: bool
) -> None:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            runner.run(_lead(silent_door, pki_folder, is_closed=is_closed))
        gc.collect()
    assert any("unclosed transport" in str(one.message) for one in told) == is_found
