"""Rights are decided in one place: `contest/visibility.py` asks roles, everybody else asks it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from contest import visibility

ROOT = Path(__file__).resolve().parents[2]
MIGHTY = {"ADMIN", "ORGANISER"}
LOOKS_FOR_AN_ADMIN = {"services/recorder/first_admin.py"}
"""Asks whether the record holds one, not what somebody may do."""


def trees() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted((ROOT / "services").rglob("*.py")):
        yield str(path.relative_to(ROOT)), ast.parse(path.read_text())


def names_of(side: ast.expr) -> set[str]:
    return {node.attr if isinstance(node, ast.Attribute) else node.id for node in ast.walk(side) if isinstance(node, ast.Attribute | ast.Name)}


def test_no_service_compares_roles_of_its_own() -> None:
    found = [
        f"{name}:{node.lineno}: {ast.unparse(node)}"
        for name, tree in trees()
        if name not in LOOKS_FOR_AN_ADMIN
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare) and MIGHTY & set().union(*(names_of(side) for side in (node.left, *node.comparators)))
    ]
    assert not found, "a rule about rights belongs into contest/visibility.py, where the table of tests/contest/test_visibility.py shows it"


def test_every_rule_about_rights_is_asked() -> None:
    rules = {name for name in vars(visibility) if name.startswith("may_")}
    asked = set().union(*(names_of(node.func) for _, tree in trees() for node in ast.walk(tree) if isinstance(node, ast.Call)))
    assert rules <= asked, "a rule that nobody asks protects nothing"
