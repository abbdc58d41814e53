"""The command as a shell sees it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize("words", [["targets"], ["--help"], ["queue", "--help"], ["pki", "--help"]])
def test_a_reader_who_has_seen_enough_makes_no_trace(words: list[str]) -> None:
    reads, writes = os.pipe()
    os.close(reads)
    try:
        ended = subprocess.run([sys.executable, "-m", "services", *words], stdout=writes, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    finally:
        os.close(writes)
    assert ended.stderr == ""
    assert ended.returncode in {0, 1}
