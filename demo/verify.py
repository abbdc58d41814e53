"""Owns a first look at packages without a judge: runs input validators and submissions natively, with limits on time and memory.

``python demo/verify.py [ALIAS…]`` says for every submission which verdict it got and which it should. Runs what lies in the
package as yourself: for packages that you trust. The judge's word is the runner's, not this one's.
"""

from __future__ import annotations

import hashlib
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from demo.packages import aliases, files_of  # noqa: E402  the path is set first
from services.gitserver.findings import Report  # noqa: E402
from services.gitserver.formats import read_package  # noqa: E402
from services.gitserver.formats.files import PackageFile, PackageFiles  # noqa: E402
from services.gitserver.formats.package import Package, PackageSubmission  # noqa: E402
from wire.judging import Checker, CheckerKind  # noqa: E402

OF_SYSTEM_S = 10


@dataclass(frozen=True)
class Outcome:
    """A submission's verdict, the slowest case's CPU seconds, and the case that decided."""

    verdict: str
    slowest_s: float
    case: str = ""


def package_of(contents: Mapping[str, bytes], alias: str, may: Collection[str] = ()) -> Package:
    """The package as the gitserver reads it. Raises: ValueError with what is wrong, except findings of the codes that there may be."""
    report = Report()
    files = PackageFiles(
        PackageFile(path, "0" * 40, len(content), hashlib.sha256(content).hexdigest(), content, is_utf8=True) for path, content in contents.items()
    )
    package = read_package(files, alias, report)
    if package is None or any(finding.code not in may for finding in report.findings()):
        raise ValueError(f"{alias}: {report.findings()}")
    return package


def compiled(language: str, sources: Mapping[str, bytes], folder: Path) -> list[str] | None:
    """How to run a program; None when it does not compile."""
    folder.mkdir(parents=True)
    for path, content in sources.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    names = [path for path in sources if path.endswith((".c", ".cpp", ".cc", ".java", ".py"))]
    main = names[0]
    steps = {
        "c": ["gcc", "-O2", "-std=gnu17", "-o", "program", *names, "-lm"],
        "cpp": ["g++", "-O2", "-std=gnu++20", "-o", "program", *names],
        "java": ["javac", "-d", ".", *names],
        "python3": [sys.executable, "-m", "py_compile", main],
    }
    if subprocess.run(steps[language], cwd=folder, capture_output=True, timeout=60, check=False).returncode:
        return None
    runs = {
        "java": ["java", "-Xss64m", "-Xmx192m", "-XX:+UseSerialGC", "-cp", str(folder), Path(main).stem],
        "python3": [sys.executable, str(folder / main)],
    }
    return runs.get(language, [str(folder / "program")])


def run(command: list[str], text: bytes, cpu_s: float, memory_bytes: int) -> tuple[str, bytes, float]:
    """What became of one execution (OK, TLE, MLE, RTE), its output, its CPU seconds."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (int(cpu_s) + 1, int(cpu_s) + 1))
        resource.setrlimit(resource.RLIMIT_STACK, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        if command[0] != "java":
            resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))

    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    try:
        done = subprocess.run(command, input=text, capture_output=True, preexec_fn=limit, timeout=3 * cpu_s + OF_SYSTEM_S, check=False)
    except subprocess.TimeoutExpired:
        return "TLE", b"", time.monotonic() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    took_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    if took_s > cpu_s:
        return "TLE", b"", took_s
    if done.returncode:
        return ("MLE" if b"bad_alloc" in done.stderr or b"MemoryError" in done.stderr else "RTE"), b"", took_s
    return "OK", done.stdout, took_s


def accepts(checker: Checker, command: list[str] | None, case: tuple[bytes, bytes], output: bytes) -> bool:
    """Whether an output is right: by the package's program, else token by token. Raises: RuntimeError when the program fails."""
    if checker.kind is CheckerKind.TOKEN:
        return same_tokens(checker, case[1].split(), output.split())
    assert command is not None
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "in").write_bytes(case[0])
        (Path(folder) / "ans").write_bytes(case[1])
        (Path(folder) / "feedback").mkdir()
        done = subprocess.run([*command, f"{folder}/in", f"{folder}/ans", f"{folder}/feedback/"], input=output, capture_output=True, timeout=60, check=False)
    if done.returncode not in {42, 43}:
        raise RuntimeError(f"the checker ended with {done.returncode}: {done.stderr[:200]!r}")
    return done.returncode == 42


def same_tokens(checker: Checker, right: list[bytes], given: list[bytes]) -> bool:
    """The default validator, near enough for a first look."""
    return len(right) == len(given) and all(same_token(checker, a, b) for a, b in zip(right, given, strict=True))


def same_token(checker: Checker, right: bytes, given: bytes) -> bool:
    if right.lower() == given.lower():
        return right == given or not checker.case_sensitive
    absolute, relative = checker.float_absolute_tolerance, checker.float_relative_tolerance
    try:
        a, b = float(right), float(given)
    except ValueError:
        return False
    return (absolute is not None and abs(a - b) <= float(absolute)) or (relative is not None and abs(a - b) <= float(relative) * abs(a))


def judge(package: Package, contents: Mapping[str, bytes], submission: PackageSubmission, folder: Path, checker: list[str] | None) -> Outcome:
    """One submission on every case, up to the first that it fails."""
    command = compiled(submission.language, {submission.file.name: contents[submission.path]}, folder)
    if command is None:
        return Outcome("CE", 0.0)
    slowest_s = 0.0
    for case in package.cases:
        pair = (contents[case.input.path], contents[case.answer.path])
        ended, output, took_s = run(command, pair[0], package.limits.cpu_ms / 1000, package.limits.memory_bytes)
        slowest_s = max(slowest_s, took_s)
        if ended != "OK":
            return Outcome(ended, slowest_s, case.name)
        if not accepts(package.checker, checker, pair, output):
            return Outcome("WA", slowest_s, case.name)
    return Outcome("AC", slowest_s)


def verify(alias: str) -> list[str]:
    """Looks at one package and prints what it sees; what is not as it should be."""
    contents = files_of(alias)
    package = package_of(contents, alias)
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for path in contents:
            if path.startswith("input_validators/") and path.endswith(".py"):
                for case in package.cases:
                    done = subprocess.run([sys.executable, "-c", contents[path].decode()], input=contents[case.input.path], capture_output=True, timeout=60, check=False)
                    if done.returncode != 42:
                        wrong.append(f"{alias}: {path} does not accept {case.name}: {done.stderr.decode()[-200:]}")
        checker = None
        if package.checker.program is not None:
            sources = {path: contents[file.path] for path, file in package.checker_files.items()}
            checker = compiled(package.checker.program.language, sources, folder / "checker")
        for place, submission in enumerate(package.submissions):
            outcome = judge(package, contents, submission, folder / str(place), checker)
            is_right = outcome.verdict in submission.expected
            line = f"{alias}: {submission.path} {outcome.verdict} ({outcome.slowest_s:.2f} s of {package.limits.cpu_ms / 1000:g}) {outcome.case}"
            print(("      " if is_right else "WRONG ") + line, flush=True)
            if not is_right:
                wrong.append(f"{line}, expected {' or '.join(submission.expected)}")
    return wrong


def main() -> int:
    """Looks at the named packages, or at all of the demo."""
    wrong = [line for alias in sys.argv[1:] or aliases() for line in verify(alias)]
    print("\n".join(wrong) or "everything is as it is written")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
