"""What a program of a setter said keeps nothing of a report out of sight, however long its words are."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.browser import OpenBrowser

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

FRONTEND = Path(__file__).resolve().parents[2] / "services" / "frontend"
CELLS = '<td class="tight">error</td><td class="tight wraps"><code>data/{path}</code></td><td class="full">{word}</td><td class="tight"><code class="hint">answer-rejected</code></td>'


def test_a_word_without_an_end_leaves_the_code_in_sight(open_browser: OpenBrowser, tmp_path: Path) -> None:
    for name in ("trial.html", "report.html"):
        assert '<table class="rows folding findings">' in (FRONTEND / "templates" / name).read_text(encoding="utf-8")
    sheets = "".join((FRONTEND / "static" / f"{name}.css").read_text(encoding="utf-8") for name in ("tokens", "page", "parts", "trial"))
    table = f'<table class="rows folding findings"><tbody><tr>{CELLS.format(path="x" * 120, word="y" * 600)}</tr></tbody></table>'
    (tmp_path / "report.html").write_text(f"<!doctype html><style>{sheets}</style><main>{table}</main>", encoding="utf-8")
    window = open_browser(tmp_path.as_uri())
    window.go("/report.html")
    assert window.overflow() == 0
    assert window.run("return document.querySelector('.hint').getBoundingClientRect().right <= innerWidth")
