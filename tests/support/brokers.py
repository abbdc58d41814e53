"""Owns the real RabbitMQ and Redis of a test run: local processes in temporary folders, on free ports, ended by their pid.

Plain context managers (`rabbitmq_running`, `redis_running`) and, on top of them, fixtures. A missing package is a
failure with REQUIRE_BROKERS=1 or CI=true, else a loud skip.
"""

from __future__ import annotations

import base64
import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import mesh.cache.redis
import mesh.queue.amqp
import mesh.topics.redis  # noqa: F401  drivers are loaded before a loop runs: loading reads files
from compose.local.servers import RABBITMQ_SERVER, node_command, node_environ
from tests.support.ports import free_ports

_START_LIMIT_S = 90.0
_LAUNCHER = ThreadPoolExecutor(1, "launcher")
"""The kernel ends a server when the *thread* that launched it ends: this one lives as long as the test run."""


def missing(name: str) -> None:
    """Ends the test: as a failure where brokers are required, else as a skip that says what to install."""
    text = f"{name} is not installed here: apt-get install rabbitmq-server redis-server"
    if os.environ.get("REQUIRE_BROKERS") == "1" or os.environ.get("CI") == "true":
        pytest.fail(text)
    pytest.skip(text)


@dataclass
class LocalProcess:
    """One server process, its log, and the faults that it can be given."""

    command: Sequence[str]
    folder: Path
    environ: Mapping[str, str] = field(default_factory=dict)
    _process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        return self.folder / "output.log"

    def launch(self) -> None:
        self._process = _LAUNCHER.submit(self._launched).result()

    def _launched(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "--", *self.command],
                cwd=self.folder, env={**os.environ, **self.environ}, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    def has_ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def signal(self, number: int) -> None:
        if self._process is not None and not self.has_ended():
            self._process.send_signal(number)

    def freeze(self) -> None:
        """Stops it in the middle of whatever it does; its sockets stay open."""
        self.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Lets a frozen one go on."""
        self.signal(signal.SIGCONT)

    def kill(self) -> None:
        """kill -9, of who was started by it too, and waits until it is gone."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(20)
            self._process = None

    def until(self, is_up: Any, limit_s: float = _START_LIMIT_S) -> None:
        """Waits until it answers; fails with the end of its log when it died or took too long."""
        ends_at = time.monotonic() + limit_s
        while not is_up():
            if self.has_ended() or time.monotonic() > ends_at:
                tail = self.log.read_text(errors="replace")[-3000:]
                self.kill()
                raise AssertionError(f"{self.command[0]} did not start:\n{tail}")
            time.sleep(0.05)


