"""Owns how our own services run in a local house: each a process of its own, told by its environment. Never starts one."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from functools import partial
from typing import Final
from urllib.parse import quote

from compose.local.plan import ROOT, Plan
from compose.local.program import Program, answers
from compose.local.postgresql import DATABASE
from compose.local.servers import WEBHOOK_KEYS, context_of, secrets_of
from services.targets import TARGETS
from wire.queues import QUEUES
from wire.services import BROADCASTER, FRONTEND, GITSERVER, GRADER, MAILER, RECORDER, RUNNER

_STAGE: Final = 1
"""All at once, after the servers: a service waits for those that it leans on."""

_UIDS_FROM: Final = 60_100
_UIDS_EACH: Final = 200


def services(plan: Plan) -> list[Program]:
    """Every process of every service."""
    return [program for service in plan.replicas for program in _replicas(plan, service)]


def _replicas(plan: Plan, service: str) -> Iterator[Program]:
    for number, name in enumerate(plan.names_of(service)):
        yield Program(
            name, [sys.executable, "-m", "services", service], ROOT, _STAGE, partial(_is_ready, plan, service, plan.ports[name]),
            partial(_make_home, plan, name), environ_of(plan, service, name, number), stop_limit_s=TARGETS[service].stop_limit_s + 15,
        )  # fmt: skip


def _make_home(plan: Plan, name: str) -> None:
    plan.home(name).mkdir(parents=True, exist_ok=True)
    plan.home(name).chmod(0o700)


def _is_ready(plan: Plan, service: str, port: int) -> bool:
    question = f"GET /health/ready HTTP/1.1\r\nHost: {service}\r\nConnection: close\r\n\r\n".encode()
    context = None if service == FRONTEND else partial(context_of, plan, "frontend")
    return answers(port, question, b"HTTP/1.1 200", context, service)


def environ_of(plan: Plan, service: str, name: str, number: int = 0) -> dict[str, str]:
    """What a process of a service is told."""
    told = {
        "PALESTRA_MESH_FOLDER": str(plan.home(name)),
        "PALESTRA_MESH_PKI_FOLDER": str(plan.pki),
        "PALESTRA_MESH_QUEUE_URL": _queue_url(plan, service, name),
        "PALESTRA_MESH_TOPICS_URL": _redis_url(plan, service, "redis-state"),
        "PALESTRA_MESH_STATE_URL": _redis_url(plan, service, "redis-state"),
        "PALESTRA_MESH_CACHE_URL": _redis_url(plan, service, "redis-cache"),
        "PALESTRA_MESH_LOG_FORMAT": "json",
        f"PALESTRA_{service.upper()}_PORT": str(plan.ports[name]),
    }
    for peer in (RECORDER, GITSERVER, GRADER, BROADCASTER, MAILER):
        told[f"PALESTRA_MESH_{peer.upper()}_ADDRESS"] = ",".join(f"127.0.0.1:{plan.port_to(one)}" for one in plan.names_of(peer))
    if service == RECORDER:
        told |= {"PALESTRA_MESH_RECORD_URL": record_url(plan, RECORDER), "PALESTRA_RECORDER_WEBHOOK_KEYS_FILE": str(secrets_of(plan) / WEBHOOK_KEYS)}
    if service == FRONTEND:
        told |= {
            "PALESTRA_MESH_RECORD_URL": record_url(plan, FRONTEND),
            "PALESTRA_FRONTEND_TRUSTED_PROXIES": "127.0.0.1/32",
            "PALESTRA_FRONTEND_PUBLIC_URL": plan.url,
        }
    if service == RUNNER:
        told["PALESTRA_RUNNER_NAME"] = f"{socket.gethostname()}-{name}"  # two on one machine are two in the inventory
        told["PALESTRA_RUNNER_UID_START"] = str(_UIDS_FROM + number * _UIDS_EACH)
    prefix = f"PALESTRA_{service.upper()}_"
    return told | {key: value for key, value in plan.settings.items() if key.startswith((prefix, "PALESTRA_MESH_"))}


def record_url(plan: Plan, user: str) -> str:
    """Where that user reaches the record, signed in by its certificate."""
    pki = plan.pki
    words = {"sslmode": "verify-ca", "sslrootcert": pki / "ca.crt", "sslcert": pki / f"{user}.crt", "sslkey": pki / f"{user}.key"}
    query = "&".join(f"{word}={quote(str(value), safe='/')}" for word, value in words.items())
    return f"postgresql://{user}@127.0.0.1:{plan.port_to('postgresql')}/{DATABASE}?{query}"


def _queue_url(plan: Plan, service: str, name: str) -> str:
    """Services that use no queue have no user at the broker, and get one of their own that stays empty."""
    if any(service in spec.publishers | spec.consumers for spec in QUEUES):
        return f"amqps://127.0.0.1:{plan.port_to('rabbitmq')}/palestra"
    return f"file://{plan.home(name)}/queue"


def _redis_url(plan: Plan, service: str, server: str) -> str:
    """As that service's user; services that have none there are told of none."""
    secret = secrets_of(plan) / f"redis_{service}"
    if not secret.exists():
        return "memory:"
    return f"rediss://{service}:{quote(secret.read_text(encoding='ascii').strip(), safe='')}@127.0.0.1:{plan.port_to(server)}/0"
