"""What the README and the docs say can be done, can be done: commands exist, links lead somewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def relative(page: Path) -> str:
    return str(page.relative_to(ROOT))


def test_links_lead_somewhere() -> None:
    lost = [
        f"{relative(page)}: {link}"
        for page in PAGES
        for link in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8"))
        if "://" not in link and not (page.parent / link).exists()
    ]
    assert not lost, f"{lost} lead nowhere"


def test_make_targets_that_are_named_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    lost = [
        f"{relative(page)}: {name}"
        for page in PAGES
        for name in re.findall(r"(?:`|\$ )make ([a-z][a-z-]*)", page.read_text(encoding="utf-8"))
        if name not in targets
    ]
    assert not lost, f"no such target: {lost}"


def test_palestra_commands_that_are_named_are_understood() -> None:
    known = (ROOT / "services" / "__main__.py").read_text(encoding="utf-8")
    lost = [
        f"{relative(page)}: {name}"
        for page in PAGES
        for name in re.findall(r"`palestra ([a-z-]+)", page.read_text(encoding="utf-8"))
        if not re.search(rf'"{name}"|palestra {name}\b', known) and name not in services_there()
    ]
    assert not lost, f"palestra does not know {lost}"


def services_there() -> set[str]:
    return {path.name for path in (ROOT / "services").iterdir() if path.is_dir()}


def test_make_prints_help_for_every_target() -> None:
    answer = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=30)
    public = re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert {"up", "test", "pki", "dev", "demo", "lint", "bench", "docs", "help", "clean"} <= set(public)
    for name in public:
        assert f"make {name}" in answer.stdout


@pytest.mark.parametrize("arguments", [["--help"], ["targets"], ["config"], ["check-config"], ["pki", "--help"]])
def test_commands_answer(arguments: list[str], tmp_path: Path) -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "services", *arguments], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout


def test_a_misspelt_command_names_itself() -> None:
    answer = subprocess.run([sys.executable, "-m", "services", "gradr"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert answer.returncode == 2
    assert "gradr" in answer.stderr


def test_a_wrong_configuration_is_told_whole(tmp_path: Path) -> None:
    path = tmp_path / "palestra.toml"
    path.write_text('[grader]\nlease_s = "long"\n[gradr]\nx = 1\n[mesh]\nfoldr = "x"\ngrader_address = "nowhere"\n', encoding="utf-8")
    answer = subprocess.run(
        [sys.executable, "-m", "services", "check-config", "--config", str(path)], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert answer.returncode == 2
    for part in ("lease_s", "[gradr]: no such section", "foldr: no such setting"):
        assert part in answer.stderr, answer.stderr
