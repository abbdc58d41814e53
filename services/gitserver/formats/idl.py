"""Owns the language in which a problem of libinteractive says who may call what: reads it, and says all that is wrong. Never makes code.

    interface Main { void tell([Range(0, 9)] int n, int[n] numbers); };
    interface child { long solve(int[3][3] matrix, bool flag); };

The first interface is the setter's program, each further one a process of the contestant's. An array's first length may be an ``int``
parameter before it that has a Range; the others are numbers. ``[NoReturn]`` before a function: who waits for it may end when it never
returns. ``[ShmSize(…)]`` before an interface is about shared memory, which is not used here.

Source: omegaup/libinteractive ``docs/en/writing.md`` and its parser (grammar, attributes, which names are refused).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from services.gitserver.findings import Report
from services.gitserver.formats.idl_names import why_not
from services.gitserver.formats.idl_words import Wrong, words_of

SIZES: Final = {"bool": 1, "char": 1, "short": 2, "int": 4, "long": 8, "float": 4, "double": 8}
"""Bytes of a value on the line, by its type."""

VOID: Final = "void"
MOST_ARRAY_BYTES: Final = 256 << 20
MOST_CHARACTERS: Final = 64 << 10
MOST_INTERFACES: Final = 100
MOST_FUNCTIONS: Final = 200
MOST_PARAMETERS: Final = 50
MOST_PARAMETERS_TOGETHER: Final = 1_000
MOST_LENGTHS: Final = 10
"""Reading ends at the first thing beyond one of these: what a file costs, and the code that is made of it, does not grow further."""

_LEAST, _MOST = -(1 << 63), (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Length:
    """One length of an array: a number, or the parameter (by its place) that says it; from ``least`` to ``most``."""

    least: int
    most: int
    place: int | None = None


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter. ``lengths`` are empty for a single value; ``span`` is what its Range says."""

    type: str
    name: str
    lengths: tuple[Length, ...] = ()
    span: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Function:
    """A function. ``may_end``: who called it may end well when the other ends without an answer."""

    returns: str
    name: str
    parameters: tuple[Parameter, ...]
    may_end: bool = False


@dataclass(frozen=True, slots=True)
class Interface:
    """What one program offers to be called."""

    name: str
    functions: tuple[Function, ...]


@dataclass(frozen=True, slots=True)
class Idl:
    """The setter's program and the contestant's, each of which is a process."""

    main: Interface
    children: tuple[Interface, ...]

    def calls(self) -> Iterator[tuple[int, Function]]:
        """Every function of the contestant's with the place of its interface, in order: its place in this order is its number on the line."""
        for place, child in enumerate(self.children):
            for function in child.functions:
                yield place, function


def read_idl(text: str, path: str, report: Report) -> Idl | None:
    """What a text says; None, with findings that name its lines, when it cannot be used."""
    if len(text) > MOST_CHARACTERS:
        report.add("idl-syntax", path, f"{len(text)} characters; at most {MOST_CHARACTERS} are read")
        return None
    try:
        reading = _Reading(text, path, report)
        interfaces = reading.interfaces()
    except Wrong as wrong:
        report.add("idl-syntax", path, f"line {wrong.line}: {wrong}")
        return None
    reading.check(interfaces)
    return None if reading.is_wrong else Idl(interfaces[0], tuple(interfaces[1:]))


