"""Owns the careful reading of small JSON files: every fault with the key it stands at, every unknown key. Numbers stay exact."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from fractions import Fraction
from typing import Any, Final

from services.gitserver.findings import Report
from services.gitserver.formats.files import PackageFile, read_text
from services.gitserver.formats.yaml_map import NUMBER

MOST_DEPTH: Final = 30


class _Written(str):
    """A number as it is written: an exponent without bound must never become a number."""

    __slots__ = ()


class _Pairs(dict[str, Any]):
    """A JSON object; ``twice`` are the keys that stand in it more than once."""

    twice: tuple[str, ...] = ()


class JsonMap:
    """One object of a JSON file. Each question marks its key as known; `finish` warns of the keys that nobody asked for."""

    def __init__(self, pairs: _Pairs | None, path: str, report: Report, prefix: str = "") -> None:
        self._pairs = _Pairs() if pairs is None else pairs
        self._path, self._report, self._prefix = path, report, prefix
        self._asked: set[str] = set()
        for key in self._pairs.twice:
            self.fault("json-wrong-type", f"`{prefix}{key}` stands twice")

    def __contains__(self, key: str) -> bool:
        return self._find(key) is not None

    def text(self, key: str, default: str = "") -> str:
        """A string, or a number as it is written."""
        value = self._find(key)
        if value is None:
            return default
        if not isinstance(value, str):
            self._wrong_type(key, "a text")
            return default
        return str(value)

    def number(self, key: str, least: float, most: float, code: str) -> Fraction | None:
        """An exact number of the range; None when the key is absent or its value wrong."""
        value = self._find(key)
        return None if value is None else self._number(key, value, least, most, code)

    def numbers(self, key: str, least: float, most: float, code: str) -> tuple[Fraction, ...]:
        """A list of numbers; empty when the key is absent or one of them wrong."""
        value = self._find(key)
        if value is None:
            return ()
        if not isinstance(value, list):
            self._wrong_type(key, "a list of numbers")
            return ()
        found = [self._number(key, one, least, most, code) for one in value]
        return tuple(one for one in found if one is not None) if None not in found else ()

    def map(self, key: str) -> JsonMap:
        """An inner object; an empty one when the key is absent or its value wrong."""
        value = self._find(key)
        if value is not None and not isinstance(value, _Pairs):
            self._wrong_type(key, "an object")
            value = None
        return JsonMap(value, self._path, self._report, f"{self._prefix}{key}.")

    def maps(self, key: str) -> tuple[JsonMap, ...]:
        """A list of objects; empty when the key is absent or its value wrong."""
        value = self._find(key)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(one, _Pairs) for one in value):
            self._wrong_type(key, "a list of objects")
            return ()
        return tuple(JsonMap(one, self._path, self._report, f"{self._prefix}{key}[{place}].") for place, one in enumerate(value))

    def fault(self, code: str, message: str) -> None:
        """Adds a finding about this file."""
        self._report.add(code, self._path, message)

    def finish(self, ignore: Iterable[str] = ()) -> None:
        """Warns of the keys that nobody asked for, except those that may stand here without a meaning for us."""
        for key in sorted(self._pairs.keys() - self._asked - set(ignore)):
            self._report.add("json-unknown-key", self._path, f"`{self._prefix}{key[:60]}` is no key of this format and is ignored")

    def _find(self, key: str) -> Any:
        self._asked.add(key)
        return self._pairs.get(key)

    def _number(self, key: str, value: object, least: float, most: float, code: str) -> Fraction | None:
        if not isinstance(value, _Written) or NUMBER.fullmatch(value) is None:
            self._wrong_type(key, "a number")
            return None
        if not least <= float(value) <= most:
            self._report.add(code, self._path, f"`{self._prefix}{key}` must lie between {least:g} and {most:g}, not {float(value):g}")
            return None
        return Fraction(value)

    def _wrong_type(self, key: str, wanted: str) -> None:
        self._report.add("json-wrong-type", self._path, f"`{self._prefix}{key}` must be {wanted}")


def read_json(file: PackageFile, report: Report) -> JsonMap | None:
    """The file's object; None, with a finding, when it is no JSON or no object."""
    text = read_text(file, report)
    if text is None:
        return None
    try:
        value = json.loads(text, object_pairs_hook=_pairs, parse_float=_Written, parse_int=_Written, parse_constant=_no_constant)
    except (ValueError, RecursionError) as wrong:
        report.add("bad-json", file.path, f"the file is no JSON: {str(wrong)[:200]}")
        return None
    if _depth(value) > MOST_DEPTH:
        report.add("bad-json", file.path, f"nested more than {MOST_DEPTH} levels deep")
        return None
    if not isinstance(value, _Pairs):
        report.add("json-wrong-type", file.path, "the file must be an object of keys and values")
        return None
    return JsonMap(value, file.path, report)


def _pairs(pairs: list[tuple[str, Any]]) -> _Pairs:
    made = _Pairs(pairs)
    if len(made) < len(pairs):
        made.twice = tuple(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)[:10]
    return made


def _no_constant(word: str) -> Any:
    raise ValueError(f"{word} is no number of JSON")


def _depth(value: object) -> int:
    """How deep a value nests, without recursion."""
    level, deepest = [value], 0
    while level and deepest <= MOST_DEPTH:
        deepest += 1
        level = [inner for one in level if isinstance(one, (dict, list)) for inner in (one.values() if isinstance(one, dict) else one)]
    return deepest
