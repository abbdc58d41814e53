"""Tasks as CMS imports them in the italian format: one with a grader, subtasks and a checker, one output-only."""

from __future__ import annotations

from tests.packages.building import changed

TASK = """name: somma
title: Somma lontana
time_limit: 1.0
memory_limit: 128
n_input: 5
infile: ""
outfile: ""
public_testcases: 0,1
primary_language: it
token_mode: disabled
score_mode: max_subtask
"""
GEN = """# n
#ST: 0
#COPY: att/input0.txt
#ST: 30
3
4
#ST: 70
50   # large
60
"""
GRADER_CPP = """#include <cstdio>
#include "somma.h"
int main() {
    int n;
    if (std::scanf("%d", &n) != 1) return 1;
    std::printf("%lld\\n", far_sum(n));
}
"""
CHECKER_CPP = """#include <fstream>
#include <iostream>
int main(int, char** argv) {
    std::ifstream right(argv[2]), given(argv[3]);
    long long wanted = 0, found = 0;
    right >> wanted;
    if (!(given >> found)) { std::cout << "0.0\\n"; std::cerr << "no number\\n"; return 0; }
    std::cout << (found == wanted ? "1.0" : found == wanted + 1 ? "0.5" : "0.0") << "\\n";
    std::cerr << (found == wanted ? "translate:success" : "translate:wrong") << "\\n";
}
"""
FAR_SUM = "long long far_sum(int n) { return 1LL * n * (n + 1) / 2%s; }\n"


def far_sum(**changes: str | bytes | None) -> dict[str, bytes]:
    """The sum of 1 to n, by a function that a grader calls; ``changes`` by path."""
    questions = (2, 3, 4, 50, 60)
    source = '#include "somma.h"\n'
    files: dict[str, str | bytes] = {
        "task.yaml": TASK, "gen/GEN": GEN, "gen/generatore.py": "print()\n", "gen/valida.py": "print()\n",
        "statement/statement.pdf": b"%PDF-1.4\n", "statement/english.pdf": b"%PDF-1.4\n",
        **{f"input/input{number}.txt": f"{n}\n" for number, n in enumerate(questions)},
        **{f"output/output{number}.txt": f"{n * (n + 1) // 2}\n" for number, n in enumerate(questions)},
        "att/input0.txt": "2\n", "att/output0.txt": "3\n", "att/somma.cpp": source + FAR_SUM % "", "att/grader.cpp": GRADER_CPP, "att/somma.h": "long long far_sum(int n);\n",
        "sol/grader.cpp": GRADER_CPP, "sol/somma.h": "long long far_sum(int n);\n", "sol/template.cpp": source,
        "check/checker.cpp": CHECKER_CPP,
        "sol/soluzione.cpp": source + FAR_SUM % "",
        "sol/half.cpp": "// @check-accepted: 0 1\n// @check-partial-score: 2\n" + source + FAR_SUM % " + (n > 50)",
        "sol/slow.cpp": "// @check-accepted: 0 1\n// @check-time-limit-exceeded: 2\n" + source + "long long far_sum(int n) { volatile int m = n; while (m > 50) {} return 1LL * n * (n + 1) / 2; }\n",
        "sol/zero.cpp": "// @EXPECTED_RESULTS@: WRONG_ANSWER\n" + source + "long long far_sum(int n) { return -n; }\n",
    }  # fmt: skip
    return changed(files, changes)


def by_hand(**changes: str | bytes | None) -> dict[str, bytes]:
    """Output-only: both outputs are handed in as one text."""
    files: dict[str, str | bytes] = {
        "task.yaml": "name: mano\ntitle: A mano\nn_input: 2\noutput_only: true\n",
        "testo/testo.pdf": b"%PDF-1.4\n",
        "input/input0.txt": "3 4\n", "output/output0.txt": "12\n",
        "input/input1.txt": "5 6\n", "output/output1.txt": "30\n",
        "sol/soluzione.txt": "=== 000 ===\n12\n=== 001 ===\n30\n",
        "sol/half.txt": "=== 000 ===\n12\n=== 001 ===\n31 @check-partial-score: all\n",
    }  # fmt: skip
    return changed(files, changes)
