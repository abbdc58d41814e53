"""Owns what contestants take home of a problem of libinteractive: for each language an archive with which they can try their program out.

In it: the file to fill in, the code made for both sides, the setter's program (or the one that is meant to be handed out), the samples, and
a program that builds and joins them. Always the same bytes for the same package.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from services.gitserver.formats.glue_c import FIRST_FD

OUTSIDE: Final = "README.txt"
_MADE_ON: Final = (1980, 1, 1, 0, 0, 0)
_STEPS: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "c": (("gcc", "-std=gnu17", "-O2", "-o", "{out}/program", "{sources}", "-lm"),),
    "cpp": (("g++", "-std=gnu++20", "-O2", "-o", "{out}/program", "{sources}"),),
    "java": (("javac", "-nowarn", "-d", "{out}", "{sources}"),),
    "python3": (),
}
_SUFFIXES: Final = {"c": ".c", "cpp": ".cpp", "java": ".java", "python3": ".py"}
_RUN: Final = '''"""Builds the setter's program and yours, and lets them talk: python3 run.py < examples/sample.in (Linux, macOS, WSL)."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

PLAN = {plan}
HERE = pathlib.Path(__file__).resolve().parent


def built(side, out):
    for path in (HERE / side["folder"]).iterdir():
        shutil.copy(path, out)
    for name in side["beside"]:
        shutil.copy(HERE / name, out)
    sources = sorted(str(path) for path in out.iterdir() if path.suffix == side["suffix"])
    for step in side["steps"]:
        call = [part for word in step for part in (sources if word == "{{sources}}" else [word.replace("{{out}}", str(out))])]
        subprocess.run(call, check=True)
    return [word.replace("{{out}}", str(out)) for word in side["start"]]


def main():
    with tempfile.TemporaryDirectory() as folder:
        outs = [pathlib.Path(folder) / name for name in ("Main", "yours")]
        for out in outs:
            out.mkdir()
        theirs, yours = (built(PLAN[name], out) for name, out in zip(("Main", "yours"), outs))
        children, ends = [], []
        for _ in range(PLAN["processes"]):
            hears, says = os.pipe(), os.pipe()
            children.append(subprocess.Popen(yours, stdin=hears[0], stdout=says[1]))
            os.close(hears[0])
            os.close(says[1])
            ends += [says[0], hears[1]]
        high = [os.dup2(end, 200 + place, inheritable=True) for place, end in enumerate(ends)]
        for end in ends:
            os.close(end)

        def joined():
            for place, end in enumerate(high):
                os.dup2(end, {first} + place, inheritable=True)
                os.close(end)

        program = subprocess.Popen(theirs, preexec_fn=joined, close_fds=False)
        for end in high:
            os.close(end)
        code = program.wait()
        ended = [child.wait() for child in children]
    if code or any(ended):
        sys.exit("Main ended with %d, your program with %s" % (code, ", ".join(map(str, ended))))


if __name__ == "__main__":
    main()
'''
_README: Final = """Fill in {name}, and hand in that file alone. To try it out on Linux, macOS or WSL:

    python3 run.py < examples/sample.in

What your program prints to its standard output goes nowhere; its standard error is shown. Main/ holds the setter's program, which reads
the sample and calls yours. The program that judges may be another one.
"""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two programs: its language, its files by name, and the file that starts it without its ending, or the class of it."""

    language: str
    files: Mapping[str, bytes]
    start: str


def kit(main: Side, yours: Side, named: tuple[str, str], examples: Mapping[str, bytes], processes: int) -> bytes:
    """The archive of one language. ``named`` is what the contestant's file is called, and what is in it."""
    name, template = named
    plan = {"Main": _plan(main, "Main", []), "yours": _plan(yours, "calls", [name]), "processes": processes}
    files: dict[str, bytes] = {
        name: template.encode(),
        "run.py": _RUN.format(plan=json.dumps(plan), first=FIRST_FD).encode(),
        OUTSIDE: _README.format(name=name).encode(),
        **{f"Main/{path}": content for path, content in main.files.items()},
        **{f"calls/{path}": content for path, content in yours.files.items()},
        **{f"examples/{path}": content for path, content in examples.items()},
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for path, content in sorted(files.items()):
            entry = zipfile.ZipInfo(path, _MADE_ON)
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, content)
    return out.getvalue()


def _plan(side: Side, folder: str, beside: list[str]) -> dict[str, object]:
    starts = {
        "java": ["java", "-cp", "{out}", side.start],
        "python3": ["python3", "{out}/" + side.start],
    }
    start = starts.get(side.language, ["{out}/program"])
    return {"folder": folder, "beside": beside, "suffix": _SUFFIXES[side.language], "steps": _STEPS[side.language], "start": start}
