"""Owns how RabbitMQ and Redis run in a local house: as compose/ configures them, on other ports. Never starts one."""

from __future__ import annotations

import base64
import os
import re
import secrets
import shutil
import ssl
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from compose.local.plan import Plan
from compose.local.postgresql import postgresql, tools
from compose.local.program import CannotStart, Program, answers

RABBITMQ_SERVER: Final = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
COMPOSE: Final = Path(__file__).resolve().parents[1]
WEBHOOK_KEYS: Final = "webhook_keys"
"""The file with what seals webhooks' secrets in the record."""

_LOOPBACK_ONLY: Final = "-kernel inet_dist_use_interface {127,0,0,1}"
"""Who reaches the port by which Erlang nodes talk, and has the cookie, runs code there."""


def servers(plan: Plan) -> list[Program]:
    """Every server of others. Raises: `CannotStart` naming the packages that are missing."""
    missing = [package for package, is_there in _needed() if not is_there]
    if missing:
        raise CannotStart(f"not installed here: apt-get install {' '.join(missing)}")
    return [_epmd(plan), _rabbitmq(plan), _redis(plan, "state"), _redis(plan, "cache"), postgresql(plan)]


def secrets_of(plan: Plan) -> Path:
    """The folder with a file ``redis_NAME`` for each user of Redis, and `WEBHOOK_KEYS`."""
    return plan.folder / "secrets"


def make_secrets(plan: Plan) -> None:
    """Makes the secrets that are missing."""
    subprocess.run([str(COMPOSE / "redis" / "make-passwords"), str(secrets_of(plan))], timeout=20, check=True, stdin=subprocess.DEVNULL)
    keys = secrets_of(plan) / WEBHOOK_KEYS
    if not keys.exists() or not keys.stat().st_size:
        keys.touch(0o600)
        keys.write_text(base64.b64encode(secrets.token_bytes(32)).decode(), encoding="ascii")


def context_of(plan: Plan, name: str) -> ssl.SSLContext:
    """The client's side of TLS under that name's certificate."""
    context = ssl.create_default_context(cafile=str(plan.pki / "ca.crt"))
    context.load_cert_chain(plan.pki / f"{name}.crt", plan.pki / f"{name}.key")
    return context


def _needed() -> list[tuple[str, bool]]:
    return [
        ("rabbitmq-server", RABBITMQ_SERVER.exists() and shutil.which("epmd") is not None),
        ("redis-server", shutil.which("redis-server") is not None),
        ("postgresql", tools() is not None),
        ("nginx", shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin") is not None),
    ]


# ── RabbitMQ ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _epmd(plan: Plan) -> Program:
    port = plan.ports["epmd"]
    return Program(
        "epmd", ["epmd", "-port", str(port), "-address", "127.0.0.1"], plan.folder / "rabbitmq", 0,
        lambda: answers(port, b"\x00\x01n", b""), stop_limit_s=1.0, is_private=True,
    )  # fmt: skip


def _rabbitmq(plan: Plan) -> Program:
    folder, port = plan.folder / "rabbitmq", plan.ports["rabbitmq"]

    def prepare() -> None:
        shutil.copyfile(COMPOSE / "rabbitmq" / "enabled_plugins", folder / "enabled_plugins")
        (folder / "rabbitmq.conf").write_text(_rabbitmq_settings(plan), encoding="utf-8")

    environ = node_environ(folder, name=f"palestra-{port}@localhost", epmd_port=plan.ports["epmd"], erlang_port=plan.ports["erlang"])
    return Program(
        "rabbitmq", node_command(environ, asked_every_s=60), folder, 0,
        lambda: answers(port, b"AMQP\x00\x00\x09\x01", b"\x01", lambda: context_of(plan, "operator"), "rabbitmq"), prepare, environ, is_private=True,
        last_words=_QUEUES_LOST,
    )  # fmt: skip


_QUEUES_LOST = re.compile(rb"\{local,ra_log_sup\}|quorum queue \S+ could not be restarted|,ra_server_sup\}[^\n]*\n[^\n]*errorContext: shutdown\b")
"""What a node says that takes connections and does not serve its quorum queues, or one of them: their log has failed, as on a full disk, or
a queue's process did not start. See docs/decisions/0251."""


def node_command(environ: Mapping[str, str], *, asked_every_s: int | None = None) -> list[str]:
    """What starts a node with that of `node_environ`: its queues' files are kept and put back, and it is asked for its queues now and then."""
    every = [] if asked_every_s is None else [str(asked_every_s)]
    return [str(COMPOSE / "local" / "rabbitmq.sh"), str(RABBITMQ_SERVER), environ["RABBITMQ_MNESIA_BASE"], *every]


def node_environ(folder: Path, *, name: str, epmd_port: int, erlang_port: int) -> dict[str, str]:
    """What a RabbitMQ node must be told, besides its configuration file, to keep to its own folder and ports."""
    return {
        "HOME": str(folder),
        "RUNNING_UNDER_SYSTEMD": "1",  # the script then becomes the node itself: one pid to end
        "NOTIFY_SOCKET": "",
        "ERL_EPMD_PORT": str(epmd_port),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODENAME": name,
        "RABBITMQ_DIST_PORT": str(erlang_port),
        "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "advanced.config"),
        "RABBITMQ_CONF_ENV_FILE": str(folder / "none"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
        "RABBITMQ_GENERATED_CONFIG_DIR": str(folder / "config"),
        "RABBITMQ_PID_FILE": str(folder / "pid"),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": f"+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none {_LOOPBACK_ONLY}",
        "RABBITMQ_CTL_ERL_ARGS": _LOOPBACK_ONLY,
        "ERL_ZFLAGS": "-start_epmd false",  # whoever finds none, at the end of the house, would start one that stays
    }


def _rabbitmq_settings(plan: Plan) -> str:
    """compose/rabbitmq/rabbitmq.conf with this house's ports and folders."""
    ours = {
        "listeners.ssl.1": f"127.0.0.1:{plan.ports['rabbitmq']}",
        "prometheus.ssl.ip": "127.0.0.1",
        "prometheus.ssl.port": str(plan.ports["rabbitmq-metrics"]),
        "load_definitions": str(COMPOSE / "rabbitmq" / "definitions.json"),
        "disk_free_limit.absolute": plan.settings.get("rabbitmq.disk-free", "200MB"),
        "log.console.level": "warning",
    }
    lines = []
    for line in (COMPOSE / "rabbitmq" / "rabbitmq.conf").read_text(encoding="utf-8").splitlines():
        key = line.partition("=")[0].strip()
        if key in ours:
            continue
        lines.append(line.replace("/etc/rabbitmq/pki", str(plan.pki)))
    return "\n".join((*lines, *(f"{key} = {value}" for key, value in ours.items()), ""))


# ── Redis ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _redis(plan: Plan, role: str) -> Program:
    name, starter = f"redis-{role}", COMPOSE / "redis" / "start"
    folder, port = plan.folder / name, plan.ports[name]

    return Program(
        name, [str(starter), role, str(folder), "--port", "0", "--tls-port", str(port), "--bind", "127.0.0.1"], folder, 0,
        lambda: answers(port, b"AUTH health x\r\nPING\r\n", b"+OK\r\n+PONG", lambda: context_of(plan, "operator"), "redis"),
        environ={"REDIS_PKI": str(plan.pki), "REDIS_SECRETS": str(secrets_of(plan))}, is_private=True,
    )  # fmt: skip
