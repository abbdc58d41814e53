"""An example package of Kattis' and DOMjudge's habits: validators that build themselves, two output validators, links in place of copies."""

from __future__ import annotations

from tests.packages.building import Executable, Link

CHECK_C = """#include <stdio.h>
#include "words.h"
int main(int n, char **v) {
    long long said, wanted;
    FILE *answer = fopen(v[2], "r");
    if (!answer || fscanf(answer, "%lld", &wanted) != 1) return 3;
    return scanf("%lld", &said) == 1 && said == wanted ? RIGHT : WRONG;
}
"""
BUILD = b"""#!/bin/sh
set -e
./tools/words > words.h
cc -O1 -o check check.c
printf '#!/bin/sh\\nexec "$(dirname "$0")/check" "$@"\\n' > run
chmod +x run
"""
BRIEF = "import sys\nsys.exit(42 if len(sys.stdin.read().splitlines()) == 1 else 43)\n"
ADD = "a, b = map(int, input().split())\nprint(a + b{})\n"


def scripts() -> dict[str, bytes]:
    """Legacy. An output has to be right, which a program says that its own script builds, and one line, which another says."""
    texts = {
        "problem.yaml": "name: Built\nlicense: cc0\nauthor: Ada\nvalidation: custom\n",
        ".timelimit": "2\n",
        "problem_statement/problem.en.tex": "\\problemname{Built}\nAdd $a$ and $b$, and say no more.\n",
        "data/sample/1.in": "1 2\n",
        "data/sample/1.ans": "3\n",
        "data/secret/2.in": "20 22\n",
        "data/secret/2.ans": "42\n",
        "output_validators/a-right/check.c": CHECK_C,
        "output_validators/b-brief.py": BRIEF,
        "submissions/accepted/add.py": ADD.format(""),
        "submissions/wrong_answer/one-more.py": ADD.format(" + (a == 20)"),
        "submissions/wrong_answer/talks.py": ADD.format(", end='\\n\\n'"),
    }
    return {path: text.encode() for path, text in texts.items()} | {
        "output_validators/a-right/build": Executable(BUILD),
        "output_validators/a-right/tools/words": Executable(b"#!/bin/sh\necho '#define RIGHT 42'\necho '#define WRONG 43'\n"),
        "input_validators/numbers/run": Executable(b"#!/bin/sh\ngrep -qxE -f pattern && exit 42\nexit 43\n"),
        "input_validators/numbers/pattern": b"[0-9]+ [0-9]+\n",
        "data/secret/1.in": Link(b"../sample/1.in"),
        "data/secret/1.ans": Link(b"../sample/1.ans"),
        "submissions/accepted/again": Link(b"../../others"),
        "others/add.py": Link(b"../submissions/accepted/add.py"),
    }
