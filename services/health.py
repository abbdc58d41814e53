"""Owns the questions "how are you?" and "what did you count?" from the command line, so that a health check needs no other tool."""

from __future__ import annotations

import asyncio
import ssl
import sys

import aiohttp

from mesh.errors import MeshError
from mesh.tls import Credentials
from services.composition import Configuration
from wire import services

LIMIT_S = 5.0


def ask(configuration: Configuration, name: str, what: str = "health") -> int:
    """Prints a service's health detail or metrics, asked with that service's own certificate; 0 when it is ready, else 1."""
    try:
        status, text = asyncio.run(_ask(configuration, name, what))
    except MeshError as wrong:
        print(f"palestra: {wrong.message} ({wrong.code})", file=sys.stderr)  # noqa: T201  an answer to whoever typed
        return 1
    except (aiohttp.ClientError, OSError, TimeoutError) as wrong:
        reason = wrong.os_error if isinstance(wrong, aiohttp.ClientConnectorError) else wrong  # its own words show our objects
        print(f"{name} does not answer: {str(reason) or type(reason).__name__}; is it running, on the port of [{name}]?", file=sys.stderr)  # noqa: T201
        return 1
    print(text)  # noqa: T201  this is what was asked for
    return 0 if status == 200 else 1


async def _ask(configuration: Configuration, name: str, what: str) -> tuple[int, str]:
    host, port = configuration.services[name].host, configuration.services[name].port
    address = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  the answer to "everywhere" is here
    context: ssl.SSLContext | bool = True
    scheme = "http"
    if name != services.FRONTEND:
        scheme, context = "https", Credentials.load(configuration.mesh.pki_path, name).client_context()
    url = f"{scheme}://{address}:{port}/{what}"
    limit = aiohttp.ClientTimeout(total=LIMIT_S)
    async with aiohttp.ClientSession(timeout=limit) as session, session.get(url, ssl=context, server_hostname=name) as answer:
        return answer.status, await answer.text()
