"""Owns the demo's packages: what lies in demo/problems and what its generators make, as files and as zips.

``python demo/packages.py FOLDER`` writes them out for people to look at. The same every time, on every machine.
"""

from __future__ import annotations

import importlib.util
import io
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

FOLDER = Path(__file__).resolve().parent / "problems"


def aliases() -> list[str]:
    """The demo's problems, sorted."""
    return sorted(folder.name for folder in FOLDER.iterdir() if (folder / "problem.yaml").exists())


def files_of(alias: str) -> dict[str, bytes]:
    """A package's files: those that lie there, and the secret cases that its generator makes."""
    folder = FOLDER / alias
    found = {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
    for name, text, answer in cases_of(alias):
        found[f"data/secret/{name}.in"] = text.encode()
        found[f"data/secret/{name}.ans"] = answer.encode()
    return found


def cases_of(alias: str) -> Iterator[tuple[str, str, str]]:
    """Name, input and answer of every secret case, in order."""
    made = generator_of(alias)
    for name, text in made.cases():
        yield name, text, made.answer(text)


def generator_of(alias: str) -> ModuleType:
    """The generator of a problem: ``cases()`` and ``answer(input)``."""
    path = FOLDER / alias / "generators" / "generate.py"
    spec = importlib.util.spec_from_file_location(f"demo_{alias.replace('-', '_')}", path)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    was, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        spec.loader.exec_module(made)
    finally:
        sys.dont_write_bytecode = was
    return made


def zip_of(alias: str) -> bytes:
    """A package as a zip of one folder, byte for byte the same every time."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for path, content in files_of(alias).items():
            info = zipfile.ZipInfo(f"{alias}/{path}", (2026, 1, 1, 0, 0, 0))
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o100644 << 16
            archive.writestr(info, content)
    return out.getvalue()


def main() -> None:
    """Writes every package out."""
    target = Path(sys.argv[1])
    for alias in aliases():
        for path, content in files_of(alias).items():
            place = target / alias / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        print(f"{alias}: {target / alias}")


if __name__ == "__main__":
    main()
