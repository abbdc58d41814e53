"""What a wheel must hold: every file beside the code that the code reads. A checkout has them all, a container only what is packed."""

from __future__ import annotations

import subprocess
import tomllib
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("contest", "wire", "mesh", "pki", "services")


def test_every_file_beside_the_code_is_packed() -> None:
    patterns = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["package-data"]["*"]
    listed = subprocess.run(["git", "ls-files", "--", *ROOMS], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    beside = [path for path in listed if not path.endswith((".py", "README.md"))]
    assert beside
    assert not [path for path in beside if not any(fnmatch(Path(path).name, pattern) for pattern in patterns)]
