"""64 MiB through a download of our RPC layer over mutual TLS, against the same bytes through blocking C on both ends.

Where there is no C compiler with OpenSSL's headers the reference is Python's own blocking `ssl`, and the note says so.
"""

from __future__ import annotations

import random
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.processes import ROOT, Pinned, figure, ratio
from pki.registrar import Registrar
from pki.store import Store

ROUNDS = 9


def measure() -> dict[str, Any]:
    """Megabytes a second; about fifteen seconds."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "pki"
        Registrar(Store(folder)).bootstrap()
        reference, note = reference_command(Path(made))
        kinds = {
            "reference": ([*reference, "server", str(folder)], [*reference, "client", str(folder)]),
            "asyncio": (python("server", "asyncio", folder), python("client", "asyncio", folder)),
            "uvloop": (python("server", "uvloop", folder), python("client", "uvloop", folder)),
        }
        servers, clients = {}, {}
        try:
            for kind, (server, client) in kinds.items():
                servers[kind] = Pinned("", 0, command=server)
                clients[kind] = Pinned("", 1, str(servers[kind].hello), command=client)
                clients[kind].ask()
            speeds: dict[str, list[float]] = {kind: [] for kind in kinds}
            for _ in range(ROUNDS):
                for kind in random.sample(list(kinds), len(kinds)):
                    speeds[kind].append(clients[kind].ask())
        finally:
            for process in clients.values():
                process.close()
            for process in servers.values():
                process.end()
    figures = {
        f"{loop}: our download / {note}": figure(ratio(speeds[loop], speeds["reference"]), 0.90) for loop in ("asyncio", "uvloop")
    }
    for kind, found in speeds.items():
        figures[f"{kind if kind != 'reference' else note}"] = {"value": round(statistics.median(found)), "unit": "MB/s"}
    return figures


def python(side: str, loop: str, folder: Path) -> list[str]:
    return [sys.executable, "-m", "benchmarks.stream_end", side, loop, str(folder)]


def reference_command(folder: Path) -> tuple[list[str], str]:
    compiler = shutil.which("cc")
    if compiler is not None:
        program = folder / "stream"
        source = ROOT / "benchmarks" / "stream.c"
        built = subprocess.run([compiler, "-O2", "-o", str(program), str(source), "-lssl", "-lcrypto"], check=False, capture_output=True)
        if built.returncode == 0:
            return [str(program)], "C, SSL_write and SSL_read"
    return [sys.executable, "-m", "benchmarks.stream_blocking"], "blocking ssl of Python (no C compiler with OpenSSL here)"


if __name__ == "__main__":
    for label, found in measure().items():
        print(f"{label:60} {found}")
