"""Example packages of the ICPC and Kattis formats, one for each kind of problem, with submissions that get every verdict of it."""

from __future__ import annotations

from collections.abc import Mapping

from tests.packages.building import changed, scoring_2025, sound_2025
from tests.packages.survey import survey

VERSION = "problem_format_version: 2025-09\nuuid: 6f1d4f6e-0a5c-4a39-9d55-0c9f1a0b2c3d\nlicense: cc0\ncredits: Ada\n"
SUM = "a, b = map(int, input().split())\nprint(a + b)\n"
INPUT_CHECK = "import sys\nsys.exit(42 if all(word.lstrip('-').isdigit() for word in sys.stdin.read().split()) else 43)\n"


def pairs(folder: str, **texts: tuple[str, str]) -> dict[str, str]:
    """Test cases: input and answer by name."""
    return {f"data/{folder}/{name}.{end}": text for name, pair in texts.items() for end, text in zip(("in", "ans"), pair, strict=True)}


def packed(files: Mapping[str, str]) -> dict[str, bytes]:
    return {path: text.encode() for path, text in files.items()}


def constants() -> dict[str, bytes]:
    """2025-09, pass-fail: a constant in statement, validators, included code and submissions; a tolerance; submissions.yaml."""
    return changed(
        sound_2025(),
        {
            "problem.yaml": f"{VERSION}name: Shares\nconstants: {{parts: 4}}\nlimits:\n  time_limit: 2\n",
            "statement/problem.en.md": "Divide by {{parts}}.\n\n{{remainingsamples}}\n",
            "data/secret/test_group.yaml": "output_validator_args: [float_absolute_tolerance, '1e-4']\n",
            "data/sample/test_group.yaml": "output_validator_args: [float_absolute_tolerance, '1e-4']\n",
            **pairs("sample", **{"1": ("4\n", "1.0\n")}),
            **pairs("secret", **{"01": ("1\n", "0.25\n"), "02": ("3\n", "0.75\n")}),
            "input_validators/check.py": INPUT_CHECK,
            "include/python3/given.py": "def share(number):\n    return number / {{parts}}\n",
            "submissions/accepted/sum.py": None,
            "submissions/accepted/sum/main.py": "from given import share\nprint(share(int(input())))\n",
            "submissions/accepted/plain/main.py": "print('%.4e' % (int(input()) / {{parts}}))\n",
            "submissions/wrong_answer/whole/main.py": "print(int(input()) // {{parts}})\n",
            "submissions/mine/none/main.py": "n = int(input())\nprint(1 / (3 - n) if n < 4 else 1)\n",
            "submissions/submissions.yaml": "mine:\n  permitted: [AC, WA, RTE]\n  required: [RTE]\n",
        },
    )


def groups() -> dict[str, bytes]:
    """2025-09, scoring: two groups, the second needs the first; shares of a case's worth from the validator."""
    return changed(
        scoring_2025(),
        {
            "data/secret/2-large/test_group.yaml": "max_score: 70\nscore_aggregation: sum\nrequire_pass: [sample, secret/1-small]\n"
            "output_validator_args: [shares]\n",
            "output_validator/check.py": "import os, sys\nright = open(sys.argv[2]).read().split()\nsaid = sys.stdin.read().split()\n"
            "if said[:1] != right:\n    sys.exit(43)\nif 'shares' in sys.argv:\n"
            "    open(os.path.join(sys.argv[3], 'score_multiplier.txt'), 'w').write('0.5' if said[1:] else '1')\nsys.exit(42)\n",
            "submissions/accepted/half.py": "a, b = map(int, input().split())\nprint(a + b, 'about' if a == 2000 else '')\n",
            "submissions/mine/small.py": "a, b = map(int, input().split())\nprint(a + b if a < 1000 else 0)\n",
            "submissions/mine/large.py": "a, b = map(int, input().split())\nprint(a + b if a >= 1000 else 0)\n",
            "submissions/mine/one.py": "a, b = map(int, input().split())\nprint(a + b if a < 2000 else 1 // 0)\n",
            "submissions/submissions.yaml": "accepted/sum.py: {score: 100}\naccepted/half.py: {score: 82.5}\nmine/small.py: {score: 30}\n"
            "mine/large.py: {score: 0, permitted: [AC, WA], required: [WA]}\nmine/one.py: {score: 65, permitted: [AC, RTE]}\n",
        },
    )


