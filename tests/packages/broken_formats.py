"""Packages of omegaUp, Polygon and CMS with one fault each: the finding's code, its path, and what is changed in the sound one."""

from __future__ import annotations

import json
import re

from tests.packages import cms, omegaup, polygon
from tests.packages.broken import Fault

TASK, PROBLEM = cms.TASK, polygon.PROBLEM
LIMITS = {"TimeLimit": "1s", "MemoryLimit": "32MiB"}


def told(**changes: object) -> dict[str, str | bytes | None]:
    return {"settings.json": omegaup.settings(**changes)}


def tests_of(*solutions: dict[str, object]) -> dict[str, str | bytes | None]:
    return {"tests/tests.json": omegaup.tests_json({"filename": "bien.cpp", "verdict": "AC"}, *solutions)}


def validator(**changes: object) -> dict[str, str | bytes | None]:
    return told(Validator={"Name": "token", **changes})


def limits(**changes: object) -> dict[str, str | bytes | None]:
    return told(Limits={**LIMITS, **changes})


def xml(old: str, new: str) -> dict[str, str | bytes | None]:
    assert old in PROBLEM, old
    return {"problem.xml": PROBLEM.replace(old, new)}


def task(old: str, new: str) -> dict[str, str | bytes | None]:
    assert old in TASK, old
    return {"task.yaml": TASK.replace(old, new)}


def worthless() -> dict[str, str | bytes | None]:
    """Points for every test, and all of them 0."""
    return {"problem.xml": re.sub(r'points="\d+\.0"', 'points="0.0"', PROBLEM)}


LAUGHS = '<?xml version="1.0"?>\n<!DOCTYPE p [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>\n<problem>&b;</problem>\n'

