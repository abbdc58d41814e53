"""Owns the settings that every service shares: the ``[mesh]`` section. Never opens what they point to."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from mesh.config import setting
from mesh.addresses import Address, AddressBook


@dataclass(frozen=True)
class MeshConfig:
    """Where the record, the queues, the topics, the cache and the peers are. Empty URLs mean the embedded default."""

    folder: str = setting("var", "Folder for everything that this machine keeps")
    pki_folder: str = setting("", "Folder of certificates and keys; empty: FOLDER/pki")
    record_url: str = setting("", "The record: sqlite:///, postgresql:// or mysql://; empty: sqlite in FOLDER")
    replica_url: str = setting("", "Where to read the record; empty: record_url, opened read-only")
    fresh_url: str = setting(
        "", "With a replica: where the frontend reads what the replica has not got yet, the primary as a user who only reads; empty: it waits"
    )
    queue_url: str = setting("", "Queues: file:///FOLDER (one process) or amqp(s)://; empty: file in FOLDER")
    topics_url: str = setting("memory:", "Live news: memory: (one process) or redis(s)://")
    cache_url: str = setting("memory:", "Cache, may evict: memory: (one process) or redis(s)://")
    state_url: str = setting("", "Sessions and rate limits, must not evict; empty: as cache_url, or a file in FOLDER")
    recorder_address: str = setting("127.0.0.1:21690", "Where the recorder answers, host:port")
    grader_address: str = setting("127.0.0.1:21680", "Where the grader answers, host:port; several with commas between")
    gitserver_address: str = setting("127.0.0.1:33861", "Where the gitserver answers, host:port")
    mailer_address: str = setting("127.0.0.1:21695", "Where the mailer answers, host:port")
    broadcaster_address: str = setting("127.0.0.1:32672", "Where the broadcaster answers, host:port; several with commas between")
    port_shift: int = setting(
        0, "Added to every port and address of the house that is the default: a second house on one machine takes 100", minimum=0, maximum=30_000
    )
    log_format: str = setting("auto", "How log lines look; auto is text on a terminal", choices=("auto", "json", "text"))
    log_level: str = setting("info", "The least that is logged", choices=("debug", "info", "warning", "error"))
    stop_notice_s: float = setting(0.0, "How long readiness is 503 before a service stops taking work", minimum=0, maximum=300)
    loop: str = setting("asyncio", "Event loop; auto takes uvloop where it is installed", choices=("auto", "asyncio", "uvloop"))
    leaf_life_h: float = setting(24.0, "Hours that a service's certificate lives", minimum=0.002, maximum=24 * 400)

    @property
    def path(self) -> Path:
        """`folder`, absolute."""
        return Path(self.folder).resolve()

    @property
    def pki_path(self) -> Path:
        """The folder of certificates, absolute."""
        return Path(self.pki_folder).resolve() if self.pki_folder else self.path / "pki"

    @property
    def record(self) -> str:
        """The URL to write the record."""
        return self.record_url or f"sqlite:///{self.path / 'record.sqlite3'}"

    @property
    def replica(self) -> str:
        """The URL to read the record."""
        return self.replica_url or self.record

    @property
    def queue(self) -> str:
        """The URL of the queues."""
        return self.queue_url or f"file://{self.path / 'queue'}"

    @property
    def state(self) -> str:
        """The URL of sessions and limits: the cache's own server; in one process a file, which survives kill -9."""
        if self.state_url or not self.cache_url.startswith("memory:"):
            return self.state_url or self.cache_url
        return f"file://{self.path / 'state'}" if self.queue.startswith("file:") else "memory:?evicts=no"

    def moved(self) -> Self:
        """The same with `port_shift` added to every address that is the default."""
        fields = {field.name: str(field.default) for field in dataclasses.fields(self) if field.name.endswith("_address")}
        homes = {name: default.rpartition(":") for name, default in fields.items() if getattr(self, name) == default}
        return dataclasses.replace(self, **{name: f"{host}:{int(port) + self.port_shift}" for name, (host, _, port) in homes.items()})  # type: ignore[arg-type]  # all are text

    def addresses(self) -> AddressBook:
        """Where each peer answers. Port 0 means: wherever it binds in this process, known once it has.

        Raises: ValueError naming the setting that is not host:port.
        """
        found: dict[str, list[Address]] = {}
        for name in ("recorder", "grader", "gitserver", "broadcaster", "mailer"):
            text = getattr(self, f"{name}_address")
            for one in text.split(","):
                host, mark, port = one.strip().rpartition(":")
                if not mark or not port.isdecimal():
                    raise ValueError(f"mesh.{name}_address = {text!r} is not host:port, nor several with commas between")
                if int(port):
                    found.setdefault(name, []).append((host.strip("[]"), int(port)))
        return AddressBook(found)
