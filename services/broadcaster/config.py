"""Owns the broadcaster's settings."""

from __future__ import annotations

from dataclasses import dataclass

from mesh.config import setting
from wire.services import BROADCASTER, PORTS


@dataclass(frozen=True, slots=True)
class Config:
    """Where the broadcaster listens, how many it serves, and how patient it is with the slow."""

    host: str = setting("127.0.0.1", "Address to listen on")
    port: int = setting(PORTS[BROADCASTER], "Port to listen on; 0 takes a free one", minimum=0, maximum=65535)
    most_listeners: int = setting(18_000, "Browsers that one process serves; more are told to come later", minimum=1, maximum=200_000)
    slow_after_bytes: int = setting(
        64 * 1024, "Unsent bytes after which a browser counts as slow, and gets what it missed when it has read", minimum=4096, maximum=1 << 24
    )
    slow_limit_s: float = setting(30.0, "How long a browser may stay slow before it is let go", minimum=1, maximum=600)
    ping_s: float = setting(25.0, "How often every browser is pinged", minimum=1, maximum=600)
    memory_length: int = setting(256, "News of each topic kept here for who comes back soon", minimum=1, maximum=10_000)
    linger_s: float = setting(60.0, "How long a topic is followed after its last browser has gone", minimum=0, maximum=3600)
    replay_length: int = setting(500, "Missed news of a topic that are sent again; after more the browser is told to read anew", minimum=1, maximum=1000)
