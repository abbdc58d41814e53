r"""Owns the way from LaTeX maths to MathML. Never passes markup on: every element and attribute is written here, from a list.

latex2mathml does not escape the text it is given (``\text{<script>}`` comes out as it went in), so its tree is
serialised by us, and its strings never reach a page.
"""

from __future__ import annotations

import html
from typing import Final
from xml.etree.ElementTree import Element

from latex2mathml.converter import convert_to_element

MATHS_TAGS: Final = frozenset({
    "math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "ms", "mfrac", "msqrt", "mroot", "msub", "msup", "msubsup",
    "munder", "mover", "munderover", "mmultiscripts", "mprescripts", "none", "mtable", "mtr", "mtd", "mstyle", "mpadded",
    "mphantom", "menclose", "merror",
})  # fmt: skip
MATHS_ATTRIBUTES: Final = frozenset({
    "display", "displaystyle", "scriptlevel", "stretchy", "fence", "form", "separator", "movablelimits", "largeop", "accent",
    "lspace", "rspace", "minsize", "maxsize", "linethickness", "columnalign", "rowspan", "columnspan", "mathvariant", "width",
    "height", "depth", "notation", "alttext",
})  # fmt: skip

_LIMITS: Final = {"msub": "munder", "msup": "mover", "msubsup": "munderover"}
_WITH_LIMITS: Final = frozenset("∑∏∐\u22c3\u22c2\u22c1\u22c0⨁⨂⨀⨆") | {"max", "min", "lim", "sup", "inf", "gcd", "det", "Pr", "lim\u2006sup", "lim\u2006inf"}
MAX_FORMULA_CHARS: Final = 2_000
MAX_NESTING: Final = 40
_PARSER_FAILURES = (ValueError, LookupError, TypeError, AttributeError, RecursionError, StopIteration, RuntimeError, AssertionError)


def to_mathml(source: str, *, is_display: bool = False) -> str:
    """The formula as a ``<math>`` element; as its own source in ``<code>`` when it is too large, too deep or not understood."""
    text = source.strip()
    if not text or len(text) > MAX_FORMULA_CHARS or _nesting(text) > MAX_NESTING:
        return as_source(text)
    try:
        tree = convert_to_element(text, display="block" if is_display else "inline")
    except _PARSER_FAILURES:
        return as_source(text)
    except Exception as wrong:
        if type(wrong).__module__.startswith("latex2mathml"):
            return as_source(text)
        raise
    tree.set("alttext", text)
    return _serialise(tree)


def is_set(source: str) -> bool:
    """Whether the formula is understood: an empty one is."""
    return not source.strip() or not to_mathml(source).startswith("<code")


def as_source(text: str) -> str:
    """The formula as written, for what cannot be set as maths."""
    return f'<code class="maths-source">{html.escape(text)}</code>'


def _nesting(text: str) -> int:
    depth = deepest = 0
    for mark in text:
        if mark in "{[(":
            depth += 1
            deepest = max(deepest, depth)
        elif mark in "}])":
            depth -= 1
    return deepest + text.count(r"\left") + text.count(r"\begin") + text.count(r"\over")


def _serialise(element: Element) -> str:
    inner = _escaped(element.text) + "".join(_serialise(child) + _escaped(child.tail) for child in element)
    if element.tag not in MATHS_TAGS:
        return inner
    attributes = "".join(
        f' {name}="{html.escape(html.unescape(value))}"' for name, value in element.attrib.items() if name in MATHS_ATTRIBUTES
    )
    tag = element.tag
    if tag in _LIMITS and _takes_limits(element[0]):
        tag = _LIMITS[tag]
    if tag == "mo" and "movablelimits" not in element.attrib and _takes_limits(element):
        attributes += ' movablelimits="true"'
    return f"<{tag}{attributes}>{inner}</{tag}>"


def _takes_limits(base: Element) -> bool:
    """Whether bounds stand below and above it in a displayed formula; in a line they stand beside it."""
    return base.tag == "mo" and html.unescape(base.text or "") in _WITH_LIMITS


def _escaped(text: str | None) -> str:
    return html.escape(html.unescape(text), quote=False) if text else ""
