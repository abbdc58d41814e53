"""Owns what is to be said of a statement before anybody is shown it: what a page would show as it is written, or not at all. Never renders one.

It goes through the text once from front to back, by the words and the bounds that the page goes by too.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from services.statements.figures import LINKED, figure_named, public_path
from services.statements.inputs import input_named, inputs_of
from services.statements.latex_macros import Macros
from services.statements.latex_scan import Scanner
from services.statements.latex_sizes import places_of
from services.statements.latex_spans import document_of, formulas, in_maths, without_comments, without_formulas
from services.statements.latex_words import BREAKS, FIGURES, SKIPPED_ARGUMENTS, is_known, is_known_environment
from services.statements.maths import is_set

MOST_REMARKS: Final = 20
"""So many of one statement: who has read those knows what kind of text it is."""

_MOST_LOOKED_AT: Final = 20
_SIGN = re.compile(r"\\([a-zA-Z@]+\*?|.)|[{}]", re.DOTALL)
_NAMED = re.compile(r"\s*\{([^{}\n]{0,60})\}")
_OPTIONS = re.compile(r"[ \t]*\[[^\]]{0,500}\]")
_MARKDOWN_IMAGE = re.compile(r"!\[[^\]\n]{0,300}\]\(\s*<?([^)\s>]{1,300})")
_HTML_IMAGE = re.compile(r"<img\b[^>]{0,500}?\bsrc\s*=\s*[\"']?([^\"'\s>]{1,300})", re.IGNORECASE)
_CODE = re.compile(r"^```.*?^```|`[^`\n]{0,300}`", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing: ``code`` is that of the finding, ``line`` counts from 1, ``said`` is for people."""

    code: str
    line: int
    said: str


def remarks_of(text: str, text_format: str, folder: str, known: Collection[str], beside: Iterable[str] = ()) -> list[Remark]:
    """What is to be said of a statement, in the order of its lines.

    ``known`` are the paths of the public tree, where it lies in ``folder``; ``beside`` are texts that make commands for it.
    """
    line_of = _lines(text)
    if text_format == "latex":
        found = list(_Latex(text, folder, known, beside).remarks())
    else:
        pattern = _HTML_IMAGE if text_format == "html" else _MARKDOWN_IMAGE
        shown = text if text_format == "html" else _CODE.sub(lambda one: re.sub(r"[^\n]", " ", one[0]), text)
        found = [(one.start(), "statement-figure", said) for one in pattern.finditer(shown) if (said := _image(one[1], folder, known))]
    distinct = {(code, said): place for place, code, said in sorted(found, reverse=True)}
    remarks = sorted((place, code, said) for (code, said), place in distinct.items())
    return [Remark(code, line_of(place), said) for place, code, said in remarks[:MOST_REMARKS]]


def _lines(text: str) -> Callable[[int], int]:
    starts = [found.end() for found in re.finditer("\n", text)]
    return lambda place: bisect_right(starts, place) + 1


def _image(address: str, folder: str, known: Collection[str]) -> str:
    path = public_path(address, folder)
    if path is None:
        return f"the image {address[:80]!r} lies outside of the package: it is left out"
    if path not in known:
        return f"the image {address[:80]!r} is not in the package"
    return f"no browser draws {address[:80]!r}; bring it as SVG or PNG" if path.lower().endswith(LINKED) else ""


def _is_balanced(formula: str) -> bool:
    depth = 0
    for found in _SIGN.finditer(formula):
        depth += {"{": 1, "}": -1}.get(found[0], 0)
        if depth < 0:
            return False
    return depth == 0


def _closed(environments: list[tuple[int, str]], place: int, name: str) -> Iterator[tuple[int, str, str]]:
    """Takes the environment that is closed from those that are open, and says which were closed by that besides."""
    if name not in (one for _, one in environments[-_MOST_LOOKED_AT:]):
        yield place, "statement-group", f"\\end{{{name}}} closes nothing"
        return
    while (last := environments.pop())[1] != name:
        yield last[0], "statement-group", f"\\begin{{{last[1]}}} is not closed"


