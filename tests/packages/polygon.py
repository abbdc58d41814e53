"""Packages as Polygon exports them in full: groups with points and dependencies, and an interactive one."""

from __future__ import annotations

from pathlib import Path

from tests.packages.building import changed

TESTLIB = (Path(__file__).resolve().parent / "testlib" / "testlib.h").read_bytes()

PROBLEM = """<?xml version="1.0" encoding="utf-8" standalone="no"?>
<problem revision="7" short-name="pairs" url="https://polygon.codeforces.com/p00000/ada/pairs">
    <names>
        <name language="english" value="Pairs"/>
        <name language="russian" value="Пары"/>
    </names>
    <statements>
        <statement charset="UTF-8" language="english" mathjax="true" path="statements/.html/english/problem.html" type="text/html"/>
        <statement charset="UTF-8" language="english" mathjax="true" path="statements/english/problem.tex" type="application/x-tex"/>
    </statements>
    <judging cpu-name="Intel(R) Core(TM) i3-8100 CPU @ 3.60GHz" cpu-speed="3600" input-file="" output-file="" run-count="1">
        <testset name="tests">
            <time-limit>500</time-limit>
            <memory-limit>134217728</memory-limit>
            <test-count>5</test-count>
            <input-path-pattern>tests/%02d</input-path-pattern>
            <answer-path-pattern>tests/%02d.a</answer-path-pattern>
            <tests>
                <test group="0" method="manual" points="0.0" sample="true"/>
                <test cmd="gen 3" group="1" method="generated" points="20.0"/>
                <test cmd="gen 4" group="1" method="generated" points="20.0"/>
                <test cmd="gen 50" group="2" method="generated" points="30.0"/>
                <test cmd="gen 60" group="2" method="generated" points="30.0"/>
            </tests>
            <groups>
                <group feedback-policy="complete" name="0" points="0.0" points-policy="complete-group"/>
                <group feedback-policy="icpc" name="1" points="40.0" points-policy="complete-group">
                    <dependencies><dependency group="0"/></dependencies>
                </group>
                <group feedback-policy="points" name="2" points="60.0" points-policy="each-test">
                    <dependencies><dependency group="1"/></dependencies>
                </group>
            </groups>
        </testset>
    </judging>
    <files>
        <resources>
            <file path="files/olymp.sty"/>
            <file path="files/testlib.h" type="h.g++"/>
        </resources>
        <executables>
            <executable><source path="files/gen.cpp" type="cpp.g++17"/><binary path="files/gen.exe" type="exe.win32"/></executable>
        </executables>
    </files>
    <assets>
        <checker name="std::ncmp.cpp" type="testlib">
            <source path="files/check.cpp" type="cpp.g++17"/>
            <binary path="check.exe" type="exe.win32"/>
            <copy path="check.cpp"/>
            <testset><test-count>0</test-count><tests/></testset>
        </checker>
        <validators>
            <validator><source path="files/val.cpp" type="cpp.g++17"/><binary path="files/val.exe" type="exe.win32"/></validator>
        </validators>
        <solutions>
            <solution tag="main"><source path="solutions/sol.cpp" type="cpp.g++17"/><binary path="solutions/sol.exe" type="exe.win32"/></solution>
            <solution tag="accepted"><source path="solutions/sol.py" type="python.3"/></solution>
            <solution tag="wrong-answer"><source path="solutions/small.py" type="python.3"/></solution>
            <solution tag="presentation-error"><source path="solutions/words.py" type="python.3"/></solution>
            <solution tag="time-limit-exceeded"><source path="solutions/slow.py" type="python.3"/></solution>
            <solution tag="rejected"><source path="solutions/crash.py" type="python.3"/></solution>
            <solution tag="do-not-run"><source path="solutions/old.py" type="python.2"/></solution>
        </solutions>
    </assets>
    <properties><property name="tests-wellformed" value="true"/></properties>
</problem>
"""

CHECK_CPP = """#include "testlib.h"
int main(int argc, char** argv) {
    registerTestlibCmd(argc, argv);
    long long wanted = ans.readLong(0, 1000000);
    long long given = ouf.readLong(-1000000, 1000000);
    if (given != wanted) quitf(_wa, "expected %lld, found %lld", wanted, given);
    if (!ouf.seekEof()) quitf(_pe, "more than one number");
    quitf(_ok, "1 number");
}
"""
VAL_CPP = """#include "testlib.h"
int main(int argc, char** argv) {
    registerValidation(argc, argv);
    inf.readInt(1, 100, "n");
    inf.readEoln();
    inf.readEof();
}
"""


