"""Owns a RabbitMQ that is started from compose/rabbitmq/ as an installation's is: only the places and ports differ."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from compose.local.servers import RABBITMQ_SERVER
from tests.support.brokers import RabbitMq, missing
from tests.support.ports import free_ports
from tools import definitions


class HouseBroker(RabbitMq):
    """One node with the house's own settings, definitions and plugins: no listener without TLS, no user with a password."""

    def __init__(self, folder: Path, pki: Path) -> None:
        super().__init__(folder)
        (self.metrics_port,) = free_ports(1)
        shutil.copy(definitions.FOLDER / "definitions.json", folder)
        settings = definitions.configuration(
            folder=str(folder), pki=str(pki), listen=f"127.0.0.1:{self.tls_port}", metrics_port=self.metrics_port
        )
        self.configure(folder, ",".join(definitions.PLUGINS), [settings, "prometheus.ssl.ip = 127.0.0.1"])

    def exported(self) -> dict[str, Any]:
        """Everything that is declared there, as definitions."""
        parts: dict[str, Any] = json.loads(self.ctl("export_definitions", "-"))
        return parts

    def empty(self) -> None:
        """Forgets every message: other tests leave theirs."""
        self.ctl("eval", "[rabbit_amqqueue:purge(Queue) || Queue <- rabbit_amqqueue:list()].")

    @property
    def house_url(self) -> str:
        """Where the house's virtual host is."""
        return self.tls_url(definitions.VHOST)

    def start(self) -> None:
        super().start()
        self.ctl("await_startup")

    def _is_up(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.tls_port), 1):
                return True
        except OSError:
            return False


@contextmanager
def house_broker_running(folder: Path, pki: Path) -> Iterator[HouseBroker]:
    """A started one, ended on leaving."""
    if not RABBITMQ_SERVER.exists():
        missing("RabbitMQ")
    broker = HouseBroker(folder, pki)
    try:
        broker.start()
        yield broker
    finally:
        broker.thaw()
        broker.stop()


@pytest.fixture(scope="session")
def house_broker(tmp_path_factory: pytest.TempPathFactory, pki_folder: Path) -> Iterator[HouseBroker]:
    """One for the whole run, with the certificates of the run; who leaves messages there leaves them to others."""
    with house_broker_running(tmp_path_factory.mktemp("house-broker"), pki_folder) as broker:
        yield broker
