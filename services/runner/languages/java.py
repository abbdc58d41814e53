"""Owns how Java is built and started, and how the names that it demands are read from a source."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from contest.limits import Limits
from services.runner.languages import jvm
from services.runner.languages.language import Language, Launch, Plan, Sources, Tools, chosen

SUFFIXES = (".java",)
PRODUCT = "main.jar"

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
    small = tuple(f"-J{flag}" for flag in (*jvm.SMALL, "-Xmx1024m"))
    javac = (tools.paths["javac"], *small, "-encoding", "UTF-8", "-proc:none", "-nowarn", "-d", "classes", *chosen(sources, SUFFIXES))
    jar = (tools.paths["jar"], *small, "--create", "--no-compress", "--file", PRODUCT, "-C", "classes", ".")
    return Plan(steps=(javac, jar), product=PRODUCT, start=main_class(sources))


def _launch(plan: Plan, limits: Limits, tools: Tools) -> Launch:
    return jvm.launch(limits, tools, "-cp", f"/program/{PRODUCT}", plan.start)


def _version(paths: Mapping[str, str]) -> str:
    """Read where the JDK says it: javac takes a virtual machine and a sixth of a second for its answer."""
    release = Path(paths["javac"]).resolve().parent.parent / "release"
    found = re.search(r'^JAVA_VERSION="([^"]+)"', release.read_text(encoding="utf-8"), re.MULTILINE)
    return f"javac {found[1]}" if found else ""


JAVA = Language(
    id="java",
    title="Java",
    suffixes=SUFFIXES,
    default_source="Main.java",
    programs=("javac", "java", "jar"),
    version_arguments=("-version",),
    read_version=_version,
    plan=_plan,
    launch=_launch,
    source_name=_source_name,
    heap_full=jvm.HEAP_FULL,
    binds=jvm.BINDS,
    greeting="""import java.util.Scanner;
class Main {
    public static void main(String[] words) {
        Scanner in = new Scanner(System.in);
        System.out.println("hello " + (in.nextInt() + in.nextInt()));
    }
}
""",
)
