"""Files that a problem brings are compiled with every submission: main programs, headers, modules; and whose name is whose."""

from __future__ import annotations

import pytest

from contest.limits import Limits
from services.runner.languages.table import LANGUAGES
from services.runner.sources import gathered, included
from tests.services.runner.workshop import Workshop
from wire.judging import JudgingManifest, Program

JAVA_LIMITS = Limits(cpu_ms=4000, wall_ms=12_000, memory_bytes=128 << 20)

C_DRIVER = '#include <stdio.h>\n#include "adder.h"\nint main(void){long a,b;scanf("%ld %ld",&a,&b);printf("%ld\\n",add(a,b));}'
C_HEADER = "long add(long a, long b);"
PYTHON_DRIVER = "from solution import add\nprint(add(*map(int, input().split())))"
JAVA_DRIVER = (
    "import java.util.*;\npublic class Main { public static void main(String[] x) { Scanner s = new Scanner(System.in);"
    " System.out.println(new Adder().add(s.nextLong(), s.nextLong())); } }"
)


@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("language", "files", "source", "filename"),
    [
        pytest.param("c", {"main.c": C_DRIVER, "adder.h": C_HEADER}, '#include "adder.h"\nlong add(long a, long b){return a+b;}', "", id="c"),
        pytest.param("cpp", {"grader.cpp": 'extern "C" {\n' + C_DRIVER + "\n}", "adder.h": C_HEADER},
                     'extern "C" {\n#include "adder.h"\n}\nlong add(long a, long b){return a+b;}', "adder.cpp", id="cpp"),
        pytest.param("python3", {"main.py": PYTHON_DRIVER}, "def add(a, b): return a + b", "solution.py", id="python"),
        pytest.param("python3", {"tools.py": "def read(): return map(int, input().split())"}, "from tools import read\nprint(sum(read()))", "", id="module"),
        pytest.param("java", {"Main.java": JAVA_DRIVER},
                     "public class Adder { public static void main(String[] mine) { System.out.println(9); } long add(long a, long b) { return a + b; } }",
                     "", id="java"),
    ],
)  # fmt: skip
async def test_submission_is_compiled_with_what_the_problem_brings(
    workshop: Workshop, language: str, files: dict[str, str], source: str, filename: str
) -> None:
    includes = (workshop.shelf.program("*", {"wrong.txt": "of every other language"}), workshop.shelf.program(language, files))
    case = workshop.shelf.case("1", "40 2\n", "42\n")
    result = await workshop.only_result(language, source, [case], includes=includes, filename=filename, limits=JAVA_LIMITS)
    assert result.verdict == "AC", result


@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("language", "files", "source", "filename"),
    [
        ("c", {"main.c": C_DRIVER, "adder.h": C_HEADER}, "int main(void){return 0;}", "main.c"),
        ("java", {"Main.java": JAVA_DRIVER}, "public class Main { public static void main(String[] x) { System.out.println(42); } }", ""),
    ],
)
async def test_name_that_the_problem_has_is_refused_with_words(
    workshop: Workshop, language: str, files: dict[str, str], source: str, filename: str
) -> None:
    end = await workshop.judged(language, source, includes=(workshop.shelf.program(language, files),), filename=filename)
    assert (end.outcome, "that the problem brings itself" in end.compile_output) == ("compile-error", True), end


@pytest.mark.sandbox
async def test_submission_with_a_main_program_of_its_own_does_not_link_with_the_problems(workshop: Workshop) -> None:
    includes = (workshop.shelf.program("c", {"main.c": C_DRIVER, "adder.h": C_HEADER}),)
    end = await workshop.judged("c", "int main(void){return 0;}", includes=includes)
    assert (end.outcome, "main" in end.compile_output) == ("compile-error", True), end


@pytest.mark.sandbox
async def test_grader_of_a_problem_that_names_the_submission_starts_it(workshop: Workshop) -> None:
    grader = {"grader.py": "import adding\nprint(adding.add(*map(int, input().split())))"}
    order = workshop.order(
        "python3", "def add(a, b): return a + b\nif __name__ == '__main__': print(0)", [workshop.shelf.case("1", "40 2", "42")],
        includes=(workshop.shelf.program("python3", grader),), source_name="adding",
    )  # fmt: skip
    end = await workshop.judge.judge(order, workshop.log)
    assert [result.verdict for result in end.results] == ["AC"], end


@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("language", "name", "grader", "source"),
    [
        ("pascal", "stub.pas", "program stub;\nuses adding;\nvar a, b: longint;\nbegin read(a, b); writeln(add(a, b)) end.\n",
         "unit adding;\ninterface\nfunction add(a, b: longint): longint;\nimplementation\nfunction add(a, b: longint): longint;\nbegin add := a + b end;\nend.\n"),
        ("rust", "grader.rs", ("mod adding;\nfn main() { let mut s = String::new(); std::io::stdin().read_line(&mut s).unwrap();"
         " let n: Vec<i32> = s.split_whitespace().map(|x| x.parse().unwrap()).collect(); println!(\"{}\", adding::add(n[0], n[1])); }"), "pub fn add(a: i32, b: i32) -> i32 { a + b }"),
    ],
)  # fmt: skip
async def test_grader_starts_where_the_compiler_finds_the_rest(workshop: Workshop, language: str, name: str, grader: str, source: str) -> None:
    order = workshop.order(
        language, source, [workshop.shelf.case("1", "40 2\n", "42")],
        includes=(workshop.shelf.program(language, {name: grader}),), source_name="adding",
    )  # fmt: skip
    end = await workshop.judge.judge(order, workshop.log)
    assert [result.verdict for result in end.results] == ["AC"], end


def test_files_of_the_language_come_before_those_of_one_like_it_and_those_of_every_one() -> None:
    programs = {name: Program(name, ()) for name in ("cpp", "cpp23", "*")}

    def chosen(language: str, *names: str) -> Program | None:
        manifest = JudgingManifest("p", "v", Limits(), (), None, None, includes=tuple(programs[name] for name in names))  # type: ignore[arg-type]  # neither is looked at
        return included(manifest, language)

    assert chosen("cpp23", "*", "cpp", "cpp23") is programs["cpp23"]
    assert chosen("cpp17", "*", "cpp", "cpp23") is programs["cpp"]
    assert chosen("rust", "*", "cpp") is programs["*"]
    assert chosen("rust", "cpp") is None


def test_name_that_is_only_ours_gives_way() -> None:
    files = gathered(LANGUAGES["python3"], b"x = 1", "", {"main.py": b""})
    assert (set(files.files), files.start_with) == ({"main.py", "submission.py"}, ("main.py",))
