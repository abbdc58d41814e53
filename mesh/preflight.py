"""Owns what can be known to be wrong with the addresses and certificates of a machine before anything is opened. Never connects."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from mesh.cache.opening import open_cache
from mesh.clock import SystemClock
from mesh.database.address import parse_address
from mesh.errors import MeshError
from mesh.log import Log
from mesh.queue.opening import open_queue
from mesh.settings import MeshConfig
from mesh.tls import Credentials
from mesh.topics.opening import open_topics

_EMBEDDED: Final = ("file", "memory")


def faults_of(config: MeshConfig, services: Iterable[str]) -> list[str]:
    """Every address that its opener refuses, and every certificate of these services that is there and cannot be used.

    Blocks: reads certificates, loads drivers. Without any certificate only the form of addresses with TLS is looked at.
    """
    faults, known = _certificates(config.pki_path, services)
    for name, url in _urls(config).items():
        try:
            _try(name, url, known)
        except MeshError as wrong:
            faults.append(f"mesh.{name}: {wrong.message}")
    return faults


def _certificates(folder: Path, services: Iterable[str]) -> tuple[list[str], Credentials | None]:
    faults: list[str] = []
    known: Credentials | None = None
    for service in services:
        if not (folder / f"{service}.crt").exists():
            continue
        try:
            known = Credentials.load(folder, service)
        except MeshError as wrong:
            faults.append(f"certificate of {service}: {wrong.message}")
    return faults, known


def _urls(config: MeshConfig) -> dict[str, str]:
    given = {name: getattr(config, name) for name in ("record_url", "replica_url", "fresh_url", "queue_url", "topics_url", "cache_url", "state_url")}
    return {name: url for name, url in given.items() if url}


def _try(name: str, url: str, known: Credentials | None) -> None:
    """Has the address read by whoever opens it. What opens later, in its context, is only made here."""
    if known is None:
        url = _without_tls(url)
    log, clock, service = Log("preflight"), SystemClock(), "operator" if known is None else known.service
    opening: dict[str, Callable[[], Any]] = {
        "queue_url": lambda: open_queue(url, service, (), clock, log, known),
        "topics_url": lambda: open_topics(url, service, clock, log, known),
        "cache_url": lambda: open_cache(url, service, clock, log, known),
        "state_url": lambda: open_cache(url, service, clock, log, known),
    }
    if name not in opening:
        parse_address(url, known)
    elif urlsplit(url).scheme not in _EMBEDDED:
        opening[name]()


def _without_tls(url: str) -> str:
    """The same address in plain, for a look at its form where no certificate is at hand."""
    plain = {"rediss": "redis", "rediss+sentinel": "redis+sentinel", "amqps": "amqp"}
    nodes = url.split(",") if url.startswith("amqps") else [url]
    parts = [each.strip().partition("://") for each in nodes]
    if len({scheme for scheme, _, _ in parts}) > 1:
        return url
    whole = ",".join(f"{plain.get(scheme, scheme)}{mark}{rest}" for scheme, mark, rest in parts)
    return whole.replace("?tls=mesh&", "?").replace("?tls=mesh", "").replace("&tls=mesh", "")
