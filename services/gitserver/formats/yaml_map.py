"""Owns the careful reading of small YAML files: every fault with its line, every unknown key. Never builds objects by tag."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from fractions import Fraction
from typing import Final

import yaml

from services.gitserver.findings import Report
from services.gitserver.formats.files import PackageFile, read_text

MOST_DEPTH: Final = 20
MOST_CHARACTERS: Final = 256 << 10
MOST_EVENTS: Final = 20_000
_QUICK: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The parser of libyaml, where PyYAML was built with it: ten times as quick."""
_NULL, _TEXT, _MAP, _LIST = "tag:yaml.org,2002:null", "tag:yaml.org,2002:str", yaml.MappingNode, yaml.SequenceNode

_TRUTHS: Final = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}

NUMBER: Final = re.compile(r"[+-]?(?:\d[\d_]{0,17}(?:\.\d{0,18})?|\.\d{1,18})(?:[eE][+-]?\d{1,2})?")
"""An exponent without bound would make `Fraction` compute for ever."""


class YamlMap:
    """One map of a YAML file. Each question marks its key as known; `finish` warns of the keys that nobody asked for."""

    def __init__(self, node: yaml.MappingNode | None, path: str, report: Report, prefix: str = "") -> None:
        self._path, self._report, self._prefix = path, report, prefix
        self.node = node
        self._values: dict[str, yaml.Node] = {}
        self._asked: set[str] = set()
        for key, value in node.value if node is not None else ():
            name = str(key.value) if isinstance(key, yaml.ScalarNode) else "?"
            if name in self._values:
                self._wrong("yaml-duplicate-key", key, f"`{prefix}{name}` stands twice")
            self._values[name] = value

    def __contains__(self, key: str) -> bool:
        return self._find(key) is not None

    def text(self, key: str, default: str = "") -> str:
        """A scalar as it is written."""
        node = self._find(key)
        if node is None:
            return default
        if not isinstance(node, yaml.ScalarNode):
            self._wrong("yaml-wrong-type", node, f"`{self._prefix}{key}` must be a text")
            return default
        return str(node.value).strip()

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of scalars, or one scalar as a list of one."""
        node = self._find(key)
        if node is None:
            return ()
        members = node.value if isinstance(node, _LIST) else [node]
        if not all(isinstance(member, yaml.ScalarNode) for member in members):
            self._wrong("yaml-wrong-type", node, f"`{self._prefix}{key}` must be a text or a list of texts")
            return ()
        return tuple(str(member.value).strip() for member in members)

    def sequence(self, key: str) -> tuple[str, ...]:
        """A list of scalars, to the letter; one scalar alone is a finding."""
        node = self._find(key)
        if node is None:
            return ()
        if not isinstance(node, _LIST) or not all(isinstance(member, yaml.ScalarNode) for member in node.value):
            self._wrong("yaml-wrong-type", node, f"`{self._prefix}{key}` must be a list of texts")
            return ()
        return tuple(str(member.value) for member in node.value)

    def words(self, key: str) -> str:
        """A text that is one to YAML too: a number, a date or a truth value without quotes is a finding, and stands as it is written."""
        node = self._find(key)
        if isinstance(node, yaml.ScalarNode) and node.tag != _TEXT:
            self._wrong("yaml-wrong-type", node, f"`{self._prefix}{key}` must be a text, and {node.value[:40]} is none to YAML: put it in quotes")
        return self.text(key)

    def texts_by_language(self, key: str) -> dict[str, str]:
        """A text (for every language, under ``""``) or a map of language to text."""
        if isinstance(self._find(key), _MAP):
            inner = self.map(key)
            return {language: inner.words(language) for language in inner.keys_as_written()}
        text = self.words(key)
        return {"": text} if text else {}

    def choice(self, key: str, allowed: Iterable[str], default: str, code: str) -> str:
        """One of the allowed words; anything else is a finding of that code."""
        value = self.text(key, default)
        if value not in (words := tuple(allowed)):
            self.fault(key, code, f"`{self._prefix}{key}` must be one of {', '.join(words)}, not {value[:40]!r}")
            return default
        return value

    def number(self, key: str, least: float, most: float, code: str = "limit-bad") -> Fraction | None:
        """An exact number of the range; None when the key is absent or its value wrong."""
        node = self._find(key)
        if node is None:
            return None
        try:
            number = float(str(node.value)) if isinstance(node, yaml.ScalarNode) and NUMBER.fullmatch(str(node.value)) else math.nan
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            self._wrong("yaml-wrong-type", node, f"`{self._prefix}{key}` must be a number")
            return None
        if not least <= number <= most:
            self._wrong(code, node, f"`{self._prefix}{key}` must lie between {least:g} and {most:g}, not {number:g}")
            return None
        return Fraction(str(node.value).replace("_", ""))

    def map(self, key: str) -> YamlMap:
        """An inner map; an empty one when the key is absent or its value wrong."""
        node = self._find(key)
        if node is not None and not isinstance(node, _MAP):
            self._wrong("yaml-wrong-type", node, f"`{self._prefix}{key}` must be a map")
            node = None
        return YamlMap(node, self._path, self._report, f"{self._prefix}{key}.")

    def members(self, key: str) -> list[str | YamlMap]:
        """Texts and maps of a list, in order; one text or map is a list of one. Other members are findings."""
        node = self._find(key)
        if node is None:
            return []
        found: list[str | YamlMap] = []
        for place, member in enumerate(node.value if isinstance(node, _LIST) else [node]):
            if isinstance(member, yaml.ScalarNode):
                found.append(str(member.value).strip())
            elif isinstance(member, _MAP):
                found.append(YamlMap(member, self._path, self._report, f"{self._prefix}{key}[{place}]."))
            else:
                self._wrong("yaml-wrong-type", member, f"`{self._prefix}{key}` must hold texts or maps")
        return found

    def lists(self, key: str) -> list[list[str | tuple[str, ...]]]:
        """A list of lists, whose members are texts or lists of texts; empty when the key is absent or its value wrong."""
        node = self._find(key)
        if node is None:
            return []
        found: list[list[str | tuple[str, ...]]] = []
        for inner in node.value if isinstance(node, _LIST) else [node]:
            members = inner.value if isinstance(inner, _LIST) else [None]
            made = [_scalars(member) for member in members]
            if None in made:
                self._wrong("yaml-wrong-type", node, f"`{self._prefix}{key}` must be a list of lists")
                return []
            found.append([one for one in made if one is not None])
        return found

    def flag(self, key: str, *, default: bool = False) -> bool:
        """A truth value: true or false, yes or no, on or off, as YAML 1.1 has them."""
        node = self._find(key)
        if node is None:
            return default
        word = node.value.lower() if isinstance(node, yaml.ScalarNode) else ""
        if word not in _TRUTHS:
            self._wrong("yaml-wrong-type", node, f"`{self._prefix}{key}` must be true or false")
            return default
        return _TRUTHS[word]

    def keys_as_written(self) -> tuple[str, ...]:
        """Every key in the order of the file."""
        return tuple(self._values)

    def is_map(self, key: str) -> bool:
        """Whether the key's value is a map."""
        return isinstance(self._find(key), _MAP)

    def is_list(self, key: str) -> bool:
        """Whether the key's value is a list."""
        return isinstance(self._find(key), _LIST)

    def fault(self, key: str, code: str, message: str) -> None:
        """Adds a finding at the key's line."""
        node = self._find(key)
        if node is None:
            self._report.add(code, self._path, message)
        else:
            self._wrong(code, node, message)

    def finish(self, ignore: Iterable[str] = ()) -> None:
        """Warns of the keys that nobody asked for, except those that may stand here without a meaning for us."""
        known = self._asked | set(ignore)
        for key, node in self._values.items():
            if key not in known:
                self._wrong("yaml-unknown-key", node, f"`{self._prefix}{key}` is no key of this format and is ignored")

    def _find(self, key: str) -> yaml.Node | None:
        self._asked.add(key)
        node = self._values.get(key)
        return None if node is not None and node.tag == _NULL else node

    def _wrong(self, code: str, node: yaml.Node, message: str) -> None:
        self._report.add(code, self._path, f"line {_line(node)}: {message}")


