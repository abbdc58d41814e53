"""Owns how Java is built and started, and how the names that it demands are read from a source.

The heap is the memory limit; the JVM itself, its compiled code and its threads come on top. A full heap ends the program
with a line of its own, so that it is told apart from any other exit.
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass

from contest.limits import MIB, Limits
from services.runner.languages.language import Language, Launch, Plan, Sources, Tools, chosen

SUFFIXES = (".java",)
PRODUCT = "main.jar"
JVM_BYTES = 160 * MIB
JVM_THREADS = 64
_SMALL_JVM = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-Xshare:auto")

# comments, text blocks, strings and characters; what is left has only real braces and words
_NOISE = re.compile(r'//[^\n]*|/\*.*?(?:\*/|\Z)|""".*?(?:"""|\Z)|"(?:\\.|[^"\\\n])*"?|\'(?:\\.|[^\'\\\n])*\'?', re.DOTALL)
_TOKEN = re.compile(r"[{}]|\b(public\s+(?:(?:abstract|final|strictfp|sealed|static)\s+)*)?(?:class|interface|enum|record)\s+([^\W\d][\w$]*|\$[\w$]*)")
_MAIN = re.compile(r"\bstatic\s+(?:final\s+)?void\s+main\s*\(|\bvoid\s+main\s*\(\s*(?:final\s+)?String\b")
_PACKAGE = re.compile(r"\bpackage\s+([\w$]+(?:\s*\.\s*[\w$]+)*)\s*;")


@dataclass(frozen=True, slots=True)
class TopType:
    """A type at the top of a source file, its name with the package in front."""

    name: str
    package: str
    is_public: bool
    has_main: bool

    @property
    def full_name(self) -> str:
        """As the JVM wants it: ``contest.Main``."""
        return f"{self.package}.{self.name}" if self.package else self.name


def top_types(source: bytes) -> tuple[TopType, ...]:
    """The types at the top of a source, in order. Never fails: what is not Java has none."""
    text = _NOISE.sub(" ", source.decode("utf-8", errors="replace"))
    package = _PACKAGE.search(text)
    package_name = re.sub(r"\s+", "", package[1]) if package else ""
    starts: list[tuple[int, str, bool]] = []
    depth = 0
    for token in _TOKEN.finditer(text):
        if token[0] == "{":
            depth += 1
        elif token[0] == "}":
            depth -= 1
        elif depth == 0:
            starts.append((token.start(), token[2], token[1] is not None))
    if not starts:
        return ()
    ends = [start for start, _, _ in starts[1:]] + [len(text)]
    return tuple(
        TopType(name, package_name, is_public, _MAIN.search(text, start, end) is not None)
        for (start, name, is_public), end in zip(starts, ends, strict=True)
    )


def main_class(sources: Sources) -> str:
    """The class to start: one with a main method, a public one first; without any, the first there is, else ``Main``."""
    types = [each for path in chosen(sources, SUFFIXES) for each in top_types(sources[path])]
    ranked = sorted(types, key=lambda each: (not each.has_main, not each.is_public))
    return ranked[0].full_name if ranked else "Main"


def _source_name(source: bytes) -> str:
    types = top_types(source)
    public = next((each for each in types if each.is_public), None)
    starting = next((each for each in types if each.has_main), None)
    named = public or starting
    return f"{named.name}.java" if named else ""


def _plan(sources: Sources, tools: Tools) -> Plan:
    small = tuple(f"-J{flag}" for flag in (*_SMALL_JVM, "-Xss16m", "-Xmx1024m"))
    javac = (tools.paths["javac"], *small, "-encoding", "UTF-8", "-proc:none", "-nowarn", "-d", "classes", *chosen(sources, SUFFIXES))
    jar = (tools.paths["jar"], *small, "--create", "--no-compress", "--file", PRODUCT, "-C", "classes", ".")
    return Plan(steps=(javac, jar), product=PRODUCT, start=main_class(sources))


def _launch(plan: Plan, limits: Limits, tools: Tools) -> Launch:
    heap_mib = max(16, limits.memory_bytes // MIB)
    argv = (
        tools.paths["java"], "-XX:+UseSerialGC", "-XX:-UsePerfData", "-Xshare:auto", "-XX:+ExitOnOutOfMemoryError", "-Xss64m",
        f"-Xmx{heap_mib}m", "-Dfile.encoding=UTF-8", "-Duser.home=/box", "-cp", f"/program/{PRODUCT}", plan.start,
    )  # fmt: skip
    wider = dataclasses.replace(limits, memory_bytes=limits.memory_bytes + JVM_BYTES, processes=limits.processes + JVM_THREADS)
    return Launch(argv, wider)


JAVA = Language(
    id="java",
    title="Java",
    suffixes=SUFFIXES,
    default_source="Main.java",
    programs=("javac", "java", "jar"),
    version_arguments=("-version",),
    plan=_plan,
    launch=_launch,
    source_name=_source_name,
    memory_exit_code=3,
    memory_line=b"Terminating due to java.lang.OutOfMemoryError",
    binds=("/etc/java-*",),
)