def pairs(**changes: str | bytes | None) -> dict[str, bytes]:
    """How many pairs n things make, with groups; ``changes`` by path."""
    questions = (2, 3, 4, 50, 60)
    files: dict[str, str | bytes] = {
        "problem.xml": PROBLEM,
        "doall.sh": "#!/usr/bin/env bash\n", "wipe.sh": "#!/usr/bin/env bash\n", "tags": "math\n", "check.cpp": CHECK_CPP,
        "files/testlib.h": TESTLIB, "files/olymp.sty": "% style\n", "files/gen.cpp": "int main(){}\n",
        "files/check.cpp": CHECK_CPP, "files/val.cpp": VAL_CPP,
        **{f"tests/{number:02}": f"{n}\n" for number, n in enumerate(questions, 1)},
        **{f"tests/{number:02}.a": f"{n * (n - 1) // 2}\n" for number, n in enumerate(questions, 1)},
        "statement-sections/english/name.tex": "Pairs", "statement-sections/english/legend.tex": "How many \\t{<<pairs>>} do $n << 9$ things make?\n",
        "statement-sections/english/input.tex": "One number $n$.\n", "statement-sections/english/output.tex": "One number.\n",
        "statement-sections/english/notes.tex": "\\includegraphics{pairs.png}\n", "statement-sections/english/pairs.png": b"\x89PNG\r\n\x1a\n",
        "statement-sections/english/example.01": "2\n", "statement-sections/english/example.01.a": "1\n",
        "statement-sections/russian/legend.tex": "Сколько пар?\n", "statement-sections/russian/input.tex": "Число $n$.\n",
        "statements/.html/english/problem.html": "<html><body><p>How many pairs?</p></body></html>",
        "statements/.html/english/problem-statement.css": "p{}",
        "statements/english/problem.tex": "\\begin{problem}{Pairs}{}{}{}{}\\end{problem}\n",
        "solutions/sol.cpp": "#include <iostream>\nint main(){long long n;std::cin>>n;std::cout<<n*(n-1)/2;}\n",
        "solutions/sol.py": "n = int(input())\nprint(n * (n - 1) // 2)\n",
        "solutions/small.py": "n = int(input())\nprint(n * (n - 1) // 2 if n < 55 else 0)\n",
        "solutions/words.py": "print('many')\n",
        "solutions/slow.py": "n = int(input())\nwhile n > 10:\n    pass\nprint(n * (n - 1) // 2)\n",
        "solutions/crash.py": "n = int(input())\nassert n < 4\nprint(n * (n - 1) // 2)\n",
        "solutions/old.py": "print input()\n",
    }  # fmt: skip
    return changed(files, changes)


GUESS = """<?xml version="1.0" encoding="utf-8" standalone="no"?>
<problem revision="2" short-name="guess">
    <names><name language="english" value="Guess"/></names>
    <judging input-file="" output-file="" run-count="1">
        <testset name="tests">
            <time-limit>1000</time-limit>
            <memory-limit>134217728</memory-limit>
            <test-count>2</test-count>
            <input-path-pattern>tests/%02d</input-path-pattern>
            <answer-path-pattern>tests/%02d.a</answer-path-pattern>
            <tests><test method="manual" sample="true"/><test method="manual"/></tests>
        </testset>
    </judging>
    <files><resources><file path="files/testlib.h" type="h.g++"/></resources></files>
    <assets>
        <checker name="check.cpp" type="testlib"><source path="files/check.cpp" type="cpp.g++17"/></checker>
        <interactor><source path="files/interactor.cpp" type="cpp.g++17"/></interactor>
        <validators><validator><source path="files/val.cpp" type="cpp.g++17"/></validator></validators>
        <solutions>
            <solution tag="main"><source path="solutions/halves.py" type="python.3"/></solution>
            <solution tag="wrong-answer"><source path="solutions/upwards.py" type="python.3"/></solution>
            <solution tag="rejected"><source path="solutions/silent.py" type="python.3"/></solution>
        </solutions>
    </assets>
</problem>
"""
INTERACTOR_CPP = """#include "testlib.h"
int main(int argc, char** argv) {
    registerInteraction(argc, argv);
    int secret = inf.readInt(1, 100, "secret");
    for (int asked = 1; asked <= 7; ++asked) {
        int guess = ouf.readInt(1, 100, "guess");
        std::cout << (guess < secret ? "higher" : guess > secret ? "lower" : "right") << std::endl;
        if (guess == secret) {
            tout << guess << "\\n";
            quitf(_ok, "%d guesses", asked);
        }
    }
    quitf(_wa, "more than 7 guesses");
}
"""


def guess(**changes: str | bytes | None) -> dict[str, bytes]:
    """A number is guessed in at most seven questions; the checker looks at what the interactor wrote."""
    files: dict[str, str | bytes] = {
        "problem.xml": GUESS,
        "files/testlib.h": TESTLIB, "files/check.cpp": CHECK_CPP, "files/interactor.cpp": INTERACTOR_CPP, "files/val.cpp": VAL_CPP,
        "tests/01": "1\n", "tests/01.a": "1\n", "tests/02": "77\n", "tests/02.a": "77\n",
        "statement-sections/english/legend.tex": "Guess a number from 1 to 100.\n",
        "statement-sections/english/interaction.tex": "Print a number, read \\texttt{higher}, \\texttt{lower} or \\texttt{right}.\n",
        "statement-sections/english/example.01": "right\n", "statement-sections/english/example.01.a": "1\n",
        "solutions/halves.py": "a, b = 1, 100\nwhile True:\n    m = (a + b) // 2\n    print(m, flush=True)\n    said = input()\n    if said == 'right':\n        break\n"
        "    a, b = (m + 1, b) if said == 'higher' else (a, m - 1)\n",
        "solutions/upwards.py": "m = 1\nwhile True:\n    print(m, flush=True)\n    if input() == 'right':\n        break\n    m += 1\n",
        "solutions/silent.py": "print(0)\n",
    }  # fmt: skip
    return changed(files, changes)