class _Latex:
    """Looks at one source."""

    def __init__(self, source: str, folder: str, known: Collection[str], beside: Iterable[str]) -> None:
        document, preamble = document_of(source)
        self._folder = folder
        self._known = known
        self._places = places_of(source)
        self._offset = len(preamble) + (len(r"\begin{document}") if document != source else 0)
        self._macros = Macros()
        for text in (preamble, *beside):
            self._macros.take(without_comments(text))
        self._plain = without_comments(document)
        self._text = self._macros.take_in_place(without_formulas(self._plain))

    def remarks(self) -> Iterator[tuple[int, str, str]]:
        """Place, code, words."""
        for found in (self._pairs(), self._commands(), self._formulas(), self._inputs()):
            for place, code, said in found:
                yield place + self._offset, code, said

    def _pairs(self) -> Iterator[tuple[int, str, str]]:
        """Groups and environments that are not closed, or not open."""
        groups: list[int] = []
        environments: list[tuple[int, str]] = []
        for found in _SIGN.finditer(self._text):
            if found[0] == "{":
                groups.append(found.start())
            elif found[0] == "}" and groups:
                groups.pop()
            elif found[0] == "}":
                yield found.start(), "statement-group", "a } closes nothing"
            elif found[1] == "begin" and (named := _NAMED.match(self._text, found.end())) is not None:
                environments.append((found.start(), named[1]))
            elif found[1] == "end" and (named := _NAMED.match(self._text, found.end())) is not None:
                yield from _closed(environments, found.start(), named[1])
        for place in groups[:1]:
            yield place, "statement-group", "a { is not closed: what follows belongs to it"
        for place, name in environments:
            yield place, "statement-group", f"\\begin{{{name}}} is not closed"

    def _commands(self) -> Iterator[tuple[int, str, str]]:
        behind = 0
        for found in _SIGN.finditer(self._text):
            name = found[1]
            if name is None or found.start() < behind:
                continue
            behind = self._behind(found)
            if name.rstrip("*") in FIGURES:
                yield from self._figure(found, FIGURES[name.rstrip("*")])
            elif name == "begin" and (named := _NAMED.match(self._text, found.end())) is not None:
                if not is_known_environment(named[1]):
                    yield found.start(), "statement-command", f"the environment {named[1]!r} is not known: what stands in it is shown without it"
            elif not is_known(name) and name.rstrip("*") not in self._macros.known:
                yield found.start(), "statement-command", f"\\{name[:60]} is not known: it is shown as it is written"

    def _behind(self, found: re.Match[str]) -> int:
        """Where what a command takes and nobody is shown ends: its options, and arguments that are left out."""
        named = _NAMED.match(self._text, found.end()) if found[1] == "begin" else None
        place = named.end() if named is not None else found.end()
        options = _OPTIONS.match(self._text, place) if found[1] not in BREAKS else None
        scanner = Scanner(self._text)
        scanner.place = options.end() if options is not None else place
        for _ in range(SKIPPED_ARGUMENTS.get(found[1], 0) or FIGURES.get(found[1], 0)):
            scanner.argument()
        return scanner.place

    def _figure(self, found: re.Match[str], before: int) -> Iterator[tuple[int, str, str]]:
        scanner = Scanner(self._text[found.end() : found.end() + 1_000])
        scanner.option()
        for _ in range(before):
            scanner.argument()
        name = scanner.argument().strip()
        if "\\" in name or "#" in name:
            return
        meant = figure_named(name, self._known, self._folder, self._places)
        if meant is None:
            yield found.start(), "statement-figure", f"the figure {name[:80]!r} is not in the package"
        elif meant.lower().endswith(LINKED):
            yield found.start(), "statement-figure", f"no browser draws {meant[:80]!r}: there is a link in its place; bring it as SVG or PNG"

    def _formulas(self) -> Iterator[tuple[int, str, str]]:
        for place, formula in formulas(self._plain):
            if not _is_balanced(formula):
                yield place, "statement-formula", f"a group of the formula is not closed, or closes nothing: {formula.strip()[:60]}"
            elif not is_set(in_maths(self._macros.expand(formula))):
                yield place, "statement-formula", f"the formula is not understood and shown as it is written: {formula.strip()[:60]}"

    def _inputs(self) -> Iterator[tuple[int, str, str]]:
        for start, _, name in inputs_of(self._plain):
            if input_named(name, self._folder, self._known.__contains__) is None:
                yield start, "statement-input", f"the file {name[:80]!r} that is to be put in is not in the package"