class _Reading:
    """A text while its words go by."""

    def __init__(self, text: str, path: str, report: Report) -> None:
        self._words = words_of(text)
        self._line, self._word = 1, ""
        self._path, self._report = path, report
        self._lines: dict[str, int] = {}
        self._functions = self._parameters = 0
        self.is_wrong = False
        self._next()

    def interfaces(self) -> list[Interface]:
        """All of them. Raises: `Wrong`."""
        found = [self._interface()]
        while self._word:
            self._bounded(len(found) + 1, MOST_INTERFACES, "interfaces")
            found.append(self._interface())
        return found

    def check(self, interfaces: list[Interface]) -> None:
        """What can be said of them together."""
        if interfaces[0].name != "Main":
            self._fault("idl-name", f"the first interface is the setter's program and must be called Main, not {interfaces[0].name}")
        for name in _twice(function.name for one in interfaces for function in one.functions):
            self._fault("idl-name", f"two functions are called {name}: in C every name can be used once", self._lines.get(name, 1))
        for name in _twice(one.name for one in interfaces):
            self._fault("idl-name", f"two interfaces are called {name}", self._lines.get(name, 1))
        if len(interfaces) > 1 and not any(one.functions for one in interfaces[1:]):
            self._fault("idl-syntax", "no interface of the contestant's has a function", self._line)
        if len(interfaces) == 1:
            self._fault("idl-syntax", "there is no interface after Main: nothing is left for the contestant to write", self._line)

    def _interface(self) -> Interface:
        while self._word == "[":
            self._take("[", "ShmSize", "(")
            self._number()
            self._take(")", "]")
        self._take("interface")
        name = self._name("class")
        self._take("{")
        functions: list[Function] = []
        while self._word != "}":
            functions.append(self._function())
        self._take("}", ";")
        is_main = name == "Main"
        return Interface(name, tuple(replace(one, may_end=one.may_end or is_main) for one in functions))

    def _function(self) -> Function:
        self._functions += 1
        self._bounded(self._functions, MOST_FUNCTIONS, "functions")
        may_end = False
        while self._word == "[":
            self._take("[", "NoReturn", "]")
            may_end = True
        returns = VOID if self._word == VOID else self._type()
        if returns == VOID:
            self._next()
        name = self._name("function")
        self._take("(")
        parameters: list[Parameter] = []
        while self._word != ")":
            if parameters:
                self._take(",")
            self._parameters += 1
            self._bounded(len(parameters) + 1, MOST_PARAMETERS, "parameters of one function")
            self._bounded(self._parameters, MOST_PARAMETERS_TOGETHER, "parameters in the file")
            parameters.append(self._parameter(parameters))
        self._take(")", ";")
        return Function(returns, name, tuple(parameters), may_end)

    def _parameter(self, before: list[Parameter]) -> Parameter:
        span: tuple[int, int] | None = None
        while self._word == "[":
            self._take("[", "Range", "(")
            least = self._bound(before)
            self._take(",")
            most = self._bound(before)
            self._take(")", "]")
            span = (min(least[0], most[0]), max(least[1], most[1]))
        kind = self._type()
        lengths: list[Length] = []
        line = self._line
        while self._word == "[":
            self._take("[")
            self._bounded(len(lengths) + 1, MOST_LENGTHS, "lengths of one array")
            lengths.append(self._length(before, is_first=not lengths))
            self._take("]")
        name = self._name("parameter")
        if any(one.name == name for one in before):
            self._fault("idl-name", f"two parameters of one function are called {name}", line)
        full = SIZES[kind]
        for length in lengths:
            full *= max(length.most, 0)
        if full > MOST_ARRAY_BYTES:
            self._fault("idl-array", f"{name} may have {full} bytes; at most {MOST_ARRAY_BYTES} are taken", line)
        return Parameter(kind, name, tuple(lengths), span)

    def _length(self, before: list[Parameter], *, is_first: bool) -> Length:
        line, word = self._line, self._word
        if not word.isidentifier():
            number = self._number()
            if number < 1:
                self._fault("idl-array", f"{number} is no length of an array", line)
            return Length(number, number)
        self._next()
        place = next((place for place, one in enumerate(before) if one.name == word), None)
        if place is None:
            self._fault("idl-array", f"{word} must be a parameter before the array that it is a length of", line)
            return Length(0, 0)
        said = before[place]
        if said.type != "int" or said.lengths:
            self._fault("idl-array", f"{word} is a length, and must be an int", line)
        if said.span is None:
            self._fault("idl-array", f"{word} is a length, and must have a [Range(…, …)]", line)
        if not is_first:
            self._fault("idl-array", f"{word}: only the first length of an array may be a parameter", line)
        least, most = said.span or (0, 0)
        if least < 0:
            self._fault("idl-array", f"{word} is a length, and its Range begins below 0", line)
        return Length(least, most, place)

    def _bound(self, before: list[Parameter]) -> tuple[int, int]:
        line, word = self._line, self._word
        if not word.isidentifier():
            number = self._number()
            return number, number
        self._next()
        span = next((one.span for one in before if one.name == word), None)
        if span is None:
            self._fault("idl-array", f"{word} must be a parameter before this one, with a Range of its own", line)
            return 0, 0
        return span

    def _type(self) -> str:
        word = self._word
        if word not in SIZES:
            raise Wrong(self._line, f"a type is expected ({', '.join(SIZES)}), not {self._shown()}")
        self._next()
        return word

    def _name(self, what: str) -> str:
        word, line = self._word, self._line
        if not word.isidentifier():
            raise Wrong(line, f"the name of a {what} is expected, not {self._shown()}")
        if (why := why_not(word, what)) is not None:
            self._fault("idl-name", f"{word} {why}", line)
        self._lines.setdefault(word, line)
        self._next()
        return word

    def _number(self) -> int:
        word = self._word
        if not word.lstrip("-").isdigit() or not _LEAST <= int(word[:25]) <= _MOST:
            raise Wrong(self._line, f"a number is expected, not {self._shown()}")
        self._next()
        return int(word)

    def _take(self, *signs: str) -> None:
        for sign in signs:
            if self._word != sign:
                raise Wrong(self._line, f"{sign!r} is expected, not {self._shown()}")
            self._next()

    def _shown(self) -> str:
        return repr(self._word[:40]) if self._word else "the end of the file"

    def _next(self) -> None:
        self._line, self._word = next(self._words)

    def _bounded(self, number: int, most: int, what: str) -> None:
        if number > most:
            raise Wrong(self._line, f"more than {most} {what}")

    def _fault(self, code: str, words: str, line: int = 1) -> None:
        self.is_wrong = True
        self._report.add(code, self._path, f"line {line}: {words}")


def _twice(names: Iterable[str]) -> list[str]:
    """The names that stand there more than once, sorted."""
    return sorted(name for name, times in Counter(names).items() if times > 1)