OMEGAUP: tuple[Fault, ...] = (
    Fault("bad-json", "settings.json", {"settings.json": "{"}, "no JSON"),
    Fault("bad-json", "settings.json", {"settings.json": "[" * 100_000}),
    Fault("bad-json", "settings.json", {"settings.json": "[" * 50 + "]" * 50}, "30 levels"),
    Fault("bad-json", "settings.json", {"settings.json": '{"Limits": NaN}'}, "NaN"),
    Fault("json-wrong-type", "settings.json", {"settings.json": "[]"}),
    Fault("json-wrong-type", "settings.json", told(Limits=7), "`Limits` must be an object"),
    Fault("json-wrong-type", "settings.json", told(Cases=[7]), "list of objects"),
    Fault("json-wrong-type", "settings.json", told(Cases=[{"Name": "facil", "Cases": [{"Name": "facil.1", "Weight": "x"}]}]), "number"),
    Fault("json-wrong-type", "settings.json", {"settings.json": '{"Slow": false, "Slow": true}'}, "`Slow` stands twice"),
    Fault("json-wrong-type", "tests/tests.json", tests_of({"filename": "mal.py", "score_range": [0.5]}), "two numbers"),
    Fault("json-unknown-key", "settings.json", told(Colour="red"), "`Colour`"),
    Fault("json-unknown-key", "settings.json", limits(Ram=1), "`Limits.Ram`"),
    Fault("settings-missing", "settings.json", {"settings.json": None}),
    Fault("time-limit-missing", "settings.json", told(Limits={"MemoryLimit": 33554432})),
    Fault("limit-bad", "settings.json", limits(TimeLimit="soon"), "soon"),
    Fault("limit-bad", "settings.json", limits(TimeLimit="0s")),
    Fault("limit-bad", "settings.json", limits(TimeLimit="1e9s")),
    Fault("limit-bad", "settings.json", limits(MemoryLimit="32MB"), "32MB"),
    Fault("limit-bad", "settings.json", limits(OutputLimit="9" * 30)),
    Fault("validation-unknown", "settings.json", validator(Name="magic"), "magic"),
    Fault("grading-not-yet", "settings.json", validator(GroupScorePolicy="product"), "product"),
    Fault("validator-flag-bad", "settings.json", validator(Name="token-numeric", Tolerance=-1)),
    Fault("validator-missing", "settings.json", validator(Name="custom")),
    Fault("validators-many", "validator.cpp", validator(Name="custom") | {"validator.py": "print(1)\n", "validator.cpp": "int main(){}\n"}, "validator.py"),
    Fault("validator-unused", "validator.py", {"validator.py": "print(1)\n"}),
    Fault("validator-language", "validator.rb", validator(Name="custom") | {"validator.rb": "puts 1\n"}),
    Fault("validator-source-missing", "validator.py", validator(Name="custom") | {"validator.py": ""}),
    Fault("libinteractive", "interactive", told(Interactive={"ModuleName": "kth"}), "kth.idl"),
    Fault("title-missing", "settings.json", {}),
    Fault("statement-missing", "statements", {"statements/es.markdown": None, "statements/en.markdown": None}),
    Fault("statement-name", "statements/spanish.markdown", {"statements/spanish.markdown": "hola\n"}),
    Fault("statement-figure", "statements/pt.markdown", {"statements/pt.markdown": "Some.\n![x](gone.png)\n"}, "line 2"),
    Fault("text-not-utf8", "statements/es.markdown", {"statements/es.markdown": b"Descripci\xf3n\n"}, "line 1"),
    Fault("no-cases", "cases", {f"cases/{name}.{end}": None for name in ("facil.1", "facil.2", "grande.1", "grande.2") for end in ("in", "out")}),
    Fault("too-many-cases", "cases", {f"cases/{number}.{end}": "1\n" for number in range(5001) for end in ("in", "out")}),
    Fault("no-sample-cases", "examples", {"examples/muestra.in": None, "examples/muestra.out": None, "statements/es.markdown": "hola\n"}),
    Fault("sample-large", "examples/muestra.in", {"examples/muestra.in": "1" * 70_000}),
    Fault("case-without-answer", "cases/facil.1.in", {"cases/facil.1.out": None}),
    Fault("answer-without-input", "cases/facil.1.out", {"cases/facil.1.in": None}),
    Fault("case-file-unknown", "cases/leeme.txt", {"cases/leeme.txt": "hola\n"}),
    Fault("case-not-utf8", "cases/facil.1.in", {"cases/facil.1.in": b"\xff\n"}),
    Fault("plan-mismatch", "settings.json", {"cases/nuevo.in": "1\n", "cases/nuevo.out": "1\n"}, "nuevo"),
    Fault("plan-mismatch", "testplan", {"testplan": "facil.1 10\nfacil.2 10\ngrande.1 30\ngrande.2 0\nperdido 5\n"}, "perdido"),
    Fault("plan-mismatch", "tests/tests.json", {"tests/tests.json": json.dumps({"solutions": [], "max_score": 99})}, "99"),
    Fault("plan-mismatch", "settings.json", told(Cases=[{"Name": "a", "Cases": [{"Name": "facil.1", "Weight": 1}] * 2}]), "twice"),
    Fault("bad-points", "testplan", {"testplan": "facil.1 many\n"}, "line 1"),
    Fault("bad-points", "testplan", {"testplan": "facil.1 0\nfacil.2 0\ngrande.1 0\ngrande.2 0\n"}, "nothing"),
    Fault("bad-points", "tests/tests.json", tests_of({"filename": "mal.py", "score_range": [0, 40]})),
    Fault("file-missing", "tests/tests.json", tests_of({"filename": "perdido.py", "verdict": "AC"}), "perdido.py"),
    Fault("expectation-conflict", "tests/tests.json", tests_of({"filename": "mal.py", "verdict": "BAD"}), "BAD"),
    Fault("expectation-conflict", "tests/tests.json", tests_of({"filename": "mal.py"}), "left out"),
    Fault("input-validators-missing", "tests/tests.json", {"tests/tests.json": "{}"}),
    Fault("no-accepted-submission", "solutions", {"solutions/solution.py": None, "tests/tests.json": "{}"}),
    Fault("submission-language", "solutions/solution.kp", {"solutions/solution.kp": "iniciar-programa\n"}),
    Fault("submission-too-large", "tests/mal.py", {"tests/mal.py": "#" * 300_000}),
)  # fmt: skip

