"""The house keeps its shape: rules that a machine can hold. Each failure says why the rule is there."""

from __future__ import annotations

import ast
import functools
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("contest", "wire", "mesh", "pki", "services", "compose")
FORBIDDEN_FILES = {"utils.py", "helpers.py", "common.py", "misc.py", "base.py", "core.py", "data.py", "manager.py", "impl.py"}
FORBIDDEN_NAMES = re.compile(r"^get_|Manager$|Impl$|Helper|Utils?$")


def modules(*rooms: str) -> Iterator[Path]:
    for room in rooms:
        yield from sorted(path for path in (ROOT / room).rglob("*.py") if "__pycache__" not in path.parts)


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


SOURCES = list(modules(*ROOMS))
"""Looked at in one test for each rule: a test for each of them would be thousands."""


def public_definitions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node


def is_protocol(node: ast.ClassDef) -> bool:
    return any("Protocol" in ast.unparse(parent) for parent in node.bases)


def test_no_source_file_hides_a_second_noun() -> None:
    long = {relative(p): n for p in SOURCES if (n := len(p.read_text(encoding="utf-8").splitlines())) > 300}
    assert not long, f"longer than 300 lines: a second noun hides in it: {long}"


def test_no_test_file_is_longer_than_400_lines() -> None:
    long = {relative(p): n for p in modules("tests") if (n := len(p.read_text(encoding="utf-8").splitlines())) > 400}
    assert not long, f"longer than 400 lines: split by promise: {long}"


@pytest.mark.parametrize("folder", ["static"])
def test_no_script_of_the_pages_is_longer_than_300_lines(folder: str) -> None:
    scripts = (ROOT / "services" / "frontend" / folder).rglob("*.js")
    long = {relative(p): n for p in scripts if (n := len(p.read_text(encoding="utf-8").splitlines())) > 300}
    assert not long, f"longer than 300 lines: {long}"


def test_no_module_is_named_after_nothing() -> None:
    vague = [relative(p) for p in SOURCES if p.name in FORBIDDEN_FILES]
    assert not vague, f"a name that says nothing attracts everything: {vague}"


@functools.cache
def parsed(path: Path) -> ast.Module:
    """Its tree, read once for all rules."""
    return ast.parse(path.read_text(encoding="utf-8"))


def test_every_module_and_public_name_says_what_it_is() -> None:
    silent = {relative(path): names for path in SOURCES if (names := without_docstring(parsed(path)))}
    assert not silent, f"no docstring: {silent}: public names give shapes, units, errors"


def without_docstring(tree: ast.Module) -> list[str]:
    silent = [] if ast.get_docstring(tree) else ["the module itself"]
    for node in public_definitions(tree):
        if not ast.get_docstring(node):
            silent.append(node.name)
        if isinstance(node, ast.ClassDef) and not is_protocol(node):
            silent += [
                f"{node.name}.{inner.name}"
                for inner in node.body
                if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef)
                and not inner.name.startswith("_")
                and not ast.get_docstring(inner)
                and not is_promised_elsewhere(node)
            ]
    return silent


def is_promised_elsewhere(node: ast.ClassDef) -> bool:
    """A keeper of a Protocol, or a subclass: its methods are documented where they are promised."""
    return bool(node.bases) or "keeps" in (ast.get_docstring(node) or "").lower()


def test_names_are_verbs_and_nouns_that_say_something() -> None:
    vague = [
        f"{relative(path)}: {node.name}"
        for path in SOURCES
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and FORBIDDEN_NAMES.search(node.name)
    ]
    assert not vague, f"{vague}: use the verb for what it does (load, find, fetch, count…), the noun for what it is"


def test_no_loose_ends_in_the_sources() -> None:
    loose = re.compile(r"\b(?:TODO|FIXME|XXX)\b|NotImplementedError\(\)|# type: ignore(?!\[)|# noqa(?!:)")
    marks = {relative(path): found for path in SOURCES if (found := loose.findall(path.read_text(encoding="utf-8")))}
    assert not marks, f"{marks}: finish it, or write an issue"


def test_nothing_swallows_a_cancellation_or_everything() -> None:
    bare = [
        f"{relative(path)}:{node.lineno}"
        for path in SOURCES
        if path.parts[-2] != "frontend"
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ExceptHandler) and node.type is None
    ]
    assert not bare, f"bare except in {bare}: it swallows cancellations"


def test_every_service_shows_its_four_parts_in_one_short_run() -> None:
    for path in sorted((ROOT / "services").glob("*/main.py")):
        text = path.read_text(encoding="utf-8")
        tree = ast.parse(text)
        runs = [node for node in tree.body if isinstance(node, ast.AsyncFunctionDef) and node.name == "run"]
        assert len(runs) == 1, f"{relative(path)}: a service is one coroutine function, run(config, backbone, life)"
        length = (runs[0].end_lineno or 0) - runs[0].lineno + 1
        assert length < 46, f"{relative(path)}: run has {length} lines; a reader sees it whole in 45"
        for part in ("# whom we lean on", "# what we are", "# what we show", "# how we leave"):
            assert part in text, f"{relative(path)}: the comment {part!r} is missing: four parts, always the same"


def test_every_service_has_a_short_readme() -> None:
    for folder in sorted(path.parent for path in (ROOT / "services").glob("*/main.py")):
        readme = folder / "README.md"
        assert readme.exists(), f"{relative(folder)} has no README.md"
        assert len(readme.read_text(encoding="utf-8").splitlines()) <= 40, f"{relative(readme)}: at most 40 lines"


def test_nothing_of_this_machine_stands_in_the_repository() -> None:
    marks = re.compile(r"/wo" r"rk/(?:main|shared|scratch)|/root/\.|py" r"pi\.org|registry\.np" r"mjs|deb\.deb" r"ian\.org")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    found = []
    for name in filter(None, listed):
        path = ROOT / name
        if path.is_file() and marks.search(path.read_text(encoding="utf-8", errors="ignore")):
            found.append(name)
    assert not found, f"machine paths or registry hosts: {found}"