GUESSER = """import sys
with open(sys.argv[1]) as file:
    secret = int(file.read())
for _ in range(12):
    line = sys.stdin.readline().split()
    if len(line) != 1 or not line[0].isdigit():
        open(sys.argv[3] + 'judgemessage.txt', 'w').write('no number')
        sys.exit(43)
    guess = int(line[0])
    print('right' if guess == secret else 'less' if guess > secret else 'more', flush=True)
    if guess == secret:
        sys.exit(42)
sys.exit(43)
"""
HALVING = """low, high = 1, 1000
while True:
    middle = (low + high) // 2
    print(middle, flush=True)
    word = input()
    if word == 'right':
        break
    low, high = (middle + 1, high) if word == 'more' else (low, middle - 1)
"""
_GUESS = {
    "data/sample/1.interaction": "> 500\n< more\n> 750\n< right\n",
    **pairs("sample", **{"1": ("750\n", "")}),
    **pairs("secret", **{"01": ("1\n", ""), "02": ("1000\n", ""), "03": ("613\n", "")}),
    "input_validators/check.py": INPUT_CHECK,
    "submissions/accepted/halving.py": HALVING,
    "submissions/wrong_answer/counting.py": HALVING.replace("(low + high) // 2", "low"),
    "submissions/wrong_answer/words.py": "print('hello', flush=True)\n",
    "submissions/run_time_error/leaves.py": "print(500, flush=True)\ninput()\nraise SystemExit(3)\n",
}


def guess() -> dict[str, bytes]:
    """2025-09, interactive."""
    return packed(
        {
            "problem.yaml": f"{VERSION}name: Guess\ntype: interactive\nlimits:\n  time_limit: 2\n",
            "statement/problem.en.tex": "Guess a number.\n\\begin{Interaction}Write it.\\end{Interaction}\n",
            "output_validator/guesser.py": GUESSER,
            **_GUESS,
        }
    )


def legacy_guess() -> dict[str, bytes]:
    """Legacy, `validation: custom interactive`."""
    return packed(
        {
            "problem.yaml": "name: Guess again\nlicense: cc0\nauthor: Ada\nvalidation: custom interactive\n",
            ".timelimit": "2\n",
            "problem_statement/problem.en.tex": "\\problemname{Guess again}\nGuess a number.\n",
            "output_validators/guesser/guesser.py": GUESSER,
            **_GUESS,
        }
    )


def passes() -> dict[str, bytes]:
    """2025-09, multi-pass: what a program says is given to it again, and must come back."""
    check = (
        "import sys\nright = open(sys.argv[2]).read().split()\nplace = sys.argv[3] + 'seen.txt'\nsaid = sys.stdin.read().split()\n"
        "try:\n    seen = open(place).read()\nexcept FileNotFoundError:\n    seen = ''\n"
        "if not seen:\n    if len(said) != 1 or len(said[0]) > 30 or set(said[0]) - set('01'):\n        sys.exit(43)\n"
        "    open(place, 'w').write(said[0])\n    open(sys.argv[3] + 'nextpass.in', 'w').write('decode\\n' + said[0] + '\\n')\n    sys.exit(42)\n"
        "sys.exit(42 if said == right else 43)\n"
    )
    return packed(
        {
            "problem.yaml": f"{VERSION}name: There and back\ntype: multi-pass\nlimits:\n  time_limit: 2\n  validation_passes: 2\n",
            "statement/problem.en.md": "Write a number with noughts and ones; then read it.\n",
            "data/sample/1.interaction": "< encode\n< 5\n> 101\n---\n< decode\n< 101\n> 5\n",
            **pairs("sample", **{"1": ("encode\n5\n", "5\n")}),
            **pairs("secret", **{"01": ("encode\n0\n", "0\n"), "02": ("encode\n123456\n", "123456\n")}),
            "output_validator/check.py": check,
            "input_validators/check.py": "import sys\nsys.exit(42 if sys.stdin.readline() == 'encode\\n' else 43)\n",
            "submissions/accepted/binary.py": "word, n = input(), input()\nprint(bin(int(n))[2:] if word == 'encode' else int(n, 2))\n",
            "submissions/wrong_answer/once.py": "word, n = input(), input()\nprint(bin(int(n))[2:] if word == 'encode' else n)\n",
            "submissions/wrong_answer/plain.py": "word, n = input(), input()\nprint(n)\n",
            "submissions/run_time_error/second.py": "word, n = input(), input()\nassert word == 'encode'\nprint(bin(int(n))[2:])\n",
        }
    )


