"""Owns how Ruby is checked and started."""

from __future__ import annotations

from contest.limits import Limits
from services.runner.languages import scripts
from services.runner.languages.language import HeapFull, Language, Launch, Plan, Tools, wider

SUFFIXES = (".rb",)
RUBY_THREADS = 4
STACK_BYTES = 64 << 20


def _launch(plan: Plan, limits: Limits, tools: Tools) -> Launch:
    """The interpreter keeps a stack of its own, of which it touches what is used."""
    argv = (tools.paths["ruby"], f"/program/{plan.start}")
    return Launch(argv, wider(limits, processes=RUBY_THREADS), (f"RUBY_THREAD_VM_STACK_SIZE={STACK_BYTES}",))


RUBY = Language(
    id="ruby",
    title="Ruby",
    suffixes=SUFFIXES,
    default_source="main.rb",
    programs=("ruby",),
    version_arguments=("--version",),
    plan=scripts.checked_by("ruby", "-c", suffixes=SUFFIXES, start="main.rb"),
    launch=_launch,
    heap_full=HeapFull(b"failed to allocate memory (NoMemoryError)", exit_code=1),
    greeting='a, b = gets.split.map(&:to_i)\nputs "hello #{a + b}"\n',
)
