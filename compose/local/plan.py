"""Owns the plan of a local house: which programs, on which ports, in which folder. Kept, so that the next start finds its data.

Never starts anything.
"""

from __future__ import annotations

import contextlib
import json
import random
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from wire import services

ROOT: Final = Path(__file__).resolve().parents[2]
GATEWAY_PORT: Final = 8443
"""What the gateway takes when it is free."""

_PORTS_FROM, _PORTS_TO = 20_000, 32_000
"""Below the ports that the kernel gives to outgoing connections: a killed server finds its own free again."""

SERVERS: Final = (
    "epmd", "erlang", "rabbitmq", "rabbitmq-metrics", "redis-state", "redis-cache", "postgresql", "gateway", "gateway-plain", "prometheus",
)  # fmt: skip

REPLICAS: Final[Mapping[str, int]] = {
    services.RECORDER: 1, services.GITSERVER: 1, services.GRADER: 2, services.BROADCASTER: 2, services.RUNNER: 2, services.FRONTEND: 2,
    services.MAILER: 1,
}  # fmt: skip
"""How many processes of each service there are; one where only one may be."""


@dataclass(slots=True)
class Plan:
    """A house in a folder. ``routes`` are ports to take in place of a server's own, for who stands in between."""

    folder: Path
    ports: dict[str, int] = field(default_factory=dict)
    routes: dict[str, int] = field(default_factory=dict)
    replicas: dict[str, int] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def pki(self) -> Path:
        """The folder of certificates."""
        return self.folder / "pki"

    @property
    def run(self) -> Path:
        """The folder of notes of who runs."""
        return self.folder / "run"

    @property
    def url(self) -> str:
        """Where people reach the site."""
        return f"https://localhost:{self.ports['gateway']}"

    @property
    def trust(self) -> Path:
        """The certificate by which the site proves itself to people's programs."""
        return self.folder / "gateway" / "site.crt"

    @property
    def admin_password(self) -> Path:
        """The file that the recorder leaves the first admin's password in."""
        return self.folder / "home" / services.RECORDER / "admin.password"

    def home(self, name: str) -> Path:
        """A service's own folder."""
        return self.folder / "home" / name

    def log(self, name: str) -> Path:
        """What a program prints."""
        return self.folder / "log" / f"{name}.log"

    def port_to(self, name: str) -> int:
        """The port on which others reach a program: its own, or that of who stands in between."""
        return self.routes.get(name, self.ports[name])

    def names_of(self, service: str) -> list[str]:
        """The processes of a service: its name, numbered where there are several."""
        count = self.replicas[service]
        return [service] if count == 1 else [f"{service}-{number}" for number in range(1, count + 1)]

    def complete(self, offered: tuple[str, ...]) -> None:
        """Fills in what is missing: replicas of the services that can be started, and ports that are free now."""
        for service, count in REPLICAS.items():
            if service in offered:
                self.replicas.setdefault(service, count)
        wanted = [*SERVERS, *(name for service in self.replicas for name in self.names_of(service))]
        with contextlib.ExitStack() as held:
            for name in wanted:
                preferred = self.ports.get(name) or (GATEWAY_PORT if name == "gateway" else 0)
                self.ports[name] = _free_port(held, preferred)

    def save(self) -> None:
        """Keeps the plan."""
        self.folder.mkdir(parents=True, exist_ok=True)
        kept = {name: getattr(self, name) for name in ("ports", "routes", "replicas", "settings")}
        (self.folder / "plan.json").write_text(json.dumps(kept, indent=1), encoding="utf-8")


def read_plan(folder: Path) -> Plan:
    """The plan that a folder keeps, an empty one where there is none."""
    try:
        kept = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        kept = {}
    return Plan(folder.resolve(), **kept)


def _free_port(held: contextlib.ExitStack, preferred: int) -> int:
    """A port that nobody listens on, the preferred one if it may be; held until the stack is closed."""
    candidates = iter(lambda: random.randrange(_PORTS_FROM, _PORTS_TO), None)  # noqa: S311  a port is no secret
    for port in [preferred, *(next(candidates) for _ in range(200))]:
        if not port:
            continue
        try:
            held.enter_context(socket.create_server(("127.0.0.1", port)))
        except OSError:
            continue
        return port
    raise OSError("no port is free between 20000 and 32000")
