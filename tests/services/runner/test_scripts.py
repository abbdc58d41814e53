"""Setters' programs with `build` and `run` scripts are built once, in a box, and judge as any other; what a hostile script does is told in words."""

from __future__ import annotations

import dataclasses
import io
import tarfile
from collections.abc import Mapping

import pytest

from contest.limits import COMPILE_LIMITS, MIB
from contest.verdicts import Verdict
from services.runner.builds import BuildFailed
from services.runner.folders import read_folder
from tests.services.runner.test_validating import validated
from tests.services.runner.workshop import Shelf, Workshop
from wire.judging import Checker, CheckerKind, InputValidator, Program, ProgramFile
from wire.languages import SCRIPTED

ECHO = 'read -r line; echo "$line"'
JUDGE_C = """#include <stdio.h>
#include WORDS
int main(int n, char **v) {
    char said[99] = "", wanted[99] = "", path[200];
    FILE *f = fopen(v[2], "r");
    if (!f || fscanf(f, "%98s", wanted) != 1 || scanf("%98s", said) != 1) return 3;
    snprintf(path, sizeof path, "%sjudgemessage.txt", v[3]);
    FILE *m = fopen(path, "w");
    fprintf(m, "%s %s %d", WORD, v[n - 1], n);
    fclose(m);
    for (int i = 0; ; i++) { if (said[i] != wanted[i]) return 43; if (!said[i]) return 42; }
}
"""
BUILD = """#!/bin/sh
set -e
./tools/make-words > words.h
cc -O1 -DWORDS='"words.h"' -o checker judge.c
rm judge.c
cat > run <<'END'
#!/bin/sh
exec "$(dirname "$0")/checker" "$@" last
END
chmod +x run
echo built with care
"""
WORDS = "#!/bin/sh\necho '#define WORD \"seen\"'\n"


def scripted(shelf: Shelf, files: Mapping[str, str], executables: tuple[str, ...] = ("build", "run")) -> Program:
    made = tuple(ProgramFile(path, shelf.keep(text.encode()), len(text.encode()), path in executables) for path, text in files.items())
    return Program(SCRIPTED, made)


def custom(shelf: Shelf, files: Mapping[str, str], executables: tuple[str, ...] = ("build", "run"), **more: object) -> Checker:
    return Checker(CheckerKind.CUSTOM, program=scripted(shelf, files, executables), **more)


@pytest.mark.sandbox
async def test_a_validator_that_builds_itself_judges_and_is_built_once(workshop: Workshop) -> None:
    files = {"build": BUILD, "tools/make-words": WORDS, "judge.c": JUDGE_C}
    checker = custom(workshop.shelf, files, ("build", "tools/make-words"), arguments=("first",))
    cases = [workshop.shelf.case("1", "yes", "yes"), workshop.shelf.case("2", "yes", "no")]
    end = await workshop.judged("bash", ECHO, cases, checker)
    assert [result.verdict for result in end.results] == [Verdict.AC, Verdict.WA], end.message
    assert {result.message for result in end.results} == {"seen last 6"}
    again = await workshop.judged("bash", ECHO, cases, checker)
    assert [result.verdict for result in again.results] == [Verdict.AC, Verdict.WA]
    assert workshop.builds.counts == {"built": 2, "memory": 2}, "the submission and the validator"
    built = await workshop.builds.build(SCRIPTED, {path: text.encode() for path, text in files.items()}, executables=("build", "tools/make-words"))
    assert built.output == "built with care"
    assert {"run", "checker", "words.h", "tools/make-words", "build"} == set(built.files)


@pytest.mark.sandbox
async def test_a_run_script_alone_is_started_as_a_shell_would(workshop: Workshop) -> None:
    program = 'exec python3 "$(dirname "$0")/look/check.py" "$@"\n'  # no first line that names an interpreter
    check = "import sys\nsys.exit(42 if sys.stdin.read().strip() == open(sys.argv[2]).read().strip() else 43)\n"
    checker = custom(workshop.shelf, {"run": program, "look/check.py": check})
    assert (await workshop.only_result("bash", ECHO, [workshop.shelf.case("1", "5", "5")], checker)).verdict is Verdict.AC
    assert (await workshop.only_result("bash", ECHO, [workshop.shelf.case("1", "5", "6")], checker)).verdict is Verdict.WA


