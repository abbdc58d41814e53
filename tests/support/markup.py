"""A page's markup, read as a browser and a screen reader would: what stands in it, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import pairwise

_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
_FIELDS = {"input", "select", "textarea"}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    parent: Element | None = None
    children: list[Element] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text inside, in reading order is not promised."""
        return " ".join(" ".join([*self.texts, *(child.text for child in self.children)]).split())

    def all(self, *tags: str) -> list[Element]:
        found = [self] if not tags or self.tag in tags else []
        return found + [one for child in self.children for one in child.all(*tags)]

    def with_class(self, name: str) -> list[Element]:
        return [one for one in self.all() if name in one.attributes.get("class", "").split()]

    def within(self, tag: str) -> bool:
        above = self.parent
        while above is not None and above.tag != tag:
            above = above.parent
        return above is not None


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("document", {})
        self.here = self.root

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attributes}, self.here)
        self.here.children.append(element)
        if tag not in _VOID:
            self.here = element

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.here.children.append(Element(tag, {name: value or "" for name, value in attributes}, self.here))

    def handle_endtag(self, tag: str) -> None:
        above: Element | None = self.here
        while above is not None and above.tag != tag:
            above = above.parent
        if above is not None and above.parent is not None:
            self.here = above.parent

    def handle_data(self, text: str) -> None:
        if text.strip():
            self.here.texts.append(text)


def parsed(html: str) -> Element:
    builder = _Builder()
    builder.feed(html)
    return builder.root


def faults_of(html: str) -> list[str]:
    """What a person with a keyboard or a screen reader, or a strict content policy, would stumble over."""
    page = parsed(html)
    everything = page.all()
    ids = [one.attributes["id"] for one in everything if "id" in one.attributes]
    faults = [f"the id {name} is used twice" for name in sorted({name for name in ids if ids.count(name) > 1})]
    for one in everything:
        attributes = one.attributes
        faults += [f"inline {name} on {one.tag}" for name in attributes if name == "style" or name.startswith("on")]
        if one.tag == "style" or (one.tag == "script" and not attributes.get("src")):
            faults.append(f"inline {one.tag}")
        if one.tag == "img" and "alt" not in attributes:
            faults.append("an image without words")
        if one.tag == "svg" and "aria-hidden" not in attributes and "aria-label" not in attributes:
            faults.append("a drawing that is neither hidden nor named")
        if one.tag in {"a", "button"} and not _name_of(one):
            faults.append(f"a {one.tag} without a name: {attributes}")
        if one.tag == "a" and one.attributes.get("href", "").startswith("#") and one.attributes["href"][1:] not in ids:
            faults.append(f"a link to nowhere: {one.attributes['href']}")
        if one.tag in _FIELDS and attributes.get("type") != "hidden" and "hidden" not in attributes and not _is_labelled(one, page):
            faults.append(f"a field without a label: {attributes.get('name')}")
        for name in attributes.get("aria-describedby", "").split() + attributes.get("aria-labelledby", "").split():
            if name not in ids:
                faults.append(f"{one.tag} is described by {name}, which is not there")
        if one.tag == "form" and attributes.get("method") == "post" and not any(child.attributes.get("name") == "csrf" for child in one.all("input")):
            faults.append("a form that posts without its word")
    return faults + _heading_faults(page) + _frame_faults(page)


def _heading_faults(page: Element) -> list[str]:
    levels = [int(one.tag[1]) for one in page.all("h1", "h2", "h3", "h4", "h5", "h6")]
    faults = [] if levels.count(1) == 1 else [f"{levels.count(1)} headings of the first level"]
    return faults + [f"a heading jumps from {one} to {other}" for one, other in pairwise(levels) if other > one + 1]


def _frame_faults(page: Element) -> list[str]:
    faults = []
    if len(page.all("main")) != 1:
        faults.append("not exactly one main")
    if not any(one.attributes.get("lang") for one in page.all("html")):
        faults.append("no language")
    if not any(one.text for one in page.all("title")):
        faults.append("no title")
    faults += [f"a table without column heads: {table.text[:60]}" for table in page.all("table") if not table.all("th") and not table.within("aside")
               and "statement" not in table.attributes.get("class", "") and not any("statement" in one.attributes.get("class", "") for one in _above(table))]
    return faults


def _above(element: Element) -> list[Element]:
    return [element.parent, *_above(element.parent)] if element.parent is not None else []


def _name_of(element: Element) -> str:
    labels = [element.attributes.get("aria-label", ""), element.text, *(one.attributes.get("aria-label", "") for one in element.all("svg"))]
    return " ".join(labels).strip()


def _is_labelled(element: Element, page: Element) -> bool:
    named = element.attributes.get("aria-label") or element.within("label")
    return bool(named) or any(label.attributes.get("for") == element.attributes.get("id") and _name_of(label) for label in page.all("label"))
