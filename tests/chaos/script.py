"""Owns what is handed in during a chaos run: the problems, the programs and the verdict that each must get, the draw of who sends what."""

from __future__ import annotations

import random
from dataclasses import dataclass

from tests.support.contests import zipped_files

CASES = 15

RIGHT_C = '#include <stdio.h>\nint main(void) { long a, b; if (scanf("%ld %ld", &a, &b) != 2) return 1; printf("%ld\\n", a + b); return 0; }\n'
WRONG_C = RIGHT_C.replace("a + b", "a - b")
CRASHING_C = "#include <stdlib.h>\nint main(void) { abort(); }\n"
BROKEN_C = "int main( { return 0; }\n"
RIGHT_PYTHON = "a, b = map(int, input().split())\nprint(a + b)\n"
WRONG_PYTHON = "a, b = map(int, input().split())\nprint(a + b + (b > 9000))\n"


@dataclass(frozen=True)
class Program:
    """A source and the one verdict that is right for it."""

    language: str
    source: str
    verdict: str
    share: int


PROGRAMS = (
    Program("c", RIGHT_C, "AC", 26),
    Program("c", WRONG_C, "WA", 34),
    Program("c", CRASHING_C, "RTE", 14),
    Program("c", BROKEN_C, "CE", 12),
    Program("python3", RIGHT_PYTHON, "AC", 4),
    Program("python3", WRONG_PYTHON, "WA", 10),
)


@dataclass(frozen=True)
class Sending:
    """One submission to be made: by whom, of what, under which key."""

    number: int
    team: str
    problem: str
    program: Program

    @property
    def key(self) -> str:
        return f"chaos-{self.number}"


def draw(seed: int, count: int, teams: list[str], problems: list[str]) -> list[Sending]:
    """Who sends what, in order; the same for the same seed."""
    chance = random.Random(f"script-{seed}")
    weights = [program.share for program in PROGRAMS]
    return [
        Sending(number, teams[number % len(teams)], chance.choice(problems), chance.choices(PROGRAMS, weights)[0]) for number in range(count)
    ]


def package(name: str) -> bytes:
    """A problem with `CASES` quick cases: two numbers in, their sum out."""
    files = {
        "problem.yaml": f"name: {name}\nlicense: public domain\nlimits:\n  memory: 256\n",
        ".timelimit": "10\n",
        "problem_statement/problem.en.md": f"# {name}\n\nAdd $a$ and $b$.\n",
        "data/sample/1.in": "1 2\n",
        "data/sample/1.ans": "3\n",
        "submissions/accepted/sum.c": RIGHT_C,
    }
    for number in range(1, CASES):
        files[f"data/secret/{number:02}.in"] = f"{number} {number * 1000}\n"
        files[f"data/secret/{number:02}.ans"] = f"{number * 1001}\n"
    return zipped_files(files)
