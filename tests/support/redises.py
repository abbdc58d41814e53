"""Owns Redis as compose/redis/ runs it: the very files, TLS, a user per service, Sentinels. Ended by whoever started them."""

from __future__ import annotations

import os
import random
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from mesh.redis import Server, server_at
from mesh.tls import Credentials
from tests.support.brokers import LocalProcess, missing

FILES = Path(__file__).parents[2] / "compose" / "redis"
DOWN_AFTER_MS = 2500
"""A Sentinel connects once a second: with 1000 it takes a new master, to which it has no line yet, for dead too (2 of 10 with busy cores)."""



def quiet_ports(count: int) -> list[int]:
    """Free ports on loopback that the kernel gives to no outgoing connection: the servers that start first connect to each other."""
    found: list[int] = []
    for port in random.sample(range(20_000, 32_000), 2_000):
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            found.append(port)
        if len(found) == count:
            return found
    raise AssertionError("no free ports")


@dataclass
class Secured(LocalProcess):
    """A Redis or Sentinel that ``compose/redis/start`` has started; ``start`` again after ``kill`` goes on in the same folder."""

    port: int = 0
    pki: Path = Path()
    secrets: Path = Path()
    databases: int = 0

    def start(self) -> None:
        """Starts it and waits until its health check is content."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.launch()
        self.until(self._is_up)

    def url(self, database: int = 0) -> str:
        """The address for any service: its certificate, its user, the password from its file."""
        return f"rediss://127.0.0.1:{self.port}/{database}?password_file={self.secrets}/redis_{{service}}"

    def say(self, user: str, *words: str) -> str:
        """What the server answers to a user, as redis-cli writes it; an error is an answer too."""
        secret = self.secrets / f"redis_{user}"
        environ = {**os.environ, "REDISCLI_AUTH": secret.read_text() if secret.exists() else "none"}
        who = ["--user", user, "--cacert", self.pki / "ca.crt", "--cert", self.pki / "operator.crt", "--key", self.pki / "operator.key"]
        asked = subprocess.run(
            ["redis-cli", "-p", str(self.port), "--tls", "--no-auth-warning", *who, *words],
            env=environ, capture_output=True, text=True, timeout=10, check=False,
        )  # fmt: skip
        return (asked.stdout + asked.stderr).strip()

    def _is_up(self) -> bool:
        asked = subprocess.run([FILES / "check", self.folder], env={**os.environ, **self.environ}, capture_output=True, timeout=20, check=False)
        return asked.returncode == 0


def users() -> dict[str, list[str]]:
    """The rules of each user of compose/redis/users.acl."""
    lines = [line.split() for line in (FILES / "users.acl").read_text().splitlines() if line.startswith("user ")]
    return {line[1]: line[2:] for line in lines}


def patient(server: Server) -> Server:
    """The same, for tests of what is promised: a machine that stands still during a handshake breaks no promise."""
    return replace(server, options={**server.options, "socket_connect_timeout": 10.0, "socket_timeout": 10.0})


def tester_at(secured: Secured, credentials: Credentials, *services: str) -> Server:
    """A fresh database for a user who may touch every key and channel, by the commands that these services may use, and no other."""
    commands = sorted({rule for name in services for rule in users()[name] if rule.startswith("+")})
    name = "tester-" + "-".join(services)
    file = secured.folder / "users.acl"
    line = f"user {name} on >a-password-of-tests allkeys allchannels -@all {' '.join(commands)}\n"
    (secured.secrets / f"redis_{name}").write_text("a-password-of-tests")
    if line not in file.read_text():
        with file.open("a") as lines:
            lines.write(line)
        assert secured.say("operator", "ACL", "LOAD") == "OK"
    secured.databases += 1
    return server_at(secured.url(secured.databases), name, credentials, code="bad-cache-url")


class Secrets:
    """Where certificates and passwords lie."""

    def __init__(self, folder: Path, pki: Path) -> None:
        self.folder = folder
        self.pki = pki
        subprocess.run([FILES / "make-passwords", folder], check=True, timeout=20)

    def server(self, kind: str, folder: Path, port: int, arguments: Sequence[str] = (), environ: Mapping[str, str] | None = None) -> Secured:
        """One of them, not yet started."""
        if shutil.which("redis-server") is None:
            missing("Redis")
        words = [str(FILES / "start"), kind, str(folder), *arguments, "--tls-port", str(port), "--bind", "127.0.0.1"]
        whole = {"REDIS_PKI": str(self.pki), "REDIS_SECRETS": str(self.folder), **(environ or {})}
        return Secured(words, folder, whole, port=port, pki=self.pki, secrets=self.folder)


@contextmanager
def running(*servers: Secured) -> Iterator[None]:
    """Starts them in order and ends them."""
    with ExitStack() as stack:
        for one in servers:
            stack.callback(one.kill)
            stack.callback(one.thaw)
            one.start()
        yield


class Watched:
    """One master, two replicas and three Sentinels, as on three hosts; everything on loopback."""

    def __init__(self, folder: Path, secrets: Secrets) -> None:
        ports = quiet_ports(6)
        first = f"127.0.0.1 {ports[0]}"
        self.states = [
            secrets.server(
                "state", folder / f"state{at}", port, ("--min-replicas-to-write", "1"), {"REDIS_REPLICA_OF": first} if at else {}
            )
            for at, port in enumerate(ports[:3])
        ]  # fmt: skip
        self.sentinels = [
            secrets.server(
                "sentinel", folder / f"sentinel{at}", port, ("127.0.0.1", str(ports[0])), {"REDIS_DOWN_AFTER_MS": str(DOWN_AFTER_MS)}
            )
            for at, port in enumerate(ports[3:])
        ]  # fmt: skip
        self.secrets = secrets

    @property
    def url(self) -> str:
        """The address for any service: the Sentinels', who know the master."""
        hosts = ",".join(f"127.0.0.1:{one.port}" for one in self.sentinels)
        return f"rediss+sentinel://{hosts}/palestra/0?password_file={self.secrets.folder}/redis_{{service}}"

    def master(self) -> Secured:
        """The one that the Sentinels name."""
        said = self.sentinels[0].say("operator", "SENTINEL", "get-master-addr-by-name", "palestra")
        port = int(said.split()[-1])
        return next(one for one in self.states if one.port == port)

    def bring_back(self, one: Secured) -> None:
        """Starts one that was killed as a replica of whoever is the master now; left alone, the Sentinels see to that after ten seconds."""
        with (one.folder / "redis.conf").open("a") as file:
            file.write(f"replicaof 127.0.0.1 {self.master().port}\n")
        one.start()

    def is_whole(self) -> bool:
        """Whether the master has both replicas, and every Sentinel names that master, is moving it no more, and knows all of them and each other."""
        try:
            master = self.master()
            replicas = master.say("operator", "INFO", "replication").count("state=online")
        except (StopIteration, ValueError, IndexError):
            return False
        known = [one.say("operator", "INFO", "sentinel") for one in self.sentinels]
        about = [one.say("operator", "SENTINEL", "master", "palestra") for one in self.sentinels]
        return (
            replicas == 2
            and all(f"status=ok,address=127.0.0.1:{master.port},slaves=2,sentinels=3" in said for said in known)
            and not any("failover_in_progress" in said for said in about)
        )