SHARES = """<?xml version="1.0" encoding="utf-8" standalone="no"?>
<problem revision="3" short-name="shares">
    <names><name language="english" value="Shares"/></names>
    <judging cpu-name="" cpu-speed="3600" input-file="shares.in" output-file="shares.out" run-count="1">
        <testset name="tests">
            <time-limit>1000</time-limit>
            <memory-limit>134217728</memory-limit>
            <test-count>3</test-count>
            <input-path-pattern>tests/%02d</input-path-pattern>
            <answer-path-pattern>tests/%02d.a</answer-path-pattern>
            <tests>
                <test method="manual" points="20.0" sample="true"/>
                <test cmd="gen 7" method="generated" points="30.0"/>
                <test cmd="gen 9" method="generated" points="50.0"/>
            </tests>
        </testset>
    </judging>
    <files>
        <resources>
            <file for-types="cpp.*;c.*" path="files/shares.h" type="h.g++">
                <stages><stage name="COMPILE"/></stages>
                <assets><asset name="SOLUTION"/></assets>
            </file>
            <file for-types="c.*" path="files/grader.c" type="c.gcc">
                <stages><stage name="COMPILE"/></stages>
                <assets><asset name="SOLUTION"/></assets>
            </file>
            <file for-types="cpp.*" path="files/jury.h" type="h.g++">
                <stages><stage name="COMPILE"/></stages>
                <assets><asset name="CHECKER"/></assets>
            </file>
            <file path="files/testlib.h" type="h.g++"/>
        </resources>
    </files>
    <assets>
        <checker type="testlib"><source path="files/check.cpp" type="cpp.g++17"/></checker>
        <validators>
            <validator><source path="files/size.py" type="python.3"/></validator>
            <validator><source path="files/shape.py" type="python.3"/></validator>
        </validators>
        <solutions>
            <solution tag="main"><source path="solutions/whole.c" type="c.gcc"/></solution>
            <solution tag="rejected"><source path="solutions/near.c" type="c.gcc"/></solution>
            <solution tag="wrong-answer"><source path="solutions/far.c" type="c.gcc"/></solution>
        </solutions>
    </assets>
</problem>
"""
SHARES_CHECK = """#include "testlib.h"
#include "jury.h"
int main(int argc, char** argv) {
    registerTestlibCmd(argc, argv);
    int wanted = ans.readInt(0, 99, "answer"), given = ouf.readInt(0, 99, "output");
    if (given == wanted) quitf(_ok, "all of it");
    if (given == wanted + NEAR) quitf(_pc(50), "near");
    if (given == wanted + 2 * NEAR) quitp(7.5, "not so near");
    quitf(_wa, "far");
}
"""


def shares(**changes: str | bytes | None) -> dict[str, bytes]:
    """Files in place of streams, resources for solutions and for the checker, two validators, and a checker that gives a part, or points."""
    questions = (3, 7, 9)
    solution = '#include "shares.h"\nint twice(int n) { return 2 * n%s; }\n'
    files: dict[str, str | bytes] = {
        "problem.xml": SHARES,
        "files/testlib.h": TESTLIB, "files/check.cpp": SHARES_CHECK, "files/jury.h": "#define NEAR 1\n", "files/shares.h": "int twice(int);\n",
        "files/grader.c": '#include <stdio.h>\n#include "shares.h"\nint main(void) { int n; if (!freopen("shares.in", "r", stdin) || !freopen("shares.out", "w", stdout)'
        ' || scanf("%d", &n) != 1) return 1; printf("%d\\n", twice(n)); return 0; }\n',
        "files/size.py": "import sys\nsys.exit(0 if 0 < int(input()) < 10 else 3)\n",
        "files/shape.py": "import sys\nsys.exit(0 if sys.stdin.read().endswith('\\n') else 3)\n",
        **{f"tests/{number:02}": f"{n}\n" for number, n in enumerate(questions, 1)},
        **{f"tests/{number:02}.a": f"{2 * n}\n" for number, n in enumerate(questions, 1)},
        "statement-sections/english/legend.tex": "Twice as much.\n",
        "solutions/whole.c": solution % "", "solutions/near.c": solution % " + (n > 3) + (n > 7)", "solutions/far.c": solution % " - 1",
    }  # fmt: skip
    return changed(files, changes)
