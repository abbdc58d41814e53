"""Owns the list of what HTML a statement may show. The last wall: everything passes here, whoever wrote it.

No scripts, no styles, no forms, no frames, no event handlers, no ids that could shadow the page's own; images and links
within the problem's public files only, links outwards to http(s) and mail.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import nh3
from markupsafe import Markup

from services.statements.figures import public_path
from services.statements.maths import MATHS_ATTRIBUTES, MATHS_TAGS

_TAGS: Final = {
    "a", "abbr", "b", "blockquote", "br", "caption", "cite", "code", "col", "colgroup", "dd", "del", "details", "dfn", "div", "dl",
    "dt", "em", "figcaption", "figure", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd", "li", "mark", "ol", "p",
    "pre", "q", "s", "samp", "small", "span", "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead",
    "tr", "tt", "u", "ul", "var",
}  # fmt: skip
_ATTRIBUTES: Final[dict[str, set[str]]] = {
    "a": {"href", "title"},
    "img": {"src", "alt", "width", "height", "title", "loading"},
    "ol": {"start", "type"},
    "td": {"colspan", "rowspan", "align"},
    "th": {"colspan", "rowspan", "align", "scope"},
    **{tag: set(MATHS_ATTRIBUTES) for tag in MATHS_TAGS},
}
_CLASSES: Final[dict[str, set[str]]] = {
    "code": {"maths-source"},
    "div": {"maths-block", "centred", "aligned-right"},
    "span": {"small-capitals"},
    "table": {"ruled"},
    "p": {"statement-note"},
}
_LENGTH = re.compile(r"\d{1,4}%?")
_ALIGNED_CELL = re.compile(r'<(t[dh]) style="text-align:(left|center|right)"')
_LOST_IMAGE = re.compile(r"<img(?![^>]* src=)[^>]*>")
_OUTWARD = re.compile(r"(?:https?://|mailto:)", re.IGNORECASE)


def clean(html: str, link: Callable[[str], str], folder: str = "") -> Markup:
    """HTML with nothing in it that is not on the list.

    ``link`` makes a URL of a path in the public tree; relative addresses are read from ``folder`` in it, and those that
    lead out of the tree, or an image's that leads to another host, are dropped.
    """

    def filtered(tag: str, name: str, value: str) -> str | None:
        if tag == "img" and name == "src":
            return _inside(value, folder, link)
        if tag == "a" and name == "href":
            return value if _OUTWARD.match(value.strip()) else _inside(value, folder, link)
        if name in {"width", "height"} and tag == "img":
            return value if _LENGTH.fullmatch(value) else None
        return value

    cleaner = nh3.Cleaner(
        tags=_TAGS | MATHS_TAGS, clean_content_tags={"script", "style", "template", "iframe", "object", "noscript", "title", "svg"},
        attributes=_ATTRIBUTES, attribute_filter=filtered, allowed_classes=_CLASSES, strip_comments=True,
        url_schemes={"http", "https", "mailto"}, link_rel="noopener noreferrer nofollow",
    )  # fmt: skip
    cleaned = _LOST_IMAGE.sub("", cleaner.clean(_ALIGNED_CELL.sub(r'<\1 align="\2"', html)))
    return Markup(cleaned)  # noqa: S704 - the one place where statement HTML is declared clean, because it has just been cleaned


def _inside(address: str, folder: str, link: Callable[[str], str]) -> str | None:
    path = public_path(address, folder)
    return (link(path) or None) if path is not None else None
