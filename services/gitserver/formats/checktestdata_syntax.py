"""Owns the word on Checktestdata programs that are none, before they are ever run. Never runs one.

They are parsed by their interpreter's own parser, in a process of its own with little time and memory: it computes constants (`9^9^9`), and
whoever wrote them may mean ill. What is not parsed in time is told when the package is tried out, like everything else.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Final

from services.gitserver.findings import Report
from services.gitserver.formats.files import PackageFile

CPU_S: Final = 2
WALL_S: Final = 6.0
MEMORY_BYTES: Final = 256 << 20
MOST_BYTES: Final = 1 << 20
SAID_CHARACTERS: Final = 300
_PARSER: Final = """
import json, resource, sys
limits = json.loads(sys.argv[1])
for what, most in ((resource.RLIMIT_CPU, limits["cpu_s"]), (resource.RLIMIT_AS, limits["memory_bytes"]), (resource.RLIMIT_CORE, 0)):
    resource.setrlimit(what, (most, most))
sys.path.insert(0, limits["place"])
from checktestdata.parser import parse
from checktestdata.tokenizer import tokenize

for text in json.load(sys.stdin):
    fault, tokens = None, None
    try:
        tokens = tokenize(text.encode("utf-8", "surrogateescape"))
        parse(tokens)
    except (RecursionError, MemoryError):
        pass
    except Exception as wrong:
        token = getattr(wrong, "token", None) or (tokens.next if tokens else None)
        fault = [token.line if token else text.rstrip().count("\\n") + 1, str(wrong) or type(wrong).__name__]
    print(json.dumps(fault), flush=True)
"""


def tell_faults(programs: Sequence[PackageFile], report: Report) -> None:
    """Finds for each of the files what is wrong with it as a Checktestdata program, as far as that is known soon. Blocks: call it in a thread."""
    texts = [(file, file.content.decode("utf-8", "surrogateescape")) for file in programs if file.content is not None]
    while texts and sum(len(text) for _, text in texts) > MOST_BYTES:
        texts.pop()
    if not texts:
        return
    for (file, _), line in zip(texts, _said(json.dumps([text for _, text in texts])).splitlines(), strict=False):
        fault = json.loads(line)
        if fault is not None:
            number, words = fault
            shown = "".join(sign if sign.isprintable() else "?" for sign in words[:SAID_CHARACTERS])
            report.add("checktestdata-syntax", file.path, f"line {number}: {shown}")


def _said(asked: str) -> str:
    place = Path(str(resources.files("checktestdata"))).parent
    limits = json.dumps({"cpu_s": CPU_S, "memory_bytes": MEMORY_BYTES, "place": str(place)})
    command = [sys.executable, "-I", "-S", "-c", _PARSER, limits]
    try:
        said: bytes = subprocess.run(command, input=asked.encode(), capture_output=True, env={}, timeout=WALL_S, check=False).stdout
    except subprocess.TimeoutExpired as late:
        said = late.stdout or b""
    return whole_lines(said.decode())


def whole_lines(said: str) -> str:
    """All lines that have an end: the last one of a process that was killed may have none."""
    return said[: said.rfind("\n") + 1]