@pytest.mark.sandbox
async def test_what_cannot_be_started_is_the_setters_fault_in_words(workshop: Workshop) -> None:
    checker = custom(workshop.shelf, {"run": "#!/opt/nowhere/interpreter\n"})
    end = await workshop.judged("bash", ECHO, [workshop.shelf.case("1", "5", "5")], checker)
    assert end.outcome == "checker-error"
    assert "/program/run" in end.message
    assert "not found" in end.message


@pytest.mark.sandbox
async def test_an_interactor_that_builds_itself_talks(workshop: Workshop) -> None:
    build = "#!/bin/sh\nprintf '%s\\n' 'read line < \"$1\"; echo \"$line\"; read said; test \"$said\" = \"$line$line\" && exit 42; exit 43' > run\nchmod 755 run\n"
    checker = custom(workshop.shelf, {"build": build})
    cases = [workshop.shelf.case("1", "ab\n", "")]
    talk = {"is_interactive": True}
    assert (await workshop.only_result("bash", 'read -r a; echo "$a$a"', cases, checker, **talk)).verdict is Verdict.AC
    assert (await workshop.only_result("bash", ECHO, cases, checker, **talk)).verdict is Verdict.WA


@pytest.mark.sandbox
async def test_what_domjudges_wrapper_of_an_interactor_wraps_is_the_interactor(workshop: Workshop) -> None:
    wrapper = (
        '#!/bin/sh\nTESTIN="$1"; shift\nPROGOUT="$1"; shift\nTESTOUT="$1"; shift\nMETA="$1"; shift\nFEEDBACK="$1"; shift\n'
        'exec ../dj-bin/runpipe -M "$META" -o "$PROGOUT" "$(dirname "$0")/runjury" "$TESTIN" "$TESTOUT" "$FEEDBACK" = "$@"\n'
    )
    jury = "#include <stdio.h>\nint main(int n, char **v) { char w[9], s[9]; if (n < 4 || fscanf(fopen(v[1], \"r\"), \"%8s\", w) != 1) return 1; puts(w); fflush(stdout);\nreturn scanf(\"%8s\", s) == 1 && s[0] == w[0] ? 42 : 43; }\n"
    files = {"build": "#!/bin/sh\nset -e\ncc -o runjury jury.c\n", "jury.c": jury, "run": wrapper}
    case = workshop.shelf.case("1", "ab\n", "")
    checker = custom(workshop.shelf, files)
    assert (await workshop.only_result("bash", ECHO, [case], checker, is_interactive=True)).verdict is Verdict.AC
    assert (await workshop.only_result("bash", "read -r line; echo x", [case], checker, is_interactive=True)).verdict is Verdict.WA


@pytest.mark.sandbox
async def test_an_input_validator_that_builds_itself_finds_what_lies_in_its_folder(workshop: Workshop) -> None:
    build = "#!/bin/sh\necho 7 > most\nprintf '#!/bin/sh\\nread n; test \"$n\" -le \"$(cat most)\" && exit 42; ./words; exit 43\\n' > run; chmod +x run\n"
    program = scripted(workshop.shelf, {"build": build, "words": "#!/bin/sh\necho too much\n"}, ("build", "words"))
    cases = [workshop.shelf.case("1", "7\n", ""), workshop.shelf.case("2", "8\n", "")]
    broken = scripted(workshop.shelf, {"build": "#!/bin/sh\necho no compiler of mine >&2\nexit 9\n"})
    end = await validated(workshop, cases, [InputValidator(program, path="input_validators/most"), InputValidator(broken, path="input_validators/no")])
    found = [(one.code, one.path, one.message) for one in end.findings]
    assert found[0][:2] == ("input-validator-broken", "input_validators/no")
    assert "no compiler of mine" in found[0][2]
    assert found[1:] == [("input-invalid", "data/2.in", "the input validator most refuses it with exit code 43\ntoo much")]