@contextmanager
def watched_running(folder: Path, secrets: Secrets) -> Iterator[Watched]:
    """All six of them, started and agreed."""
    watched = Watched(folder, secrets)
    with running(*watched.states, *watched.sentinels):
        watched.sentinels[0].until(watched.is_whole, 40)
        yield watched


@pytest.fixture(scope="session")
def redis_secrets(tmp_path_factory: pytest.TempPathFactory, pki_folder: Path) -> Secrets:
    """Passwords for every user, and the certificates of the run."""
    return Secrets(tmp_path_factory.mktemp("secrets"), pki_folder)


@pytest.fixture(scope="session")
def secured_state(tmp_path_factory: pytest.TempPathFactory, redis_secrets: Secrets) -> Iterator[Secured]:
    """One Redis for sessions and news, configured by compose/redis/state.conf and users.acl."""
    server = redis_secrets.server("state", tmp_path_factory.mktemp("state"), *quiet_ports(1), ("--databases", "1000"))
    with running(server):
        yield server


@pytest.fixture(scope="session")
def secured_cache(tmp_path_factory: pytest.TempPathFactory, redis_secrets: Secrets) -> Iterator[Secured]:
    """One Redis for the cache, configured by compose/redis/cache.conf and users.acl."""
    server = redis_secrets.server("cache", tmp_path_factory.mktemp("cache"), *quiet_ports(1), ("--databases", "1000"))
    with running(server):
        yield server
