"""Owns which samples a statement shows and which files go with them. Never judges by them.

Source: legacy format, "Interactive Problems"; 2025-09 format, "Samples" and "Priority of test case files".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from services.gitserver.findings import Report
from services.gitserver.formats.files import PackageFile, PackageFiles, read_text
from services.gitserver.formats.package import PackageCase
from wire.problems import Sample

MOST_SAMPLE_BYTES: Final = 64 * 1024
_LINE = re.compile(r"[<>].*|---\s*|")


@dataclass(frozen=True, slots=True)
class SampleRules:
    """How a format shows samples.

    ``talks``: an ``.interaction`` file is shown in place of a pair. ``hides_pairs``: pairs are never shown (legacy, interactive).
    ``knows_out``: a ``.out`` stands for the answer where people see it.
    """

    talks: bool = False
    hides_pairs: bool = False
    knows_out: bool = False

    def answers(self, of: str) -> tuple[str, ...]:
        """The endings of an answer that people see, the first that there is."""
        return (f".ans.{of}", ".out", ".ans") if self.knows_out else (f".ans.{of}", ".ans")


def read_samples(files: PackageFiles, cases: Iterable[PackageCase], rules: SampleRules, report: Report) -> tuple[Sample, ...]:
    """What is shown, by base name."""
    cases = [case for case in cases if case.is_sample]
    names = {case.name for case in cases}
    if rules.talks:
        names |= {file.path[len("data/") :].removesuffix(".interaction") for file in files.under("data/sample") if file.suffix == ".interaction"}
    if rules.hides_pairs:
        for name in sorted(names):
            if files.find(f"data/{name}.interaction") is None:
                report.add("interaction-missing", f"data/{name}.in", "there is no .interaction file beside it: nothing of this sample is shown")
    given = {case.name: case.arguments for case in cases}
    found = [(_sample(files, name, rules, report), given.get(name, ())) for name in sorted(names)]
    return tuple(replace(sample, arguments=arguments) for sample, arguments in found if sample is not None)


def sample_files(files: PackageFiles, cases: Iterable[PackageCase], rules: SampleRules) -> Mapping[str, PackageFile]:
    """The files that contestants can fetch, by their path in the public tree; where there is a talk only that."""
    found: dict[str, PackageFile] = {}
    for case in cases:
        if not case.is_sample:
            continue
        name = case.name.removeprefix("sample/")
        found |= {f"samples/{name}.files/{path}": file for path, file in case.files.items()}
        talk = files.find(f"data/{case.name}.interaction") if rules.talks else None
        if talk is not None:
            found[f"samples/{name}.interaction"] = talk
        elif not rules.hides_pairs:
            found[f"samples/{name}.in"] = _first(files, case.name, (".in.download", ".in")) or case.input
            found[f"samples/{name}.ans"] = _first(files, case.name, rules.answers("download")) or case.answer
    return found


def _sample(files: PackageFiles, name: str, rules: SampleRules, report: Report) -> Sample | None:
    short = name.removeprefix("sample/")
    talk = files.find(f"data/{name}.interaction") if rules.talks else None
    if talk is not None:
        return _talk(talk, short, report)
    shown, answer = _first(files, name, (".in.statement", ".in")), _first(files, name, rules.answers("statement"))
    if shown is None or answer is None or rules.hides_pairs:
        return None
    if max(shown.size_bytes, answer.size_bytes) > MOST_SAMPLE_BYTES or shown.content is None or answer.content is None:
        report.add("sample-large", shown.path, f"larger than {MOST_SAMPLE_BYTES} bytes: not shown in the statement")
        return None
    return Sample(short, shown.content.decode(errors="replace"), answer.content.decode(errors="replace"))


def _talk(file: PackageFile, name: str, report: Report) -> Sample | None:
    if file.size_bytes > MOST_SAMPLE_BYTES:
        report.add("sample-large", file.path, f"larger than {MOST_SAMPLE_BYTES} bytes: not shown in the statement")
        return None
    text = read_text(file, report)
    if text is None:
        return None
    wrong = next((number for number, line in enumerate(text.splitlines(), 1) if not _LINE.fullmatch(line)), None)
    if wrong is not None:
        report.add("interaction-line", file.path, f"line {wrong} begins with neither < nor >, and is no --- between passes")
    return Sample(name, "", "", text)


def _first(files: PackageFiles, name: str, endings: Iterable[str]) -> PackageFile | None:
    return next((file for ending in endings if (file := files.find(f"data/{name}{ending}")) is not None), None)