POLYGON: tuple[Fault, ...] = (
    Fault("bad-xml", "problem.xml", {"problem.xml": "<problem>"}, "line 1"),
    Fault("bad-xml", "problem.xml", {"problem.xml": LAUGHS}, "entity"),
    Fault("bad-xml", "problem.xml", {"problem.xml": "<a>" * 40 + "</a>" * 40}, "levels"),
    Fault("bad-xml", "problem.xml", {"problem.xml": "<a>" + "<b/>" * 50_001 + "</a>"}, "elements"),
    Fault("bad-xml", "problem.xml", {"problem.xml": ""}),
    Fault("xml-incomplete", "problem.xml", {"problem.xml": "<contest/>"}, "<contest>"),
    Fault("xml-incomplete", "problem.xml", {"problem.xml": "<problem/>"}, "<judging>"),
    Fault("xml-incomplete", "problem.xml", {"problem.xml": "<problem/>"}, "<testset>"),
    Fault("xml-incomplete", "problem.xml", xml("<time-limit>500</time-limit>", ""), "<time-limit>"),
    Fault("xml-incomplete", "problem.xml", xml("tests/%02d<", "tests/one<"), "%d"),
    Fault("xml-incomplete", "problem.xml", xml('<source path="files/check.cpp" type="cpp.g++17"/>', ""), "<source> in <checker>"),
    Fault("limit-bad", "problem.xml", xml(">500<", ">much<"), "much"),
    Fault("limit-bad", "problem.xml", xml(">134217728<", ">1<")),
    Fault("file-io", "problem.xml", xml('input-file=""', 'input-file="../pairs.in"'), "letters"),
    Fault("file-io", "problem.xml", xml('input-file="" output-file=""', 'input-file="pairs" output-file="pairs"'), "two names"),
    Fault("file-io", "problem.xml", {"problem.xml": polygon.GUESS.replace('input-file=""', 'input-file="guess.in"'), "files/interactor.cpp": polygon.INTERACTOR_CPP}, "interactive"),
    Fault("run-count", "problem.xml", xml('run-count="1"', 'run-count="2"'), "multi-pass"),
    Fault("title-missing", "problem.xml", xml("names>", "old-names>")),
    Fault("package-not-full", "tests/04", {"tests/04": None, "tests/04.a": None}, "made by 'gen 50'), nor are 1 more"),
    Fault("package-not-full", "tests/01.a", {"tests/01.a": None}, "Create package, Full"),
    Fault("plan-mismatch", "problem.xml", xml("<test-count>5", "<test-count>7"), "7"),
    Fault("bad-points", "problem.xml", xml('method="generated" points="20.0"', 'method="generated" points="1e999"'), "1e999"),
    Fault("score-zero", "problem.xml", worthless(), "right or wrong"),
    Fault("score-unbounded", "problem.xml", worthless() | {"files/check.cpp": polygon.SHARES_CHECK.replace('#include "jury.h"', "#define NEAR 1")}, "checker gives them"),
    Fault("file-missing", "problem.xml", {"files/check.cpp": None}, "testlib's own checkers; put its source"),
    Fault("xml-incomplete", "problem.xml", xml('<source path="files/check.cpp" type="cpp.g++17"/>', ""), "ncmp.cpp is one of testlib's"),
    Fault("group-dependency", "problem.xml", xml('<dependency group="1"/>', '<dependency group="9"/>'), "'9'"),
    Fault("group-dependency", "problem.xml", xml('<dependency group="0"/>', '<dependency group="2"/>'), "circle"),
    Fault("xml-incomplete", "problem.xml", xml("tests/%02d<", "tests/&#10;%02d<"), "%d"),
    Fault("grading-not-yet", "problem.xml", xml('points-policy="each-test"', 'points-policy="best-test"'), "best-test"),
    Fault("no-cases", "tests", {"problem.xml": PROBLEM[: PROBLEM.index("<tests>")] + PROBLEM[PROBLEM.index("</tests>") + 8 :]}),
    Fault("no-sample-cases", "problem.xml", xml(' sample="true"', "") | {
        "statement-sections/english/example.01": None, "statement-sections/english/example.01.a": None}),
    Fault("case-not-utf8", "tests/02", {"tests/02": b"\xff\n"}),
    Fault("statement-missing", "statements", {"problem.xml": PROBLEM.replace("<statement ", "<page "), **{f"statement-sections/{name}/legend.tex": None for name in ("english", "russian")}}),
    Fault("statement-name", "problem.xml", xml('language="english" mathjax="true" path="statements/.html', 'language="klingon" mathjax="true" path="statements/.html'), "klingon"),
    Fault("file-missing", "problem.xml", {"statements/.html/english/problem.html": None}, "problem.html"),
    Fault("statement-command", "statement-sections/english/scoring.tex", {"statement-sections/english/scoring.tex": "Some.\n\\unknown\n"}, "line 2"),
    Fault("file-missing", "problem.xml", {"solutions/sol.py": None}, "sol.py"),
    Fault("testlib-missing", "files/check.cpp", {"files/testlib.h": None}, "testlib.h"),
    Fault("validator-missing", "problem.xml", xml("checker", "jury")),
    Fault("validator-language", "files/check.pas", xml("files/check.cpp", "files/check.pas") | {"files/check.pas": "begin end.\n"}),
    Fault("input-validators-missing", "problem.xml", xml("validator>", "valuator>")),
    Fault("expectation-conflict", "problem.xml", xml('tag="presentation-error"', 'tag="nice-try"'), "nice-try"),
    Fault("submission-language", "solutions/sol.py", xml('type="python.3"/></solution>\n            <solution tag="wrong', 'type="python.2"/></solution>\n            <solution tag="wrong')),
    Fault("no-accepted-submission", "solutions", {"problem.xml": PROBLEM.replace('tag="main"', 'tag="rejected"').replace('tag="accepted"', 'tag="rejected"')}),
)  # fmt: skip

