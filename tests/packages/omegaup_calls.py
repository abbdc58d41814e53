"""A problem of libinteractive as omegaUp takes it: calls both ways, arrays of one and two dimensions, every type, groups with weights.

The contestant finds a hidden number by asking, then sorts a table; Main counts the questions and prints what came of both.
"""

from __future__ import annotations

import json
from tests.packages.building import changed

IDL = """// Who may call what
interface Main {
    /* -1, 0 or 1 */
    short ask(long guess);
    [NoReturn] void tell([Range(0, 100)] int n, int[n][2] rows, char[5] word);
};

interface buscar {
    long find([Range(1, 100)] int n, long[n] numbers, bool descends);
    bool near(float a, double b, char letter);
};
"""
MAIN = r"""#include <cstdio>
#include <cstdlib>
#include "buscar.h"

static long long hidden;
static int asked, told;

short ask(long long guess) {
    if (++asked > 60) { puts("too many questions"); exit(0); }
    return guess < hidden ? 1 : guess > hidden ? -1 : 0;
}

void tell(int n, int rows[][2], char word[]) {
    long long sum = 0;
    for (int i = 0; i < n; i++) sum += rows[i][0] * 10 + rows[i][1];
    printf("told %d %lld %.5s\n", n, sum, word);
    told++;
}

int main() {
    int n;
    if (scanf("%d %lld", &n, &hidden) != 2) return 1;
    long long numbers[100];
    for (int i = 0; i < n; i++) if (scanf("%lld", numbers + i) != 1) return 1;
    long long found = find(n, numbers, n % 2 == 1);
    printf("%s %d %s\n", found == hidden ? "found" : "missed", told, near(1.5f, 1.25, 'x') ? "yes" : "no");
}
"""
DISTRIB = MAIN.replace("too many questions", "60 questions are enough")
SOLUTION_CPP = r"""#include "buscar.h"
#include <cstdio>

long long find(int n, long long numbers[], bool descends) {
    int rows[100][2];
    char word[5] = {'a', 'b', 'c', 'd', descends ? 'D' : 'A'};
    for (int i = 0; i < n; i++) { rows[i][0] = (int)(numbers[i] / 1000000000); rows[i][1] = i; }
    puts("this goes nowhere");
    tell(n, rows, word);
    long long low = -1000000000000LL, high = -low;
    while (low < high) {
        long long guess = low + (high - low) / 2;
        short said = ask(guess);
        if (said == 0) return guess;
        if (said > 0) low = guess + 1; else high = guess - 1;
    }
    return low;
}

bool near(float a, double b, char letter) { return a - b < 0.5 && letter == 'x'; }
"""
SOLUTION_C = SOLUTION_CPP.replace("<cstdio>", "<stdio.h>")
SOLUTION_PY = """import sys
import Main

def find(n, numbers, descends):
    print("this goes nowhere")
    assert sys.stdin.read() == ""
    Main.tell(n, [[one // 1000000000, i] for i, one in enumerate(numbers)], "abcd" + "AD"[descends])
    low, high = -10**12, 10**12
    while low < high:
        guess = (low + high) // 2
        said = Main.ask(guess)
        if said == 0:
            return guess
        low, high = (guess + 1, high) if said > 0 else (low, guess - 1)
    return low

def near(a, b, letter):
    return a - b < 0.5 and letter == "x"
"""
SOLUTION_JAVA = """public class buscar {
    public static long find(int n, long[] numbers, boolean descends) {
        int[][] rows = new int[n][2];
        for (int i = 0; i < n; i++) { rows[i][0] = (int) (numbers[i] / 1000000000); rows[i][1] = i; }
        System.out.println("this goes nowhere");
        Main.tell(n, rows, ("abcd" + (descends ? "D" : "A")).toCharArray());
        long low = -1000000000000L, high = -low;
        while (low < high) {
            long guess = low + (high - low) / 2;
            short said = Main.ask(guess);
            if (said == 0) return guess;
            if (said > 0) low = guess + 1; else high = guess - 1;
        }
        return low;
    }

    public static boolean near(float a, double b, char letter) { return a - b < 0.5 && letter == 'x'; }
}
"""
STATEMENT = """# Descripción

Escribe `find` y `near`.

||input
find(1, {5}, true)
||output
5
||end

# Experimentación

{{libinteractive:download}}
"""


