"""Owns the statements of omegaUp packages: which languages, which figures, the samples that stand in them. Never renders one.

Samples stand in a statement between ``||input``, ``||output``, ``||description`` and ``||end``. They are shown as every sample is, so
they are taken out of the text, which is why such a statement is written anew.

Source: omegaup/omegaup ``frontend/www/js/omegaup/markdown.ts``; omegaup/gitserver ``handler.go`` (paths of statements).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from services.gitserver.findings import Report
from services.gitserver.formats.files import PackageFile, PackageFiles, read_text
from services.gitserver.formats.statement_remarks import look_at_statements
from wire.problems import Sample, StatementFile

FOLDER: Final = "statements"
_ENDINGS: Final = (".markdown", ".md")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Z]{2})?")
_DOWNLOAD: Final = "{{libinteractive:download}}"
_ATTACHED: Final = {"en": "To try it out, see the attachments", "es": "Para experimentar, véanse los archivos adjuntos", "pt": "Para experimentar, veja os anexos"}
_MARK = re.compile(r"\|\|(input|output|description|end|examplefile)\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Statements:
    """The statements, English first; ``public`` are files of the package, ``written`` texts that no file of it is, by public path."""

    files: tuple[StatementFile, ...]
    public: Mapping[str, PackageFile]
    written: Mapping[str, str]
    samples: tuple[Sample, ...] = ()


@dataclass(slots=True)
class _Reading:
    """A statement while its lines go by."""

    kept: list[str] = field(default_factory=list)
    samples: list[tuple[list[str], list[str]]] = field(default_factory=list)


def read_statements(files: PackageFiles, title: str, report: Report, downloads: tuple[str, ...] = ()) -> Statements:
    """Every statement, and what lies beside them. ``downloads`` are named where it says that they can be had."""
    public: dict[str, PackageFile] = {}
    written: dict[str, str] = {}
    found: list[StatementFile] = []
    samples: tuple[Sample, ...] = ()
    for file in files.under(FOLDER):
        path = "statement/" + file.path[len(FOLDER) + 1 :]
        public[path] = file
        if file.suffix not in _ENDINGS or path.count("/") > 1:
            continue
        language = file.name.removesuffix(file.suffix)
        if _LANGUAGE.fullmatch(language) is None:
            report.add("statement-name", file.path, f"{language!r} is no language code such as es or pt")
            continue
        if (text := read_text(file, report)) is None:
            continue
        plain, own = without_samples(text)
        plain = _with_downloads(plain, language, downloads)
        if plain != text:
            written[path] = plain
        samples = samples or own
        found.append(StatementFile(language, "markdown", path, title))
    if not found:
        report.add("statement-missing", FOLDER, "there is no statements/LANGUAGE.markdown, as statements/es.markdown")
    found.sort(key=lambda one: (one.language != "en", one.language))
    look_at_statements(found, public, report, written)
    return Statements(tuple(found), {path: file for path, file in public.items() if path not in written}, written, samples)


def _with_downloads(text: str, language: str, downloads: tuple[str, ...]) -> str:
    names = ", ".join(f"`{path.rpartition('/')[2]}`" for path in downloads)
    said = f"{_ATTACHED.get(language, _ATTACHED['en'])}: {names}" if names else ""
    return "\n".join(said if line.strip() == _DOWNLOAD else line for line in text.split("\n")) if _DOWNLOAD in text else text


def without_samples(text: str) -> tuple[str, tuple[Sample, ...]]:
    """The text with the samples taken out (what is said about them stays), and the samples."""
    reading = _Reading()
    part = ""
    for line in text.splitlines():
        match = _MARK.fullmatch(line)
        if match is not None and (part or match[1].lower() in {"input", "examplefile"}):
            part = match[1].lower()
            if part == "input":
                reading.samples.append(([], []))
            part = "" if part == "end" else part
        elif part in {"", "description"}:
            reading.kept.append(line)
        elif part != "examplefile" and reading.samples:
            reading.samples[-1][part == "output"].append(line)
    samples = tuple(
        Sample(str(number), "\n".join([*question, ""]), "\n".join([*answer, ""])) for number, (question, answer) in enumerate(reading.samples, 1)
    )
    if not samples and not any(_MARK.fullmatch(line) for line in text.splitlines()):
        return text, ()
    return "\n".join([*reading.kept, ""]), samples
