"""Judging by example: programs in every language with the verdict that they must get."""

from __future__ import annotations

import dataclasses

import pytest

from contest.limits import MIB, Limits
from tests.services.runner.workshop import LIMITS, Workshop

pytestmark = pytest.mark.sandbox

JAVA_LIMITS = dataclasses.replace(LIMITS, cpu_ms=1500)
SMALL = dataclasses.replace(LIMITS, cpu_ms=300, wall_ms=800, memory_bytes=64 * MIB)

ADD = {
    "c": '#include <stdio.h>\nint main(void){long a,b;while(scanf("%ld %ld",&a,&b)==2)printf("%ld\\n",a+b);}',
    "cpp": "#include <iostream>\nint main(){long a,b;while(std::cin>>a>>b)std::cout<<a+b<<'\\n';}",
    "java": (
        "import java.util.*;\npublic class Adder { public static void main(String[] x) { Scanner s = new Scanner(System.in);"
        " while (s.hasNextLong()) System.out.println(s.nextLong() + s.nextLong()); } }"
    ),
    "python3": "import sys\nn=list(map(int,sys.stdin.read().split()))\nfor a,b in zip(n[::2],n[1::2]): print(a+b)",
}
WRONG = {
    "c": '#include <stdio.h>\nint main(void){puts("5");}',
    "cpp": '#include <cstdio>\nint main(){puts("5");}',
    "java": 'class Main { public static void main(String[] x) { System.out.println("5"); } }',
    "python3": "print(5)",
}
SPIN = {
    "c": "int main(void){volatile unsigned n=0;for(;;)n++;}",
    "cpp": "int main(){volatile unsigned n=0;for(;;)n=n+1;}",
    "java": "class Main { public static void main(String[] x) { long n = 0; while (System.nanoTime() != 0) n++; } }",
    "python3": "while True: pass",
}
SLEEP = {
    "c": "#include <unistd.h>\nint main(void){sleep(60);}",
    "cpp": "#include <unistd.h>\nint main(){sleep(60);}",
    "java": "class Main { public static void main(String[] x) throws Exception { Thread.sleep(60000); } }",
    "python3": "import time\ntime.sleep(60)",
}
HUNGRY = {
    "c": "#include <stdlib.h>\n#include <string.h>\nint main(void){for(;;)memset(malloc(1<<20),1,1<<20);}",
    "cpp": "#include <vector>\nint main(){std::vector<std::vector<char>> v;for(;;)v.emplace_back(1<<20,1);}",
    "java": (
        "import java.util.*;\nclass Main { public static void main(String[] x) { List<long[]> a = new ArrayList<>();"
        " while (true) a.add(new long[1 << 17]); } }"
    ),
    "python3": "a=[]\nwhile True: a.append(bytearray(1<<20))",
}
CRASH = {
    "c": "int main(void){*(volatile int*)0=1;}",
    "cpp": "#include <stdexcept>\nint main(){throw std::runtime_error(\"no\");}",
    "java": "class Main { public static void main(String[] x) { int[] a = new int[1]; a[x.length + 1] = 1; } }",
    "python3": "1/0",
}
EXIT = {
    "c": "int main(void){return 7;}",
    "cpp": "int main(){return 7;}",
    "java": "class Main { public static void main(String[] x) { System.exit(7); } }",
    "python3": "import sys\nsys.exit(7)",
}
FLOOD = {
    "c": '#include <stdio.h>\nint main(void){for(;;)puts("flood");}',
    "cpp": '#include <cstdio>\nint main(){for(;;)puts("flood");}',
    "java": 'class Main { public static void main(String[] x) { while (true) System.out.println("flood".repeat(100)); } }',
    "python3": "while True: print('flood'*100)",
}
BROKEN = {
    "c": "int main(void){return nothing_of_that_name;}",
    "cpp": "int main(){return nothing_of_that_name;}",
    "java": "class Main { public static void main(String[] x) { nothing(); } }",
    "python3": "def broken(:\n  pass",
}
LANGUAGES = ("c", "cpp", "java", "python3")


def limits_for(language: str, limits: Limits) -> Limits:
    """A JVM alone takes a third of a second."""
    return dataclasses.replace(limits, cpu_ms=limits.cpu_ms + 1200, wall_ms=limits.wall_ms + 1200) if language == "java" else limits


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
        pytest.param(WRONG, LIMITS, "WA", id="wrong"),
        pytest.param(SPIN, SMALL, "TLE", id="spins"),
        pytest.param(SLEEP, SMALL, "TLE", id="sleeps"),
        pytest.param(HUNGRY, dataclasses.replace(LIMITS, memory_bytes=64 * MIB, cpu_ms=3000), "MLE", id="hungry"),
        pytest.param(CRASH, LIMITS, "RTE", id="crashes"),
        pytest.param(EXIT, LIMITS, "RTE", id="exit-code"),
        pytest.param(FLOOD, LIMITS, "OLE", id="floods"),
    ],
)
async def test_program_gets_the_verdict_written_beside_it(
    workshop: Workshop, language: str, programs: dict[str, str], limits: Limits, verdict: str
) -> None:
    result = await workshop.only_result(language, programs[language], [workshop.shelf.case("1", "1 2\n", "3\n")], limits=limits_for(language, limits))
    assert result.verdict == verdict, result


@pytest.mark.parametrize("language", LANGUAGES)
async def test_what_does_not_compile_is_ce_with_what_the_compiler_said(workshop: Workshop, language: str) -> None:
    end = await workshop.judged(language, BROKEN[language])
    assert end.outcome == "compile-error"
    assert "error" in end.compile_output.lower()
    assert not end.results


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
    end = await workshop.judged("python3", WRONG["python3"], cases)
    assert [(result.index, result.verdict) for result in end.results] == [(0, "AC"), (1, "WA")]


async def test_java_source_may_have_any_public_name_and_package(workshop: Workshop) -> None:
    source = "package finals.day1;\npublic class Solution { public static void main(String[] x) { System.out.println(3); } }"
    result = await workshop.only_result("java", source, [workshop.shelf.case("1", "", "3\n")], limits=JAVA_LIMITS, filename="Whatever.java")
    assert result.verdict == "AC"


async def test_java_exit_code_three_is_rte_unless_the_heap_was_full(workshop: Workshop) -> None:
    source = "class Main { public static void main(String[] x) { System.exit(3); } }"
    assert (await workshop.only_result("java", source, limits=JAVA_LIMITS)).verdict == "RTE"