def answer() -> dict[str, bytes]:
    """2025-09, submit-answer: the text that is handed in is what is checked."""
    return packed(
        {
            "problem.yaml": f"{VERSION}name: By hand\ntype: submit-answer\nlimits:\n  time_limit: 1\n",
            "statement/problem.en.md": "Write the first three squares.\n",
            **pairs("secret", **{"01": ("3\n", "1 4 9\n")}),
            "input_validators/check.py": INPUT_CHECK,
            "submissions/accepted/squares.txt": "1\n4\n9\n",
            "submissions/wrong_answer/cubes.txt": "1 8 27\n",
        }
    )


def points() -> dict[str, bytes]:
    """Legacy, scoring with groups and points from the validator."""
    check = (
        "import sys\nn = int(open(sys.argv[1]).read())\nsaid = sys.stdin.read().split()\n"
        "if len(said) != 1 or not said[0].isdigit() or int(said[0]) > n:\n    sys.exit(43)\n"
        "open(sys.argv[3] + 'score.txt', 'w').write(str(int(said[0]) * float(sys.argv[4]) / n))\nsys.exit(42)\n"
    )
    return packed(
        {
            "problem.yaml": "name: As many as you can\nlicense: cc0\nauthor: Ada\ntype: scoring\nvalidation: custom score\n",
            ".timelimit": "2\n",
            "problem_statement/problem.en.tex": "\\problemname{As many as you can}\nSay at most $n$.\n",
            "data/testdata.yaml": "on_reject: continue\ngrader_flags: ignore_sample\nrange: 0 100\noutput_validator_flags: '0'\n",
            "data/secret/testdata.yaml": "on_reject: continue\ngrader_flags: first_error accept_if_any_accepted\nrange: 0 100\n",
            "data/secret/1/testdata.yaml": "on_reject: break\ngrader_flags: min\nrange: 0 40\noutput_validator_flags: '40'\n",
            "data/secret/2/testdata.yaml": "on_reject: continue\ngrader_flags: sum always_accept\nrange: 0 60\noutput_validator_flags: '30'\n",
            **pairs("sample", **{"1": ("7\n", "7\n")}),
            **pairs("secret/1", a=("10\n", ""), b=("20\n", "")),
            **pairs("secret/2", a=("100\n", ""), b=("200\n", "")),
            "output_validators/check.py": check,
            "input_validators/check.py": INPUT_CHECK,
            "submissions/accepted/all.py": "# @EXPECTED_SCORE@: 100\nprint(input())\n",
            "submissions/partially_accepted/ten.py": "# @EXPECTED_SCORE@: 24.5\nprint(min(10, int(input())))\n",
            "submissions/partially_accepted/small.py": "# @EXPECTED_SCORE@: 30\nn = int(input())\nprint(n if n > 99 and n < 200 else n + 1)\n",
            "submissions/wrong_answer/more.py": "# @EXPECTED_SCORE@: 0\nprint(int(input()) + 1)\n",
        }
    )


