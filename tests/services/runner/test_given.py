"""What a case gives besides its input: arguments and files in every kind of problem; a static validator sees the source.

That they reach programs in every language is told by `test_tongues`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from fractions import Fraction

import pytest

from contest.groups import Aggregation, CaseGroup, OnReject
from contest.verdicts import Verdict
from tests.services.runner.workshop import Log, Workshop
from wire.judging import Program, ProgramFile

pytestmark = pytest.mark.sandbox

GIVEN = ("--fast", "two words", "")
MAP = "here be dragons\n"

def given(workshop: Workshop) -> dict[str, object]:
    return {"arguments": GIVEN, "files": (ProgramFile("map/a.txt", workshop.shelf.keep(MAP.encode()), len(MAP)),)}


@pytest.fixture
def strict() -> Iterator[None]:
    """What a service of the house runs with."""
    before = os.umask(0o077)
    yield
    os.umask(before)


async def test_each_case_has_its_own_to_read_and_nothing_of_it_is_left_for_the_next(strict: None, workshop: Workshop) -> None:
    """Folders can be read whatever umask the runner has; nothing in them can be changed."""
    lists = (
        "import os, sys\nprint(len(sys.argv) - 1, sorted(os.listdir()))\nif len(sys.argv) > 1:\n    print(open('map/a.txt').read(), end='')\n"
        "    try:\n        open('map/a.txt', 'w')\n    except PermissionError:\n        print('kept')\n"
    )
    laid, whole = given(workshop), f"3 ['map']\n{MAP}kept"
    cases = [
        workshop.shelf.case("secret/1", "", whole, **laid), workshop.shelf.case("secret/2", "", "0 []"), workshop.shelf.case("secret/3", "", whole, **laid),
    ]  # fmt: skip
    end = await workshop.judged("python3", lists, cases)
    assert [result.verdict for result in end.results] == [Verdict.AC] * 3, end.results


async def test_they_reach_every_pass_and_a_conversation_too(workshop: Workshop) -> None:
    says = "import sys\nprint(input(), sys.argv[1], open('map/a.txt').read().split()[-1], flush=True)"
    passes = workshop.shelf.custom(
        "python3", "import sys\nsaid = sys.stdin.read().split()\nplace = sys.argv[3] + 'seen'\nif said[1:] != ['--fast', 'dragons']: sys.exit(43)\n"
        "try:\n    open(place, 'x')\n    open(sys.argv[3] + 'nextpass.in', 'w').write('again\\n')\nexcept FileExistsError:\n    sys.exit(42 if said[0] == 'again' else 43)\n"
        "sys.exit(42)", "check.py",
    )  # fmt: skip
    case = workshop.shelf.case("secret/1", "first\n", "", **given(workshop))
    assert (await workshop.only_result("python3", says, [case], passes, passes=2)).verdict is Verdict.AC
    talks = workshop.shelf.custom("python3", "import sys\nprint('go', flush=True)\nsys.exit(42 if input() == 'go --fast dragons' else 43)", "talk.py")
    assert (await workshop.only_result("python3", says, [case], talks, is_interactive=True)).verdict is Verdict.AC


async def test_files_that_come_with_the_problem_lie_in_the_working_directory_and_start_nothing(workshop: Workshop) -> None:
    table = ProgramFile("table.txt", workshop.shelf.keep(b"7\n"), 2)
    code = ProgramFile("included.py", workshop.shelf.keep(b"seven = 7\n"), 10)
    brought = (Program("*", (table,)), Program("python3", (table, code)))
    case = workshop.shelf.case("secret/1", "", "7 7")
    for language, name, source in (
        ("python3", "a.py", "from included import seven\nprint(seven, open('table.txt').read())"),
        ("python3", "zz.py", "from included import seven\nprint(seven, open('table.txt').read())"),
        ("c", "", '#include <stdio.h>\nint main(void){printf("7 %c", getc(fopen("table.txt","r")));}'),
    ):
        result = await workshop.only_result(language, source, [case], includes=brought, filename=name)
        assert result.verdict is Verdict.AC, (language, name, result)
    long = await workshop.judged("python3", "print(1)" + "#" * 1020, [case], code_bytes=1024)
    assert (long.outcome, long.compile_output) == ("compile-error", "this problem takes at most 1024 bytes of source; yours has 1028")


WRITES = """import os, sys
print('read' if open('map/a.txt').read() else '')
tries = {'make': lambda: open('mine.txt', 'w'), 'change': lambda: open('map/a.txt', 'a'), 'remove': lambda: os.remove('map/a.txt'), 'folder': lambda: os.mkdir('mine'),
         'rename': lambda: os.rename('map', 'pam'), 'open': lambda: os.chmod('.', 0o777), 'none': lambda: None, 'elsewhere': lambda: open('/tmp/mine.txt', 'w').write('1')}