def _scalars(node: yaml.Node | None) -> str | tuple[str, ...] | None:
    """A text, or a list of texts; None when it is neither."""
    if isinstance(node, yaml.ScalarNode):
        return str(node.value).strip()
    if isinstance(node, _LIST) and all(isinstance(one, yaml.ScalarNode) for one in node.value):
        return tuple(str(one.value).strip() for one in node.value)
    return None


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1 if node.start_mark is not None else 0


def read_yaml(file: PackageFile, report: Report) -> YamlMap | None:
    """The file's map; None, with a finding, when it is no YAML or no map. An empty file is an empty map."""
    text = read_text(file, report)
    if text is None:
        return None
    try:
        found = _composed(text)
    except yaml.MarkedYAMLError as wrong:
        mark = wrong.problem_mark or wrong.context_mark
        report.add("bad-yaml", file.path, f"line {mark.line + 1 if mark else '?'}: {wrong.problem or wrong.context}")
        return None
    except yaml.YAMLError as wrong:
        report.add("bad-yaml", file.path, str(wrong).splitlines()[0])
        return None
    if isinstance(found, str):
        report.add("bad-yaml", file.path, found)
        return None
    node = found
    if node is not None and not isinstance(node, _MAP) and node.tag != _NULL:
        report.add("yaml-wrong-type", file.path, "line 1: the file must be a map of keys to values")
        return None
    return YamlMap(node if isinstance(node, _MAP) else None, file.path, report)


def _composed(text: str) -> yaml.Node | str | None:
    """The node of a text, None when it is empty; or, in words, why it is not even composed. Raises: `yaml.YAMLError`.

    What is wrong with a text the thorough parser says: the quick one has other words for it, and takes tabs where YAML has them.
    """
    if len(text) > MOST_CHARACTERS:
        return f"{len(text)} characters; at most {MOST_CHARACTERS} are read"
    try:
        return _composed_by(_QUICK, text)
    except yaml.YAMLError:
        return _composed_by(yaml.SafeLoader, text)


def _composed_by(loader: type[yaml.SafeLoader], text: str) -> yaml.Node | str | None:
    return _fault_of_events(text, loader) or yaml.compose(text, Loader=loader)


def _fault_of_events(text: str, loader: type[yaml.SafeLoader]) -> str:
    """Why a text is not even composed: aliases multiply, depth exhausts the stack, number takes time. Empty when it may be."""
    depth = 0
    for place, event in enumerate(yaml.parse(text, Loader=loader)):
        line = event.start_mark.line + 1 if event.start_mark is not None else 0
        if place > MOST_EVENTS:
            return f"line {line}: more than {MOST_EVENTS} keys and values"
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            return f"line {line}: anchors and aliases are not allowed"
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MOST_DEPTH:
                return f"line {line}: nested more than {MOST_DEPTH} levels deep"
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return ""
