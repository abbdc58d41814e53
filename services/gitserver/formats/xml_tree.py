"""Owns the careful reading of small XML files: elements with their lines. Never resolves an entity, a document type or anything outside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from services.gitserver.findings import Report
from services.gitserver.formats.files import PackageFile, read_text

MOST_DEPTH: Final = 30
MOST_ELEMENTS: Final = 50_000


@dataclass(slots=True)
class Element:
    """One element: its attributes, its children in order, the text right inside it."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    line: int = 0
    children: list[Element] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The text inside, without space around it."""
        return "".join(self.pieces).strip()

    def attribute(self, name: str) -> str:
        """An attribute's value, empty when it is not there."""
        return self.attributes.get(name, "").strip()

    def find(self, path: str) -> Element | None:
        """The first element of a path of tags, as ``judging/testset``."""
        return next(self.all(path), None)

    def all(self, path: str) -> Iterator[Element]:
        """Every element of a path of tags, in order."""
        tag, _, rest = path.partition("/")
        for child in self.children:
            if child.tag == tag:
                if rest:
                    yield from child.all(rest)
                else:
                    yield child


class _NotAllowed(Exception):
    """What no package needs and only attacks have."""


class _Tree:
    """The elements while the parser goes on."""

    def __init__(self, parser: expat.XMLParserType) -> None:
        self.root = Element("")
        self._open = [self.root]
        self._count = 0
        self._parser = parser
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = self._refuse
        parser.EntityDeclHandler = self._refuse
        parser.ExternalEntityRefHandler = self._refuse

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if len(self._open) > MOST_DEPTH or self._count > MOST_ELEMENTS:
            raise _NotAllowed(f"more than {MOST_DEPTH} levels or {MOST_ELEMENTS} elements")
        made = Element(tag, attributes, self._parser.CurrentLineNumber)
        self._open[-1].children.append(made)
        self._open.append(made)

    def _end(self, tag: str) -> None:
        del tag
        self._open.pop()

    def _text(self, text: str) -> None:
        self._open[-1].pieces.append(text)

    def _refuse(self, *_: object) -> int:
        raise _NotAllowed("a document type or an entity is declared")


def read_xml(file: PackageFile, report: Report) -> Element | None:
    """The file's outermost element; None, with a finding, when it is no XML or more than a description needs."""
    text = read_text(file, report)
    if text is None:
        return None
    parser = expat.ParserCreate("UTF-8")
    tree = _Tree(parser)
    try:
        parser.Parse(text.encode(), True)
    except expat.ExpatError as wrong:
        report.add("bad-xml", file.path, f"line {wrong.lineno}: {expat.errors.messages.get(wrong.code, 'the file is no XML')}")
        return None
    except _NotAllowed as wrong:
        report.add("bad-xml", file.path, f"line {parser.CurrentLineNumber}: {wrong}")
        return None
    return tree.root.children[0]