class RabbitMq:
    """One RabbitMQ node with its own epmd, folder and cookie; ``start`` again after ``kill`` keeps queues and ports."""

    def __init__(
        self, folder: Path, *, heartbeat_s: int = 10, settings: Sequence[str] = (), pki: Path | None = None
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.port, self.tls_port, self._http_port, dist_port, epmd_port = free_ports(5)
        self.name = f"palestra-{uuid.uuid4().hex[:8]}@localhost"
        plugins = "rabbitmq_management" + (",rabbitmq_auth_mechanism_ssl" if pki is not None else "")
        if pki is not None:
            settings = (*settings, *_tls_settings(pki, self.tls_port))
        self.configure(folder, plugins, self._plain_settings(heartbeat_s), settings)
        self._folder = folder
        self._environ = environ = node_environ(folder, name=self.name, epmd_port=epmd_port, erlang_port=dist_port)
        self._epmd = LocalProcess(["epmd", "-port", str(epmd_port), "-address", "127.0.0.1"], folder)
        self._node = LocalProcess(node_command(environ), folder, environ)

    @staticmethod
    def configure(folder: Path, plugins: str, *settings: Sequence[str]) -> None:
        """Writes what the node reads at its start."""
        (folder / "enabled_plugins").write_text(f"[{plugins}].\n")
        (folder / "rabbitmq.conf").write_text("\n".join([*itertools.chain(*settings), ""]))

    def _plain_settings(self, heartbeat_s: int) -> list[str]:
        return [
            f"listeners.tcp.1 = 127.0.0.1:{self.port}",
            "management.tcp.ip = 127.0.0.1",
            f"management.tcp.port = {self._http_port}",
            "management.rates_mode = none",
            "collect_statistics_interval = 1000",
            f"heartbeat = {heartbeat_s}",
            "loopback_users = none",
            "log.console = true",
            "log.console.level = warning",
            "log.file = false",
        ]

    def ctl(self, *words: str) -> str:
        """What ``rabbitmqctl`` answers; it takes a second or two."""
        done = subprocess.run(
            [str(RABBITMQ_SERVER.with_name("rabbitmqctl")), "--quiet", *words],
            env={**os.environ, **self._environ}, capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
        return done.stdout

    def start(self) -> None:
        """Starts it and waits until it takes connections."""
        if self._epmd.has_ended():
            self._epmd.launch()
        self._start_node()

    def _start_node(self) -> None:
        """A node takes connections a moment before it counts as running: a virtual host that is made just then is never brought up there."""
        said_before = self._node.log.stat().st_size if self._node.log.exists() else 0
        self._node.launch()
        self._node.until(lambda: self._is_up() and b"completed with" in self._node.log.read_bytes()[said_before:])

    def kill(self) -> None:
        """kill -9 of the node."""
        self._node.kill()

    def stop(self) -> None:
        """Ends the node and its epmd."""
        self._node.kill()
        self._epmd.kill()

    def freeze(self) -> None:
        self._node.freeze()

    def thaw(self) -> None:
        self._node.thaw()

    def queue_files(self, vhost: str) -> list[Path]:
        """The files in which it is said what the quorum queues of a virtual host are."""
        return [path for path in self._folder.glob("mnesia/*/quorum/*/*/config") if f'<<"{vhost}">>' in path.read_text()]

    def url(self, vhost: str, *, user: str = "guest", password: str = "guest", port: int | None = None) -> str:
        return f"amqp://{user}:{password}@127.0.0.1:{port or self.port}/{vhost}"

    def tls_url(self, vhost: str) -> str:
        """Over TLS, signed in by certificate. The host is an address: who is there is told by the certificate's name alone."""
        return f"amqps://127.0.0.1:{self.tls_port}/{vhost}"

    def fresh_vhost(self) -> str:
        """The name of a new, empty virtual host in which guest may do everything."""
        name = f"t{uuid.uuid4().hex[:12]}"
        self.ask("PUT", f"vhosts/{name}")
        self.ask("PUT", f"permissions/{name}/guest", {"configure": ".*", "write": ".*", "read": ".*"})
        return name

    def allow(self, vhost: str, user: str, *, password: str = "", configure: str = ".*", write: str = ".*", read: str = ".*") -> None:
        """Makes a user who may do that; without a password it signs in by its certificate only."""
        self.ask("PUT", f"users/{user}", {"password": password, "tags": ""} if password else {"password_hash": "", "tags": ""})
        self.ask("PUT", f"permissions/{vhost}/{user}", {"configure": configure, "write": write, "read": read})

    def drop_vhost(self, name: str) -> None:
        self.ask("DELETE", f"vhosts/{name}")

    def connection_names(self, vhost: str) -> list[str]:
        """What the clients of a virtual host call themselves."""
        found = self.ask("GET", f"vhosts/{vhost}/connections") or []
        return [one["client_properties"].get("connection_name", "") for one in found]

    def ask(self, method: str, path: str, body: Any = None, limit_s: float = 60) -> Any:
        """One call to the management API; the answer's JSON, None when it is empty. A virtual host of a cluster takes its time to be made."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self._http_port}/api/{path}", method=method,
            data=json.dumps(body or {}).encode() if method == "PUT" else None,  # a body that nobody reads resets the line
            headers={"Authorization": "Basic " + base64.b64encode(b"guest:guest").decode(), "Content-Type": "application/json"},
        )  # fmt: skip
        with urllib.request.urlopen(request, timeout=limit_s) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def _is_up(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as line:
                line.settimeout(5)
                line.sendall(b"AMQP\x00\x00\x09\x01")
                if not line.recv(1):
                    return False
            return self.ask("GET", "vhosts", limit_s=10) is not None
        except (OSError, urllib.error.URLError):
            return False


def _tls_settings(pki: Path, port: int) -> tuple[str, ...]:
    return (
        f"listeners.ssl.1 = 127.0.0.1:{port}",
        f"ssl_options.cacertfile = {pki / 'ca.crt'}",
        f"ssl_options.certfile = {pki / 'rabbitmq.crt'}",
        f"ssl_options.keyfile = {pki / 'rabbitmq.key'}",
        "ssl_options.verify = verify_peer",
        "ssl_options.fail_if_no_peer_cert = true",
        "ssl_options.versions.1 = tlsv1.3",
        "auth_mechanisms.1 = EXTERNAL",
        "auth_mechanisms.2 = PLAIN",
        "ssl_cert_login_from = common_name",
    )


class Redis:
    """One Redis server; ``start`` again after ``kill`` keeps its port, and its content where it is persistent."""

    def __init__(
        self, folder: Path, *, is_persistent: bool = False, settings: Sequence[str] = (), pki: Path | None = None
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.port, self.tls_port = free_ports(2)
        if pki is not None:
            settings = (
                *settings, "--tls-port", str(self.tls_port), "--tls-ca-cert-file", str(pki / "ca.crt"),
                "--tls-cert-file", str(pki / "redis.crt"), "--tls-key-file", str(pki / "redis.key"),
                "--tls-auth-clients", "yes", "--tls-protocols", "TLSv1.3",
            )  # fmt: skip
        self._databases = itertools.count(1)
        self._server = LocalProcess(
            [
                "redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(folder), "--databases", "1000",
                "--save", "", "--appendonly", "yes" if is_persistent else "no", *settings,
            ],
            folder,
        )  # fmt: skip

    def start(self) -> None:
        """Starts it and waits until it answers."""
        self._server.launch()
        self._server.until(self._is_up)

    def kill(self) -> None:
        """kill -9."""
        self._server.kill()

    def stop(self) -> None:
        self._server.kill()

    def freeze(self) -> None:
        self._server.freeze()

    def thaw(self) -> None:
        self._server.thaw()

    def fresh_database(self) -> int:
        """The number of a database that nobody has used."""
        return next(self._databases)

    def url(self, database: int, *, port: int | None = None) -> str:
        return f"redis://127.0.0.1:{port or self.port}/{database}"

    def tls_url(self, database: int) -> str:
        return f"rediss://127.0.0.1:{self.tls_port}/{database}"

    def _is_up(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as line:
                line.settimeout(2)
                line.sendall(b"PING\r\n")
                return line.recv(5) == b"+PONG"
        except OSError:
            return False


@contextmanager
def rabbitmq_running(
    folder: Path, *, heartbeat_s: int = 10, settings: Sequence[str] = (), pki: Path | None = None
) -> Iterator[RabbitMq]:
    """A started RabbitMQ, ended on leaving; with TLS too where a folder of certificates is given."""
    if not RABBITMQ_SERVER.exists() or shutil.which("epmd") is None:
        missing("RabbitMQ")
    broker = RabbitMq(folder, heartbeat_s=heartbeat_s, settings=settings, pki=pki)
    try:
        broker.start()
        yield broker
    finally:
        broker.thaw()
        broker.stop()


@contextmanager
def redis_running(
    folder: Path, *, is_persistent: bool = False, settings: Sequence[str] = (), pki: Path | None = None
) -> Iterator[Redis]:
    """A started Redis, ended on leaving; with TLS too where a folder of certificates is given."""
    if shutil.which("redis-server") is None:
        missing("Redis")
    server = Redis(folder, is_persistent=is_persistent, settings=settings, pki=pki)
    try:
        server.start()
        yield server
    finally:
        server.thaw()
        server.stop()


@pytest.fixture(scope="session")
def rabbitmq(tmp_path_factory: pytest.TempPathFactory, pki_folder: Path) -> Iterator[RabbitMq]:
    """One RabbitMQ for the whole run; it takes some seconds to boot. Tests that kill it start it again."""
    with rabbitmq_running(tmp_path_factory.mktemp("rabbitmq"), pki=pki_folder) as broker:
        yield broker


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory, pki_folder: Path) -> Iterator[Redis]:
    """One Redis for the whole run, without persistence."""
    with redis_running(tmp_path_factory.mktemp("redis"), pki=pki_folder) as server:
        yield server


@pytest.fixture
def amqp_url(rabbitmq: RabbitMq) -> Iterator[str]:
    """The URL of a fresh virtual host."""
    vhost = rabbitmq.fresh_vhost()
    yield rabbitmq.url(vhost)
    rabbitmq.drop_vhost(vhost)


@pytest.fixture
def redis_url(redis_server: Redis) -> str:
    """The URL of a fresh database."""
    return redis_server.url(redis_server.fresh_database())


@pytest.fixture
def rediss_url(redis_server: Redis) -> str:
    """The same, over TLS: who comes must show a certificate of the mesh."""
    return redis_server.tls_url(redis_server.fresh_database())
