"""2025-09 packages with one fault each: the finding's code, its path, and what is changed in a sound one."""

from __future__ import annotations

from functools import partial

from tests.packages.broken import VALIDATOR, Fault
from tests.packages.building import scoring_2025, sound_2025

HEAD = sound_2025()["problem.yaml"].decode()
_sound = partial(Fault, base=sound_2025)
_scoring = partial(Fault, base=scoring_2025)


def head(text: str, without: str = "") -> dict[str, str | bytes | None]:
    """problem.yaml with more in it, and without a line."""
    return {"problem.yaml": "".join(line + "\n" for line in HEAD.splitlines() if not without or not line.startswith(without)) + text}


STATIC: dict[str, str | bytes | None] = {"static_validator/check.py": "import sys\nsys.exit(42)\n"}


def group(name: str, text: str) -> dict[str, str | bytes | None]:
    return {f"data/{name}/test_group.yaml": text}


FAULTS_2025: tuple[Fault, ...] = (
    _sound("type-unknown", "problem.yaml", head("type: [scoring, pass-fail]\n"), "at once"),
    _sound("type-unknown", "problem.yaml", head("type: [scoring, scoring]\n"), "twice"),
    _sound("type-unknown", "problem.yaml", head("type: [interactive, submit-answer]\n"), "at once"),
    _sound("validator-missing", "output_validator", head("type: interactive\n")),
    _sound("validator-missing", "output_validator", head("type: multi-pass\n")),
    _sound("legacy-folder", "", {"output_validators/check.cpp": VALIDATOR}),
    _sound("uuid-missing", "problem.yaml", head("", without="uuid")),
    _sound("uuid-missing", "problem.yaml", head("uuid: one\n", without="uuid"), "not 'one'"),
    _sound("title-missing", "problem.yaml", head("", without="name")),
    _sound("statement-missing", "statement", {"statement/problem.en.md": None}, "no statement/problem"),
    _sound("license-unknown", "problem.yaml", head("", without="credits"), "rights_owner"),
    _sound("constant-name", "problem.yaml", head("constants:\n  9lives: 3\n"), "9lives"),
    _sound("constant-unknown", "statement/problem.en.md", {"statement/problem.en.md": "At most {{most}}. {{nextsample}}\n"}, "most"),
    _sound("language-unknown", "problem.yaml", head("languages: [cpp, cobol]\n"), "cobol"),
    _sound("language-none", "problem.yaml", head("languages: [cobol]\n")),
    _sound("output-cases", "data/secret", head("type: submit-answer\n"), "2 test cases"),
    _sound("time-limit-missing", "problem.yaml", {"problem.yaml": HEAD.replace("limits:\n  time_limit: 1.5\n", "")}, "measured"),
    _sound("statement-languages", "problem.yaml", {"statement/problem.de.md": "Addieren Sie.\n"}, "in de"),
    _sound("statement-languages", "problem.yaml", head("name: {en: Two, sv: Tva}\n", without="name"), "in sv"),
    _sound("yaml-wrong-type", "problem.yaml", head("embargo_until: soon\n"), "embargo_until"),
    _sound("yaml-wrong-type", "problem.yaml", head("keywords: sums\n"), "keywords"),
    _sound("yaml-wrong-type", "problem.yaml", head("version: [1]\n"), "version"),
    _sound("yaml-wrong-type", "problem.yaml", head("allow_file_writing: some\n"), "allow_file_writing"),
    _sound("yaml-wrong-type", "problem.yaml", head("source: {name: A, url: [b]}\n"), "url"),
    _sound("yaml-wrong-type", "problem.yaml", head("credits: {testers: {name: A, email: [b]}}\n", without="credits"), "email"),
    _sound("type-unknown", "problem.yaml", head("type: []\n"), "names none"),
    _sound("language-none", "problem.yaml", head("languages: []\n"), "names none"),
    _sound("limit-bad", "problem.yaml", head("  validation_passes: 0\n", without="x"), "validation_passes"),
    _sound("limit-unused", "problem.yaml", head("  validation_passes: 3\n"), "multi-pass"),
    _sound("limit-bad", "problem.yaml", head("  code: 0\n"), "code"),
    _sound("limit-bad", "problem.yaml", head("  memory: 256.5\n"), "whole number"),
    _sound("limit-bad", "problem.yaml", head("  time_multipliers: {ac_to_time_limit: 0.5}\n"), "ac_to_time_limit"),
    _sound("yaml-unknown-key", "problem.yaml", head("validation: custom\n"), "`validation`"),
    _sound("no-cases", "data/secret", {f"data/secret/{name}": None for name in ("01.in", "01.ans", "02.in", "02.ans")}),
    _sound("case-without-answer", "data/secret/01.in", {"data/secret/01.ans": None}),
    _sound("answer-without-input", "data/secret/01.ans", {"data/secret/01.in": None}),
    _sound("case-misplaced", "data/extra/1.in", {"data/extra/1.in": "1\n"}),
    _sound("case-misplaced", "data/secret/test_group.in", {"data/secret/test_group.in": "1\n"}, "test_group"),
    _sound("case-file-unknown", "data/secret/01.txt", {"data/secret/01.txt": "1\n"}),
    _sound("case-arguments", "data/secret/01.yaml", {"data/secret/01.yaml": "args: [" + "x, " * 300 + "]\n"}, "300 arguments"),
    _sound("case-arguments", "data/secret/01.yaml", {"data/secret/01.yaml": 'args: ["a\\0b"]\n'}, "NUL"),
    _sound("case-arguments", "data/secret/test_group.yaml", group("secret", f"input_validator_args: {{check: [{'x' * 33_000}]}}\n"), "33001 bytes"),
    _sound("yaml-wrong-type", "data/secret/01.yaml", {"data/secret/01.yaml": "args: fast\n"}, "`args` must be a list"),
    _sound("yaml-wrong-type", "data/secret/01.yaml", {"data/secret/01.yaml": "full_feedback: often\n"}, "`full_feedback`"),
    _sound("yaml-wrong-type", "data/secret/01.yaml", {"data/secret/01.yaml": "hint: [a]\n"}, "`hint`"),
    _sound("yaml-unknown-key", "data/secret/test_group.yaml", group("secret", "hint: a\n"), "`hint`"),
    _sound("case-files", "data/secret/01.files", {f"data/secret/01.files/{n}.txt": "x\n" for n in range(101)}, "101 files"),
    _sound("case-files", "data/secret/01.files/check.py", {"data/secret/01.files/check.py": "x\n"}, "input_validators/check.py"),
    _sound("case-file-stray", "data/secret/09.files/map.txt", {"data/secret/09.files/map.txt": "x\n"}, "no 09.in"),
    _sound("case-file-stray", "data/secret/09.yaml", {"data/secret/09.yaml": "hint: a\n"}, "no 09.in"),
    _sound("case-file-stray", "data/invalid_output/1.out", {"data/invalid_output/1.out": "1\n"}, "no 1.in"),
    _scoring("case-misplaced", "data/secret/1-small/a.in", {"data/secret/1-small/a/2.in": "1 1\n", "data/secret/1-small/a/2.ans": "2\n"}, "otherwise"),
    _sound("case-file-unknown", "data/invalid_input/1.ans", {"data/invalid_input/1.in": "x\n", "data/invalid_input/1.ans": "1\n"}),
    _sound("case-without-answer", "data/invalid_output/1.in", {"data/invalid_output/1.in": "1 1\n", "data/invalid_output/1.out": "3\n"}),
    _sound("probe-without-output", "data/valid_output/1.in", {"data/valid_output/1.in": "1 1\n", "data/valid_output/1.ans": "2\n"}),
    _sound("too-many-cases", "data", {f"data/invalid_input/{n}.in": "x\n" for n in range(1001)}, "1001"),
    _sound(
        "probe-of-talk", "data/invalid_output",
        head("type: multi-pass\n") | {"output_validator/check.cpp": VALIDATOR, "data/invalid_output/1.in": "1 1\n"},
    ),
    _sound("sample-files", "data/sample/1.ans.statement", {"data/sample/1.ans.statement": "3\n", "data/sample/1.out": "3\n"}, ".out"),
    _sound("sample-files", "data/sample/1.in", {"data/sample/1.in.download": "1 2\n"}, ".in.statement"),
    _sound("validator-flag-bad", "data/secret/test_group.yaml", group("secret", "output_validator_args: [float_tolerance]\n")),
    _sound("validator-flag-bad", "data/secret/01.yaml", {"data/secret/01.yaml": "output_validator_args: [loud]\n"}, "loud"),
    _sound("group-mixed", "data/secret", {"data/secret/more/1.in": "1 1\n", "data/secret/more/1.ans": "2\n"}),
    _sound("group-key", "data/secret/test_group.yaml", group("secret", "max_score: 5\n"), "pass-fail"),
    _sound("group-key", "data/secret/a/b/test_group.yaml", group("secret/a/b", "{}\n")),
    _sound("group-empty", "data/secret/a", group("secret/a", "{}\n")),
    _sound("static-validator-unused", "static_validator", {"static_validator/check.py": "x\n"}),
    _sound("static-validation", "data/secret/test_group.yaml", group("secret", "static_validation_score: pass-fail\n"), "no program"),
    _sound("static-validation", "data/secret/test_group.yaml", STATIC | group("secret", "static_validation_score: 5\n"), "pass-fail"),
    _sound("static-validation", "data/secret/test_group.yaml", STATIC | group("secret", "static_validator_args: [a]\n"), "for nothing"),
    _sound("static-validation", "static_validator", STATIC | head("type: submit-answer\n") | group("secret", "static_validation_score: pass-fail\n")),
    _scoring("static-validation", "data/secret/1-small/test_group.yaml", STATIC | group("secret/1-small", "max_score: 30\nstatic_validation_score: 5\n"), "pass-fail"),
    _scoring(
        "static-validation", "data/secret/2-large/test_group.yaml",
        STATIC | group("secret/2-large", "max_score: 70\nscore_aggregation: sum\nstatic_validation_score: pass-fail\n"), "a number",
    ),
    _scoring(
        "group-scores", "data/secret/2-large",
        STATIC | group("secret/2-large", "max_score: 70\nscore_aggregation: sum\nstatic_validation_score: 71\n"), "worth 71",
    ),
    _scoring("group-scores", "data/secret", STATIC | group("secret", "static_validation_score: 1\n"), "101"),
    _scoring("limit-bad", "data/secret/test_group.yaml", STATIC | group("secret", "static_validation_score: -1\n"), "static_validation_score"),
    _sound("validators-many", "static_validator", {"static_validator/b.py": "x\n"} | STATIC | group("secret", "static_validation_score: pass-fail\n")),
    _scoring("group-key", "data/sample/test_group.yaml", group("sample", "max_score: 5\n"), "samples"),
    _scoring("group-key", "data/secret/test_group.yaml", group("secret", "score_aggregation: pass-fail\n"), "pass-fail"),
    _scoring("group-unbounded", "data/secret/1-small", group("secret/1-small", "{}\n")),
    _scoring("group-unbounded", "data/secret/1-small", group("secret", "max_score: unbounded\n") | group("secret/1-small", "{}\n"), "pass-fail"),
    _scoring("group-scores", "data/secret", group("secret/1-small", "max_score: 31\n"), "101"),
    _scoring("group-requires", "data/secret/1-small/test_group.yaml", group("secret/1-small", "max_score: 30\nrequire_pass: secret/2-large\n"), "before"),
    _scoring(
        "group-requires", "data/secret/2-large/test_group.yaml",
        group("secret/1-small", "max_score: 30\nscore_aggregation: sum\n"), "not a pass-fail",
    ),
    _scoring("limit-bad", "data/secret/1-small/test_group.yaml", group("secret/1-small", "max_score: 2.5\n"), "whole number"),
    _scoring("score-unbounded", "data/secret", group("secret", "max_score: unbounded\n") | group("secret/2-large", "score_aggregation: min\n")),
    _scoring("score-zero", "data/secret", group("secret/1-small", "max_score: 0\n") | group("secret/2-large", "max_score: 0\n")),
    _sound("submission-folder", "submissions/odd/a.py", {"submissions/odd/a.py": "print()\n"}),
    _sound("submission-language", "submissions/submissions.yaml", {"submissions/submissions.yaml": "accepted:\n  language: cobol\n"}, "cobol"),
    _sound("expectation-conflict", "submissions/submissions.yaml", {"submissions/submissions.yaml": "accepted:\n  permitted: [OK]\n"}, "OK"),
    _sound("expectation-conflict", "submissions/accepted/sum.py", {"submissions/submissions.yaml": "accepted/*:\n  required: [WA]\n"}, "no verdict"),
    _sound("expectation-conflict", "submissions/submissions.yaml", {"submissions/submissions.yaml": "accepted:\n  score: 5\n"}, "counts no points"),
    _scoring(
        "expectation-conflict", "submissions/submissions.yaml",
        {"submissions/submissions.yaml": "accepted:\n  secret/*:\n    score: 5\n"}, "single test group",
    ),
    _sound("expectation-conflict", "submissions/accepted/sum.py", {"submissions/submissions.yaml": "accepted:\n  secret:\n    permitted: [WA]\n"}, "secret"),
    _sound("expectation-of-none", "submissions/submissions.yaml", {"submissions/submissions.yaml": "accepted:\n  secret/9*:\n    permitted: [AC]\n"}, "9*"),
    _sound("expectation-pattern", "submissions/submissions.yaml", {"submissions/submissions.yaml": "accepted:\n" + "".join(f"  {n}: {{}}\n" for n in range(51))}, "50"),
    _sound("expectation-pattern", "submissions/submissions.yaml", {"submissions/submissions.yaml": "accepted:\n  a" + "{a,b}" * 20 + ": {}\n"}, "20 paths"),
    _sound("yaml-wrong-type", "submissions/submissions.yaml", {"submissions/submissions.yaml": "accepted:\n  secret: AC\n"}, "no test cases"),
    _sound("yaml-wrong-type", "submissions/submissions.yaml", {"submissions/submissions.yaml": "accepted: {authors: [{email: a}]}\n"}, "`name`"),
    _sound("no-accepted-submission", "submissions/accepted", {"submissions/submissions.yaml": "accepted:\n  permitted: [AC, TLE]\n"}),
    _sound("expectation-pattern", "submissions/submissions.yaml", {"submissions/submissions.yaml": "accepted/" + "{a,b}" * 20 + ": {}\n"}, "20 paths"),
    _sound("expectation-pattern", "submissions/submissions.yaml", {"submissions/submissions.yaml": "? " + "a" * 301 + "\n: {}\n"}, "300"),
    _sound("expectation-pattern", "submissions/submissions.yaml", {"submissions/submissions.yaml": "".join(f"a{n}: {{}}\n" for n in range(101))}, "101"),
    _sound("expectation-of-none", "submissions/submissions.yaml", {"submissions/submissions.yaml": "acepted/*.py: {}\n"}, "acepted"),
    _sound("submissions-too-many", "submissions", {f"submissions/accepted/a{n}.py": "print()\n" for n in range(1001)}, "1002"),
    _scoring("expectation-conflict", "submissions/submissions.yaml", {"submissions/submissions.yaml": "accepted:\n  score: [5, 1]\n"}, "least"),
    _sound("no-accepted-submission", "submissions/accepted", {"submissions/accepted/sum.py": None}),
    _sound("input-validators-missing", "input_validators", {"input_validators/check.py": None}),
)  # fmt: skip
