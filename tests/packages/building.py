"""Packages made by small functions: a sound one, and what is changed in it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

SUM_CPP = "#include <iostream>\nint main(){long long a,b;std::cin>>a>>b;std::cout<<a+b<<'\\n';}\n"
SUM_PY = "a, b = map(int, input().split())\nprint(a + b)\n"


class Link(bytes):
    """What a symbolic link says, in place of a file's content."""


class Executable(bytes):
    """The content of a file that may be executed."""


def sound(**changes: str | bytes | None) -> dict[str, bytes]:
    """The files of a small sound package; ``changes`` add, replace or (None) remove files, with __ for / and _ as it is."""
    files: dict[str, str | bytes] = {
        "problem.yaml": "name: Two numbers\nlicense: cc by-sa\nrights_owner: Ada\nauthor: Ada\nsource: Test Open 2026\nlimits:\n  memory: 256\n",
        ".timelimit": "1.5\n",
        "problem_statement/problem.en.md": "# Two numbers\n\nAdd $a$ and $b$. ![a figure](figure.png)\n",
        "problem_statement/problem.es.md": "Sume $a$ y $b$.\n",
        "problem_statement/figure.png": b"\x89PNG\r\n\x1a\nnot really",
        "attachments/template.py": "a, b = map(int, input().split())\n",
        "data/sample/1.in": "1 2\n",
        "data/sample/1.ans": "3\n",
        "data/secret/01-small.in": "10 20\n",
        "data/secret/01-small.ans": "30\n",
        "data/secret/01-small.desc": "two small numbers\n",
        "data/secret/02-large.in": "1000000000000 1\n",
        "data/secret/02-large.ans": "1000000000001\n",
        "input_validators/check.py": "import sys\nsys.exit(42)\n",
        "submissions/accepted/sum.cpp": SUM_CPP,
        "submissions/accepted/sum.py": SUM_PY,
        "submissions/wrong_answer/minus.py": "a, b = map(int, input().split())\nprint(a - b)\n",
    }
    return changed(files, changes)


def changed(files: Mapping[str, str | bytes], changes: Mapping[str, str | bytes | None]) -> dict[str, bytes]:
    """The files with changes by path."""
    joined: dict[str, str | bytes | None] = {**files, **changes}
    return {path: text.encode() if isinstance(text, str) else text for path, text in joined.items() if text is not None}


def with_changes(changes: Mapping[str, str | bytes | None]) -> dict[str, bytes]:
    """The sound package with changes by path."""
    return changed(sound(), changes)


def zipped(files: Mapping[str, bytes], top: str = "") -> bytes:
    """A zip of files, in one top folder when it has a name."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            mode = 0o120777 if isinstance(content, Link) else 0o100755 if isinstance(content, Executable) else 0o100644
            archive.writestr(entry(f"{top}/{path}" if top else path, mode), content)
    return out.getvalue()


def entry(name: str, mode: int = 0o100644, method: int = zipfile.ZIP_DEFLATED) -> zipfile.ZipInfo:
    """A zip entry with a Unix mode."""
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr, info.compress_type = 3, mode << 16, method
    return info


OUTSIDE = Path(__file__).resolve().parent / "outside"


def outside() -> dict[str, bytes]:
    """A package as somebody else wrote it, with other habits than ours: `tests/packages/outside`."""
    return {str(path.relative_to(OUTSIDE)): path.read_bytes() for path in sorted(OUTSIDE.rglob("*")) if path.is_file()}


def outside_zip() -> bytes:
    """The same as it was sent: in one folder, with what a Macintosh adds."""
    junk = {"doublevision/.DS_Store": b"\0\0\0\1Bud1", "__MACOSX/doublevision/._problem.yaml": b"\0\5\26\7"}
    return zipped({f"doublevision/{path}": content for path, content in outside().items()} | junk)


def sound_2025(**changes: str | bytes | None) -> dict[str, bytes]:
    """The same problem as a 2025-09 package; ``changes`` as in `sound`."""
    files: dict[str, str | bytes] = {
        "problem.yaml": "problem_format_version: 2025-09\nname: Two numbers\nuuid: 6f1d4f6e-0a5c-4a39-9d55-0c9f1a0b2c3d\n"
        "license: cc by-sa\ncredits: Ada <ada@example.org>\nlimits:\n  time_limit: 1.5\n",
        "statement/problem.en.md": "Add $a$ and $b$.\n",
        "data/sample/1.in": "1 2\n",
        "data/sample/1.ans": "3\n",
        "data/secret/01.in": "10 20\n",
        "data/secret/01.ans": "30\n",
        "data/secret/02.in": "40 2\n",
        "data/secret/02.ans": "42\n",
        "input_validators/check.py": "import sys\nsys.exit(42)\n",
        "submissions/accepted/sum.py": SUM_PY,
    }
    return changed(files, changes)


def scoring_2025(**changes: str | bytes | None) -> dict[str, bytes]:
    """A scoring 2025-09 package with two groups, the second of which needs the first."""
    files: dict[str, str | bytes | None] = {
        "problem.yaml": sound_2025()["problem.yaml"].decode() + "type: scoring\n",
        **{f"data/secret/{name}": None for name in ("01.in", "01.ans", "02.in", "02.ans")},
        **{f"data/secret/{group}/{name}.{end}": text for group, name, end, text in (
            ("1-small", "a", "in", "1 1\n"), ("1-small", "a", "ans", "2\n"), ("1-small", "b", "in", "2 2\n"), ("1-small", "b", "ans", "4\n"),
            ("2-large", "a", "in", "1000 1\n"), ("2-large", "a", "ans", "1001\n"), ("2-large", "b", "in", "2000 2\n"), ("2-large", "b", "ans", "2002\n"),
        )},
        "data/secret/1-small/test_group.yaml": "max_score: 30\n",
        "data/secret/2-large/test_group.yaml": "max_score: 70\nscore_aggregation: sum\nrequire_pass: [sample, secret/1-small]\n",
    }  # fmt: skip
    return changed(sound_2025(), {**files, **changes})
