"""Owns the statements of Polygon packages: their languages, titles, sections, pages and samples. Never renders one.

Sections (statement-sections/LANGUAGE/legend.tex and so on) are joined into one LaTeX text, which shows best; pages made by Polygon
(HTML, PDF, its own LaTeX with olymp.sty) follow. Each language has a folder of its own, so that figures of the same name stay apart.

Source: Polygon's packages as they are exported; its manual, "Statements".
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from services.gitserver.findings import Report
from services.gitserver.formats.files import PackageFile, PackageFiles, read_text
from services.gitserver.formats.human_languages import HEADINGS, code_of
from services.gitserver.formats.polygon_tests import DESCRIPTION
from services.gitserver.formats.xml_tree import Element
from services.gitserver.formats.statement_remarks import ShownText, look_at_statements, look_at_text
from wire.problems import StatementFile

MOST_PAGES: Final = 100
"""So many pages that problem.xml names are looked at."""
SECTIONS: Final = ("input", "output", "interaction", "scoring", "notes")
_SECTION_FILES: Final = frozenset({"legend.tex", *(f"{section}.tex" for section in SECTIONS)})
_TYPES: Final = {"text/html": "html", "application/pdf": "pdf", "application/x-tex": "latex"}
_ORDER: Final = ("latex", "html", "pdf")
_OLYMP: Final = "olymp"
_COMMANDS: Final = {"bf": "textbf", "it": "textit", "t": "texttt", "tt": "texttt"}
"""What Polygon writes with the text in braces, and LaTeX otherwise."""
_COMMAND = re.compile(r"\\(bf|it|tt|t)\s*\{")
_FORMULA = re.compile(r"(\$\$[^$]*\$\$|\$[^$]*\$)")
_FIGURES: Final = (".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".pdf", ".css", ".eps")


@dataclass(frozen=True, slots=True)
class Statements:
    """The statements, English first, the best to show first within a language; ``written`` are texts made of sections, by public path.

    ``samples`` are pairs as they stand in the statement, by name; empty where the tests themselves are shown.
    """

    files: tuple[StatementFile, ...]
    public: Mapping[str, PackageFile]
    written: Mapping[str, str]
    samples: Mapping[str, tuple[PackageFile, PackageFile]]


def titles_of(root: Element) -> dict[str, str]:
    """The problem's name by language code."""
    return {code_of(one.attribute("language")): one.attribute("value") for one in root.all("names/name") if code_of(one.attribute("language"))}


def read_statements(files: PackageFiles, root: Element, titles: Mapping[str, str], report: Report) -> Statements:
    """Every statement of the package."""
    public: dict[str, PackageFile] = {}
    written: dict[str, str] = {}
    found: list[StatementFile] = []
    usual = titles.get("en") or next(iter(titles.values()), "")
    sections = files.children("statement-sections")
    for name, held in sections.items():
        code = code_of(name)
        text = _joined(files, f"statement-sections/{name}", code, report)
        if code and text:
            path = f"statement/{code}/problem.tex"
            written[path] = text
            found.append(StatementFile(code, "latex", path, titles.get(code, usual)))
            figures = _figures(held, f"statement-sections/{name}", f"statement/{code}")
            public |= figures
            _look_at_sections(held, path, figures, report)
    for element in itertools.islice(root.all("statements/statement"), MOST_PAGES):
        code = code_of(element.attribute("language"))
        made = _page(files, element, titles.get(code, usual), report)
        if made is not None and not (f"/{_OLYMP}/" in made[0].path and f"statement/{code}/problem.tex" in written):
            found.append(made[0])
            public |= made[1]
    if not found:
        report.add("statement-missing", "statements", "there are no statement-sections/LANGUAGE/*.tex and no page that <statements> names")
    found.sort(key=lambda one: (one.language != "en", one.language, f"/{_OLYMP}/" in one.path, _ORDER.index(one.format)))
    in_sections = {one.language for one in found if one.path in written}
    look_at_statements((one for one in found if one.language not in in_sections or one.format == "pdf"), public, report)
    return Statements(tuple(found), public, written, _samples(files, sections))


def _look_at_sections(held: Iterable[PackageFile], path: str, figures: Mapping[str, PackageFile], report: Report) -> None:
    """Each section on its own, since that is what its lines are counted in."""
    texts = {one.path: _usual_latex(one.content.decode(errors="replace")) for one in held if one.name in _SECTION_FILES and one.content is not None}
    for where, text in texts.items():
        look_at_text(ShownText(text, "latex", where, path, tuple(texts.values())), figures, report)


def _joined(files: PackageFiles, folder: str, code: str, report: Report) -> str:
    """The sections of one language as one text; empty when there is no legend."""
    headings = HEADINGS.get(code, HEADINGS["en"])
    legend = files.find(f"{folder}/legend.tex")
    parts = [read_text(legend, report) or ""] if legend is not None else []
    if not parts or not parts[0].strip():
        return ""
    for section, heading in zip(SECTIONS, headings, strict=True):
        file = files.find(f"{folder}/{section}.tex")
        text = (read_text(file, report) or "").strip() if file is not None else ""
        if text:
            parts.append(f"\\section*{{{heading}}}\n\n{text}")
    return "\n\n".join(_usual_latex(part.strip()) for part in parts) + "\n"


def _usual_latex(text: str) -> str:
    """The text with Polygon's own commands as LaTeX has them; formulas stay as they are."""
    pieces = _FORMULA.split(text)
    for place in range(0, len(pieces), 2):
        plain = _COMMAND.sub(lambda found: f"\\{_COMMANDS[found[1]]}{{", pieces[place])
        pieces[place] = plain.replace("<<", "«").replace(">>", "»")
    return "".join(pieces)


def _page(files: PackageFiles, element: Element, title: str, report: Report) -> tuple[StatementFile, dict[str, PackageFile]] | None:
    """A page that problem.xml names, with what lies beside it; None when it is not there or cannot be shown."""
    name, path = element.attribute("language"), element.attribute("path")
    kind, code, file = _TYPES.get(element.attribute("type")), code_of(name), files.find(path)
    if not code:
        report.add("statement-name", DESCRIPTION, f"line {element.line}: {name[:40]!r} is no language that is known")
        return None
    if kind is None:
        return None
    if file is None:
        report.add("file-missing", DESCRIPTION, f"line {element.line}: {path[:120]!r} is not in the package")
        return None
    if kind != "pdf" and read_text(file, report) is None:
        return None
    folder = f"statement/{code}/{_OLYMP if kind == 'latex' else kind}"
    source = path.rpartition("/")[0]
    beside = _figures(files.under(source), source, folder) if source and kind != "pdf" else {}
    return StatementFile(code, kind, f"{folder}/{file.name}", title), beside | {f"{folder}/{file.name}": file}


def _figures(held: Iterable[PackageFile], source: str, folder: str) -> dict[str, PackageFile]:
    return {f"{folder}/{file.path[len(source) + 1 :]}": file for file in held if file.suffix.lower() in _FIGURES}


def _samples(files: PackageFiles, sections: Mapping[str, list[PackageFile]]) -> dict[str, tuple[PackageFile, PackageFile]]:
    """The pairs example.NN and example.NN.a of one language, English if there is one."""
    for name in sorted(sections, key=lambda name: (code_of(name) != "en", name)):
        pairs: dict[str, tuple[PackageFile, PackageFile]] = {}
        for file in sections[name]:
            answer = files.find(f"{file.path}.a")
            number = file.name.removeprefix("example.")
            if file.name.startswith("example.") and number.isdigit() and answer is not None:
                pairs[number] = (file, answer)
        if pairs:
            return pairs
    return {}
