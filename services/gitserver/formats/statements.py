"""Owns finding the statements of a package, their languages and titles. Never renders one: the frontend does."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from services.gitserver.findings import Report
from services.gitserver.formats.files import PackageFile, PackageFiles, read_text
from services.gitserver.formats.statement_remarks import look_at_statements
from wire.problems import StatementFile

FORMATS: Final = {".md": "markdown", ".html": "html", ".tex": "latex", ".pdf": "pdf"}
"""Statement format by ending, the best to show first."""

FOLDERS: Final = ("problem_statement", "statement")
"""Where statements lie: the legacy name, then that of 2025-09, which some write already."""

_NAME = re.compile(r"problem(?:\.([A-Za-z-]+))?\.(md|html|tex|pdf)")
MOST_STREAMS: Final = 200
MOST_OBJECT_BYTES: Final = 256 * 1024
_STREAM = re.compile(rb"/Type\s*/ObjStm\b[^>]{0,200}>>\s*stream\r?\n")
_PAGE_COUNT = re.compile(rb"<<(?:(?!<<)[^>]){0,400}?/Count\s+([0-9]{1,5})\b(?:(?!<<)[^>]){0,400}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Z]{2})?")
_PROBLEM_NAME = re.compile(r"\\problemname\{((?:[^{}]|\{[^{}]*\})*)\}")
_PLAIN_NAME: Final = "plainproblemname:"


@dataclass(frozen=True, slots=True)
class Statements:
    """The statements, best format first within a language, English first; ``public`` maps public paths to files."""

    files: tuple[StatementFile, ...]
    public: Mapping[str, PackageFile]


def read_statements(files: PackageFiles, titles: Mapping[str, str], report: Report, *, home: str = FOLDERS[0]) -> Statements:
    """Every statement with the title it goes by, and the files (figures) that lie beside them. ``home``: where they belong in this format."""
    public: dict[str, PackageFile] = {}
    found: list[StatementFile] = []
    for path, file in _sources(files).items():
        public[path] = file
        match = _NAME.fullmatch(path.removeprefix("statement/"))
        if match is None:
            continue
        language = match.group(1) or "en"
        if _LANGUAGE.fullmatch(language) is None:
            report.add("statement-name", file.path, f"{language!r} is no language code such as en or pt-BR")
            continue
        text_format = FORMATS["." + match.group(2)]
        text = None if text_format == "pdf" else read_text(file, report)
        title = _title(titles, language, text if text_format == "latex" else None)
        found.append(StatementFile(language, text_format, path, title, pages_of(file) if text_format == "pdf" else 0))
    if not found:
        report.add("statement-missing", home, f"there is no {home}/problem[.LANGUAGE].md, .tex, .html or .pdf")
    order = list(FORMATS.values())
    found.sort(key=lambda statement: (statement.language != "en", statement.language, order.index(statement.format)))
    look_at_statements(found, public, report)
    return Statements(tuple(found), public)


def pages_of(file: PackageFile) -> int:
    """How many pages a PDF says that it has; 0 when it does not say so in the open, or was too large to be looked at."""
    text = file.content or b""
    streams = [text]
    for found in _STREAM.finditer(text):
        unpacking = zlib.decompressobj()
        try:
            streams.append(unpacking.decompress(text[found.end() :], MOST_OBJECT_BYTES))
        except zlib.error:
            continue
        if len(streams) > MOST_STREAMS:
            break
    counts = [int(count[1]) for part in streams for count in _PAGE_COUNT.finditer(part) if b"/Pages" in count[0]]
    return max(counts, default=0)


def _sources(files: PackageFiles) -> dict[str, PackageFile]:
    """Files by the path they get in the public tree; what DOMjudge lays into the root counts where the folder has none."""
    folder = next((folder for folder in FOLDERS if files.under(folder)), "")
    found = {f"statement/{file.path[len(folder) + 1 :]}": file for file in files.under(folder)} if folder else {}
    for ending in (".pdf", ".html"):
        file = files.find("problem" + ending)
        if file is not None:
            found.setdefault(f"statement/problem{ending}", file)
    return found


def _title(titles: Mapping[str, str], language: str, latex: str | None) -> str:
    """The title in a language: from problem.yaml, else from the LaTeX itself, else in English, else in any language."""
    if language in titles:
        return titles[language]
    if "" not in titles and latex is not None and (own := _latex_title(latex)):
        return own
    return titles.get("") or titles.get("en") or next(iter(titles.values()), "")


def _latex_title(text: str) -> str:
    for line in text.splitlines():
        words = line.removeprefix("%%").strip() if line.startswith("%%") else ""
        if words.startswith(_PLAIN_NAME) and (plain := words.removeprefix(_PLAIN_NAME).strip()):
            return plain
    named = _PROBLEM_NAME.search(text)
    title = re.sub(r"\s+", " ", named.group(1)).strip() if named is not None else ""
    return "" if title.startswith("\\problemyamlname") else title


def title_of(statements: tuple[StatementFile, ...], titles: Mapping[str, str], alias: str, report: Report) -> str:
    """The problem's own title: in every language, in English, of any statement, or its alias with a finding."""
    title = titles.get("") or titles.get("en") or next((statement.title for statement in statements if statement.title), "")
    if not title:
        report.add("title-missing", "problem.yaml", f"no `name` and no \\problemname: the problem is called {alias!r}")
    return title or alias
