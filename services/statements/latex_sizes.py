"""Owns how large figures of a LaTeX source are, and the folders that it says they lie in. Never shows one."""

from __future__ import annotations

import re
from typing import Final

_SHARE = re.compile(r"(?<![a-zA-Z])width\s*=\s*([\d.]{0,8})\s*\\(?:text|line|column|paper|h)(?:width|size)")
_LENGTH = re.compile(r"(?<![a-zA-Z])(width|height)\s*=\s*(\d{1,4}(?:\.\d{0,4})?)\s*(cm|mm|in|pt|bp|px|em)(?![a-z])")
_PIXELS: Final = {"cm": 37.8, "mm": 3.78, "in": 96.0, "pt": 1.333, "bp": 1.333, "px": 1.0, "em": 16.0}
_PATHS = re.compile(r"\\graphicspath\s*\{((?:\s*\{[^{}\n]{0,200}\}){1,20})")
_PATH = re.compile(r"\{([^{}\n]*)\}")


def share_of(written: str) -> str:
    """A part of the width of the text, as 0.4, in per cent; all of it when it is none."""
    share = float(written) if re.fullmatch(r"\d{1,2}|\d{0,2}\.\d{1,4}", written.strip()) else 1.0
    return f"{min(100, max(1, round(share * 100)))}%"


def size_of(options: str) -> str:
    r"""The attributes of HTML for the options of ``\includegraphics``; none where it has its natural size."""
    share = _SHARE.search(options)
    if share is not None:
        return f' width="{share_of(share[1] or "1")}"'
    found = _LENGTH.search(options)
    return f' {found[1]}="{max(1, min(2000, round(float(found[2]) * _PIXELS[found[3]])))}"' if found is not None else ""


def places_of(source: str) -> tuple[str, ...]:
    r"""The folders that ``\graphicspath`` names, behind the statement's own."""
    found = _PATHS.search(source)
    return ("", *(_PATH.findall(found[1])[:20] if found is not None else ()))
