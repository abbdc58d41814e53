"""Owns one run of docker-compose.yml: up, questions about its containers, down, and that nothing is left. Never looks at other projects."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from compose.test.engine import Engine, Failed, run
from compose.test.images import COMPOSE

_UP_LIMIT_S = 600.0
_NOT_HERE = {"monitoring.yml": ("--scale", "grafana=0")}
"""What an overlay has that no Debian package brings."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """The deployment under test; ``folder`` holds its secrets and the certificate of its site."""

    engine: Engine
    project: str
    variables: Mapping[str, str]
    folder: Path
    overlays: Sequence[str] = ("certificate.yml",)
    _copied: Path = field(init=False)
    _volumes: set[str] = field(default_factory=set)
    _lasting: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_copied", self.folder / "compose")

    def prepare(self) -> None:
        """Copies compose/ aside, so that secrets of the test never mix with those of the place; makes secrets and a certificate."""
        shutil.rmtree(self.folder / "compose", ignore_errors=True)
        shutil.copytree(COMPOSE, self._copied, ignore=shutil.ignore_patterns("secrets", ".env", "__pycache__", "local", "test"))
        run([str(self._copied / "secrets.sh")])
        self.renew_site()

    @property
    def authority(self) -> Path:
        """The certificate that a client of the site must trust."""
        return self.folder / "site" / "fullchain.pem"

    @property
    def admin_password(self) -> str:
        """The first admin's."""
        return (self._copied / "secrets" / "admin_password").read_text(encoding="utf-8").strip()

    @property
    def url(self) -> str:
        """Where the gateway answers."""
        return f"https://localhost:{self.variables['PALESTRA_HTTPS_PORT']}"

    def up(self, *words: str) -> float:
        """Starts everything and waits until all are healthy; how long it took, seconds. Raises: `Failed` naming who is not."""
        began = time.monotonic()
        left_out = [word for overlay in self.overlays for word in _NOT_HERE.get(overlay, ())]
        try:
            self.compose("up", "--detach", "--no-build", "--wait", *left_out, *words, limit_s=_UP_LIMIT_S)
        except Failed as wrong:
            sick = [name for name, container in self.containers().items() if container["State"].get("Health", {}).get("Status") != "healthy"]
            said = "\n".join(self.logs(name) for name in sick[:4])
            raise Failed(f"{wrong}\nnot healthy: {', '.join(sick)}\n{said}") from wrong
        return time.monotonic() - began

    def down(self) -> None:
        """Takes everything away, what it kept included. Raises: `Failed` when something is left."""
        self.containers()
        self.compose("--profile", "tools", "down", "--volumes", "--remove-orphans", "--timeout", "20", limit_s=240)
        label = f"label=com.docker.compose.project={self.project}"
        left = [
            f"{kind} {name}"
            for kind, words in {"container": ("ps", "-aq"), "network": ("network", "ls", "-q"), "volume": ("volume", "ls", "-q")}.items()
            for name in self.engine.lines(*words, "--filter", label)
        ]
        for name in self._volumes.intersection(self.engine.lines("volume", "ls", "-q")):
            self.engine.run("volume", "rm", name)  # without a name of their own, of containers that were replaced: Compose forgets them, see README
        if left:
            raise Failed(f"left behind: {', '.join(left)}")
        shutil.rmtree(self.folder / "compose", ignore_errors=True)

    def containers(self) -> dict[str, dict[str, Any]]:
        """What the engine knows of each container, by name without the project's, such as ``frontend-2``."""
        found = self.engine.lines("ps", "-aq", "--filter", f"label=com.docker.compose.project={self.project}")
        seen = json.loads(self.engine.run("inspect", *found)) if found else []
        self._volumes.update(mount["Name"] for each in seen for mount in each["Mounts"] if mount["Type"] == "volume")
        return {each["Name"].removeprefix(f"/{self.project}-"): each for each in seen}

    def inside(self, container: str, *command: str, user: str = "") -> str:
        """Runs a command in a container; what it printed. Raises: `Failed`."""
        who = ("--user", user) if user else ()
        return self.engine.run("exec", *who, f"{self.project}-{container}", *command, limit_s=60)

    def logs(self, container: str, lines: int = 8) -> str:
        """The end of a container's log."""
        name = f"{self.project}-{container}"
        done = subprocess.run(
            ["docker", "logs", "--tail", str(lines), name], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=self.engine.environ, timeout=30, check=False
        )
        return f"--- {container}\n{done.stdout.decode(errors='replace')}"

    def tool(self, name: str, *words: str) -> str:
        """Runs one of the operator's tools as README says; what it printed. Raises: `Failed`."""
        return self.compose("run", "--rm", "-T", name, *words, limit_s=180)

    def upgrade(self, *services: str) -> None:
        """Runs ``upgrade.sh`` as README says. Raises: `Failed`."""
        run([str(self._copied / "upgrade.sh"), *services], limit_s=_UP_LIMIT_S, environ=self._environ)

    def compose(self, *words: str, limit_s: float = 240.0) -> str:
        """Runs ``docker compose WORDS`` with the variables; what it printed. Raises: `Failed`."""
        return run(["docker", "compose", "--progress", "plain", *words], limit_s=limit_s, environ=self._environ)

    def renew_site(self) -> None:
        """Gives the site another certificate, in files that nobody may write, as some who renew them do. Raises: `Failed`."""
        site = self.folder / "site"
        site.mkdir(parents=True, exist_ok=True)
        run([
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost", "-keyout", str(site / "new.key"), "-out", str(site / "new.pem"),
        ])  # fmt: skip
        site.chmod(0o755)
        for fresh, name in (("new.key", "privkey.pem"), ("new.pem", "fullchain.pem")):
            (site / fresh).chmod(0o444)
            (site / fresh).rename(site / name)

    def settle(self, **variables: str) -> None:
        """Gives variables other values from now on, in ``.env``, as README says."""
        self._lasting.update(variables)
        (self._copied / ".env").write_text("".join(f"{name}={value}\n" for name, value in self._lasting.items()), encoding="utf-8")

    @property
    def _environ(self) -> dict[str, str]:
        files = os.pathsep.join(str(self._copied / name) for name in ("docker-compose.yml", *self.overlays))
        settled = {name: value for name, value in self.variables.items() if name not in self._lasting}
        own = {"PALESTRA_PROJECT": self.project, "SITE_CERTIFICATES": str(self.folder / "site"), "COMPOSE_FILE": files}
        return {**os.environ, **self.engine.environ, **settled, **own}
