"""Every language in a real box: answers, mistakes, exceptions, endless loops, full heaps and deep recursion get the verdict that they should.

One program per language does what the first word of its input says, so that one compilation serves every verdict.
"""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from contest.limits import MIB, Limits
from contest.verdicts import Verdict
from services.runner.languages.table import LANGUAGES
from services.runner.sandbox.execution import Job
from tests.services.runner.workshop import Workshop
from wire.judging import ProgramFile

TONGUES = Path(__file__).parent / "tongues"
SMALL = Limits(cpu_ms=10_000, wall_ms=30_000, memory_bytes=64 * MIB, output_bytes=MIB, processes=4)
SHORT = dataclasses.replace(SMALL, cpu_ms=300, wall_ms=10_000)
RUN = tuple(name for name, language in LANGUAGES.items() if not language.is_output and name not in {"cpp17", "cpp23"})
DEPTH = {"bash": 200}
HOST_PATHS = (str(Path(__file__).parents[3]), str(Path.home()), "/var/", "palestra-")


def _source(language: str) -> str:
    return (TONGUES / LANGUAGES[language].default_source).read_text(encoding="utf-8")


def laid(workshop: Workshop) -> dict[str, object]:
    """What a case gives besides its input."""
    return {"arguments": ("--fast", "two words", ""), "files": (ProgramFile("map/a.txt", workshop.shelf.keep(b"here be dragons\n"), 16),)}


@pytest.mark.parametrize("language", RUN)
async def test_every_way_to_end_has_its_verdict_in_small_memory(workshop: Workshop, language: str) -> None:
    depth = DEPTH.get(language, 20_000)

    async def verdict(given: str, wanted: int | str, limits: Limits = SMALL) -> tuple[Verdict, str]:
        result = await workshop.only_result(language, _source(language), [workshop.shelf.case("1", f"{given}\n", str(wanted))], limits=limits)
        return result.verdict, result.message

    ends = {
        "sum": await verdict("sum 20 22", 42),
        "wrong": await verdict("sum 20 22", 43),
        "deep": await verdict(f"deep {depth} 0", depth),
        "throw": await verdict("throw 0 0", ""),
        "loop": await verdict("loop 0 0", "", SHORT),
        "hog": await verdict("hog 0 0", ""),
    }
    given = workshop.shelf.case("1", "given 0 0\n", "[--fast][two words][]here be dragons\n", **laid(workshop))
    result = await workshop.only_result(language, _source(language), [given], limits=SMALL, writes_files=False)
    assert result.verdict is Verdict.AC, f"arguments and files of a case, in a folder that nobody may write to: {result}"
    wanted = {"sum": Verdict.AC, "wrong": Verdict.WA, "deep": Verdict.AC, "throw": Verdict.RTE, "loop": Verdict.TLE, "hog": Verdict.MLE}
    assert {word: end[0] for word, end in ends.items()} == wanted, ends
    if language != "bash":
        ends["fall"] = await verdict("fall 0 0", "")
        assert ends["fall"][0] in {Verdict.RTE, Verdict.MLE}, ends["fall"]


@pytest.mark.parametrize("language", RUN)
async def test_mistakes_are_told_where_they_are_and_nothing_of_the_host(workshop: Workshop, language: str) -> None:
    source = "<?php )(\n" if language == "php" else f")(\n{_source(language)}"
    end = await workshop.judged(language, source)
    assert end.outcome == "compile-error"
    told = [line for line in end.compile_output.splitlines() if LANGUAGES[language].default_source in line and re.search(r"\b[12]\b", line)]
    assert told, end.compile_output
    assert not [path for path in HOST_PATHS if path in end.compile_output], end.compile_output


@pytest.mark.parametrize(("language", "standard"), [("cpp", 202002), ("cpp17", 201703), ("cpp23", 202100)])
async def test_each_standard_of_cpp_is_that_standard(workshop: Workshop, language: str, standard: int) -> None:
    source = '#include <stdio.h>\nint main() { printf("%ld", __cplusplus); }\n'
    assert (await workshop.only_result(language, source, [workshop.shelf.case("1", "", str(standard))])).verdict is Verdict.AC


async def test_a_wrong_type_is_a_compile_error_in_typescript(workshop: Workshop) -> None:
    end = await workshop.judged("typescript", 'const n: number = "one";\n')
    assert (end.outcome, "main.ts(1,7): error TS2322" in end.compile_output) == ("compile-error", True), end


SEVERAL = {
    "typescript": {"main.ts": 'import { sum } from "./more/sum";\nconsole.log(sum(20, 22));\n', "more/sum.ts": "export const sum = (a: number, b: number) => a + b;\n"},
    "ocaml": {"main.ml": "let () = print_int (Sums.sum 20 22)\n", "sums.ml": "let sum a b = a + b\n"},
    "rust": {"main.rs": 'mod sums;\nfn main() { print!("{}", sums::sum(20, 22)) }\n', "sums.rs": "pub fn sum(a: i32, b: i32) -> i32 { a + b }\n"},
    "haskell": {"Main.hs": "import Sums\nmain = print (plus 20 22)\n", "Sums.hs": "module Sums where\nplus :: Int -> Int -> Int\nplus = (+)\n"},
    "go": {"main.go": "package main\nfunc main() { print_(20 + 22) }\n", "out.go": 'package main\nimport "fmt"\nfunc print_(n int) { fmt.Print(n) }\n'},
    "python3": {"main.py": "from sums import plus\nprint(plus(20, 22))\n", "sums.py": "def plus(a, b):\n    return a + b\n"},
    "javascript": {"main.js": 'console.log(require("./sums.js")(20, 22));\n', "sums.js": "module.exports = (a, b) => a + b;\n"},
    "pascal": {"main.pas": "uses sums;\nbegin write(plus(20, 22)); end.\n", "sums.pas": "unit sums;\ninterface\nfunction plus(a, b: longint): longint;\nimplementation\nfunction plus(a, b: longint): longint;\nbegin plus := a + b; end;\nend.\n"},
    "csharp": {"a.cs": "class P { static void Main() { System.Console.Write(Sums.Plus(20, 22)); } }\n", "b.cs": "static class Sums { public static int Plus(int a, int b) { return a + b; } }\n"},
}  # fmt: skip


@pytest.mark.parametrize("language", SEVERAL)
async def test_programs_of_several_files_find_each_other(workshop: Workshop, language: str) -> None:
    built = await workshop.builds.build(language, {path: text.encode() for path, text in SEVERAL[language].items()})
    launch = built.launch(SMALL)
    async with workshop.pool.box() as box:
        await built.furnish(box)
        execution = await box.execute(Job(launch.argv, launch.limits, launch.environment))
    output = execution.output.head(100)
    execution.output.close()
    assert (execution.verdict, output.strip()) == (None, b"42"), (execution.detail, execution.stderr)


async def test_plain_text_is_its_own_output(workshop: Workshop) -> None:
    built = await workshop.builds.build("text", {"output.txt": b"42\n"})
    assert (built.plan.steps, dict(built.files), built.toolchain.language.is_output) == ((), {"output.txt": b"42\n"}, True)
