"""Owns how a Java virtual machine is started, for every language that needs one, and how a compiler inside one is.

The heap is the memory limit; the machine itself, its compiled code and its threads come on top. A full heap ends the program
with a line of its own, so that it is told apart from any other exit.
"""

from __future__ import annotations

from contest.limits import MIB, Limits
from services.runner.languages.language import HeapFull, Launch, Tools, wider

JVM_BYTES = 160 * MIB
JVM_THREADS = 64
LEAST_HEAP_MIB = 16
HEAP_FULL = HeapFull(b"Terminating due to java.lang.OutOfMemoryError", exit_code=3)
BINDS = ("/etc/java-*",)
SMALL = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-Xshare:auto", "-Xss16m")
"""For compilers: they are done before optimised code would pay."""


def launch(limits: Limits, tools: Tools, *what: str) -> Launch:
    """Starts ``what``: class path and class, or ``-jar`` and a file."""
    heap_mib = max(LEAST_HEAP_MIB, limits.memory_bytes // MIB)
    argv = (
        tools.paths["java"], "-XX:+UseSerialGC", "-XX:-UsePerfData", "-Xshare:auto", "-XX:+ExitOnOutOfMemoryError", "-Xss64m",
        f"-Xmx{heap_mib}m", "-Dfile.encoding=UTF-8", "-Duser.home=/box", *what,
    )  # fmt: skip
    return Launch(argv, wider(limits, memory_bytes=JVM_BYTES, processes=JVM_THREADS))
