"""The whole PKI (a CA and every leaf) in one process against the openssl commands that make the same."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.processes import figure, ratio
from pki.identity import NAMES, service_uri
from pki.registrar import Registrar
from pki.store import Store

ROUNDS = 7
MEMORY = Path("/dev/shm")
"""Both write there: this compares the work, not the disk."""


def measure() -> dict[str, Any]:
    """Milliseconds each way, alternating; about ten seconds."""
    ours, theirs = list[float](), list[float]()
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as made:
        for number in range(ROUNDS):
            for kind, times in ((in_process, ours), (by_openssl, theirs)):
                folder = Path(made) / f"{kind.__name__}{number}"
                began = time.perf_counter()
                kind(folder)
                times.append((time.perf_counter() - began) * 1000)
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", "pki", "--folder", f"{made}/cli", "bootstrap"], check=True, capture_output=True)
        command_ms = (time.perf_counter() - began) * 1000
        began = time.perf_counter()
        in_process(Path(made) / "in_process0")
        again_ms = (time.perf_counter() - began) * 1000
    leaves = f"a CA and {len(NAMES)} leaves, P-256"
    return {
        "openssl commands / in process": figure(ratio(theirs, ours), 80, note=leaves),
        "in process": {"value": round(statistics.median(ours), 2), "unit": "ms"},
        "openssl commands": {"value": round(statistics.median(theirs), 1), "unit": "ms"},
        "`pki bootstrap`, process start included": {"value": round(command_ms), "unit": "ms", "goal": "< 1000", "is_met": command_ms < 1000},
        "bootstrap again, nothing to do": {"value": round(again_ms, 2), "unit": "ms"},
    }


def in_process(folder: Path) -> None:
    Registrar(Store(folder)).bootstrap()


def by_openssl(folder: Path) -> None:
    """As a careful shell script would."""
    folder.mkdir()
    run(folder, "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "ca.key")
    run(
        folder, "req", "-x509", "-new", "-key", "ca.key", "-sha256", "-days", "3650", "-subj", "/O=Palestra/CN=CA", "-out", "ca.crt",
        "-addext", "basicConstraints=critical,CA:TRUE,pathlen:0", "-addext", "keyUsage=critical,keyCertSign,cRLSign",
    )  # fmt: skip
    for name in NAMES:
        (folder / f"{name}.ext").write_text(
            "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth,clientAuth\n"
            f"subjectAltName=URI:{service_uri(name)},DNS:{name}\nauthorityKeyIdentifier=keyid\nsubjectKeyIdentifier=hash\n"
        )
        run(folder, "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", f"{name}.key")
        run(folder, "req", "-new", "-key", f"{name}.key", "-subj", f"/O=Palestra/CN={name}", "-out", f"{name}.csr")
        run(
            folder, "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "1",
            "-sha256", "-extfile", f"{name}.ext", "-out", f"{name}.crt",
        )  # fmt: skip


def run(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


if __name__ == "__main__":
    for label, found in measure().items():
        print(f"{label:45} {found}")
