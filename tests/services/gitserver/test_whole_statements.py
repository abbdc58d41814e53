"""A LaTeX statement comes with the files that it puts in and the names of its figures, through the real gitserver."""

from __future__ import annotations

from services.frontend.statements import render_statement
from tests.packages.building import changed, sound
from tests.services.gitserver.world import World
from wire.methods import GITSERVER_STATEMENT
from wire.problems import StatementRequest

TEX = "\\input{macros}Add $a$ in $\\N$. \\input parts/input\n\n\\includegraphics{figure}\n"
PARTS: dict[str, str | bytes | None] = {
    "problem_statement/problem.de.tex": TEX,
    "problem_statement/macros.tex": "\\newcommand{\\N}{\\mathbb{N}}\n",
    "problem_statement/parts/input.tex": "Two numbers, \\textbf{small} ones.\\input{parts/input}\n",
}


async def test_a_latex_statement_is_shown_with_what_it_puts_in(world: World) -> None:
    answer = await world.bring(changed(sound(), PARTS))
    assert [one for one in answer.findings if one.code.startswith("statement-")] == []
    statement = await world.call(GITSERVER_STATEMENT, StatementRequest("sum", "de"))
    assert "statement/figure.png" in statement.figures
    html = str(render_statement(statement, lambda path: f"/files/{path}").html)
    assert "Two numbers, <strong>small</strong> ones." in html
    assert '<img src="/files/statement/figure.png" alt="">' in html
    assert "\u2115" in html
    assert "<code>" not in html


async def test_what_a_statement_is_not_shown_with_is_said_when_it_is_brought(world: World) -> None:
    gone = changed(sound(), {**PARTS, "problem_statement/parts/input.tex": "\n\n\\unknown\n", "problem_statement/macros.tex": None})
    answer = await world.bring(gone)
    found = {(one.code, one.path, one.message.partition(":")[0]) for one in answer.findings if one.code.startswith("statement-")}
    assert found == {
        ("statement-input", "problem_statement/problem.de.tex", "line 1"), ("statement-command", "problem_statement/parts/input.tex", "line 3"),
    }  # fmt: skip
