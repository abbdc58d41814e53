"""Owns the ids of programming languages. Never knows how one is compiled or run. Source: ICPC and Kattis, and one id per standard of C++."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from contest.allowances import Allowances, read_allowances

LANGUAGES: Final[tuple[str, ...]] = (
    "c", "cpp", "cpp17", "cpp23", "java", "python3", "pypy3", "kotlin", "javascript", "typescript", "go", "rust", "csharp", "haskell", "ruby",
    "php", "perl", "pascal", "lua", "ocaml", "bash", "text",
)  # fmt: skip
"""Every id that may be said, in the order in which people choose; which of them can be run is what the runners say.

``cpp`` is the newest standard of C++ that compilers support well, ``text`` an output written down: nothing to run.
"""

ONLY_WHEN_NAMED: Final[frozenset[str]] = frozenset({"text"})
"""What a problem takes only when it says so."""

SCRIPTED: Final = "script"
"""What stands in place of a language for a setter's program that has a ``build`` or ``run`` script: it is built and started by these.

Every runner has it that has what such a script may count on. Never a submission's: it is none of `LANGUAGES`.
"""

ALIKE: Final[Mapping[str, str]] = {"cpp17": "cpp", "cpp23": "cpp", "pypy3": "python3"}
"""What packages call a language that they know no name of its own for."""


TIMES: Final = "Languages that get more time than a problem's limit: java=1.5+500 is 1.5 times it and 500 ms more. The same for every grader and frontend"
TIMES_ENV: Final = "PALESTRA_LANGUAGE_TIMES"
"""The setting ``language_times`` of graders, who judge by it, and of frontends, who show it: one text, and one variable that gives both the same."""


def times_of(lines: Sequence[str]) -> Allowances:
    """What that setting says. Raises: ValueError, saying which line is wrong and why."""
    return read_allowances(lines, LANGUAGES)


def allowed(of_contest: Sequence[str], of_problem: Sequence[str]) -> tuple[str, ...]:
    """The languages that a problem takes in a contest, in the order of `LANGUAGES`. An empty list names every language to be run.

    A problem that takes ``cpp`` takes every standard of it, since packages know one name; a contest names each. A contest narrows
    what a problem takes, but not the output that a problem asks for: no program could give it.
    """
    return tuple(
        language for language in LANGUAGES
        if ({language, ALIKE.get(language)} & set(of_problem) if of_problem else language not in ONLY_WHEN_NAMED)
        and (not of_contest or language in of_contest or language in ONLY_WHEN_NAMED)
    )  # fmt: skip
