"""Names that languages demand, and plans that follow from sources."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

import wire.languages
from contest.limits import MIB, Limits
from services.frontend.languages import LANGUAGES as _OF_SITE
from services.runner.languages import finding
from services.runner.languages.c import C
from services.runner.languages.cpp import CPP
from services.runner.languages.java import JAVA, main_class, top_types
from services.runner.languages.language import Tools
from services.runner.languages.python import PYTHON3
from services.runner.languages.table import LANGUAGES, find_toolchains

TOOLS = Tools({"javac": "/usr/bin/javac", "java": "/usr/bin/java", "jar": "/usr/bin/jar", "python3": "/usr/bin/python3", "g++": "/usr/bin/g++"}, "")


@pytest.mark.parametrize(
    ("source", "name", "start"),
    [
        ("public class A { public static void main(String[] a) {} }", "A.java", "A"),
        ("class B { public static void main(String... a) {} }", "B.java", "B"),
        ("package x.y;\npublic final class C { static public void main(String[] a) {} }", "C.java", "x.y.C"),
        ("class Helper {} class Main { public static void main(String[] a) {} }", "Main.java", "Main"),
        ("class Main { public static void main(String[] a) {} } public class Other {}", "Other.java", "Main"),
        ("public enum E { X; public static void main(String[] a) {} }", "E.java", "E"),
        ("public record R(int x) { public static void main(String[] a) {} }", "R.java", "R"),
        ("public interface I { static void main(String[] a) {} }", "I.java", "I"),
        ("// public class No {}\n/* class No { void main( */ class Yes { public static void main(String[] a) {} }", "Yes.java", "Yes"),
        ('class S { String s = "public class No {"; public static void main(String[] a) {} }', "S.java", "S"),
        ('class T { String s = """\n public class No { """; char c = \'{\'; public static void main(String[] a) {} }', "T.java", "T"),
        ("class O { static class Inner { public static void main(String[] a) {} } }\nclass P { public static void main(String[] a) {} }", "O.java", "O"),
        ("@SuppressWarnings(\"x\") public strictfp class Ünï {}", "Ünï.java", "Ünï"),
        ("", "", "Main"),
        ("not java {{{ \" '", "", "Main"),
    ],
)
def test_java_names_are_read_from_the_source(source: str, name: str, start: str) -> None:
    assert JAVA.name_source(source.encode(), "") == (name or "Main.java")
    assert main_class({"x.java": source.encode()}) == start


def test_java_names_of_hostile_sources_are_found_in_reasonable_time() -> None:
    for source in ("/*" * 200_000, '"' * 200_000, "public " * 100_000, "{" * 300_000, "class " * 100_000, "public" + " " * 300_000):
        assert isinstance(top_types(source.encode()), tuple)


@pytest.mark.parametrize(
    ("filename", "name"),
    [
        ("solution.cpp", "solution.cpp"), ("a.cc", "a.cc"), ("C:\\x\\win.cpp", "win.cpp"), ("/etc/x.cpp", "x.cpp"), ("", "main.cpp"),
        ("../../x.py", "main.cpp"), ("-o.cpp", "main.cpp"), ("a b.cpp", "main.cpp"), ("x" * 100 + ".cpp", "main.cpp"), (".cpp", "main.cpp"),
    ],
)  # fmt: skip
def test_names_from_outside_are_taken_only_when_they_are_harmless(filename: str, name: str) -> None:
    assert CPP.name_source(b"", filename) == name


def test_headers_are_not_compiled() -> None:
    plan = CPP.plan({"check.cpp": b"", "lib.h": b"", "more/x.cc": b"", "notes.txt": b""}, TOOLS)
    assert [word for word in plan.steps[0] if word.endswith((".cpp", ".cc", ".h", ".txt"))] == ["check.cpp", "more/x.cc"]


def test_python_starts_the_file_that_is_called_main() -> None:
    assert PYTHON3.plan({"a.py": b"", "main.py": b""}, TOOLS).start == "main.py"
    assert PYTHON3.plan({"only.py": b"", "table.csv": b""}, TOOLS).start == "only.py"


def test_java_heap_is_the_limit_and_the_machine_comes_on_top() -> None:
    limits = Limits(memory_bytes=256 * MIB, processes=10)
    launch = JAVA.launch(JAVA.plan({"Main.java": b"class Main {}"}, TOOLS), limits, TOOLS)
    assert "-Xmx256m" in launch.argv
    assert launch.limits.memory_bytes > limits.memory_bytes
    assert dataclasses.replace(launch.limits, memory_bytes=limits.memory_bytes, processes=10) == limits


def test_only_what_is_asked_for_and_found_is_offered() -> None:
    assert set(find_toolchains(("c", "cobol"))) == {"c", "script"}, "what setters' scripts need is no language to be narrowed"
    assert set(find_toolchains()) <= {*LANGUAGES, "script"}


def test_ids_are_those_of_the_table() -> None:
    assert tuple(LANGUAGES) == wire.languages.LANGUAGES


def _tool(folder: Path, name: str, said: str, status: int = 0) -> None:
    (folder / name).write_text(f"#!/bin/sh\necho '{said}'\nexit {status}\n")
    (folder / name).chmod(0o755)


def test_a_toolchain_is_there_only_when_a_box_shows_it_and_it_is_new_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "BOX_PATH", str(tmp_path))
    _tool(tmp_path, "lua", "Lua 9.9")
    _tool(tmp_path, "luac", "")
    lua = LANGUAGES["lua"]
    assert finding.Finder().find(lua) is None, "outside /usr, and not shown"
    shown = dataclasses.replace(lua, binds=(str(tmp_path),))
    found = finding.Finder().find(shown)
    assert found is not None
    assert (found.paths, found.version) == ({"lua5.4": f"{tmp_path}/lua", "luac5.4": f"{tmp_path}/luac"}, "Lua 9.9")
    assert finding.Finder().find(dataclasses.replace(shown, files={"more": (f"{tmp_path}/nothing",)})) is None
    assert finding.Finder().find(dataclasses.replace(shown, trial=("-v",))) is not None
    _tool(tmp_path, "lua", "Lua 0.1", status=1)
    assert finding.Finder().find(shown) is None


def test_what_a_toolchain_is_slow_to_say_is_read_and_asked_for_where_it_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "BOX_PATH", str(tmp_path / "bin"))
    (tmp_path / "bin").mkdir()
    for name in ("javac", "java", "jar"):
        _tool(tmp_path / "bin", name, f"{name} asked")
    java = dataclasses.replace(LANGUAGES["java"], binds=(str(tmp_path),))
    said = []
    for release in (None, 'IMPLEMENTOR="x"\n', 'IMPLEMENTOR="x"\nJAVA_VERSION="21.0.9"\n'):
        if release is not None:
            (tmp_path / "release").write_text(release)
        found = finding.Finder().find(java)
        said.append(found.version if found else "")
    assert said == ["javac asked", "javac asked", "javac 21.0.9"]


def test_a_full_heap_is_told_by_words_and_end_together() -> None:
    java, node = LANGUAGES["java"], LANGUAGES["javascript"]
    said = b"Terminating due to java.lang.OutOfMemoryError: Java heap space"
    assert [java.is_heap_full(code, None, said) for code in (3, 1)] == [True, False]
    assert not java.is_heap_full(3, None, b"")
    assert [node.is_heap_full(None, number, b"JavaScript heap out of memory") for number in (6, 9, None)] == [True, False, False]
    assert not C.is_heap_full(1, None, b"MemoryError")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_knows_its_greeting_and_its_own_file(language: str) -> None:
    known = LANGUAGES[language]
    assert known.default_source.endswith(known.suffixes)
    assert "hello" in known.greeting
    assert set(_OF_SITE[language].extensions) <= {suffix[1:] for suffix in known.suffixes}, "the site guesses what the runner takes"
