"""Owns the mailer's settings. Never reads them: `mesh.config` does."""

from __future__ import annotations

from dataclasses import dataclass

from mesh.config import setting
from wire.services import MAILER, PORTS


@dataclass(frozen=True)
class Config:
    """The ``[mailer]`` section."""

    host: str = setting("127.0.0.1", "Address to listen on")
    port: int = setting(PORTS[MAILER], "Port to listen on; 0 takes a free one", minimum=0, maximum=65535)
    allowed_networks: tuple[str, ...] = setting(
        (), "Networks that webhooks may reach although they are private, as 10.1.0.0/16 or fd00::/8; everything public may be reached anyway"
    )
    ca_file: str = setting("", "Certificates of authorities that receivers may have besides those of the system (PEM)")
    call_timeout_s: float = setting(10.0, "How long one webhook call may take, from the name to the answer", minimum=0.1, maximum=120)
    calls_per_host: int = setting(4, "How many calls may be under way to one receiver at once", minimum=1, maximum=100)
    held_per_host: int = setting(8, "How much of the window one receiver, or one account, may hold; the rest of it waits in the queue", minimum=1, maximum=1000)
    slow_s: float = setting(30.0, "For how long a receiver that let a call time out gets one call at a time only", minimum=0.1, maximum=3600)
    drain_s: float = setting(12.0, "How long calls under way may take when the service leaves", minimum=0, maximum=300)