def before_all(line: str) -> str:
    """The solution in Python in which a line comes before everything else in ``find``."""
    first = "    print("
    assert first in SOLUTION_PY
    return SOLUTION_PY.replace(first, f"    {line}\n{first}", 1)


def tests_json() -> str:
    return json.dumps({"solutions": [
        {"filename": "../solutions/solution.cpp", "verdict": "AC"},
        *({"filename": f"bien.{ending}", "verdict": "AC"} for ending in ("c", "py", "java")),
        {"filename": "corto.py", "score_range": [0.25, 0.25], "verdict": "PA"},
        {"filename": "mal.py", "score_range": [0, 0], "verdict": "WA"},
        {"filename": "sale.py", "score_range": [0.75, 0.75], "verdict": "RTE"},
        {"filename": "duerme.py", "score_range": [0.75, 0.75], "verdict": "TLE"},
        {"filename": "gira.py", "score_range": [0.25, 0.25], "verdict": "TLE"},
        {"filename": "roto.c", "verdict": "CE"},
    ]})  # fmt: skip


def calls(**changes: str | bytes | None) -> dict[str, bytes]:
    """The package, with changes by path."""
    cases = [{"Name": "uno", "Cases": [{"Name": "uno.1", "Weight": 10}, {"Name": "uno.2", "Weight": 15}]}, {"Name": "dos", "Cases": [{"Name": "dos", "Weight": 75}]}]
    limits = {"ExtraWallTime": "0s", "MemoryLimit": 268435456, "OutputLimit": "10KiB", "OverallWallTimeLimit": "1m0s", "TimeLimit": "500ms"}
    made_there = {"Interfaces": {"Main": {"cpp": {"Files": {}}}}, "Templates": {}, "LibinteractiveVersion": "2.0.26", "Main": "Main", "ModuleName": "buscar", "ParentLang": "cpp"}
    files: dict[str, str | bytes] = {
        "settings.json": json.dumps({"Cases": cases, "Limits": limits, "Slow": False, "Validator": {"Name": "token"}, "Interactive": made_there}),
        "statements/es.markdown": STATEMENT,
        "interactive/buscar.idl": IDL,
        "interactive/Main.cpp": MAIN,
        "interactive/Main.distrib.cpp": DISTRIB,
        "examples/sample.in": "1 5\n7\n",
        "cases/uno.1.in": "1 5\n7000000000\n", "cases/uno.1.out": "told 1 70 abcdD\nfound 1 yes\n",
        "cases/uno.2.in": "2 -1000000000\n1 3000000000\n", "cases/uno.2.out": "told 2 31 abcdA\nfound 1 yes\n",
        "cases/dos.in": "3 999999999999\n1 2 3\n", "cases/dos.out": "told 3 3 abcdD\nfound 1 yes\n",
        "solutions/solution.cpp": SOLUTION_CPP,
        "tests/tests.json": tests_json(),
        "tests/bien.c": SOLUTION_C,
        "tests/bien.py": SOLUTION_PY,
        "tests/bien.java": SOLUTION_JAVA,
        "tests/corto.py": before_all("if n > 2: return 0"),
        "tests/mal.py": SOLUTION_PY.replace("a - b < 0.5", "a - b > 0.5"),
        "tests/sale.py": before_all("n == 1 and sys.exit()"),
        "tests/duerme.py": before_all("n == 1 and __import__('time').sleep(1000)"),
        "tests/gira.py": before_all("while n == 3: pass"),
        "tests/roto.c": SOLUTION_C.replace("short said", "shor said", 1),
    }  # fmt: skip
    return changed(files, changes)
