"""Calls over mutual TLS against the same call in plain HTTP, and our layer against a bare aiohttp handler and client.

Server and client are processes of their own, on a core each; 16 callers; all kinds alternate inside each round.
"""

from __future__ import annotations

import random
import statistics
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.processes import Pinned, figure, ratio
from pki.registrar import Registrar
from pki.store import Store

ROUNDS = 9
SECONDS = 0.35
CALLERS = 16
KINDS = {"plain": ("plain", "plain"), "mtls": ("mtls", "mtls"), "door": ("ours", "mtls"), "ours": ("ours", "ours")}
"""Kind: its server and its client; ``door`` is our server under a bare client."""

GOALS = {"asyncio": 0.65, "uvloop": 0.75}


def measure() -> dict[str, Any]:
    """Ratios of calls a second; about half a minute."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "pki"
        Registrar(Store(folder)).bootstrap()
        figures: dict[str, Any] = {}
        for loop in GOALS:
            figures |= measure_loop(folder, loop)
        return figures


def measure_loop(folder: Path, loop: str) -> dict[str, Any]:
    servers, clients = {}, {}
    try:
        for kind, (server, client) in KINDS.items():
            servers[kind] = Pinned("benchmarks.rpc_end", 0, "server", server, loop, str(folder))
            clients[kind] = Pinned("benchmarks.rpc_end", 1, "client", client, loop, str(folder), str(servers[kind].hello))
            clients[kind].ask(at_once=CALLERS, seconds=0.3)
        rounds: dict[str, list[dict[str, float]]] = {kind: [] for kind in KINDS}
        for _ in range(ROUNDS):
            for kind in random.sample(list(KINDS), len(KINDS)):
                before = servers[kind].cpu_s()
                found = clients[kind].ask(at_once=CALLERS, seconds=SECONDS)
                rounds[kind].append(found | {"cpu_us": (servers[kind].cpu_s() - before) / found["calls"] * 1e6})
        single = {kind: clients[kind].ask(at_once=1, seconds=SECONDS) for kind in KINDS}
    finally:
        for process in [*clients.values(), *servers.values()]:
            process.close()
    cpu_us = {kind: [one["cpu_us"] for one in rounds[kind]] for kind in KINDS}
    rate = {kind: [one["rate"] for one in rounds[kind]] for kind in KINDS}
    ours = statistics.median(rate["ours"])
    return {
        f"{loop}: our RPC over mutual TLS / plain HTTP": figure(ratio(rate["ours"], rate["plain"]), GOALS[loop]),
        f"{loop}: bare mutual TLS / plain HTTP": {"value": ratio(rate["mtls"], rate["plain"]), "unit": "x"},
        f"{loop}: our RPC / bare aiohttp, both mutual TLS": figure(ratio(rate["ours"], rate["mtls"]), 0.90),
        f"{loop}: a bare handler's processor time / our door's, same client": figure(
            ratio(cpu_us["mtls"], cpu_us["door"]), 0.90, note=f"{statistics.median(cpu_us['door']):.0f} us a call"
        ),
        f"{loop}: our RPC, {CALLERS} callers": {"value": round(ours), "unit": "calls/s"},
        f"{loop}: our RPC, {CALLERS} callers, p50 / p99": {
            "value": f"{statistics.median(one['p50_ms'] for one in rounds['ours']):.2f} / "
            f"{statistics.median(one['p99_ms'] for one in rounds['ours']):.2f}",
            "unit": "ms",
        },
        f"{loop}: our RPC, one caller, p50": {"value": round(single["ours"]["p50_ms"], 3), "unit": "ms"},
    }  # fmt: skip


if __name__ == "__main__":
    for label, found in measure().items():
        print(f"{label:60} {found}")