tries[input()]()
"""


async def test_who_may_not_write_reads_what_is_there_and_fails_where_he_writes(workshop: Workshop) -> None:
    words = ("none", "make", "elsewhere", "change", "remove", "folder", "rename", "open")
    cases = [workshop.shelf.case(word, word, "read", files=(ProgramFile("map/a.txt", workshop.shelf.keep(b"x"), 1),)) for word in words]
    groups = CaseGroup(cases=tuple(range(len(words))), on_reject=OnReject.CONTINUE)
    order = workshop.order("python3", WRITES, cases, writes_files=False, groups=groups, is_scoring=True)
    end = await workshop.judge.judge(order, Log())
    got = {word: (one.verdict, one.message) for word, one in zip(words, end.results, strict=True)}
    assert {word for word, (verdict, _) in got.items() if verdict is Verdict.AC} == {"none", "elsewhere"}, got
    assert {verdict for verdict, _ in got.values()} == {Verdict.AC, Verdict.RTE}
    assert all("Permission" in said or "not permitted" in said for verdict, said in got.values() if verdict is Verdict.RTE), got
    free = await workshop.only_result("python3", WRITES, [cases[1]])
    assert free.verdict is Verdict.AC, "where nothing is said of it everybody may"


async def test_who_talks_may_not_write_either(workshop: Workshop) -> None:
    talks = workshop.shelf.custom("python3", "import sys\nprint('go', flush=True)\nsys.exit(42 if input() == 'done' else 43)", "talk.py")
    source = "input()\nprint('done', flush=True)\nopen('mine.txt', 'w')"
    for writes_files, verdict in ((True, Verdict.AC), (False, Verdict.RTE)):
        result = await workshop.only_result("python3", source, [workshop.shelf.case("1", "", "")], talks, is_interactive=True, writes_files=writes_files)
        assert result.verdict is verdict, result


STATIC = """import json, os, sys
language, entry, feedback, *rest = sys.argv[1:]
assert os.path.isdir(feedback) and feedback.endswith('/')
source = open(entry).read() if language == 'python3' else open('main.cpp').read()
open(feedback + 'judgemessage.txt', 'w').write(json.dumps([language, entry, sorted(os.listdir()), rest, sys.stdin.read()]))
if 'forbidden' in source:
    sys.exit(43)
if rest:
    open(feedback + 'score_multiplier.txt', 'w').write(rest[0])
sys.exit(9 if 'crash' in source else 42)
"""


async def test_static_validator_sees_source_language_and_entry_and_its_word_and_score_count(workshop: Workshop) -> None:
    static = workshop.shelf.custom("python3", STATIC, "static.py")
    cases = [workshop.shelf.case("secret/static validation", "", "", is_static=True), workshop.shelf.case("secret/1", "", "1")]
    good = await workshop.judged("python3", "print(1)", cases, static_validator=static, filename="mine.py")
    assert [result.verdict for result in good.results] == [Verdict.AC, Verdict.AC], good
    assert json.loads(good.results[0].message) == ["python3", "mine.py", ["mine.py"], [], ""]
    assert (good.results[0].time_ms, good.results[0].memory_bytes) == (0, 0)
    native = await workshop.judged("cpp17", "#include <cstdio>\nint main(){puts(\"1\");}", cases, static_validator=static)
    assert json.loads(native.results[0].message)[:3] == ["cpp", "main.cpp", ["main", "main.cpp"]]
    bad = await workshop.judged("python3", "print(1) # forbidden", cases, static_validator=static, groups=CaseGroup(cases=(0, 1)))
    assert [result.verdict for result in bad.results] == [Verdict.WA], "what it refuses is not run"
    broken = await workshop.judged("python3", "print(1) # crash", cases, static_validator=static)
    assert (broken.outcome, [result.verdict for result in broken.results]) == ("checker-error", [Verdict.VE])
    scored = [workshop.shelf.case("secret/static validation", "", "", is_static=True, checker_arguments=("0.5",)), workshop.shelf.case("secret/1", "", "1")]
    groups = CaseGroup("secret", (0, 1), aggregation=Aggregation.SUM, case_scores=(Fraction(40), Fraction(60)), max_score=Fraction(100), is_exact=True)
    end = await workshop.judged("python3", "print(1)", scored, static_validator=static, groups=groups, is_scoring=True)
    assert [(result.verdict, result.score) for result in end.results] == [(Verdict.AC, Fraction(1, 2)), (Verdict.AC, None)]
