"""A package that is wrong is told what, where and by which code; one that is only odd is read all the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.gitserver.findings import ERROR, KINDS, written_anew
from tests.packages import omegaup
from tests.packages.broken import FAULTS as LEGACY_FAULTS
from tests.packages.broken import Fault
from tests.packages.broken_2025 import FAULTS_2025
from tests.packages.building import scoring_2025, sound, sound_2025, with_changes
from tests.packages.broken_formats import CMS, OMEGAUP, POLYGON
from tests.packages.broken_idl import CALLS
from tests.packages.hostile import HOSTILE
from tests.packages.reading import files_of, read


FAULTS = (*LEGACY_FAULTS, *FAULTS_2025)


def test_a_sound_package_has_no_findings() -> None:
    for contents in (sound(), sound_2025(), scoring_2025()):
        package, report = read(contents)
        assert report.findings() == ()
        assert package is not None


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.code}:{fault.path}")
def test_a_fault_is_found_with_its_code_path_and_words(fault: Fault) -> None:
    package, report = read(fault.files())
    severity = next(kind.severity for kind in KINDS if kind.code == fault.code)
    found = [finding for finding in report.findings() if (finding.code, finding.path) == (fault.code, fault.path)]
    assert found, report.findings()
    assert any(fault.words in finding.message for finding in found), found
    assert {finding.severity for finding in found} == {severity}
    if severity == ERROR:
        assert package is None
        assert report.is_refused
    elif not report.is_refused:
        assert package is not None


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("data/secret/testdata.yaml", "accept_score: 1e-12000000\n"),
        ("data/secret/testdata.yaml", f"accept_score: 0.{'0' * 5000}1\n"),
        ("data/secret/testdata.yaml", "range: 0 1e-3000000\n"),
        ("data/secret/testdata.yaml", "reject_score: -1\n"),
        (".timelimit", f"1.{'0' * 5000}\n"),
    ],
)
def test_a_number_that_would_take_for_ever_or_make_no_sense_is_refused_at_once(path: str, text: str) -> None:
    scoring = {"problem.yaml": b"name: Sum\ntype: scoring\n"} if path.endswith("yaml") else {}
    package, report = read(with_changes({**scoring, path: text.encode()}))
    assert package is None
    assert report.is_refused


@pytest.mark.parametrize("text", ["keywords: [" + "a," * 21_000 + "]\n", f"keywords: {'a ' * 150_000}\n"])
def test_yaml_that_would_take_long_to_read_is_refused(text: str) -> None:
    package, report = read(with_changes({"problem.yaml": f"name: Sum\n{text}".encode()}))
    assert package is None
    assert "bad-yaml" in {finding.code for finding in report.findings()}


def test_only_what_lies_below_a_folder_is_found_there() -> None:
    files = files_of(dict.fromkeys(("a", "a.b/c", "a/b", "a/b/c", "a/é", "a0", "a0/x", "b/a/b"), b""))
    assert [file.path for file in files.under("a")] == ["a/b", "a/b/c", "a/\u00e9"]
    assert [file.path for file in files.under("b")] == ["b/a/b"]
    assert files.under("c") == []


def test_every_code_is_reached_by_a_package_or_a_zip() -> None:
    zips = {code for _, code in HOSTILE.values()} | {"junk-ignored", "path-code-page", "path-unusual"}
    assert {kind.code for kind in KINDS} == {fault.code for fault in (*FAULTS, *OMEGAUP, *POLYGON, *CMS, *CALLS)} | zips


def test_names_outside_the_rules_of_the_icpc_format_are_told_once_and_only_there() -> None:
    _, report = read(with_changes({"attachments/(1).txt": "x", "attachments/\u00e1rbol.png": b"x"}))
    assert [finding.path for finding in report.findings() if finding.code == "path-unusual"] == ["attachments/(1).txt"]
    _, report = read(with_changes({"submissions/accepted/mine/__main__.py": "print(1)\n", "submissions/accepted/mine/__init__.py": ""}))
    assert "path-unusual" not in {finding.code for finding in report.findings()}
    _, report = read(omegaup.sums(**{"statements/(1).png": b"x"}))
    assert "path-unusual" not in {finding.code for finding in report.findings()}


def test_codes_are_kebab_case_and_stand_once() -> None:
    codes = [kind.code for kind in KINDS]
    assert len(set(codes)) == len(codes)
    assert all(code == code.lower() and " " not in code and "_" not in code for code in codes)


def test_every_fault_is_named_at_once() -> None:
    errors = [fault for fault in FAULTS if fault.code in {"case-without-answer", "answer-without-input", "ini-special", "statement-missing"}]
    changes: dict[str, str | bytes | None] = {}
    for fault in errors:
        changes |= fault.changes
    _, report = read(with_changes(changes | {"problem.yaml": "name: x\ntype: fun\nlimits:\n  memory: 0\n"}))
    codes = {finding.code for finding in report.findings()}
    assert codes >= {fault.code for fault in errors} | {"type-unknown", "limit-bad"}


WRONG_TYPES = {
    "problem.yaml": "name: 5\nuuid: []\nauthor: {a: b}\nsource: 2026\nsource_url: yes\nlicense: [cc0]\nrights_owner: 2026-01-01\nkeywords: {a: b}\n"
    "problem_format_version: [legacy]\ntype: {a: b}\nvalidation: [custom]\nvalidator_flags: {a: b}\nlimits:\n"
    + "".join(f"  {key}: much\n" for key in (
        "time_limit", "time_multiplier", "time_safety_margin", "memory", "output", "code", "compilation_time", "compilation_memory",
        "validation_time", "validation_memory", "validation_output", "validation_passes",
    ))
    + "grading:\n  objective: [max]\n  show_test_data_groups: 5\n  accept_score: x\n  reject_score: x\n  range: x\n  on_reject: x\n",
    "data/secret/testdata.yaml": "on_reject: [break]\ngrading: 5\ngrader_flags: []\ninput_validator_flags: [x]\noutput_validator_flags: [x]\n"
    "accept_score: x\nreject_score: x\nrange: x\n",
}  # fmt: skip


def test_every_key_of_the_wrong_type_is_named_at_once() -> None:
    _, report = read(with_changes(dict(WRONG_TYPES)))
    said = [(finding.path, finding.message) for finding in report.findings() if finding.severity == ERROR]
    for path, text in WRONG_TYPES.items():
        for key in re.findall(r"^ *(\w+):(?= )", text, re.MULTILINE):
            assert any(where == path and re.search(rf"`(\w+\.)?{key}`", words) for where, words in said), (path, key, said)


def test_a_report_is_bounded_and_counts_what_it_does_not_show() -> None:
    _, report = read(with_changes({f"data/secret/x{number}.in": "1\n" for number in range(300)}))
    assert len(report.findings()) == 200
    assert report.errors == 300
    assert report.counts().startswith("300 errors")


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(sound())), st.binary(max_size=300), max_size=6))
def test_no_content_makes_a_reader_raise(contents: dict[str, bytes]) -> None:
    package, report = read({**sound(), **contents})
    assert (package is None) == report.is_refused


_YAML_BITS = st.sampled_from(
    ["name: x\n", "limits:\n", "  memory: ", "1\n", "-\n", "? a\n", "{", "}", "[", "]", "&a ", "*a", "!!python/object:os.system ", "'", "|\n", "validation: custom\n", "\t", "0x1F\n", "1e400\n", ".inf\n", "~\n"]
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(_YAML_BITS, max_size=12).map("".join))
def test_no_yaml_makes_a_reader_raise_or_build_an_object(text: str) -> None:
    package, report = read(with_changes({"problem.yaml": text, "data/testdata.yaml": text}))
    assert (package is None) == report.is_refused


def test_the_page_of_packages_lists_every_code_as_the_code_has_it() -> None:
    page = Path(__file__).resolve().parents[3] / "docs" / "packages.md"
    text = page.read_text(encoding="utf-8")
    assert text == written_anew(text), "run: python -m services.gitserver.findings docs/packages.md"