NARROW = dataclasses.replace(COMPILE_LIMITS, memory_bytes=96 * MIB, processes=40)
NARROWER = {
    "loops": dataclasses.replace(NARROW, cpu_ms=400), "forks for ever": dataclasses.replace(NARROW, cpu_ms=400),
    "waits": dataclasses.replace(NARROW, wall_ms=500), "fills the disk": dataclasses.replace(NARROW, memory_bytes=600 * MIB),
}  # fmt: skip
HOSTILE = {
    "fails": ("echo this is wrong >&2; exit 3", "this is wrong"),
    "says nothing": ("exit 3", "the build script said nothing and ended with exit code 3"),
    "leaves nothing": ("echo done", "the build script ended well and left no run\ndone"),
    "leaves what cannot be started": ("echo x > run", "left a run that is not executable"),
    "leaves what cannot be read": ("cp build run; mkdir d; echo x > d/x; chmod 0 d", "cannot be read"),
    "leaves names of no file": ("cp build run; touch \"$(printf 'a\\nb')\"", "cannot be the path of a file"),
    "leaves too many files": ("cp build run; seq 2100 | xargs touch", "more than 2000 files"),
    "leaves links without end": ("cp build run; ln -s . a", "cannot be read"),
    "leaves the whole machine": ("cp build run; ln -s /usr all", "bytes"),
    "loops": ("while :; do :; done", "the build script was stopped: more than 400 ms of CPU time"),
    "waits": ("sleep 60", "the build script was stopped: "),
    "forks for ever": ("f() { f | f & }; f; while :; do :; done", "the build script was stopped: "),
    "fills the disk": ("for n in 1 2 3; do head -c 100M /dev/zero > $n; done; exit 4", "No space left on device"),
    "fills memory": ("python3 -c 'x = bytearray(500 << 20)'; exit 4", "the build script was stopped: more than 100663296 bytes of memory"),
    "floods": ("yes | head -c 3M; exit 4", "more bytes]"),
    "calls home": ("python3 -c 'import socket; socket.create_connection((\"192.0.2.1\", 80), 1)'; exit 4", "rror"),
    "looks around": ("ls /root /home /work /etc/shadow; test -w /usr -o -w /program/build && cp build run; exit 4", "/etc/shadow"),
}


@pytest.mark.sandbox
@pytest.mark.parametrize("name", HOSTILE)
async def test_a_script_that_does_not_build_is_refused_in_words_and_leaves_nothing(workshop: Workshop, name: str) -> None:
    script, words = HOSTILE[name]
    with pytest.raises(BuildFailed) as caught:
        await workshop.builds.build(SCRIPTED, {"build": f"#!/bin/sh\n{script}\n".encode()}, NARROWER.get(name, NARROW), executables=("build",))
    assert words in caught.value.message
    assert len(caught.value.message) < 40_000
    assert not workshop.pool.trouble


def archive(*members: tuple[str, bytes], kind: bytes = tarfile.REGTYPE, mode: int = 0o755) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as made:
        for path, content in members:
            info = tarfile.TarInfo(path)
            info.size, info.type, info.mode = len(content), kind, mode
            made.addfile(info, io.BytesIO(content))
    return out.getvalue()


def test_a_folder_is_read_as_it_was_packed() -> None:
    deep = "/".join(["f" * 30] * 5)
    found = read_folder(archive(("./run", b"x" * 1000), ("empty", b""), (deep, b"1")))
    assert [(one.path, len(one.content), one.is_executable) for one in found] == [("run", 1000, True), ("empty", 0, True), (deep, 1, True)]
    assert read_folder(archive(("fifo", b""), kind=tarfile.FIFOTYPE)) == ()


@pytest.mark.parametrize(
    "broken",
    [
        archive(("../x", b"1")), archive(("/x", b"1")), archive(("a/../../x", b"1")), archive(("a//b", b"1")), archive(("a\nb", b"1")),
        archive(("x", b"1"))[:700], archive(("x", b"1"))[:512], b"\1" * 2048, b"x", archive(("x", b"1" * 2000)).replace(b"00000003720", b"77777777777"),
        archive(*((str(number), b"") for number in range(2001))),
    ],
    ids=range(11),
)  # fmt: skip
def test_an_archive_of_no_such_folder_is_refused(broken: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        read_folder(broken)
