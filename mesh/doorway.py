"""Owns the opening of a listening socket for a server that is made already: what cannot be had is said with what to do. Never serves."""

from __future__ import annotations

import errno

from aiohttp import web

from mesh.errors import Unavailable


async def open_door(site: web.BaseSite, host: str, port: int) -> None:
    """Starts to listen. Raises: `Unavailable` (``address-unusable``) that names the port."""
    try:
        await site.start()
    except OSError as wrong:
        raise Unavailable(f"cannot listen on {host}:{port}: {_why(wrong)}", code="address-unusable") from wrong


def _why(wrong: OSError) -> str:
    if wrong.errno == errno.EADDRINUSE:
        return (
            "another program has that port (`ss -ltnp` names it). End that one, or give this house other ports: PALESTRA_MESH_PORT_SHIFT=100 "
            "moves all of them, a second Palestra needs a folder of its own besides (PALESTRA_MESH_FOLDER)"
        )
    if wrong.errno == errno.EACCES:
        return "this account may not use that port; take one from 1024 on, or have a gateway listen there"
    return wrong.strerror or str(wrong)
