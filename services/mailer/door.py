"""Owns the mailer's door for calls. Never sends anything for whoever calls."""

from __future__ import annotations

from typing import Final

from mesh.rpc.contract import Call
from mesh.rpc.server import RpcServer
from services.mailer.gate import Gate
from wire.judging import Nothing
from wire.methods import MAILER_CHECK
from wire.notices import AddressCheck

_LIMIT_S: Final = 4.0


def serve(server: RpcServer, gate: Gate) -> None:
    """Shows ``mailer.check``: whether a webhook may be called at an address, as far as can be said before it is."""

    async def check(request: AddressCheck, _call: Call) -> Nothing:
        await gate.check(request.url, resolves=request.resolves, limit_s=_LIMIT_S)
        return Nothing()

    server.serve(MAILER_CHECK, check)