CMS: tuple[Fault, ...] = (
    Fault("bad-yaml", "task.yaml", {"task.yaml": "name: [\n"}),
    Fault("yaml-unknown-key", "task.yaml", {"task.yaml": TASK + "colour: red\n"}, "colour"),
    Fault("limit-bad", "task.yaml", task("time_limit: 1.0", "time_limit: 0")),
    Fault("limit-bad", "task.yaml", task("memory_limit: 128", "memory_limit: 0")),
    Fault("time-limit-missing", "task.yaml", task("time_limit: 1.0\n", "")),
    Fault("title-missing", "task.yaml", task("title: Somma lontana\n", "")),
    Fault("statement-missing", "statement", {"statement/statement.pdf": None, "statement/english.pdf": None}),
    Fault("statement-pdf", "statement/german.pdf", {"statement/german.pdf": "none"}, "%PDF-"),
    Fault("communication", "task.yaml", {"task.yaml": TASK + "num_processes: 4\n", "check/manager.cpp": "int main(){}\n"}, "at most 3"),
    Fault("communication", "task.yaml", {"task.yaml": TASK + "num_processes: 0\n"}),
    Fault("communication", "task.yaml", {"task.yaml": TASK + "output_only: true\n", "cor/manager.cpp": "int main(){}\n"}, "which of them"),
    Fault("yaml-wrong-type", "task.yaml", {"task.yaml": TASK + "user_io: pipes\n"}, "std_io or fifo_io"),
    Fault("validator-source-missing", "check/manager", {"check/manager": b"\x7fELF"}, "check/manager.cpp"),
    Fault("validators-many", "check/manager.cpp", {"check/manager.cpp": "int main(){}\n", "check/manager.py": "print(1)\n"}, "which one is the manager"),
    Fault("validator-language", "check/manager.pas", {"check/manager.pas": "begin end.\n"}),
    Fault("file-io", "task.yaml", task('infile: ""', "infile: ../input.txt"), "letters"),
    Fault("file-io", "task.yaml", task('infile: ""\noutfile: ""', "infile: both.txt\noutfile: both.txt"), "two names"),
    Fault("plan-mismatch", "gen/GEN", task("n_input: 5", "n_input: 4"), "describes 5"),
    Fault("plan-mismatch", "input/input5.txt", {"input/input5.txt": "1\n"}, "one more"),
    Fault("plan-mismatch", "input/input4.txt", {"input/input4.txt": None, "output/output4.txt": None}, "is not there"),
    Fault("plan-mismatch", "input/input5.txt", task("n_input: 5", "n_input: 99"), "93 more, up to 98"),
    Fault("plan-mismatch", "gen/GEN", {"task.yaml": TASK + "score_type: GroupMin\nscore_type_parameters: [[100, 3]]\n"}, "1 more, up to 004"),
    Fault("yaml-wrong-type", "task.yaml", {"task.yaml": TASK + "output_only: maybe\n"}, "maybe"),
    Fault("plan-mismatch", "gen/GEN", {"gen/GEN": "1\n#ST: 50\n2\n3\n4\n5\n"}, "line 2"),
    Fault("plan-mismatch", "gen/GEN", {"gen/GEN": "#ST: 50\n1\n2\n3\n4\n5\n#ST: 50\n"}, "no case"),
    Fault("plan-mismatch", "gen/GEN", {"task.yaml": TASK + "score_type: GroupMin\nscore_type_parameters: [[100, 4]]\n"}, "004 is in no subtask"),
    Fault("plan-mismatch", "task.yaml", {"task.yaml": TASK + "score_type: GroupMin\nscore_type_parameters: [[100, '(a+)+']]\n"}, "pattern"),
    Fault("grading-not-yet", "gen/GEN", {"gen/GEN": "#ST: 1\n" * 201 + "1\n" * 5}, "200 subtasks"),
    Fault("bad-points", "gen/GEN", {"gen/GEN": "#ST: many\n1\n2\n3\n4\n5\n"}, "many"),
    Fault("bad-points", "gen/GEN", {"gen/GEN": "#ST: 0\n1\n2\n3\n4\n5\n"}, "nothing"),
    Fault("bad-points", "task.yaml", {"task.yaml": TASK + "score_type: GroupMin\nscore_type_parameters: [[many, 5]]\n"}),
    Fault("yaml-wrong-type", "task.yaml", {"task.yaml": TASK + "score_type: GroupMin\nscore_type_parameters: 5\n"}, "list of lists"),
    Fault("grading-not-yet", "task.yaml", {"task.yaml": TASK + "score_type: GroupMin\nscore_type_parameters: [" + "[1, '00.']," * 201 + "]\n"}, "200 subtasks"),
    Fault("grading-not-yet", "task.yaml", {"task.yaml": TASK + "score_type: Best\n"}, "GroupMul, GroupThreshold can"),
    Fault("bad-points", "task.yaml", {"task.yaml": TASK + "score_type: GroupThreshold\nscore_type_parameters: [[100, 5]]\n"}, "threshold"),
    Fault("bad-points", "task.yaml", {"task.yaml": TASK + "score_type: GroupThreshold\nscore_type_parameters: [[100, 5, 0.5]]\n", "check/checker.cpp": None}, "worth 1"),
    Fault("no-cases", "input", {f"{side}put/{side}put{number}.txt": None for side in ("in", "out") for number in range(5)}),
    Fault("case-without-answer", "input/input3.txt", {"output/output3.txt": None}),
    Fault("answer-without-input", "input/input3.txt", {"input/input3.txt": None}),
    Fault("case-file-unknown", "input/readme.txt", {"input/readme.txt": "1\n"}),
    Fault("case-not-utf8", "output/output3.txt", {"output/output3.txt": b"\xff\n"}),
    Fault("validator-source-missing", "check/checker", {"check/checker": b"\x7fELF", "check/checker.cpp": None}, "source"),
    Fault("validators-many", "check/checker.cpp", {"check/checker.py": "print(1)\n"}),
    Fault("validator-language", "check/checker.pas", {"check/checker.pas": "begin end.\n", "check/checker.cpp": None}),
    Fault("testlib-missing", "check/checker.cpp", {"check/checker.cpp": '#include "testlib.h"\n'}),
    Fault("input-validators-missing", "gen", {}),
    Fault("submission-folder", "sol/strano.cpp", {"sol/strano.cpp": "int x;\n"}, "left out"),
    Fault("submission-language", "sol/soluzione.bf", {"sol/soluzione.bf": "+\n"}),
    Fault("submission-too-large", "sol/soluzione.cpp", {"sol/soluzione.cpp": "/" * 300_000}),
    Fault("expectation-conflict", "sol/zero.cpp", {"sol/zero.cpp": "// @EXPECTED_RESULTS@: WRONG_ANSWER, MAGIC\n"}, "MAGIC"),
    Fault("no-accepted-submission", "sol", {"sol/soluzione.cpp": None}),
)  # fmt: skip
