"""Owns the command that moves the master of the state to another Redis. Never decides when: whoever runs the house does."""

from __future__ import annotations

import asyncio
import sys

from mesh.errors import MeshError
from mesh.tls import Credentials
from services.configuration import Configuration
from wire import services


def switch_over(configuration: Configuration) -> int:
    """Moves it, as the operator with the operator's certificate, and prints each step; 0 when it was moved, else 1."""
    try:
        asyncio.run(_switch_over(configuration))
    except MeshError as wrong:
        print(f"palestra: {wrong.message} ({wrong.code})", file=sys.stderr)  # noqa: T201  an answer to whoever typed
        return 1
    return 0


async def _switch_over(configuration: Configuration) -> None:
    from mesh.redis import server_at  # noqa: PLC0415  a driver is loaded by who uses it
    from mesh.redis.switchover import switch_over as move  # noqa: PLC0415  as above

    mesh = configuration.mesh
    credentials = await asyncio.to_thread(Credentials.load, mesh.pki_path, services.OPERATOR) if mesh.state.startswith("rediss") else None
    await move(server_at(mesh.state, services.OPERATOR, credentials, code="bad-cache-url"), print)
