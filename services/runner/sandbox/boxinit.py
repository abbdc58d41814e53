"""Owns the making of boxinit from its source: compiled once per content, statically, into a folder of the runner's own.

Also of the programs that test and time the sandbox, which are made the same way. Never runs one.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from services.runner.sandbox.errors import SandboxMissing

_HERE = Path(__file__).resolve().parent
_FLAGS = ("-O2", "-static", "-s", "-std=gnu17")
_LIMIT_S = 60.0
_PROGRAMS = ("boxinit", "selftest", "speed")


def compile_ahead(folder: Path) -> None:
    """Makes every program that a runner's start needs, at once. Blocks; raises as `compiled` does."""
    with ThreadPoolExecutor(len(_PROGRAMS)) as threads:
        list(threads.map(partial(compiled, folder=folder), _PROGRAMS))


def compiled(name: str, folder: Path) -> Path:
    """The static program of ``name``.c, from the folder or made now. Blocks a third of a second when made.

    Raises: `SandboxMissing` without a C compiler, or one that cannot link statically.
    """
    source = _HERE / f"{name}.c"
    digest = hashlib.sha256(source.read_bytes() + " ".join(_FLAGS).encode()).hexdigest()[:16]
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_uid != os.geteuid():
        raise SandboxMissing(f"{folder} belongs to somebody else; point PALESTRA_MESH_FOLDER at a folder of the runner's own")
    made = folder / f"{name}-{digest}"
    if not made.exists():
        _compile(source, made)
    return made


def _compile(source: Path, made: Path) -> None:
    compiler = next((path for name in ("gcc", "cc", "clang") if (path := shutil.which(name))), None)
    if compiler is None:
        raise SandboxMissing("there is no C compiler for the sandbox's PID 1; install one (Debian: apt install gcc libc6-dev)")
    draft = made.with_suffix(f".{os.getpid()}")
    done = subprocess.run(
        [compiler, *_FLAGS, "-o", str(draft), str(source)], capture_output=True, text=True, timeout=_LIMIT_S, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        draft.unlink(missing_ok=True)
        raise SandboxMissing(f"{source.name} does not compile statically (Debian: apt install libc6-dev): {done.stderr.strip()[:500]}")
    draft.chmod(0o555)
    draft.rename(made)
