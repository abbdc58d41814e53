"""Owns what a report says of statements that are there: what nobody could be shown, or only as it is written. Never renders one."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from services.gitserver.findings import Report
from services.gitserver.formats.files import PackageFile
from services.statements import MAX_STATEMENT_CHARS
from services.statements.inputs import MOST_INPUTS, Inputs, input_named, inputs_of
from services.statements.remarks import remarks_of
from wire.problems import StatementFile

_PDF: Final = b"%PDF-"
_PDF_HEAD_BYTES: Final = 1_024
"""Where readers look for it. Source: Adobe's PDF reference 1.7, appendix H, note 13."""


def look_at_statements(found: Iterable[StatementFile], public: Mapping[str, PackageFile], report: Report, written: Mapping[str, str] | None = None) -> None:
    """Says what is wrong with statements, the best first in each language: of texts, only those are shown.

    ``written`` are texts that are shown in place of a file's own, by public path.
    """
    shown: set[str] = set()
    for one in found:
        is_shown = one.language not in shown
        shown.add(one.language)
        file = public.get(one.path)
        if one.format == "pdf" and file is not None:
            look_at_pdf(file, report)
        elif one.format != "pdf" and is_shown and file is not None:
            text = (written or {}).get(one.path)
            look_at_text(ShownText(_text_of(file) if text is None else text, one.format, file.path, one.path), public, report)


def look_at_pdf(file: PackageFile, report: Report) -> None:
    """Says when a PDF is none; of one that is too large to be held in memory nothing is known."""
    if file.content is not None and _PDF not in file.content[:_PDF_HEAD_BYTES]:
        report.add("statement-pdf", file.path, "the file does not begin as a PDF does, with %PDF-: nothing could be shown")


@dataclass(frozen=True, slots=True)
class ShownText:
    """A text that is shown: ``path`` names its file in the package, ``public_path`` where it is published, ``beside`` texts shown with it."""

    text: str
    format: str
    path: str
    public_path: str
    beside: tuple[str, ...] = ()


def look_at_text(shown: ShownText, public: Mapping[str, PackageFile], report: Report) -> None:
    """Says what a page would not show of a text, or only as it is written."""
    text, folder = shown.text, posixpath.dirname(shown.public_path)
    inputs = _inputs(text, folder, public) if shown.format == "latex" and len(text) <= MAX_STATEMENT_CHARS else {}
    texts = {path: _text_of(file) for path, file in inputs.items()}
    whole = Inputs(texts, 2 * MAX_STATEMENT_CHARS).put_into(text, shown.public_path) if inputs else text
    if len(whole) > MAX_STATEMENT_CHARS:
        report.add("statement-too-large", shown.path, f"{len(whole)} characters; at most {MAX_STATEMENT_CHARS} are shown. Bring it as a PDF, or shorter")
        return
    for path, part in {shown.path: text, **{inputs[one].path: part for one, part in texts.items()}}.items():
        for remark in remarks_of(part, shown.format, folder, public, (*shown.beside, text, *texts.values())):
            report.add(remark.code, path, f"line {remark.line}: {remark.said}")


def _inputs(text: str, folder: str, public: Mapping[str, PackageFile]) -> dict[str, PackageFile]:
    """The files that a text puts in, and those that they put in, by public path."""
    found: dict[str, PackageFile] = {}
    texts = [text]
    while texts and len(found) < MOST_INPUTS:
        for _, _, name in inputs_of(texts.pop()):
            path = input_named(name, folder, public.__contains__)
            if path is not None and path not in found and len(own := _text_of(public[path])) <= MAX_STATEMENT_CHARS:
                found[path] = public[path]
                texts.append(own)
    return found


def _text_of(file: PackageFile) -> str:
    return (file.content or b"").decode("utf-8-sig", "replace")
