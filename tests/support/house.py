"""A whole house as real processes on free ports: everything in one, or each service by itself."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pki.registrar import Registrar
from pki.store import Store
from services.targets import ALL
from tests.support.api import Person
from tests.support.ports import free_ports

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "correct horse battery staple"
START_LIMIT_S = 60


@dataclass
class HouseOfProcesses:
    """A house in a folder. ``start`` may name the services that share one process; the default is all of them."""

    folder: Path
    environ: dict[str, str] = field(default_factory=dict)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    admin_password: str = PASSWORD

    def __post_init__(self) -> None:
        names = list(ALL)
        self.ports = dict(zip(names, free_ports(len(names)), strict=True))
        self.environ = {
            "PALESTRA_MESH_FOLDER": str(self.folder / "var"),
            "PALESTRA_ADMIN_PASSWORD": self.admin_password,
            "PALESTRA_MESH_LOG_FORMAT": "json",
            "PALESTRA_RECORDER_DIGEST_HOUR": "-1",  # a test that runs at that hour hears no more than others
            "PALESTRA_RECORDER_HAS_TRIALS": "false",  # tests that are about trials ask for them; the others keep their cores
            **{f"PALESTRA_{name.upper()}_PORT": str(port) for name, port in self.ports.items()},
            **{
                f"PALESTRA_MESH_{name.upper()}_ADDRESS": f"127.0.0.1:{self.ports[name]}"
                for name in ("recorder", "grader", "gitserver", "broadcaster", "mailer")
            },
            **self.environ,
        }

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ports['frontend']}"

    @property
    def pki(self) -> Path:
        return self.folder / "var" / "pki"

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "services", *arguments]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs one palestra command to its end."""
        return subprocess.run(
            self.command(*arguments), cwd=ROOT, env=self._env(), capture_output=True, text=True, timeout=60, check=False
        )

    def _env(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PALESTRA_")}
        return {**kept, **self.environ}

    def log_path(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def start(self, *names: str) -> None:
        """Starts the named services, each as a process of its own; without names one process with all."""
        if not self.pki.exists():
            Registrar(Store(self.pki)).bootstrap()  # as `palestra pki bootstrap` does, without a second of Python's start
        for name in names or ("all",):
            with self.log_path(name).open("ab") as log:
                self.processes[name] = subprocess.Popen(
                    self.command(name), cwd=ROOT, env=self._env(), stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
                )

    def until_ready(self, limit_s: float = START_LIMIT_S) -> float:
        """Waits until every service that was started says that it is ready; seconds that it took."""
        began = time.monotonic()
        waiting = list(ALL) if "all" in self.processes else [name for name in ALL if name in self.processes]
        while time.monotonic() - began < limit_s:
            for name, process in self.processes.items():
                if process.poll() is not None:
                    raise AssertionError(f"{name} ended with {process.returncode}:\n{self.tail(name)}")
            waiting = [name for name in waiting if not self._is_ready(name)]
            if not waiting:
                return time.monotonic() - began
            time.sleep(0.05)
        raise AssertionError(f"{waiting} not ready after {limit_s} s:\n" + "\n".join(self.tail(name) for name in self.processes))

    def _is_ready(self, name: str) -> bool:
        """Asks for readiness at a service's own door, with the frontend's certificate where one is wanted."""
        try:
            with ExitStack() as stack:
                line = stack.enter_context(socket.create_connection(("127.0.0.1", self.ports[name]), timeout=2))
                if name != "frontend":
                    context = ssl.create_default_context(cafile=self.pki / "ca.crt")
                    context.load_cert_chain(self.pki / "frontend.crt", self.pki / "frontend.key")
                    line = stack.enter_context(context.wrap_socket(line, server_hostname=name))
                line.sendall(f"GET /health/ready HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode())
                return line.recv(64).startswith(b"HTTP/1.1 200")
        except OSError:
            return False

    def tail(self, name: str, lines: int = 40) -> str:
        path = self.log_path(name)
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) if path.exists() else "(no log)"

    def kill(self, name: str = "all") -> None:
        """kill -9, this moment; whatever it started must die by itself."""
        process = self.processes.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait(20)

    def stop(self, names: Sequence[str] = ()) -> dict[str, int]:
        """SIGTERM, and the exit statuses."""
        statuses = {}
        for name in names or list(self.processes):
            self.processes[name].terminate()
        for name in names or list(self.processes):
            process = self.processes.pop(name)
            try:
                statuses[name] = process.wait(40)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(20)
                statuses[name] = -9
        return statuses

    def passer_by(self) -> Person:
        return Person(self.url)

    def admin(self) -> Person:
        return self.passer_by().sign_in("admin", self.admin_password)


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HouseOfProcesses]:
    """One house in one process on embedded defaults, for every test that does not break it."""
    yield from running_house(tmp_path_factory.mktemp("house"), {})


def running_house(folder: Path, environ: Mapping[str, str]) -> Iterator[HouseOfProcesses]:
    one = HouseOfProcesses(folder, dict(environ))
    one.start()
    try:
        one.until_ready()
        yield one
    finally:
        one.stop()
