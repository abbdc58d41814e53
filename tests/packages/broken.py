"""Packages with one fault each: the finding's code, its path, and what is changed in the sound package."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.packages.building import Link, changed, sound


@dataclass(frozen=True)
class Fault:
    """What is changed in a sound package, and the finding that must come of it, with words of its message."""

    code: str
    path: str
    changes: dict[str, str | bytes | None]
    words: str = ""
    base: Callable[[], Mapping[str, bytes]] = sound

    def files(self) -> dict[str, bytes]:
        """The package with the fault in it."""
        return changed(self.base(), self.changes)


VALIDATOR = "#include <cstdlib>\nint main(){exit(42);}\n"
CUSTOM = "name: Sum\nvalidation: custom\n"
SCORING = "name: Sum\ntype: scoring\n"


def yaml(text: str) -> dict[str, str | bytes | None]:
    return {"problem.yaml": text}


def custom(**files: str | bytes | None) -> dict[str, str | bytes | None]:
    return {"problem.yaml": CUSTOM, **{f"output_validators/{path.replace('__', '/')}": content for path, content in files.items()}}


def checker(path: str, content: str | bytes = VALIDATOR) -> dict[str, str | bytes | None]:
    return {"problem.yaml": CUSTOM, f"output_validators/{path}": content}


FAULTS: tuple[Fault, ...] = (
    # text and YAML
    Fault("text-not-utf8", "problem_statement/problem.en.md", {"problem_statement/problem.en.md": b"one\ntwo \xff three\n"}, "line 2"),
    Fault("text-not-utf8", "problem.yaml", {"problem.yaml": b"name: caf\xe9\n"}, "line 1"),
    Fault("text-bom", "problem.yaml", {"problem.yaml": b"\xef\xbb\xbfname: Sum\n"}),
    Fault("file-too-large", "problem.yaml", {"problem.yaml": b"#" * (1 << 20) + b"\nname: x\n"}),
    Fault("bad-yaml", "problem.yaml", yaml("name: Sum\nlimits:\n  memory: [1\n"), "line 4"),
    Fault("bad-yaml", "problem.yaml", yaml("name: &a Sum\nsource: *a\n"), "line 1: anchors"),
    Fault("bad-yaml", "problem.yaml", yaml("name: " + "[" * 5000 + "]" * 5000), "levels deep"),
    Fault("bad-yaml", "problem.yaml", yaml("name: \x00\n")),
    Fault("bad-yaml", "data/secret/testdata.yaml", {"data/secret/testdata.yaml": "on_reject: {\n"}),
    Fault("yaml-wrong-type", "problem.yaml", yaml("- a\n- list\n"), "must be a map"),
    Fault("yaml-wrong-type", "problem.yaml", yaml("name: Sum\nlimits: 256\n"), "line 2: `limits` must be a map"),
    Fault("yaml-wrong-type", "problem.yaml", yaml("name: Sum\nlimits:\n  memory: much\n"), "line 3: `limits.memory` must be a number"),
    Fault("yaml-wrong-type", "problem.yaml", yaml("name: Sum\nsource:\n  - a\n"), "`source` must be a text"),
    Fault("yaml-wrong-type", "problem.yaml", yaml("name: 5\n"), "`name` must be a text, and 5 is none"),
    Fault("yaml-wrong-type", "problem.yaml", yaml("name: Sum\nauthor: {a: b}\n"), "`author`"),
    Fault("yaml-unknown-key", "data/testdata.yaml", {"data/testdata.yaml": "input_validator_flags: {flag: x}\n"}, "`input_validator_flags.flag`"),
    Fault("uuid-missing", "problem.yaml", yaml("name: Sum\nuuid: one\n"), "'one'"),
    Fault("yaml-duplicate-key", "problem.yaml", yaml("name: Sum\nsource: a\nname: Other\n"), "line 3"),
    Fault("yaml-unknown-key", "problem.yaml", yaml("name: Sum\ntimelimit: 3\n"), "line 2: `timelimit`"),
    Fault("yaml-unknown-key", "problem.yaml", yaml("name: Sum\nlimits:\n  ram: 3\n"), "`limits.ram`"),
    Fault("yaml-unknown-key", "data/testdata.yaml", {"data/testdata.yaml": "points: 3\n"}),
    Fault("ini-invalid", "domjudge-problem.ini", {"domjudge-problem.ini": "timelimit = 2\nwhat is this\n"}, "line 2"),
    # format and kind
    Fault("problem-yaml-missing", "problem.yaml", {"problem.yaml": None}),
    Fault("folder-case", "Data", {"Data/secret/9.in": "1 2\n", "Data/secret/9.ans": "3\n"}, "Data/ is not data/"),
    Fault("folder-case", "SUBMISSIONS", {"SUBMISSIONS/accepted/x.py": "print(3)\n"}, "SUBMISSIONS/ is not submissions/"),
    Fault("problem-yaml-missing", "problem.yaml", {"problem.yaml": None, "a/b/problem.yaml": "name: Sum\n"}, "pack a/b/ itself"),
    Fault("format-not-yet", "init.yml", {"problem.yaml": None, "init.yml": "archive: x.zip\n"}, "DMOJ"),
    Fault("format-unknown", "problem.yaml", yaml("problem_format_version: 1999\nname: Sum\n"), "1999"),
    Fault("type-unknown", "problem.yaml", yaml("name: Sum\ntype: fun\n"), "fun"),
    Fault("type-unknown", "problem.yaml", yaml("name: Sum\ntype: submit-answer\n"), "2025-09"),
    Fault("validation-unknown", "problem.yaml", yaml("name: Sum\ntype: multi-pass\n"), "validation: custom"),
    Fault("validator-missing", "output_validators", yaml("name: Sum\nvalidation: custom interactive\n"), "a program"),
    Fault("ini-special", "domjudge-problem.ini", {"domjudge-problem.ini": "special_run = 'run'\n"}, "run"),
    Fault("ini-key-unknown", "domjudge-problem.ini", {"domjudge-problem.ini": "time-limit = '2'\n"}, "time-limit"),
    Fault("grading-not-yet", "problem.yaml", yaml(SCORING + "grading:\n  objective: min\n"), "min"),
    Fault("grader-missing", "data/secret", {"data/secret/testdata.yaml": "grading: custom\n"}),
    Fault("graders-many", "graders", {"data/secret/testdata.yaml": "grading: custom\n", "graders/a.py": "x", "graders/b.py": "x"}, "a.py, b.py"),
    Fault("validator-language", "graders", {"data/secret/testdata.yaml": "grading: custom\n", "graders/grade.rs": "x"}, "a grader must be C"),
    Fault("grading-deprecated", "problem.yaml", yaml(SCORING + "grading:\n  accept_score: 3\n"), "line 4"),
    Fault("grading-ignored", "data/secret/testdata.yaml", {"data/secret/testdata.yaml": "grader_flags: ignore_sample\n"}),
    Fault("graders-not-run", "graders/grade.py", {"graders/grade.py": "print('AC 1')\n"}),
    Fault("score-all-or-nothing", "data/testdata.yaml", yaml(SCORING), "accept_if_any_accepted"),
    Fault("score-unbounded", "data/testdata.yaml", yaml(SCORING + "validation: custom score\n") | {"output_validators/v.cpp": VALIDATOR}),
    Fault("score-zero", "data/testdata.yaml", yaml(SCORING) | {"data/testdata.yaml": "accept_score: 0\n"}),
    Fault("grading-ignored", "problem.yaml", yaml("name: Sum\ngrading:\n  show_test_data_groups: yes\n")),
    Fault("grading-ignored", "data/testdata.yaml", {"data/testdata.yaml": "accept_score: 5\n"}),
    Fault("include-unknown", "include/cobol", {"include/cobol/stub.cob": "x"}, "cobol"),
    Fault("include-unknown", "include/stub.h", {"include/stub.h": "int x;"}),
    Fault("validation-unknown", "problem.yaml", yaml("name: Sum\nvalidation: magic\n")),
    Fault("validation-unknown", "problem.yaml", yaml("name: Sum\nvalidation: custom score\n"), "type: scoring"),
    Fault("license-unknown", "problem.yaml", yaml("name: Sum\nlicense: mine\n"), "mine"),
    Fault("license-unknown", "problem.yaml", yaml("name: Sum\nlicense: public domain\nrights_owner: Ada\n"), "public domain"),
    Fault("license-unknown", "problem.yaml", yaml("name: Sum\nlicense: cc0\n"), "there must be a rights_owner"),
    Fault("license-unknown", "problem.yaml", yaml("name: Sum\nsource_url: https://example.org\n"), "goes with a `source`"),
    Fault("title-missing", "problem.yaml", yaml("license: cc0\n")),
    # limits
    Fault("limit-bad", "problem.yaml", yaml("name: Sum\nlimits:\n  memory: 0\n"), "line 3"),
    Fault("limit-bad", "problem.yaml", yaml("name: Sum\nlimits:\n  output: -1\n")),
    Fault("limit-bad", "problem.yaml", {**yaml("name: Sum\nlimits:\n  time_limit: 9999\n"), ".timelimit": None}),
    Fault("limit-bad", ".timelimit", {".timelimit": "two\n"}, "two"),
    Fault("limit-bad", ".timelimit", {".timelimit": "0\n"}),
    Fault("limit-bad", "domjudge-problem.ini", {".timelimit": None, "domjudge-problem.ini": "timelimit='1e9'\n"}),
    Fault("time-limit-missing", "problem.yaml", {".timelimit": None}, "2 seconds"),
    # statements
    Fault("statement-missing", "problem_statement", {"problem_statement/problem.en.md": None, "problem_statement/problem.es.md": None}),
    Fault("statement-name", "problem_statement/problem.english.md", {"problem_statement/problem.english.md": "hello\n"}, "english"),
    Fault("statement-pdf", "problem_statement/problem.nb.pdf", {"problem_statement/problem.nb.pdf": "not a pdf\n"}, "%PDF-"),
    Fault("statement-too-large", "problem_statement/problem.nl.md", {"problem_statement/problem.nl.md": "ord " * 20_001}, "80004"),
    Fault("statement-command", "problem_statement/problem.de.tex", {"problem_statement/problem.de.tex": "Addieren.\n\\unknown{x}\n"}, "line 2: \\unknown"),
    Fault("statement-command", "problem_statement/problem.da.tex", {"problem_statement/problem.da.tex": "\\begin{foo}a\\end{foo}\n"}, "'foo'"),
    Fault("statement-group", "problem_statement/problem.fi.tex", {"problem_statement/problem.fi.tex": "one\n\\textbf{two\n"}, "line 2: a {"),
    Fault("statement-group", "problem_statement/problem.et.tex", {"problem_statement/problem.et.tex": "\\begin{center}two\n"}, "\\begin{center}"),
    Fault("statement-formula", "problem_statement/problem.lv.tex", {"problem_statement/problem.lv.tex": "a $\\frac{1}{2$ b\n"}, "line 1"),
    Fault("statement-figure", "problem_statement/problem.lt.tex", {"problem_statement/problem.lt.tex": "\n\n\\includegraphics{gone}\n"}, "line 3: the figure 'gone'"),
    Fault("statement-figure", "problem_statement/problem.is.tex", {"problem_statement/problem.is.tex": "\\includegraphics{old}\n", "problem_statement/old.eps": "%!PS"}, "link"),
    Fault("statement-figure", "problem_statement/problem.fr.md", {"problem_statement/problem.fr.md": "Un\n\n![x](gone.png)\n"}, "line 3: the image 'gone.png'"),
    Fault("statement-figure", "problem_statement/problem.it.html", {"problem_statement/problem.it.html": "<p>Uno</p>\n<img src=\"gone.png\">\n"}, "line 2"),
    Fault("statement-input", "problem_statement/problem.pl.tex", {"problem_statement/problem.pl.tex": "a \\input{gone}\n"}, "'gone'"),
    # cases
    Fault("no-cases", "data/secret", {f"data/secret/{name}": None for name in ("01-small.in", "01-small.ans", "02-large.in", "02-large.ans")}),
    Fault("no-sample-cases", "data/sample", {"data/sample/1.in": None, "data/sample/1.ans": None}),
    Fault("case-without-answer", "data/secret/01-small.in", {"data/secret/01-small.ans": None}),
    Fault("answer-without-input", "data/secret/02-large.ans", {"data/secret/02-large.in": None}),
    Fault("too-many-cases", "data", {f"data/secret/{number:05}.{end}": "1\n" for number in range(5000) for end in ("in", "ans")}, "5003"),
    Fault("case-misplaced", "data/1.in", {"data/1.in": "1\n"}),
    Fault("case-file-unknown", "data/secret/01-small.out", {"data/secret/01-small.out": "1\n"}),
    Fault("case-not-utf8", "data/secret/01-small.in", {"data/secret/01-small.in": b"\xff\xfe\n"}),
    Fault("interaction-line", "data/sample/1.interaction", yaml(CUSTOM.rstrip() + " interactive\n") | {"output_validators/v.cpp": VALIDATOR, "data/sample/1.interaction": "> 1\nhm\n"}, "line 2"),
    Fault("case-duplicate", "data/secret/02-large.in", {"data/secret/02-large.in": "10 20\n"}, "01-small"),
    Fault("answer-over-limit", "data/secret/01-small.ans", yaml("name: x\nlimits:\n  output: 1\n") | {"data/secret/01-small.ans": "3" * 1_100_000}),
    Fault("interaction-missing", "data/sample/1.in", yaml(CUSTOM.rstrip() + " interactive\n") | {"output_validators/v.cpp": VALIDATOR}),
    Fault("sample-large", "data/sample/1.in", {"data/sample/1.in": "1" * 70_000}),
    # checkers
    Fault("validator-missing", "output_validators", yaml(CUSTOM)),
    Fault("validator-unused", "output_validators", {"output_validators/check.cpp": VALIDATOR}),
    Fault("validator-source-missing", "output_validators/check", checker("check/readme.txt", "soon")),
    Fault("validator-source-missing", "output_validators", checker("check.cpp", "")),
    Fault("validator-language", "output_validators", checker("check.rs"), "check.rs"),
    Fault("validator-language", "output_validators/check", checker("check/check.cpp") | checker("check/other.py"), "other.py"),
    Fault("validator-language", "output_validators", checker("check.py", "#!/usr/bin/env python2\n")),
    Fault("script-not-executable", "output_validators/check/build", checker("check/build", "#!/bin/sh\n"), "`build`"),
    Fault("script-not-executable", "graders/grade/run", {"data/secret/testdata.yaml": "grading: custom\n", "graders/grade/run": "#!/bin/sh\n"}),
    Fault("validators-many", "output_validators", checker("one.cpp") | checker("two/check.cpp") | yaml(CUSTOM.rstrip() + " multi-pass\n"), "one.cpp, two"),
    # links
    Fault("link-outside", "attachments/shadow", {"attachments/shadow": Link(b"/etc/shadow")}, "begins with /"),
    Fault("link-outside", "attachments/above", {"attachments/above": Link(b"../../other")}, "'../../other'"),
    Fault("link-dangling", "data/secret/03.in", {"data/secret/03.in": Link(b"../sample/none.in")}, "there is no data/sample/none.in"),
    Fault("link-loop", "attachments/ring", {"attachments/ring": Link(b"ring")}, "in a circle"),
    Fault("link-loop", "attachments/whole", {"attachments/whole": Link(b"..")}, "in which it lies"),
    Fault("validator-flag-bad", "problem.yaml", yaml("name: Sum\nvalidator_flags: float_tolerance\n"), "needs a number"),
    Fault("validator-flag-bad", "problem.yaml", yaml("name: Sum\nvalidator_flags: float_tolerance -1\n")),
    Fault("validator-flag-bad", "problem.yaml", yaml("name: Sum\nvalidator_flags: ignore_case\n"), "ignore_case"),
    Fault("validator-flag-bad", "data/testdata.yaml", {"data/testdata.yaml": "output_validator_flags: float_tolerance nan\n"}),
    Fault("input-validators-missing", "input_validators", {"input_validators/check.py": None}),
    Fault("checktestdata-syntax", "input_validators/sum.ctd", {"input_validators/sum.ctd": "INT(1, 9) NEWLINE\nNOTHING(1)\n"}, "line 2: unknown token"),
    Fault("checktestdata-syntax", "input_validators/sum/all.ctd", {"input_validators/sum/all.ctd": "REP(3)\n INT(1, 9) NEWLINE\n"}, "line 2: unexpected end"),
    Fault("input-validator-foreign", "input_validators/format.viva", {"input_validators/format.viva": "{ n; }\n"}, "VIVA"),
    Fault("script-not-executable", "input_validators/check/run", {"input_validators/check/run": "#!/bin/sh\n"}, "`run`"),
    Fault("input-validator-not-run", "input_validators/check.hs", {"input_validators/check.hs": "main = x\n"}, "check.hs"),
    Fault("input-flags-unused", "data", {"data/testdata.yaml": "input_validator_flags:\n  name: other\n  flags: x\n"}, "other"),
    # submissions
    Fault("no-accepted-submission", "submissions/accepted", {"submissions/accepted/sum.cpp": None, "submissions/accepted/sum.py": None}),
    Fault("submission-folder", "submissions/odd/a.py", {"submissions/odd/a.py": "print()\n"}, "odd"),
    Fault("submission-folder", "submissions/loose.py", {"submissions/loose.py": "print()\n"}),
    Fault("submission-language", "submissions/accepted/sum.bf", {"submissions/accepted/sum.bf": "+\n"}, ".bf"),
    Fault("submission-language", "submissions/accepted/sum.pl", {"submissions/accepted/sum.pl": ":- initialization(main).\nmain :- halt.\n"}, ".pl"),
    Fault("submission-many-files", "submissions/accepted/two", {"submissions/accepted/two/a.cpp": "a", "submissions/accepted/two/b.py": "b"}, "b.py"),
    Fault("submission-too-large", "submissions/accepted/big.py", {"submissions/accepted/big.py": "#" * 300_000}),
    Fault("expectation-conflict", "submissions/partially_accepted", {"submissions/partially_accepted/a.py": "print()\n"}, "no points"),
    Fault("expectation-conflict", "submissions/accepted/a.py", {"submissions/accepted/a.py": "# @EXPECTED_RESULTS@: WRONG_ANSWER\n"}),
    Fault("expectation-conflict", "submissions/mixed/a.py", {"submissions/mixed/a.py": "# @EXPECTED_RESULTS@: WRONG_ANSWER, MAGIC\n"}, "MAGIC"),
)  # fmt: skip
