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

WHISPER_TASK = """name: whisper
title: Whispers
time_limit: 1.0
memory_limit: 64
n_input: 3
num_processes: 2
user_io: fifo_io
score_type: GroupMin
score_type_parameters: [[40, 1], [60, 2]]
"""
WHISPER_MANAGER = r"""#include <stdio.h>
#include <signal.h>
int main(int n, char **v) {
    signal(SIGPIPE, SIG_IGN);
    FILE *in = fopen("input.txt", "r"), *hears[2], *says[2];
    int secret, word = -1, heard = -1;
    if (n != 5 || fscanf(in, "%d", &secret) != 1) return 1;
    for (int i = 0; i < 2; i++) { hears[i] = fopen(v[1 + 2 * i], "r"); says[i] = fopen(v[2 + 2 * i], "w"); }
    fprintf(says[0], "%d\n", secret);
    fflush(says[0]);
    if (fscanf(hears[0], "%d", &word) == 1 && word >= 0 && word < 256) {
        fprintf(says[1], "%d\n", word);
        fflush(says[1]);
        fscanf(hears[1], "%d", &heard);
    }
    fprintf(stderr, heard == secret ? "translate:success" : "it was %d, and %d was heard", secret, heard);
    puts(heard == secret ? "1.0" : heard / 2 == secret / 2 ? "0.5" : "0.0");
    return 0;
}
"""
WHISPER_STUB = """#include <stdio.h>
#include <stdlib.h>
#include "whisper.h"
int main(int n, char **v) {
    FILE *from = fopen(v[1], "r"), *to = fopen(v[2], "w");
    int said;
    if (n != 4 || fscanf(from, "%d", &said) != 1) return 1;
    fprintf(to, "%d\\n", atoi(v[3]) == 0 ? encode(said) : decode(said));
    fclose(to);
    return 0;
}
"""


def whisper(**changes: str | bytes | None) -> dict[str, bytes]:
    """Communication: one process tells the other a number up to 511 by one byte; all of them are even, or below 256."""
    questions = (7, 300, 510)
    head = '#include "whisper.h"\n'
    files: dict[str, str | bytes] = {
        "task.yaml": WHISPER_TASK, "statement/statement.pdf": b"%PDF-1.4\n", "gen/valida.py": "print()\n",
        **{f"input/input{number}.txt": f"{n}\n" for number, n in enumerate(questions)},
        **{f"output/output{number}.txt": "\n" for number in range(len(questions))},
        "check/manager.c": WHISPER_MANAGER, "sol/stub.c": WHISPER_STUB, "sol/whisper.h": "int encode(int);\nint decode(int);\n",
        "sol/soluzione.c": head + "int encode(int n) { return n % 2 ? n : n / 2; }\nint decode(int n) { return n % 2 && n < 100 ? n : n * 2; }\n",
        "sol/halves.c": "// @check-accepted: 1\n// @check-partial-score: 0\n" + head + "int encode(int n) { return n / 2; }\nint decode(int n) { return n * 2; }\n",
        "sol/crashes.c": "// @EXPECTED_RESULTS@: RTE\n" + head + "int encode(int n) { return n; }\nint decode(int n) { return *(volatile int *)0 + n; }\n",
        "sol/globals.c": "// @EXPECTED_RESULTS@: WRONG_ANSWER\n" + head + "static int kept;\nint encode(int n) { kept = n; return 0; }\nint decode(int n) { (void)n; return kept - 9; }\n",
    }  # fmt: skip
    return changed(files, changes)


STEPS_TASK = """name: passi
title: Pochi passi
time_limit: 1.0
memory_limit: 64
n_input: 3
infile: input.txt
outfile: passi.out
score_type: GroupThreshold
score_type_parameters: [[30, 2, 20], [70, '002', 9.5]]
"""
STEPS_CHECKER = """import sys
wanted = int(open(sys.argv[1]).read())
steps = [int(word) for word in open(sys.argv[3]).read().split()]
right = sum(steps) == wanted and set(steps) <= {1, 2, 3}
sys.stderr.write(f"{len(steps)} steps")
print(len(steps) if right else 0)
"""


def steps(**changes: str | bytes | None) -> dict[str, bytes]:
    """Files in place of streams, and a checker that counts: few enough steps of at most 3 that make a number."""
    questions = (5, 20, 27)
    files: dict[str, str | bytes] = {
        "task.yaml": STEPS_TASK, "statement/statement.pdf": b"%PDF-1.4\n",
        **{f"input/input{number}.txt": f"{n}\n" for number, n in enumerate(questions)},
        **{f"output/output{number}.txt": "1 " * n + "\n" for number, n in enumerate(questions)},
        "check/checker.py": STEPS_CHECKER,
        "sol/passi.py": "n = int(open('input.txt').read())\nprint(*[3] * (n // 3), *[1] * (n % 3), file=open('passi.out', 'w'))\n",
        "sol/ones.py": "# @check-accepted: 1\n# @check-zero: 2\nprint(*[1] * int(input()))\n",
        "sol/far.py": "# @check-zero: all\nprint(30)\n",
    }  # fmt: skip
    return changed(files, changes)
