"""Finds every error code that the sources can raise, with its status and message, for docs/reference/errors.md."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mesh.errors import ERROR_CLASSES

ROOT = Path(__file__).resolve().parents[1]
STATUS = {kind.__name__: kind.status for kind in ERROR_CLASSES}


@dataclass(frozen=True, slots=True, order=True)
class Code:
    """One place that raises a code. ``status`` is the HTTP status, 0 where the class says it only at run time."""

    code: str
    status: int
    message: str
    path: str


@functools.cache
def found() -> tuple[Code, ...]:
    """Every code with its first message, by code; the sources are read once."""
    first: dict[str, Code] = {kind.default_code: Code(kind.default_code, kind.status, _first_line(kind), "mesh/errors.py") for kind in ERROR_CLASSES}
    for room in ("mesh", "pki", "services"):
        for path in sorted((ROOT / room).rglob("*.py")):
            for one in _codes_of(path):
                if one.code not in first or (first[one.code].status == 0 and one.status):
                    first[one.code] = one
    return tuple(sorted(first.values()))


def _codes_of(path: Path) -> Iterator[Code]:
    place = str(path.relative_to(ROOT))
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef):
            yield from _default_code(node, place)
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func).rpartition(".")[2]
        literal = [k.value.value for k in node.keywords if k.arg == "code" and isinstance(k.value, ast.Constant) and k.value.value]
        if literal and isinstance(literal[0], str):
            yield Code(literal[0], STATUS.get(name, 0), _words(node.args[0]) if node.args else "", place)
        elif name in {"PkiError", "refuse", "PkiRefused"} and node.args and isinstance(node.args[0], ast.Constant):
            message = _words(node.args[1]) if len(node.args) > 1 else "every fault is named in `details`"
            yield Code(str(node.args[0].value), 422 if name == "refuse" else 0, message, place)


def _default_code(node: ast.ClassDef, place: str) -> Iterator[Code]:
    for inner in node.body:
        if isinstance(inner, ast.Assign | ast.AnnAssign) and isinstance(inner.value, ast.Constant):
            target = inner.targets[0] if isinstance(inner, ast.Assign) else inner.target
            if ast.unparse(target) == "default_code" and inner.value.value:
                status = next((STATUS[ast.unparse(parent)] for parent in node.bases if ast.unparse(parent) in STATUS), 0)
                yield Code(str(inner.value.value), status, (ast.get_docstring(node) or "").splitlines()[0], place)


def _words(node: ast.expr) -> str:
    """A message as text: what is filled in at run time becomes an ellipsis."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
    return "…"


def _first_line(kind: type) -> str:
    return (kind.__doc__ or "").splitlines()[0]
