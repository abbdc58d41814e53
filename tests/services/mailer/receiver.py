"""Receivers of webhooks: real HTTP servers on loopback that answer as they are told, and check every signature as the manual says."""

from __future__ import annotations

import asyncio
import json
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

ROOT = Path(__file__).resolve().parents[3]
LIMIT_S = 40.0


def manual_verification() -> dict[str, Any]:
    """The example of docs/api.md that shows how to verify a call, run as it stands there."""
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    [example] = re.findall(r"```python\n(import base64.*?)```", page, re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(example, "docs/api.md", "exec"), names)
    return names


@dataclass(frozen=True)
class Heard:
    """One call as it came in."""

    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def told(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found

    def is_signed_by(self, secret: str) -> bool:
        return bool(manual_verification()["is_genuine"](secret, self.headers, self.body))


@dataclass
class Receiver:
    """``status`` is what it answers next; while it ``hangs`` it takes a call and does not answer."""

    url: str = ""
    status: int = 204
    location: str = ""
    hangs: bool = False
    heard: list[Heard] = field(default_factory=list)
    most_at_once: int = 0
    _at_once: int = 0

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.heard.append(Heard({name.lower(): value for name, value in request.headers.items()}, body))
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            while self.hangs:
                await asyncio.sleep(0.02)
        finally:
            self._at_once -= 1
        return web.Response(status=self.status, headers={"Location": self.location} if self.location else {})

    async def until_heard(self, count: int) -> list[Heard]:
        async with asyncio.timeout(LIMIT_S):
            while len(self.heard) < count:
                await asyncio.sleep(0.01)
        return self.heard


def tls_of(folder: Path, name: str) -> tuple[ssl.SSLContext, str]:
    """A server's TLS for that name, and the file of the authority that says so: one of the test's own, which no system trusts."""
    now, files = datetime.now(UTC), (folder / "authority.pem", folder / "leaf.pem", folder / "leaf.key")
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)]) for text in ("an authority of this test", name)]
    made = []
    for place, key in enumerate(keys):
        builder = x509.CertificateBuilder().subject_name(names[place]).issuer_name(names[0]).public_key(key.public_key())
        builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        builder = builder.add_extension(x509.BasicConstraints(ca=place == 0, path_length=None), critical=True)
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False) if place else builder
        made.append(builder.sign(keys[0], hashes.SHA256()).public_bytes(Encoding.PEM))
    secret = keys[1].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for path, content in zip(files, (*made, secret), strict=True):
        path.write_bytes(content)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(files[1], files[2])
    return context, str(files[0])


@asynccontextmanager
async def receiving(tls: ssl.SSLContext | None = None, *, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[Receiver]:
    """A receiver at ``/hook`` on a free port."""
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/{path:.*}", receiver.take)
    app.router.add_get("/{path:.*}", receiver.take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port, ssl_context=tls).start()
        bound = runner.addresses[0][1]
        receiver.url = f"{'https' if tls else 'http'}://{host}:{bound}/hook"
        yield receiver
    finally:
        receiver.hangs = False
        await runner.cleanup()
