"""Owns the forms of what people type: aliases, names, texts, labels, colours. Collects every fault before it refuses."""

from __future__ import annotations

import re
from typing import Final

from mesh.errors import Invalid

SOURCE_LIMIT_BYTES: Final = 256 * 1024
NAME_LIMIT: Final = 200
LONG_TEXT_LIMIT_BYTES: Final = 64 * 1024
QUESTION_LIMIT: Final = 10_000
TEXT_LIMIT: Final = 1_000
COMPILE_OUTPUT_LIMIT: Final = 64 * 1024

_USERNAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}")
_ALIAS = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,15}")
_COLOR = re.compile(r"#[0-9A-Fa-f]{3}(?:[0-9A-Fa-f]{3})?")
_LANGUAGE = re.compile(r"[a-z][a-z0-9+#.-]{0,31}")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class Faults:
    """Everything that is wrong with one command, in the order in which it was found."""

    def __init__(self) -> None:
        self._found: list[str] = []

    def add(self, fault: str) -> None:
        """One more."""
        self._found.append(fault)

    def unless(self, is_fine: bool, fault: str) -> None:
        """One more, unless it is fine."""
        if not is_fine:
            self._found.append(fault)

    def check_line(self, what: str, text: str, most: int = NAME_LIMIT, *, is_optional: bool = False) -> None:
        """A line of text for people: not empty, not too long, no control characters."""
        self.unless(bool(text.strip()) or is_optional, f"{what} is empty")
        self.unless(len(text) <= most, f"{what} is longer than {most} characters")
        self.unless(not _CONTROL.search(text) and "\n" not in text and "\r" not in text, f"{what} has control characters")

    def check_text(self, what: str, text: str, most: int = QUESTION_LIMIT, *, is_optional: bool = False) -> None:
        """A text of several lines for people."""
        self.unless(bool(text.strip()) or is_optional, f"{what} is empty")
        self.unless(len(text) <= most, f"{what} is longer than {most} characters")
        self.unless(not _CONTROL.search(text), f"{what} has control characters")

    def refuse(self, code: str) -> None:
        """Ends the checking. Raises: `Invalid` with that code when there is any fault, naming all of them."""
        if self._found:
            raise Invalid("; ".join(self._found), code=code, details=self._found)


def is_username(text: str) -> bool:
    """Whether it can be the name of an account: letters, digits and ``._@+-``, at most 64, starting with a letter or digit."""
    return _USERNAME.fullmatch(text) is not None


def is_alias(text: str) -> bool:
    """Whether it can be the alias of a problem or contest: letters, digits, ``_`` and ``-``, at most 64."""
    return _ALIAS.fullmatch(text) is not None


def is_label(text: str) -> bool:
    """Whether it can be a problem's label: letters, digits, ``_`` and ``-``, at most 16."""
    return _LABEL.fullmatch(text) is not None


def is_color(text: str) -> bool:
    """Whether it is empty or a CSS hex colour."""
    return not text or _COLOR.fullmatch(text) is not None


def is_language(text: str) -> bool:
    """Whether it has the form of a language id."""
    return _LANGUAGE.fullmatch(text) is not None


def without_nul(text: str) -> str:
    """The text without U+0000, which PostgreSQL cannot hold; shown as the replacement character."""
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}")


def listed(names: list[str], most: int = 20) -> str:
    """Names for a message, the rest counted."""
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
