"""Packages as omegaUp exports and takes them: groups and weights, a validator with partial scores, the older layout with a testplan."""

from __future__ import annotations

import json
from collections.abc import Mapping

from tests.packages.building import changed

SUM_PY = "print(sum(map(int, input().split())))\n"
NARROW_CPP = (
    "#include <iostream>\n#include <cstdint>\n"
    "int main(){std::int32_t s=0; long long x; while(std::cin>>x) s=(std::int32_t)((std::uint32_t)s+(std::uint32_t)x); std::cout<<s<<'\\n';}\n"
)
SLOW_PY = "numbers = list(map(int, input().split()))\nwhile len(numbers) > 3:\n    pass\nprint(sum(numbers))\n"
IN_RANGE_PY = """import sys
question = open("data.in").read().split()
sys.stdin.read()
print(1.0 if question and all(0 <= int(word) <= 10**10 for word in question) else 0.0)
"""
STATEMENT = """# Descripción

Sume los números. ![una figura](figura.png)

# Ejemplo

||input
1 2
||output
3
||description
Uno y dos son tres.
||end

# Límites

A lo más diez números.
"""


def settings(**changes: object) -> str:
    """A settings.json as omegaUp's gitserver writes it, with changes by key."""
    whole: dict[str, object] = {
        "Cases": [
            {"Name": "facil", "Cases": [{"Name": "facil.1", "Weight": 10}, {"Name": "facil.2", "Weight": 10}]},
            {"Name": "grande", "Cases": [{"Name": "grande.1", "Weight": 30}, {"Name": "grande.2", "Weight": 0}]},
        ],
        "Limits": {"ExtraWallTime": "0s", "MemoryLimit": 134217728, "OutputLimit": "10KiB", "OverallWallTimeLimit": "1m0s", "TimeLimit": "500ms"},
        "Slow": False,
        "Validator": {"Name": "token-caseless", "GroupScorePolicy": "sum-if-not-zero"},
    }
    return json.dumps(whole | changes, indent="\t")


def tests_json(*solutions: Mapping[str, object]) -> str:
    return json.dumps({"solutions": solutions, "inputs": {"filename": "validador.py"}, "max_score": 50})


def sums(**changes: str | bytes | None) -> dict[str, bytes]:
    """All or nothing by group; ``changes`` by path."""
    files: dict[str, str | bytes] = {
        "settings.json": settings(),
        "statements/es.markdown": STATEMENT,
        "statements/en.markdown": "# Description\n\nAdd the numbers.\n",
        "statements/figura.png": b"\x89PNG\r\n\x1a\nnot really",
        "cases/facil.1.in": "1 2\n", "cases/facil.1.out": "3\n",
        "cases/facil.2.in": "10 20 30\n", "cases/facil.2.out": "60\n",
        "cases/grande.1.in": "4000000000 4000000000\n", "cases/grande.1.out": "8000000000\n",
        "cases/grande.2.in": "1 1 1 1 1\n", "cases/grande.2.out": "5\n",
        "examples/muestra.in": "1 2\n", "examples/muestra.out": "3\n",
        "solutions/solution.py": SUM_PY,
        "solutions/es.markdown": "Sume.\n",
        "tests/tests.json": tests_json(
            {"filename": "bien.cpp", "verdict": "AC"},
            {"filename": "angosto.cpp", "score_range": [0.4, 0.4], "verdict": "PA"},
            {"filename": "lento.py", "score_range": [0.4, 0.4], "verdict": "TLE"},
            {"filename": "mal.py", "score_range": [0, 0]},
            {"filename": "truena.py", "score_range": [0, 0.4], "verdict": "RTE"},
            {"filename": "roto.cpp", "verdict": "CE", "language": "cpp17-gcc"},
        ),
        "tests/bien.cpp": "#include <iostream>\nint main(){long long s=0,x; while(std::cin>>x) s+=x; std::cout<<s;}\n",
        "tests/angosto.cpp": NARROW_CPP,
        "tests/lento.py": SLOW_PY,
        "tests/mal.py": "print(-1)\n",
        "tests/truena.py": "numbers = list(map(int, input().split()))\nassert max(numbers) < 10**9\nprint(sum(numbers))\n",
        "tests/roto.cpp": "int main( {\n",
        "tests/validador.py": IN_RANGE_PY,
    }  # fmt: skip
    return changed(files, changes)


NEAR_PY = """import sys
right = int(open("data.out").read())
words = sys.stdin.read().split()
given = int(words[0]) if words and words[0].isdigit() else -10**9
print(1 if given == right else 0.5 if abs(given - right) == 1 else 0)
"""


def near() -> dict[str, bytes]:
    """The older layout: no settings of cases, a testplan, a validator that gives half for what is near, the worst case of a group counts."""
    limits = {"TimeLimit": 1, "MemoryLimit": "128MiB", "OutputLimit": 10240, "OverallWallTimeLimit": "30s", "ExtraWallTime": "0s"}
    whole = {"Limits": limits, "Validator": {"Name": "custom", "Lang": "py", "GroupScorePolicy": "min", "Limits": limits}}
    tests = {"solutions": [
        {"filename": "half.py", "score_range": [0.75, 0.75], "verdict": "PA", "allow_fractional_percentages": True},
        {"filename": "worst.py", "score_range": [0.5, 0.5], "verdict": "PA"},
        {"filename": "none.py", "score_range": [0, 0], "verdict": "WA"},
    ]}  # fmt: skip
    files: dict[str, str | bytes] = {
        "settings.json": json.dumps(whole),
        "testplan": "# case points\none.a 25\none.b 25\n\ntwo 50\n",
        "statements/es.markdown": STATEMENT,
        "validator.py": NEAR_PY,
        "cases/one.a.in": "10\n", "cases/one.a.out": "20\n",
        "cases/one.b.in": "7\n", "cases/one.b.out": "14\n",
        "cases/two.in": "50\n", "cases/two.out": "100\n",
        "solutions/solution.py": "print(2 * int(input()))\n",
        "tests/tests.json": json.dumps(tests),
        "tests/half.py": "n = int(input())\nprint(2 * n + (n == 7))\n",
        "tests/worst.py": "n = int(input())\nprint(2 * n if n == 50 else -1)\n",
        "tests/none.py": "print('nothing')\n",
    }  # fmt: skip
    return changed(files, {})
