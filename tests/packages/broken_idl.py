"""Problems of libinteractive with one fault each: the finding's code, its path, and what is changed in the sound one."""

from __future__ import annotations

from tests.packages.broken import Fault
from tests.packages.omegaup_calls import IDL, SOLUTION_CPP

PATH = "interactive/buscar.idl"


def idl(old: str, new: str) -> dict[str, str | bytes | None]:
    assert old in IDL, old
    return {PATH: IDL.replace(old, new, 1)}


CHILD = "interface one%d { void f%d(); };\n"

CALLS: tuple[Fault, ...] = (
    Fault("idl-syntax", PATH, {PATH: ""}, "line 1: 'interface' is expected, not the end of the file"),
    Fault("idl-syntax", PATH, {PATH: b"interface Main { }"}, "line 1: ';' is expected, not the end"),
    Fault("idl-syntax", PATH, idl("short ask", "string ask"), "line 4: a type is expected"),
    Fault("idl-syntax", PATH, idl("long guess", "long"), "line 4: the name of a parameter is expected, not ')'"),
    Fault("idl-syntax", PATH, idl("long guess)", "long guess,)"), "line 4: a type is expected"),
    Fault("idl-syntax", PATH, idl("char[5]", "char[]"), "line 5: a number is expected, not ']'"),
    Fault("idl-syntax", PATH, idl("int[n][2] rows", "int[99999999999999999999][2] rows"), "line 5: a number is expected"),
    Fault("idl-syntax", PATH, idl("[NoReturn]", "[Fast]"), "line 5: 'NoReturn' is expected"),
    Fault("idl-syntax", PATH, idl("float a", "float *a"), "line 10: '*' has no meaning here"),
    Fault("idl-syntax", PATH, {PATH: "interface Main { void f(); };\n"}, "nothing is left for the contestant"),
    Fault("idl-syntax", PATH, {PATH: "interface Main { void f(); };\ninterface buscar {};\n"}, "has a function"),
    Fault("idl-syntax", PATH, {PATH: "/* for ever\ninterface Main {};"}, "line 1: '/' has no meaning"),
    Fault("idl-name", PATH, idl("Main", "Principal"), "must be called Main"),
    Fault("idl-name", PATH, idl("near", "class"), "line 10: class cannot be a name"),
    Fault("idl-name", PATH, idl("near", "write"), "line 10: write cannot be the name of a function"),
    Fault("idl-name", PATH, idl("float a", "float _a"), "line 10: _a cannot be a name"),
    Fault("idl-name", PATH, idl("float a", "float lambda"), "line 10: lambda cannot be a name"),
    Fault("idl-name", PATH, idl("interface buscar", "interface String"), "line 8: String cannot be the name of an interface"),
    Fault("idl-name", PATH, idl("interface buscar", "interface LiWay"), "line 8: LiWay cannot be the name of an interface"),
    Fault("idl-name", PATH, idl("float a", "float EOF"), "line 10: EOF cannot be a name: the C library defines it"),
    Fault("idl-name", PATH, idl("near", "ask"), "line 4: two functions are called ask"),
    Fault("idl-name", PATH, idl("double b", "double a"), "line 10: two parameters of one function are called a"),
    Fault("idl-name", PATH, {PATH: IDL + "interface buscar { void more(); };\n"}, "two interfaces are called buscar"),
    Fault("idl-name", "interactive/class.idl", {PATH: None, "interactive/class.idl": IDL, "settings.json": None}, "in every language"),
    Fault("idl-array", PATH, idl("int[n][2] rows", "int[m][2] rows"), "line 5: m must be a parameter before the array"),
    Fault("idl-array", PATH, idl("[Range(0, 100)] int n", "int n"), "line 5: n is a length, and must have a [Range"),
    Fault("idl-array", PATH, idl("[Range(0, 100)] int n", "[Range(0, 100)] short n"), "line 5: n is a length, and must be an int"),
    Fault("idl-array", PATH, idl("[Range(0, 100)]", "[Range(-1, 100)]"), "line 5: n is a length, and its Range begins below 0"),
    Fault("idl-array", PATH, idl("int[n][2] rows", "int[2][n] rows"), "line 5: n: only the first length"),
    Fault("idl-array", PATH, idl("char[5]", "char[0]"), "line 5: 0 is no length"),
    Fault("idl-array", PATH, idl("[Range(0, 100)]", "[Range(0, 100000000)]"), "line 5: rows may have 800000000 bytes"),
    Fault("idl-array", PATH, idl("[Range(1, 100)]", "[Range(1, k)]"), "line 9: k must be a parameter before this one"),
    Fault("libinteractive", "interactive", {"interactive/Main.cpp": None, "interactive/Main.distrib.cpp": None}, "no Main.LANGUAGE"),
    Fault("libinteractive", "interactive/Main.pas", {"interactive/Main.cpp": None, "interactive/Main.pas": "begin end."}, "C, C++, Java or Python 3"),
    Fault("libinteractive", "interactive/Main.c", {"interactive/Main.c": "int main;", "interactive/Main.java": "", "interactive/Main.cpp": None}, "which one"),
    Fault("libinteractive", "interactive", {PATH: None}, "buscar.idl"),
    Fault("libinteractive", PATH, {PATH: IDL + "".join(CHILD % (n, n) for n in range(9))}, "10 interfaces besides Main"),
    Fault("libinteractive-language", "solutions/solution.pas", {"solutions/solution.pas": "unit buscar;"}, "pascal"),
    Fault("no-accepted-submission", "solutions", {"solutions/solution.cpp": None, "tests/tests.json": "{}", "solutions/solution.cc": None}),
    Fault("text-not-utf8", PATH, {PATH: b"interface \xff"}),
    Fault("submission-too-large", "solutions/solution.cpp", {"solutions/solution.cpp": SOLUTION_CPP + "/" * 300_000}),
)
