"""The IDL of libinteractive is read as its users write it, and what is made of it is the same each time and works at a contestant's home."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from contest.verdicts import Verdict
from services.gitserver.findings import Report
from services.gitserver.formats.glue_c import PEER_FAULTS, declared
from services.gitserver.formats.idl import Idl, Length, Parameter, read_idl
from services.gitserver.formats.idl_words import words_of
from services.runner.flows.calling import BROKEN, GONE
from tests.packages import omegaup_calls
from tests.packages.reading import read
from wire.judging import CheckerKind, Claim

PARROTS = """
// Parrots, IOI 2011
interface Main {
    void send([Range(0, 65535)] int n);
    void output([Range(0, 255)] int n);
};
/* what the contestant
   writes */
[ShmSize(65536)]
interface encoder { void encode([Range(0, 64)] int N, int[N] M); };
interface decoder { [NoReturn] double decode([Range(0, 64)] int N, [Range(N, 320)] int L, bool[L][2] X, char[3][4][5] Y, long z); };
"""


def idl(text: str) -> Idl:
    report = Report()
    found = read_idl(text, "a.idl", report)
    assert found is not None, report.findings()
    return found


def test_interfaces_functions_and_arrays_are_read() -> None:
    found = idl(PARROTS)
    assert ([one.name for one in found.main.functions], [one.name for one in found.children]) == (["send", "output"], ["encoder", "decoder"])
    assert all(one.may_end for one in found.main.functions)
    encode, decode = (function for _, function in found.calls())
    assert (encode.returns, encode.may_end, decode.returns, decode.may_end) == ("void", False, "double", True)
    assert encode.parameters[1] == Parameter("int", "M", (Length(0, 64, 0),))
    assert decode.parameters[1].span == (0, 320)
    assert decode.parameters[2].lengths == (Length(0, 320, 1), Length(2, 2))
    assert declared(decode) == "double decode(int N, int L, bool X[][2], char Y[][4][5], long long z)"


def test_a_package_becomes_an_interactor_and_files_for_every_language_that_is_offered() -> None:
    package, report = read(omegaup_calls.calls())
    assert package is not None, report.findings()
    assert package.interactor is not None
    assert (package.interactor.kind, package.interactor.language) == (CheckerKind.LIBINTERACTIVE, "cpp")
    assert set(package.interactor.files) == {"Main.cpp", "li_calls.cpp", "buscar.h"}
    assert (package.is_interactive, package.source_name, package.processes) == (True, "buscar", 1)
    assert {one.language for one in package.includes} == {"c", "cpp", "java", "python3"}
    assert package.languages == ("c", "cpp", "cpp17", "cpp23", "java", "python3", "pypy3")
    assert package.limits.wall_ms > 20_000
    assert "buscar-cpp.zip" in package.written["statement/es.markdown"]
    assert "libinteractive" not in package.written["statement/es.markdown"]
    assert package.samples[0].input.startswith("find(1")
    again, _ = read(omegaup_calls.calls())
    assert again is not None
    assert [file.digest for file in again.public.values()] == [file.digest for file in package.public.values()]


def test_who_is_at_fault_is_told_by_the_same_codes_on_both_sides() -> None:
    assert set(PEER_FAULTS) == BROKEN | GONE


def test_what_contestants_take_home_runs_as_it_is_and_holds_nothing_secret(tmp_path: Path) -> None:
    package, _ = read(omegaup_calls.calls())
    assert package is not None
    for language, name in (("c", "buscar.c"), ("cpp", "buscar.cpp"), ("java", "buscar.java"), ("python3", "buscar.py")):
        path = f"attachments/buscar-{language}.zip"
        assert path in package.attachments
        with zipfile.ZipFile(io.BytesIO(package.public[path].content or b"")) as kit:
            held = {one: kit.read(one).decode() for one in kit.namelist()}
            kit.extractall(tmp_path / language)
        assert held["Main/Main.cpp"] == omegaup_calls.DISTRIB
        assert omegaup_calls.MAIN not in held.values()
        assert held["examples/sample.in"] == "1 5\n7\n"
        assert "find" in held[name]
    home = tmp_path / "python3"
    (home / "buscar.py").write_text(omegaup_calls.SOLUTION_PY)
    with (home / "examples/sample.in").open("rb") as sample:
        said = subprocess.run([sys.executable, "run.py"], cwd=home, stdin=sample, capture_output=True, text=True, timeout=60, check=True).stdout
    assert said == "told 1 0 abcdD\nfound 1 yes\n"


def test_submissions_that_no_code_is_made_for_are_left_out() -> None:
    package, report = read(omegaup_calls.calls(**{"solutions/solution.rb": "puts 1\n"}))
    assert package is not None
    assert "libinteractive-language" in {one.code for one in report.findings()}
    assert all(one.language != "ruby" for one in package.submissions)


def test_settings_from_which_a_problem_is_to_be_uploaded_are_read() -> None:
    settings = """{"title": "Buscar", "source": "OFMI", "limits": {"TimeLimit": 750, "MemoryLimit": 134217728, "InputLimit": 1, "OutputLimit": 4096,
        "ExtraWallTime": 250, "OverallWallTimeLimit": 60000}, "validator": {"name": "token", "limits": {"TimeLimit": 1000}},
        "interactive": {"ModuleName": "buscar", "ParentLang": "cpp17-gcc"}, "misc": {"languages": "all"}}"""
    package, report = read(omegaup_calls.calls(**{"settings.json": settings, "testplan": "uno.1 10\nuno.2 15\ndos 75\n", "interactive/Main.c": "int main;"}))
    assert package is not None, report.findings()
    assert {one.code for one in report.findings()} == {"input-validators-missing"}
    assert (package.title, package.source) == ("Buscar", "OFMI")
    assert (package.limits.cpu_ms, package.limits.memory_bytes, package.limits.output_bytes) == (750, 128 << 20, 4096)
    assert package.interactor is not None
    assert package.interactor.path == "interactive/Main.cpp"
    expected = {one.path: one.expected for one in package.submissions}
    assert expected["solutions/solution.cpp"] == (Verdict.AC.value,)


def test_a_solution_may_be_called_by_omegaups_name_of_its_language() -> None:
    tests = '{"solutions": [{"filename": "../solutions/solutionB.cpp20-gcc", "verdict": "AC"}]}'
    package, report = read(omegaup_calls.calls(**{"solutions/solutionB.cpp20-gcc": omegaup_calls.SOLUTION_CPP, "tests/tests.json": tests}))
    assert package is not None, report.findings()
    assert [(one.path, one.language) for one in package.submissions] == [
        ("solutions/solution.cpp", "cpp"), ("solutions/solutionB.cpp20-gcc", "cpp"),
    ]  # fmt: skip


def test_validators_that_lean_on_omegaups_library_find_it() -> None:
    checks = "import unittest\nfrom omegaup.validator import validatortest\nif __name__ == '__main__':\n    validatortest.main()\n"
    tests = omegaup_calls.tests_json().replace('{"solutions"', '{"inputs": {"filename": "valida.py"}, "solutions"')
    package, report = read(omegaup_calls.calls(**{"tests/valida.py": checks, "tests/tests.json": tests, "tests/invalid-cases/uno.bad.in": "0\n"}))
    assert package is not None, report.findings()
    assert [(one.claim, one.path, one.case.name) for one in package.probes] == [
        (Claim.INVALID_INPUT, "tests/invalid-cases/uno.bad.in", "tests/invalid-cases/uno.bad")
    ]
    (validator,) = package.input_validators
    assert set(validator.files) == {"main.py", "omegaup/__init__.py", "omegaup/validator/__init__.py", "omegaup/validator/validatortest.py"}


def test_examples_are_handed_out_until_they_are_too_much_to_pack() -> None:
    package, _ = read(omegaup_calls.calls(**{f"examples/z{number}.in": "0" * (1 << 20) for number in range(9)}))
    assert package is not None
    with zipfile.ZipFile(io.BytesIO(package.public["attachments/buscar-cpp.zip"].content or b"")) as kit:
        assert sorted(name for name in kit.namelist() if name.startswith("examples/")) == ["examples/sample.in", *(f"examples/z{n}.in" for n in range(7))]


MAIN = "interface Main { void m(); };\n"


def rows(form: str, number: int, between: str = "") -> str:
    return between.join(form.replace("#", str(place)) for place in range(number))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (MAIN + "interface c {" + rows("int f#(int a);", 30_000) + "};", "characters"),
        (MAIN + "interface c {" + rows("int f#(int a);", 3_000) + "};", "more than 200 functions"),
        (MAIN + rows("interface c# {};", 3_000), "more than 100 interfaces"),
        (MAIN + f"interface c {{ void f({rows('int a#', 5_000, ',')}); }};", "more than 50 parameters of one function"),
        (MAIN + f"interface c {{ {rows('int f#(' + rows('int b#', 9, ',').replace('#', '') + ');', 190)} }};", "more than 1000 parameters"),
        (MAIN + f"interface c {{ void f(int{'[9223372036854775807]' * 1_000} a); }};", "more than 10 lengths"),
        (MAIN + f"interface c {{ void {'f' * 60_000}(); }};", "more than 100 characters in one word"),
        (MAIN + f"interface c {{ void f(int[{'0' * 60_000}1] a); }};", "more than 100 characters in one word"),
        (MAIN + "/*" * 30_000, "'*' has no meaning here"),
        (MAIN + "[" * 60_000, "is expected"),
    ],
)
def test_reading_ends_at_what_is_too_much_and_says_so_once(text: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read after it would be what takes time: words are counted, not seconds."""
    taken = 0

    def counted(text: str) -> Iterator[tuple[int, str]]:
        nonlocal taken
        for one in words_of(text):
            taken += 1
            yield one

    monkeypatch.setattr("services.gitserver.formats.idl.words_of", counted)
    report = Report()
    assert read_idl(text, "a.idl", report) is None
    (found,) = report.findings()
    assert (found.code, said in found.message, len(found.message) < 200) == ("idl-syntax", True, True), found.message
    assert taken < 6_000