def included() -> dict[str, bytes]:
    """Legacy, with code that is compiled with every submission: a main program, and a header."""
    return packed(
        {
            "problem.yaml": "name: Only a function\nlicense: cc0\nauthor: Ada\n",
            ".timelimit": "2\n",
            "problem_statement/problem.en.tex": "\\problemname{Only a function}\nWrite \\texttt{add}.\n",
            "attachments/add.h": "int add(int a, int b);\n",
            **pairs("sample", **{"1": ("1 2\n", "3\n")}),
            **pairs("secret", **{"01": ("20 22\n", "42\n")}),
            "input_validators/check.py": INPUT_CHECK,
            "include/c/add.h": "int add(int a, int b);\n",
            "include/c/main.c": '#include <stdio.h>\n#include "add.h"\n'
            'int main(void) {\n  int a, b;\n  if (scanf("%d %d", &a, &b) != 2) return 1;\n  printf("%d\\n", add(a, b));\n}\n',
            "include/python3/main.py": "from solution import add\nprint(add(*map(int, input().split())))\n",
            "submissions/accepted/solution.c": '#include "add.h"\nint add(int a, int b) { return a + b; }\n',
            "submissions/accepted/solution.py": "def add(a, b):\n    return a + b\n",
            "submissions/wrong_answer/solution.py": "def add(a, b):\n    return a - b\n",
            "submissions/compile_error/nothing.c": '#include "add.h"\n',
        }
    )


def graded() -> dict[str, bytes]:
    """Legacy, scoring: a grader of the package's own, and an input validator in Checktestdata.

    A group of `secret/` counts twice when all of it is right, else by what is right; the whole is refused below 10 points.
    """
    grade = (
        "import sys\nresults = [line.split() for line in sys.stdin]\nscores = [float(score) for verdict, score in results if verdict == 'AC']\n"
        "if sys.argv[1:] == ['twice']:\n    print('AC', sum(scores) * (2 if len(scores) == len(results) else 1))\n"
        "else:\n    print('AC' if sum(scores) >= 10 else results[-1][0] if results[-1][0] != 'AC' else 'WA', sum(scores))\n"
    )
    return packed(
        {
            "problem.yaml": "name: Twice for all\nlicense: cc0\nauthor: Ada\ntype: scoring\n",
            ".timelimit": "2\n",
            "problem_statement/problem.en.tex": "\\problemname{Twice for all}\nAdd $a$ and $b$.\n",
            "data/testdata.yaml": "on_reject: continue\ngrader_flags: ignore_sample\nrange: 0 80\n",
            "data/sample/testdata.yaml": "grader_flags: ''\n",
            "data/secret/testdata.yaml": "on_reject: continue\ngrading: custom\ngrader_flags: ''\nrange: 0 80\n",
            "data/secret/1/testdata.yaml": "grading: custom\ngrader_flags: twice\naccept_score: 5\nrange: 0 20\n",
            "data/secret/2/testdata.yaml": "grading: custom\ngrader_flags: twice\naccept_score: 10\nrange: 0 60\n",
            **pairs("sample", **{"1": ("1 2\n", "3\n")}),
            **pairs("secret/1", a=("10 20\n", "30\n"), b=("40 2\n", "42\n")),
            **pairs("secret/2", a=("100 1\n", "101\n"), b=("200 1\n", "201\n"), c=("300 1\n", "301\n")),
            "graders/grade.py": grade,
            "input_validators/pair.ctd": "INT(0, 1000) SPACE INT(0, 1000) NEWLINE EOF\n",
            "submissions/accepted/all.py": f"# @EXPECTED_SCORE@: 80\n{SUM}",
            "submissions/partially_accepted/most.py": "# @EXPECTED_SCORE@: 40\na, b = map(int, input().split())\nprint(a + b if a < 300 else 0)\n",
            "submissions/partially_accepted/large.py": "# @EXPECTED_SCORE@: 65\na, b = map(int, input().split())\nprint(a + b if a != 40 else 0)\n",
            "submissions/wrong_answer/one.py": "# @EXPECTED_SCORE@: 0\na, b = map(int, input().split())\nprint(a + b if a == 10 else 0)\n",
        }
    )


PACKAGES = {
    "constants": constants, "groups": groups, "guess": guess, "legacy-guess": legacy_guess, "passes": passes, "answer": answer,
    "points": points, "included": included, "graded": graded, "survey": survey,
}  # fmt: skip
"""Every example by its alias."""
