"""Conversations with real programs in real boxes: who ended first, whose fault it was, and that nobody waits for ever."""

from __future__ import annotations

import asyncio
import dataclasses
import os
from collections.abc import AsyncIterator, Mapping
from fractions import Fraction
from pathlib import Path

import pytest
import pytest_asyncio

from contest.limits import MIB, Limits
from contest.results import CaseResult
from services.runner.languages.table import Toolchain
from tests.services.runner.workshop import LIMITS, Log, Workshop
from wire.judging import Checker, CheckerKind

pytestmark = [pytest.mark.sandbox, pytest.mark.asyncio(loop_scope="module")]

QUICK = dataclasses.replace(LIMITS, cpu_ms=1000, wall_ms=2500)

# The number to guess is the input; 42 guesses at most. It takes the end of file for a wrong answer, as it should.
GUESSING = r"""
#include <stdio.h>
#include <stdlib.h>
int main(int n, char **v) {
    char path[200];
    snprintf(path, sizeof path, "%sjudgemessage.txt", v[n - n + 3]);
    FILE *in = fopen(v[1], "r"), *answer = fopen(v[2], "r"), *say = fopen(path, "w");
    long secret, guess;
    if (!in || !answer || !say || fscanf(in, "%ld", &secret) != 1) return 1;
    for (int i = 0; i < 42; i++) {
        if (scanf("%ld", &guess) != 1) { fputs("no guess", say); return 43; }
        if (guess < 0) abort();
        puts(guess < secret ? "higher" : guess > secret ? "lower" : "correct");
        fflush(stdout);
        if (guess == secret) { fprintf(say, "after %d", i + 1); return 42; }
    }
    fputs("too many guesses", say);
    return 43;
}
"""
BISECTING = r"""
#include <stdio.h>
int main(void) {
    long low = 0, high = 1000;
    char said[9] = "";
    do { long guess = (low + high) / 2; printf("%ld\n", guess); fflush(stdout); if (scanf("%8s", said) != 1) return 1; if (*said == 'h') low = guess + 1; else high = guess; }
    while (*said != 'c');
    return 0;
}
"""
STDIO = "#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n#include <unistd.h>\n"
FLOOD = STDIO + 'int main(void){for(;;)puts("flood");}'
PYTHON_BISECTING = """
low, high = 0, 1000
while True:
    guess = (low + high) // 2
    print(guess, flush=True)
    said = input()
    if said == "correct": break
    low, high = (guess + 1, high) if said == "higher" else (low, guess)
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def workshop(
    tmp_path_factory: pytest.TempPathFactory, programs_folder: Path, toolchains: Mapping[str, Toolchain]
) -> AsyncIterator[Workshop]:
    """One for all conversations: what they talk with is compiled once."""
    async with Workshop(tmp_path_factory.mktemp("talks"), programs_folder, toolchains) as made:
        yield made


def guessing(workshop: Workshop) -> Checker:
    return workshop.shelf.custom("c", GUESSING, "interactor.c")


async def talked(workshop: Workshop, language: str, source: str, checker: Checker | None = None, **more: object) -> CaseResult:
    """What came of one conversation about the number 700."""
    more.setdefault("limits", QUICK)
    case = workshop.shelf.case("1", "700\n", "700\n")
    return await workshop.only_result(language, source, [case], checker or guessing(workshop), is_interactive=True, **more)


@pytest.mark.parametrize(("language", "source"), [("c", BISECTING), ("python3", PYTHON_BISECTING)])
async def test_right_conversation_is_accepted_with_the_interactors_words(workshop: Workshop, language: str, source: str) -> None:
    result = await talked(workshop, language, source)
    assert (result.verdict, result.message) == ("AC", "after 8"), result
    assert result.memory_bytes > 0


@pytest.mark.parametrize(
    ("language", "source", "verdict", "words"),
    [
        pytest.param("c", STDIO + 'int main(void){for(;;){puts("1");fflush(stdout);}}', "WA", "too many guesses", id="never-listens"),
        pytest.param("c", STDIO + 'int main(void){puts("500");}', "WA", "", id="leaves-early"),
        pytest.param("c", STDIO + 'int main(void){puts("500");fflush(stdout);abort();}', "RTE", "SIGABRT", id="crashes"),
        pytest.param("c", "int main(void){return 3;}", "RTE", "exit code 3", id="exit-code"),
        pytest.param("c", "int main(void){volatile unsigned n=0;for(;;)n=n+1;}", "TLE", "CPU time", id="spins"),
        pytest.param("c", STDIO + "int main(void){for(;;)memset(malloc(1<<20),1,1<<20);}", "MLE", "memory", id="hungry"),
        pytest.param("c", "#include <sys/ptrace.h>\nint main(void){ptrace(PTRACE_TRACEME,0,0,0);return 0;}", "RFE", "not allowed", id="forbidden"),
        pytest.param("python3", "while True:\n    print(1, flush=True)\n    input()", "WA", "too many guesses", id="end-of-file-after-the-verdict"),
        pytest.param("python3", PYTHON_BISECTING + "print('thanks')", "AC", "after 8", id="thanks"),
        pytest.param("python3", PYTHON_BISECTING + "raise SystemExit(5)", "RTE", "exit code 5", id="accepted-then-exit-code"),
        pytest.param("c", "int main(void){return 0;}", "WA", "no guess", id="says-nothing"),
    ],
)
async def test_who_ended_first_and_how_decides(workshop: Workshop, language: str, source: str, verdict: str, words: str) -> None:
    result = await talked(workshop, language, source, limits=dataclasses.replace(QUICK, cpu_ms=500, memory_bytes=64 * MIB))
    assert (result.verdict, words in result.message) == (verdict, True), result


async def test_who_does_not_flush_waits_and_is_told_so_soon(workshop: Workshop) -> None:
    limits = dataclasses.replace(QUICK, wall_ms=60_000)
    result = await talked(workshop, "python3", PYTHON_BISECTING.replace(", flush=True", "").replace("input()", "__import__('sys').stdin.readline().strip()"), limits=limits)
    assert (result.verdict, "flushed" in result.message) == ("TLE", True), result
    assert result.wall_ms < 20_000


async def test_who_stays_after_the_end_is_late(workshop: Workshop) -> None:
    limits = dataclasses.replace(QUICK, wall_ms=60_000)
    result = await talked(workshop, "python3", PYTHON_BISECTING + "import time\ntime.sleep(50)", limits=limits)
    assert (result.verdict, "did not end" in result.message) == ("TLE", True), result
    assert result.wall_ms < 20_000


async def test_who_is_rejected_is_not_waited_for(workshop: Workshop) -> None:
    source = "import time\nfor _ in range(50): print(1, flush=True)\ntime.sleep(50)"
    result = await talked(workshop, "python3", source, limits=dataclasses.replace(QUICK, wall_ms=60_000))
    assert (result.verdict, result.signal, result.message) == ("WA", None, "too many guesses")
    assert result.wall_ms < 20_000


async def test_two_who_flood_and_never_read_are_ended_by_the_output_limit(workshop: Workshop) -> None:
    flood = workshop.shelf.custom("c", FLOOD, "interactor.c")
    result = await talked(workshop, "c", FLOOD, flood, limits=dataclasses.replace(QUICK, output_bytes=8 * MIB))
    assert result.verdict == "TLE", result  # nobody reads: the pipes are full, both wait
    reader = workshop.shelf.custom("c", STDIO + "int main(void){while(getchar()!=EOF);return 43;}", "interactor.c")
    flooded = await talked(workshop, "c", FLOOD, reader, limits=dataclasses.replace(QUICK, output_bytes=MIB))
    assert flooded.verdict == "OLE", flooded


@pytest.mark.parametrize(
    ("interactor", "why"),
    [
        pytest.param("int main(void){return 0;}", "exit code 0", id="no-word"),
        pytest.param(STDIO + "int main(void){abort();}", "SIGABRT", id="crashes"),
        pytest.param("int main(void){for(;;);}", "CPU time", id="spins"),
        pytest.param(STDIO + "int main(void){close(0);close(1);sleep(60);}", "waited for ever", id="stays"),
    ],
)
async def test_interactor_that_fails_is_ve_never_wa(workshop: Workshop, interactor: str, why: str) -> None:
    checker = workshop.shelf.custom("c", interactor, "interactor.c", limits=Limits(cpu_ms=300, wall_ms=60_000))
    result = await talked(workshop, "c", STDIO + "int main(void){getchar();}", checker)
    assert (result.verdict, why in result.message) == ("VE", True), result


async def test_interactor_that_a_guess_breaks_is_ve(workshop: Workshop) -> None:
    result = await talked(workshop, "c", STDIO + 'int main(void){puts("-1");fflush(stdout);getchar();}')
    assert (result.verdict, "SIGABRT" in result.message) == ("VE", True), result


@pytest.mark.parametrize(
    ("language", "interactor"),
    [
        pytest.param("c", STDIO + 'int main(void){for(;;){puts("go");fflush(stdout);}}', id="sigpipe"),
        pytest.param("python3", "while True: input()", id="end-of-file"),
    ],
)
async def test_interactor_that_dies_since_the_solution_left_makes_it_wa(workshop: Workshop, language: str, interactor: str) -> None:
    checker = workshop.shelf.custom(language, interactor, {"c": "talk.c"}.get(language, "talk.py"))
    left = await talked(workshop, "c", "int main(void){return 0;}", checker)
    assert (left.verdict, left.message) == ("WA", "the program ended before the interaction was over"), left
    crashed = await talked(workshop, "c", STDIO + "int main(void){abort();}", checker)
    assert (crashed.verdict, "SIGABRT" in crashed.message) == ("RTE", True), crashed


# Reads a guess, answers it, and lives on.
CPP_ANSWERING = "#include <iostream>\nint main(){long guess;while(std::cin>>guess)std::cout<<\"lower\"<<std::endl;return CODE;}"
PYTHON_ANSWERING = "import sys\nfor line in sys.stdin: print('lower', flush=True)\nsys.exit(CODE)"
DEAF = STDIO + r'int main(void){puts("1");fflush(stdout);close(0);for(int i=0;i<200;i++){puts("2");fflush(stdout);usleep(50);}END}'
MUTE = STDIO + "int main(void){close(1);for(;;)pause();}"
GABBLING = {"c": STDIO + 'int main(void){for(;;){puts("go");fflush(stdout);}}', "python3": "while True: print('go', flush=True)"}


@pytest.mark.parametrize(("language", "source", "name"), [("cpp", CPP_ANSWERING, "talk.cpp"), ("python3", PYTHON_ANSWERING, "talk.py")])
@pytest.mark.parametrize(("kind", "code"), [(CheckerKind.CUSTOM, 43), (CheckerKind.TESTLIB, 1)])
async def test_who_closes_its_input_kills_no_interactor_that_answers(
    workshop: Workshop, language: str, source: str, name: str, kind: CheckerKind, code: int
) -> None:
    talker = Checker(kind, program=workshop.shelf.program(language, {name: source.replace("CODE", str(code))}))
    given = (Checker(), talker) if kind is CheckerKind.TESTLIB else (talker, None)
    left = await talked(workshop, "c", DEAF.replace("END", "return 0;"), given[0], interactor=given[1])
    assert (left.verdict, left.message) == ("WA", ""), left
    stays = await talked(workshop, "c", DEAF.replace("END", "for(;;)pause();"), given[0], interactor=given[1], limits=dataclasses.replace(QUICK, wall_ms=30_000))
    assert (stays.verdict, "wait for each other" in stays.message) == ("TLE", True), stays


@pytest.mark.parametrize(
    ("language", "end", "verdict", "words"),
    [
        ("python3", "for(;;)pause();", "WA", "closed its input or its output"),
        ("c", "abort();", "RTE", "SIGABRT"),
        ("c", "volatile unsigned n=0;for(;;)n=n+1;", "TLE", "CPU time"),
    ],
)
async def test_who_listens_to_none_of_very_much_is_at_fault_for_the_interactors_death(
    workshop: Workshop, language: str, end: str, verdict: str, words: str
) -> None:
    checker = workshop.shelf.custom(language, GABBLING[language], {"c": "talk.c"}.get(language, "talk.py"))
    limits = dataclasses.replace(QUICK, cpu_ms=300, wall_ms=15_000)
    result = await talked(workshop, "c", STDIO + "int main(void){close(0);" + end + "}", checker, limits=limits)
    assert (result.verdict, words in result.message) == (verdict, True), result


async def test_who_closes_its_input_and_then_fails_by_itself_has_its_own_verdict(workshop: Workshop) -> None:
    for end, verdict in (("*(volatile int*)0=1;", "RTE"), ("volatile unsigned n=0;for(;;)n=n+1;", "TLE")):
        result = await talked(workshop, "c", STDIO + "int main(void){close(0);" + end + "}", limits=dataclasses.replace(QUICK, cpu_ms=300))
        assert result.verdict == verdict, result


async def test_who_closes_its_output_and_stays_is_at_fault_for_the_interactors_death(workshop: Workshop) -> None:
    checker = workshop.shelf.custom("python3", "while True: input()", "talk.py")
    result = await talked(workshop, "c", MUTE, checker)
    assert (result.verdict, "closed its input or its output" in result.message) == ("WA", True), result


async def test_interactor_that_crashes_of_itself_is_ve_though_nobody_listens(workshop: Workshop) -> None:
    result = await talked(workshop, "c", STDIO + 'int main(void){close(0);puts("-1");fflush(stdout);for(;;)pause();}')
    assert (result.verdict, "SIGABRT" in result.message) == ("VE", True), result


async def test_manager_that_nobody_listens_to_has_the_word(workshop: Workshop) -> None:
    manager = Checker(CheckerKind.CMS, program=workshop.shelf.program("c", {"manager.c": MANAGER}))
    result = await talked(workshop, "c", DEAF.replace("END", "for(;;)pause();"), Checker(), interactor=manager, is_scoring=True)
    assert (result.verdict, result.message) == ("WA", "not found"), result


async def test_jury_sees_the_head_of_a_rejected_conversation(workshop: Workshop) -> None:
    result = await talked(workshop, "python3", "print(500, flush=True)\ninput()\nprint(999, flush=True)")
    assert (result.verdict, result.output_head.splitlines()[:4]) == ("WA", ["> 500", "< higher", "> 999", "< lower"])


async def test_interactor_scores_and_its_feedback_is_its_own_case_only(workshop: Workshop) -> None:
    source = (
        "import os, sys\nfolder = sys.argv[3]\nassert not os.listdir(folder), os.listdir(folder)\nprint(open(sys.argv[1]).read(), flush=True)\n"
        "open(folder + 'score.txt', 'w').write(input())\nsys.exit(42)"
    )
    cases = [workshop.shelf.case(str(number), str(number), "") for number in (3, 4)]
    checker = workshop.shelf.custom("python3", source, "interactor.py")
    end = await workshop.judged("python3", "print(input())", cases, checker, is_interactive=True, is_scoring=True)
    assert [result.points for result in end.results] == [Fraction(3), Fraction(4)], end


TESTLIB_INTERACTOR = r"""
import sys
given, output, answer = sys.argv[1:4]
secret = int(open(given).read())
assert open(answer).read() == "700\n"
guesses = 0
for line in sys.stdin:
    guesses += 1
    guess = int(line)
    print("correct" if guess == secret else "higher" if guess < secret else "lower", flush=True)
    if guess == secret:
        open(output, "w").write(f"{guesses}\n")
        sys.stderr.write("ok it was found")
        sys.exit(0)
    if guesses == 20:
        sys.stderr.write("wrong answer never found")
        sys.exit(1)
