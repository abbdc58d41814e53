"""The LaTeX of problem packages reads as its setter meant it."""

from __future__ import annotations

import time

import pytest

from services.frontend.statements import render_statement
from wire.problems import Statement


FIGURES = tuple(f"problem_statement/{name}" for name in ("pic.png", "vector.pdf", "old.eps", "twin.svg", "twin.pdf", "img/deep.jpg"))


def shown(text: str) -> str:
    html = str(render_statement(Statement("en", "latex", "problem_statement/problem.tex", "T", text, figures=FIGURES), lambda path: f"/files/{path}").html)
    return html.replace("\n", " ").strip()


READS = [
    (r"\problemname{Sum} Text.", "<p>Text.</p>"),
    ("One.\n\nTwo.", "<p>One.</p> <p>Two.</p>"),
    (r"\section*{Input}", "<h2>Input</h2>"),
    (r"\textbf{a} \emph{b} \texttt{c}", "<p><strong>a</strong> <em>b</em> <code>c</code></p>"),
    (r"{\bf a} b", "<p><strong>a</strong> b</p>"),
    (r"``a'' --- b -- c \ldots", "<p>\u201ca\u201d \u2014 b \u2013 c …</p>"),
    (r"50\% of \$5 \& more % a comment", "<p>50% of $5 &amp; more</p>"),
    (r"Erd\H{o}s, Dvo\v{r}\'ak, na\"{\i}ve, \c{c}a", "<p>Erdo\u030bs, Dvor\u030ca\u0301k, nai\u0308ve, c\u0327a</p>"),
    (r"a~b\\c", "<p>a&nbsp;b<br>c</p>"),
    (r"\unknown{kept} \alsounknown", r"<p><code>\unknown</code>kept <code>\alsounknown</code></p>"),
    (r"\noindent\Large Text \centering", "<p>Text</p>"),
    (r"\begin{Input}One number.\end{Input}", "<h2>Input</h2> <p>One number.</p>"),
    (r"\begin{Interaction}Flush.\end{Interaction}", "<h2>Interaction</h2> <p>Flush.</p>"),
    (r"\epigraph{Know thyself}{Delphi}", "<blockquote><p>Know thyself</p><p><small>Delphi</small></p></blockquote>"),
    (r"\def \htmlPixelsInCm {40} Text", "<p>Text</p>"),
    (
        r"\begin{tabular}{lr}\multirow{2}{*}{a} & 1 \\ & 2 \\ b & 3\end{tabular}",
        (
            '<table><tbody><tr><td rowspan="2" align="left">a</td><td align="right">1</td></tr><tr><td align="right">2</td></tr>'
            '<tr><td align="left">b</td><td align="right">3</td></tr></tbody></table>'
        ),
    ),
    (r"\begin{itemize}\item a\item b\end{itemize}", "<ul><li>a</li><li>b</li></ul>"),
    (r"\begin{enumerate}[label=(\alph*)]\item a\begin{itemize}\item x\end{itemize}\item b\end{enumerate}", "<ol><li><p>a</p> <ul><li>x</li></ul></li><li>b</li></ol>"),
    (r"\begin{verbatim}<b> $x$ % y\end{verbatim}", "<pre>&lt;b&gt; $x$ % y</pre>"),
    (r"\verb|a_b|", "<p><code>a_b</code></p>"),
    (r"\begin{tabular}{|l|r|}\hline a & 1 \\ \hline \end{tabular}", '<table class="ruled"><tbody><tr><td align="left">a</td><td align="right">1</td></tr></tbody></table>'),
    (r"\url{https://a.example}", '<p><a href="https://a.example" rel="noopener noreferrer nofollow">https://a.example</a></p>'),
    (r"\includegraphics[width=0.4\textwidth]{pic.png}", '<p><img src="/files/problem_statement/pic.png" alt="" width="40%"></p>'),
    (r"\begin{document}Inside.\end{document} Outside.", "<p>Inside.</p>"),
    (r"\begin{quote}Said.\end{quote}", "<blockquote><p>Said.</p></blockquote>"),
    (r"\includegraphics{pic.png}", '<p><img src="/files/problem_statement/pic.png" alt=""></p>'),
    (r"\includegraphics[width=2cm]{pic.png}", '<p><img src="/files/problem_statement/pic.png" alt="" width="76"></p>'),
    (r"\includegraphics[width=.5\linewidth]{pic}", '<p><img src="/files/problem_statement/pic.png" alt="" width="50%"></p>'),
    (r"\includegraphics{vector} \includegraphics{old}", (
        '<p><a href="/files/problem_statement/vector.pdf" rel="noopener noreferrer nofollow">Figure (vector.pdf)</a> '
        '<a href="/files/problem_statement/old.eps" rel="noopener noreferrer nofollow">Figure (old.eps)</a></p>'
    )),
    (r"\includegraphics{twin.pdf}", '<p><img src="/files/problem_statement/twin.svg" alt=""></p>'),
    (r"\graphicspath{{img/}}\includegraphics{deep}", '<p><img src="/files/problem_statement/img/deep.jpg" alt=""></p>'),
    (r"\newcommand{\N}{two words}\N", "<p>two words</p>"),
    (r"\newcommand{\pair}[2][a]{(#1, \emph{#2})}\pair{b} \pair[c]{d}", "<p>(a, <em>b</em>) (c, <em>d</em>)</p>"),
    (r"\def\one#1{\two{#1}}\def\two#1{<#1>}\one{x}", "<p>&lt;x&gt;</p>"),
    (r"\let\strong\textbf\strong{x}", "<p><strong>x</strong></p>"),
    ("\\newcommand{\\A}{a}\n\\begin{document}\\A\\end{document}", "<p>a</p>"),
    (r"\def\loop{\loop\loop}a", "<p>a</p>"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "read"), READS)
