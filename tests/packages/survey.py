"""A 2025-09 package that uses all that a case can give: arguments, files, static validation, and cases that try the validators."""

from __future__ import annotations

COUNT = "import sys\nname, word = sys.argv[1:]\nprint(open(name).read().split().count(word) * int(input()))\n"
_TREES = "tree lake tree\nhill tree\n"
_HEAD = "problem_format_version: 2025-09\nuuid: 1f0d8a52-6c5e-4b0e-9d3a-35a3c1a6a9b4\nlicense: cc0\ncredits: Ada\nname: Survey\n"
_TRIED = "args: [map.txt, tree]\ninput_validator_args: {most: ['3']}\noutput_validator_args: [float_tolerance, '1e-3']\n"
_STATIC = """import os, sys
language, entry, feedback, most = sys.argv[1:]
assert language == 'python3' and entry in os.listdir()
text = ''.join(open(name, errors='replace').read() for name in os.listdir() if name.endswith('.py'))
print('import subprocess' in text, file=open(feedback + 'judgemessage.txt', 'w'))
if 'import subprocess' in text:
    sys.exit(43)
open(feedback + 'score_multiplier.txt', 'w').write('1' if len(text) <= int(most) else '0.5')
sys.exit(42)
"""
_RULES = """accepted: {score: 100}
mine/long.py: {score: 90, permitted: [AC]}
mine/small.py:
  permitted: [AC, WA]
  score: 75
  secret/1-trees: {permitted: [AC], score: 30}
  secret/2-all: {required: [WA], score: 25}
wrong_answer/calls.py:
  score: 80
  message: 'True'
  secret/*-*: {permitted: [AC]}
run_time_error/here.py:
  score: 75
  authors: Ada
  secret/2-all/a: {permitted: [RTE]}
"""


def survey() -> dict[str, bytes]:
    """2025-09, scoring: a word of the arguments is counted in a file of the case; the source is looked at, and the validators are tried."""
    files = {
        "problem.yaml": f"{_HEAD}type: scoring\nlimits:\n  time_limit: 3\n  code: 1\n",
        "statement/problem.en.md": "How often does the word stand on the map, times the number?\n",
        "data/sample/test_group.yaml": "args: [map.txt, tree]\n",
        "data/sample/1.in": "2\n", "data/sample/1.ans": "6\n", "data/sample/1.out": "6.0\n", "data/sample/1.files/map.txt": _TREES,
        "data/sample/1.yaml": "output_validator_args: [float_tolerance, '1e-9']\n",
        "data/secret/test_group.yaml": "static_validation_score: 20\nstatic_validator_args: ['450']\n",
        "data/secret/1-trees/test_group.yaml": "max_score: 30\nargs: [map.txt, tree]\ninput_validator_args: {most: ['10']}\n",
        "data/secret/1-trees/a.in": "3\n", "data/secret/1-trees/a.ans": "9\n", "data/secret/1-trees/a.files/map.txt": _TREES,
        "data/secret/1-trees/b.in": "1\n", "data/secret/1-trees/b.ans": "0\n", "data/secret/1-trees/b.files/map.txt": "lake\n",
        "data/secret/2-all/test_group.yaml": "max_score: 50\nscore_aggregation: sum\ninput_validator_args: {most: ['1000']}\n",
        "data/secret/2-all/a.in": "1000\n", "data/secret/2-all/a.ans": "1000\n", "data/secret/2-all/a.files/maps/north/hills.txt": _TREES,
        "data/secret/2-all/a.yaml": "args: [maps/north/hills.txt, hill]\nhint: look into folders\ndescription: a map in a folder\n",
        "data/secret/2-all/b.in": "7\n", "data/secret/2-all/b.ans": "14\n", "data/secret/2-all/b.files/map.txt": "a b\na b\n",
        "data/secret/2-all/b.yaml": "args: [map.txt, a]\nfull_feedback: true\n",
        "data/invalid_input/test_group.yaml": "args: [map.txt, tree]\ninput_validator_args: {most: ['10']}\n",
        "data/invalid_input/no-map.in": "3\n",
        "data/invalid_input/too-large.in": "11\n", "data/invalid_input/too-large.files/map.txt": _TREES,
        "data/invalid_input/two-words.in": "3\n", "data/invalid_input/two-words.files/map.txt": _TREES,
        "data/invalid_input/two-words.yaml": "args: [map.txt, tree, hill]\n",
        "input_validators/arguments.py": "import sys\nname, word = sys.argv[1:]\nopen(name).read()\nsys.exit(42)\n",
        "input_validators/most/check.py": "import sys\nmost = int(sys.argv[1]) if len(sys.argv) > 3 else 1000\nsys.exit(42 if int(input()) <= most else 43)\n",
        "static_validator/look.py": _STATIC,
        "submissions/accepted/count.py": COUNT,
        "submissions/mine/long.py": COUNT + "#" * 500 + "\n",
        "submissions/mine/small.py": COUNT.replace("int(input())", "min(int(input()), 10)"),
        "submissions/wrong_answer/calls.py": "import subprocess\n" + COUNT,
        "submissions/run_time_error/here.py": COUNT.replace("open(name)", "open(name.rpartition('/')[2])"),
        "submissions/submissions.yaml": _RULES,
    }  # fmt: skip
    for folder, output in (("valid_output", "9.0005\n"), ("invalid_output", "9.1\n")):
        files |= {
            f"data/{folder}/test_group.yaml": _TRIED, f"data/{folder}/1.in": "3\n", f"data/{folder}/1.ans": "9\n",
            f"data/{folder}/1.out": output, f"data/{folder}/1.files/map.txt": _TREES,
        }  # fmt: skip
    return {path: text.encode() for path, text in files.items()}