sys.stderr.write("wrong answer gave up")
sys.exit(1)
"""
FEW_GUESSES = "import sys\ncount = int(open(sys.argv[2]).read())\nsys.stderr.write(f'{count} guesses')\nsys.exit(0 if count < 10 else 1)"


@pytest.mark.parametrize(
    ("source", "verdict", "message"),
    [
        (PYTHON_BISECTING, "AC", "8 guesses\nok it was found"),
        ("for i in range(690, 701):\n    print(i, flush=True)\n    input()", "WA", "11 guesses\nok it was found"),
        ("for i in range(50):\n    print(i, flush=True)\n    input()", "WA", "wrong answer never found"),
        ("pass", "WA", "wrong answer gave up"),
    ],
)
async def test_checker_judges_what_an_interactor_of_testlibs_kind_leaves(workshop: Workshop, source: str, verdict: str, message: str) -> None:
    interactor = Checker(CheckerKind.TESTLIB, program=workshop.shelf.program("python3", {"interactor.py": TESTLIB_INTERACTOR}))
    checker = Checker(CheckerKind.TESTLIB, program=workshop.shelf.program("python3", {"check.py": FEW_GUESSES}))
    result = await talked(workshop, "python3", source, checker, interactor=interactor)
    assert (result.verdict, result.message) == (verdict, message), result


BY_NAME = """
#include <stdio.h>
int main(int n, char **v) {
    FILE *from = fopen(v[1], "r"), *to = fopen(v[n - 1], "w");
    char said[9];
    fputs("700\\n", to);
    fflush(to);
    return fscanf(from, "%8s", said) != 1;
}
"""
# A manager in the manner of CMS: FIFOs by name, score and words at its end, last words on the FIFO right before it ends.
MANAGER = r"""
#include <stdio.h>
int main(int n, char **v) {
    if (n != 3) return 9;
    FILE *from = fopen(v[1], "r"), *to = fopen(v[2], "w");
    long secret, guess = 0;
    if (scanf("%ld", &secret) != 1) return 8;
    int count = 0;
    while (fscanf(from, "%ld", &guess) == 1 && ++count < 30) {
        fprintf(to, "%s\n", guess < secret ? "higher" : guess > secret ? "lower" : "correct");
        fflush(to);
        if (guess == secret) break;
    }
    fprintf(stderr, guess == secret ? "translate:success" : "not found");
    puts(guess == secret ? (count < 10 ? "1.0" : "0.5") : "0");
}
"""


@pytest.mark.parametrize(
    ("language", "source", "verdict", "message"),
    [
        ("python3", PYTHON_BISECTING, "AC", "the output is correct"),
        ("c", BISECTING, "AC", "the output is correct"),
        ("python3", "for i in range(690, 701):\n    print(i, flush=True)\n    input()", "PA", "the output is correct"),
        ("python3", "print(3, flush=True)", "WA", "not found"),
        ("c", BY_NAME, "AC", "the output is correct"),
    ],
)
async def test_cms_manager_talks_over_fifos(workshop: Workshop, language: str, source: str, verdict: str, message: str) -> None:
    manager = Checker(CheckerKind.CMS, program=workshop.shelf.program("c", {"manager.c": MANAGER}))
    result = await talked(workshop, language, source, Checker(), interactor=manager, is_scoring=True)
    assert (result.verdict, result.message) == (verdict, message), result


async def test_what_cannot_be_put_together_is_the_setters_fault(workshop: Workshop) -> None:
    for checker in (Checker(), Checker(CheckerKind.TESTLIB, program=workshop.shelf.program("python3", {"check.py": "pass"}))):
        end = await workshop.judged("python3", "pass", (), checker, is_interactive=True)
        assert end.outcome == "checker-error", end


async def test_solution_finds_nothing_of_the_interactors_in_its_box(workshop: Workshop) -> None:
    spy = (
        "import os, sys\nfound = []\nfor place in ('/case/input', '/case/answer', '/feedback/judgemessage.txt', '/box/interactor.out', *map('/proc/self/fd/{}'.format, range(3, 20))):\n"
        "    try: found.append(place + open(place).read())\n    except OSError: pass\n"
        "pids = [name for name in os.listdir('/proc') if name.isdigit()]\nsys.stderr.write(f'{found} {sorted(pids)} {os.listdir(\"/feedback\")}')\nsys.exit(7)"
    )
    result = await talked(workshop, "python3", spy)
    assert result.verdict == "RTE", result
    assert result.message.endswith("\n[] ['1', '2'] []"), result.message


async def test_conversation_that_is_cancelled_leaves_no_process(workshop: Workshop) -> None:
    slow = "import time\nprint(1, flush=True)\ninput()\nwhile True: pass"
    case = workshop.shelf.case("1", "700\n", "700\n")
    order = workshop.order("python3", slow, [case], guessing(workshop), is_interactive=True, limits=Limits(cpu_ms=30_000, wall_ms=60_000))
    work = asyncio.create_task(workshop.judge.judge(order, Log()))
    async with asyncio.timeout(10):
        while not _relays():
            await asyncio.sleep(0.01)
        work.cancel()
        await asyncio.wait([work])
        assert work.cancelled()
        while _relays():
            await asyncio.sleep(0.01)


def _relays() -> list[str]:
    """The relays among this process's children."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii").split()
    return [pid for pid in children if "relay-" in _name(pid)]


def _name(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8")
    except OSError:
        return ""


async def test_long_conversation_loses_and_adds_nothing(workshop: Workshop) -> None:
    """Lines of every length up to the size of a pipe and beyond come back as they were sent."""
    echo = workshop.shelf.custom("python3", (
        "import sys\nfor size in [1, 100, 4095, 4096, 4097, 65535, 65536, 65537, 300000] + [7] * 3000:\n"
        "    word = 'x' * size\n    print(word, flush=True)\n    if sys.stdin.readline() != word + '\\n': sys.exit(43)\nsys.exit(42)"
    ), "interactor.py")  # fmt: skip
    result = await talked(workshop, "python3", "import sys\nfor line in sys.stdin:\n    print(line, end='', flush=True)", echo)
    assert result.verdict == "AC", result