def test_latex_reads_as_it_was_meant(written: str, read: str) -> None:
    assert shown(written) == read


def test_maths_in_every_notation() -> None:
    html = shown(r"$a$ \(b\) \[c\] $$d$$ \begin{align*} e &= f \\ g &= h \end{align*} \begin{equation}i\end{equation}")
    assert html.count("<math") == 6
    assert html.count('display="block"') == 4


def test_an_illustration_has_its_caption_and_words_for_those_who_do_not_see_it() -> None:
    html = shown(r"\illustration{0.3}{balloon.jpg}{A \emph{balloon}, CC-BY}")
    assert '<img src="/files/problem_statement/balloon.jpg" alt="A balloon, CC-BY" width="30%">' in html
    assert "<figcaption>A <em>balloon</em>, CC-BY</figcaption>" in html


@pytest.mark.parametrize("written", ["{" * 5000, r"\textbf{" * 3000, r"\begin{itemize}\item " * 500, r"\begin{center}" * 1000, "\\" * 9999, "$" * 5001, "\0" * 100, r"\begin{tabular}{ll}" + "&" * 20_000])
def test_hostile_latex_takes_no_time_to_speak_of(written: str) -> None:
    began = time.process_time()
    shown(written)
    assert time.process_time() - began < 5


def test_macros_in_formulas_are_put_in() -> None:
    html = shown(r"\newcommand{\N}{\ensuremath{\mathbb{N}}}\DeclareMathOperator{\lcm}{lcm} $x \in \N$, \N, $\lcm(a)$")
    assert html.count("\u2115") == 2
    assert "lcm" in html
    assert "maths-source" not in html


@pytest.mark.parametrize("bomb", [
    r"\def\a{\b\b\b}\def\b{\c\c\c}\def\c{\a\a\a}" + r"\a " * 26_000, r"\newcommand{\x}[1]{#1#1#1}" + r"\x{" * 26_000,
    r"\newcommand{\x}{$x$ }" + r"\x " * 26_000, r"\newcommand{\x}[2]{\x{#1}{#2}}" + r"\x{}{" * 13_000, "\\def\\a{" + "b" * 39_000 + "}" + r"\a " * 10_000,
])  # fmt: skip
def test_no_macro_grows_beyond_bounds(bomb: str) -> None:
    began = time.process_time()
    html = shown(bomb[:80_000])
    assert time.process_time() - began < 6, "a few seconds on a busy machine, not minutes"
    assert len(html) < 1_000_000
