"""The LaTeX of problem packages reads as its setter meant it."""

from __future__ import annotations

import time

import pytest

from services.frontend.statements import render_statement
from wire.problems import Statement


def shown(text: str) -> str:
    html = str(render_statement(Statement("en", "latex", "problem_statement/problem.tex", "T", text), lambda path: f"/files/{path}").html)
    return html.replace("\n", " ").strip()


@pytest.mark.parametrize(("written", "read"), [
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
])  # fmt: skip
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
