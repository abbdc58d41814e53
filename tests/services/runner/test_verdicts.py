"""Judging by example: programs with the verdict that they must get. What every language shall do beside stands in test_tongues.py."""

from __future__ import annotations

import dataclasses

import pytest

from contest.limits import MIB, Limits
from tests.services.runner.workshop import LIMITS, Workshop

pytestmark = pytest.mark.sandbox

JAVA_LIMITS = dataclasses.replace(LIMITS, cpu_ms=4000)
"""A JVM alone takes a third of a second, and more where others take its core away."""
SLEEPY = dataclasses.replace(JAVA_LIMITS, wall_ms=800)

ADD = {
    "c": '#include <stdio.h>\nint main(void){long a,b;while(scanf("%ld %ld",&a,&b)==2)printf("%ld\\n",a+b);}',
    "java": (
        "import java.util.*;\npublic class Adder { public static void main(String[] x) { Scanner s = new Scanner(System.in);"
        " while (s.hasNextLong()) System.out.println(s.nextLong() + s.nextLong()); } }"
    ),
    "python3": "import sys\nn=list(map(int,sys.stdin.read().split()))\nfor a,b in zip(n[::2],n[1::2]): print(a+b)",
}
SLEEP = {
    "c": "#include <unistd.h>\nint main(void){sleep(60);}",
    "java": "class Main { public static void main(String[] x) throws Exception { Thread.sleep(60000); } }",
    "python3": "import time\ntime.sleep(60)",
}
EXIT = {
    "c": "int main(void){return 7;}",
    "java": "class Main { public static void main(String[] x) { System.exit(7); } }",
    "python3": "import sys\nsys.exit(7)",
}
FLOOD = {
    "c": '#include <stdio.h>\nint main(void){for(;;)puts("flood");}',
    "java": 'class Main { public static void main(String[] x) { while (true) System.out.println("flood".repeat(100)); } }',
    "python3": "while True: print('flood'*100)",
}
LANGUAGES = ("c", "java", "python3")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_right_answers_are_accepted_in_every_case(workshop: Workshop, language: str) -> None:
    cases = [workshop.shelf.case(str(number), f"{number} 2\n40 2\n", f"{number + 2}\n42\n") for number in range(3)]
    end = await workshop.judged(language, ADD[language], cases, limits=JAVA_LIMITS)
    assert (end.outcome, [result.verdict for result in end.results]) == ("judged", ["AC"] * 3), end
    assert all(result.time_ms >= 0 and result.memory_bytes > 0 for result in end.results)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("programs", "limits", "verdict"),
    [
        pytest.param(SLEEP, SLEEPY, "TLE", id="sleeps"),
        pytest.param(EXIT, JAVA_LIMITS, "RTE", id="exit-code"),
        pytest.param(FLOOD, JAVA_LIMITS, "OLE", id="floods"),
    ],
)
async def test_program_gets_the_verdict_written_beside_it(
    workshop: Workshop, language: str, programs: dict[str, str], limits: Limits, verdict: str
) -> None:
    result = await workshop.only_result(language, programs[language], [workshop.shelf.case("1", "1 2\n", "3\n")], limits=limits)
    assert result.verdict == verdict, result


async def test_signal_and_exit_code_are_told_apart(workshop: Workshop) -> None:
    crashed = await workshop.only_result("c", "#include <stdlib.h>\nint main(void){abort();}")
    returned = await workshop.only_result("c", "int main(void){return 134;}")
    assert (crashed.verdict, crashed.signal, crashed.exit_code) == ("RTE", 6, None)
    assert (returned.verdict, returned.signal, returned.exit_code) == ("RTE", None, 134)


async def test_program_that_kills_itself_is_rte_not_tle(workshop: Workshop) -> None:
    result = await workshop.only_result("c", "#include <signal.h>\nint main(void){raise(SIGKILL);}")
    assert (result.verdict, result.signal) == ("RTE", 9)


async def test_forbidden_system_call_is_rfe(workshop: Workshop) -> None:
    source = "#include <sys/ptrace.h>\nint main(void){ptrace(PTRACE_TRACEME,0,0,0);return 0;}"
    assert (await workshop.only_result("c", source)).verdict == "RFE"


async def test_file_over_its_limit_is_ole(workshop: Workshop) -> None:
    source = '#include <stdio.h>\nint main(void){FILE*f=fopen("big","w");char b[65536]={0};for(;;)fwrite(b,1,sizeof b,f);}'
    limits = dataclasses.replace(LIMITS, file_bytes=4 * MIB)
    assert (await workshop.only_result("c", source, limits=limits)).verdict == "OLE"


async def test_out_of_memory_in_a_child_is_mle_though_the_parent_ends_well(workshop: Workshop) -> None:
    source = (
        "#include <stdlib.h>\n#include <string.h>\n#include <sys/wait.h>\n#include <unistd.h>\n"
        "int main(void){if(!fork())for(;;)memset(malloc(1<<20),1,1<<20);wait(0);return 0;}"
    )
    assert (await workshop.only_result("c", source)).verdict == "MLE"


async def test_pass_fail_stops_at_the_first_case_that_is_not_accepted(workshop: Workshop) -> None:
    cases = [workshop.shelf.case(str(number), f"1 {number}\n", f"{1 + number}\n") for number in (4, 5, 6)]
    end = await workshop.judged("python3", "print(5)", cases)
    assert [(result.index, result.verdict) for result in end.results] == [(0, "AC"), (1, "WA")]


async def test_java_source_may_have_any_public_name_and_package(workshop: Workshop) -> None:
    source = "package finals.day1;\npublic class Solution { public static void main(String[] x) { System.out.println(3); } }"
    result = await workshop.only_result("java", source, [workshop.shelf.case("1", "", "3\n")], limits=JAVA_LIMITS, filename="Whatever.java")
    assert result.verdict == "AC"


async def test_java_exit_code_three_is_rte_unless_the_heap_was_full(workshop: Workshop) -> None:
    source = "class Main { public static void main(String[] x) { System.exit(3); } }"
    assert (await workshop.only_result("java", source, limits=JAVA_LIMITS)).verdict == "RTE"


@pytest.mark.parametrize("journal", ["delete", "wal"])
async def test_who_needs_locks_and_flushes_is_told_that_he_has_them(workshop: Workshop, journal: str) -> None:
    source = (
        f"import sqlite3\ns=sqlite3.connect('/tmp/x.db')\nprint(s.execute('pragma journal_mode={journal}').fetchone()[0])\n"
        "s.execute('create table t(x)')\nwith s: s.executemany('insert into t values(?)',((x,) for x in range(100)))\n"
        "print(sqlite3.connect('/tmp/x.db').execute('select sum(x) from t').fetchone()[0])"
    )
    result = await workshop.only_result("python3", source, [workshop.shelf.case("1", "", f"{journal}\n4950\n")])
    assert result.verdict == "AC", result.message
