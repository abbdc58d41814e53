"""Owns the Docker engine of the test: the one that answers, else one started here and ended afterwards. Never builds or runs anything."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

_START_LIMIT_S = 60.0
_PLUGINS = ("docker-compose", "docker-buildx")


class Failed(Exception):
    """Something did not work; the text says what was run and what it said."""


@dataclass(frozen=True, slots=True)
class Engine:
    """How to speak to the engine: `environ` points the client at it and at its plugins."""

    environ: Mapping[str, str] = field(default_factory=dict)

    def run(self, *words: str, limit_s: float = 120.0, given: bytes | None = None) -> str:
        """Runs ``docker WORDS``; what it printed. Raises: `Failed`."""
        return run(["docker", *words], limit_s=limit_s, environ=self.environ, given=given)

    def lines(self, *words: str) -> list[str]:
        """The same, as lines."""
        return self.run(*words).split()


def say(text: str) -> None:
    """Tells whoever typed the command."""
    sys.stdout.write(f"compose-test: {text}\n")
    sys.stdout.flush()


def run(command: Sequence[str], *, limit_s: float = 120.0, environ: Mapping[str, str] | None = None, given: bytes | None = None) -> str:
    """Runs a command; what it printed. Raises: `Failed` with the end of what it said."""
    try:
        done = subprocess.run(command, input=given, capture_output=True, env=environ, timeout=limit_s, check=False)
    except FileNotFoundError as missing:
        raise Failed(f"{command[0]} is not installed") from missing
    except subprocess.TimeoutExpired as slow:
        raise Failed(f"{' '.join(command)[:200]}: not done after {limit_s:g} s\n{_tail(slow.stderr)}") from slow
    if done.returncode:
        raise Failed(f"{' '.join(command)[:200]}: exit status {done.returncode}\n{_tail(done.stdout)}\n{_tail(done.stderr)}")
    return done.stdout.decode(errors="replace")


@contextmanager
def an_engine(folder: Path) -> Iterator[Engine]:
    """An engine to use. Where none answers and we are root, one of our own, whose everything lies in ``folder``. Raises: `Failed`."""
    environ = {**os.environ, "DOCKER_BUILDKIT": "1"}
    if not _answers(environ):
        with _own(folder, environ) as own:
            yield Engine(_with_plugins(folder, own))
        return
    yield Engine(_with_plugins(folder, environ))


@contextmanager
def _own(folder: Path, environ: Mapping[str, str]) -> Iterator[dict[str, str]]:
    if os.geteuid() != 0 or shutil.which("dockerd") is None:
        raise Failed("no Docker engine answers, and none can be started: as root, apt-get install docker.io debootstrap iptables")
    folder.mkdir(parents=True, exist_ok=True)
    address = f"unix://{folder / 'docker.sock'}"
    mine = {**environ, "DOCKER_HOST": address}
    bridge = Path("/sys/class/net/docker0")
    had_bridge = bridge.exists()
    command = [
        "dockerd", "--data-root", str(folder / "images"), "--exec-root", str(folder / "run"), "--pidfile", str(folder / "dockerd.pid"),
        "--host", address, "--log-level", "warn",
    ]  # fmt: skip
    with (folder / "dockerd.log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True) as process:
        try:
            end = time.monotonic() + _START_LIMIT_S
            while not _answers(mine):
                if process.poll() is not None or time.monotonic() > end:
                    raise Failed(f"dockerd did not come up:\n{_tail((folder / 'dockerd.log').read_bytes())}")
                time.sleep(0.3)
            say(f"started an engine in {folder}")
            yield mine
        finally:
            process.terminate()
            process.wait(timeout=60)
            if bridge.exists() and not had_bridge:  # its rules for packets stay: they name networks that are gone
                run(["ip", "link", "delete", "docker0"])


def _answers(environ: Mapping[str, str]) -> bool:
    try:
        run(["docker", "info", "--format", "{{.ServerVersion}}"], limit_s=10, environ=environ)
    except Failed:
        return False
    return True


def _with_plugins(folder: Path, environ: Mapping[str, str]) -> Mapping[str, str]:
    """Has ``docker compose`` (2.20 or newer), from Debian 13's packages where this machine's Debian has none."""
    try:
        run(["docker", "compose", "version"], limit_s=20, environ=environ)
    except Failed:
        pass
    else:
        return environ
    client = folder / "client"
    plugins = client / "cli-plugins"
    if not all((plugins / name).exists() for name in _PLUGINS):
        plugins.mkdir(parents=True, exist_ok=True)
        mirror = debian_mirror()
        listed = run(["sh", "-c", f"curl -fsS {mirror}/dists/trixie/main/binary-$(dpkg --print-architecture)/Packages.xz | xz -dc"], limit_s=120)
        for name in _PLUGINS:
            stanza = next(part for part in listed.split("\n\n") if part.startswith(f"Package: {name}\n"))
            path = next(line for line in stanza.splitlines() if line.startswith("Filename: ")).removeprefix("Filename: ")
            package = client / f"{name}.deb"
            run(["curl", "-fsS", "-o", str(package), f"{mirror}/{path}"])
            digest = next(line for line in stanza.splitlines() if line.startswith("SHA256: ")).removeprefix("SHA256: ")
            if run(["sha256sum", str(package)]).split()[0] != digest:
                raise Failed(f"{package} is not what the index of Debian says")
            run(["dpkg-deb", "-x", str(package), str(client / name)])
            shutil.copy2(client / name / "usr/libexec/docker/cli-plugins" / name, plugins / name)
    return {**environ, "DOCKER_CONFIG": str(client)}


def debian_mirror() -> str:
    """The mirror that this machine installs from. Raises: `Failed`."""
    for line in run(["apt-get", "indextargets", "--format", "$(REPO_URI) $(ORIGIN) $(LABEL)"]).splitlines():
        uri, _, rest = line.partition(" ")
        if rest == "Debian Debian":
            return uri.rstrip("/")
    raise Failed("no Debian mirror is configured: run apt-get update")


def _tail(text: bytes | None) -> str:
    return "\n".join((text or b"").decode(errors="replace").strip().splitlines()[-12:])
