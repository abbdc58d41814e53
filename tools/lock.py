"""Resolves pyproject.toml into requirements.lock and requirements-test.lock, with hashes, naming no registry."""

from __future__ import annotations

import subprocess
import sys

HEADER = "# Made by `make lock` from pyproject.toml. Do not edit.\n"
LOCKS = {"requirements.lock": ["--extra", "fast"], "requirements-test.lock": ["--extra", "test", "--extra", "fast", "--extra", "dev"]}


def main() -> None:
    """Writes both files."""
    for name, extras in LOCKS.items():
        subprocess.run(
            [
                sys.executable, "-m", "piptools", "compile", "--quiet", "--strip-extras", "--generate-hashes", "--allow-unsafe",
                "--no-header", "--no-emit-index-url", "--no-emit-find-links", "--no-emit-trusted-host", "--no-annotate",
                *extras, "--all-build-deps", "--output-file", name, "pyproject.toml",
            ],
            check=True,
        )  # fmt: skip
        with open(name, encoding="utf-8") as lock:  # noqa: PTH123  a path in this folder
            text = lock.read()
        with open(name, "w", encoding="utf-8") as lock:  # noqa: PTH123
            lock.write(HEADER + text)


if __name__ == "__main__":
    main()
