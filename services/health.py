"""Owns the questions "how are you?" and "what did you count?" from the command line, so that a health check needs no other tool.

Containers ask every few seconds: it speaks by the standard library alone, since loading ours would cost ten times what is asked.
"""

from __future__ import annotations

import socket
import ssl
import sys
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from services.configuration import Configuration
from wire import services

LIMIT_S = 5.0


def ask(configuration: Configuration, name: str, what: str = "health") -> int:
    """Prints a service's health detail or metrics, asked with that service's own certificate; 0 when it is ready, else 1."""
    try:
        status, text = _asked(configuration, name, what)
    except _Missing as wrong:
        print(f"palestra: {wrong} is missing: run `make pki`, or copy it from the CA (credentials-missing)", file=sys.stderr)  # noqa: T201  an answer to whoever typed
        return 1
    except (HTTPException, OSError) as wrong:
        print(f"{name} does not answer: {str(wrong) or type(wrong).__name__}; is it running, on the port of [{name}]?", file=sys.stderr)  # noqa: T201
        return 1
    print(text)  # noqa: T201  this is what was asked for
    return 0 if status == 200 else 1


class _Missing(Exception):
    """A file without which nobody of the mesh would answer."""


def _asked(configuration: Configuration, name: str, what: str) -> tuple[int, str]:
    host, port = configuration.services[name].host, configuration.services[name].port
    address = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  the answer to "everywhere" is here
    context = None if name == services.FRONTEND else _context(configuration.mesh.pki_path, name)
    line = HTTPConnection(name, port, timeout=LIMIT_S)
    try:
        line.sock = socket.create_connection((address, port), LIMIT_S)
        if context is not None:
            line.sock = context.wrap_socket(line.sock, server_hostname=name)
        line.request("GET", f"/{what}")
        answer = line.getresponse()
        return answer.status, answer.read().decode()
    finally:
        line.close()


def _context(pki: Path, name: str) -> ssl.SSLContext:
    authority, certificate, key = (pki / file for file in ("ca.crt", f"{name}.crt", f"{name}.key"))
    for file in (certificate, key, authority):
        if not file.exists():
            raise _Missing(file)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_verify_locations(authority)
    context.load_cert_chain(certificate, key)
    return context
