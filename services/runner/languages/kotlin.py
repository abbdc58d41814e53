"""Owns how Kotlin is built and started. The compiler finds the main function, and says which it is in the archive that it makes."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping

from contest.limits import Limits
from services.runner.languages import jvm
from services.runner.languages.language import Language, Launch, Plan, Sources, Tools, chosen

SUFFIXES = (".kt",)
PRODUCT = "main.jar"
_UNCHECKED = ("-XX:+UnlockDiagnosticVMOptions", "-XX:-BytecodeVerificationRemote")  # the compiler's own classes: a second less


def _plan(sources: Sources, tools: Tools) -> Plan:
    library = tools.paths["library"]
    kotlinc = (
        tools.paths["java"], *jvm.SMALL, "-Xmx1024m", *_UNCHECKED, "-cp", f"{library}/kotlin-preloader.jar",
        "org.jetbrains.kotlin.preloading.Preloader", "-cp", f"{library}/kotlin-compiler.jar", "org.jetbrains.kotlin.cli.jvm.K2JVMCompiler",
        "-kotlin-home", library.rpartition("/")[0], "-no-reflect", "-nowarn", *chosen(sources, SUFFIXES), "-d", PRODUCT,
    )  # fmt: skip
    return Plan(steps=(kotlinc,), product=PRODUCT)


def _launch(_plan: Plan, limits: Limits, tools: Tools) -> Launch:
    return jvm.launch(limits, tools, f"-Xbootclasspath/a:{tools.paths['library']}/kotlin-stdlib.jar", "-jar", f"/program/{PRODUCT}")


def _version(paths: Mapping[str, str]) -> str:
    """Read, not asked for: the compiler takes more than a second to say it, and its archive of 23,000 files a tenth to open."""
    with zipfile.ZipFile(f"{paths['library']}/kotlin-preloader.jar") as archive:
        found = re.search(rb"Implementation-Version:\s*(\S+)", archive.read("META-INF/MANIFEST.MF"))
    return f"Kotlin {found[1].decode()}" if found else ""


KOTLIN = Language(
    id="kotlin",
    title="Kotlin",
    suffixes=SUFFIXES,
    default_source="Main.kt",
    programs=("java",),
    version_arguments=(),
    read_version=_version,
    files={"library": ("/usr/local/kotlinc/lib", "/opt/kotlinc/lib", "/usr/lib/kotlinc/lib", "/usr/share/kotlin/kotlinc/lib")},
    plan=_plan,
    launch=_launch,
    heap_full=jvm.HEAP_FULL,
    binds=(*jvm.BINDS, "/opt/kotlinc"),
    greeting='fun main() {\n    val (a, b) = readLine()!!.split(" ").map { it.toInt() }\n    println("hello ${a + b}")\n}\n',
)
