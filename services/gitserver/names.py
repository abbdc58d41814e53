"""Owns the parsing of names that come from outside: aliases, commits, paths. Never joins one that was not parsed."""

from __future__ import annotations

import re
from typing import Final

from mesh.errors import NotFound, Refused

ALIAS_RULE: Final = "1 to 60 small letters, digits and dashes, beginning and ending with a letter or digit"

_ALIAS = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?")
_OBJECT = re.compile(r"[0-9a-f]{40}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[\w.+(), -][\w.+(), @-]*")
"""Nothing begins with @: a compiler would take such a file for a list of arguments."""
_USUAL_FOLDER = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,254}")
_USUAL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*[A-Za-z0-9]")

MOST_PATH_CHARACTERS: Final = 255
MOST_LEVELS: Final = 12


def parse_alias(text: str) -> str:
    """The alias as it is. Raises: `Refused` (``bad-alias``) when it is not one."""
    if _ALIAS.fullmatch(text) is None:
        raise Refused(f"{text[:80]!r} is no alias of a problem: {ALIAS_RULE}", code="bad-alias")
    return text


def alias_from(name: str) -> str:
    """An alias made of a folder's name or a title; empty when nothing of it can stay."""
    made = re.sub(r"[^a-z0-9]+", "-", name.lower())[:60].strip("-")
    return made if _ALIAS.fullmatch(made) else ""


def parse_object(text: str) -> str:
    """A commit or tree id, 40 hex digits. Raises: `NotFound` (``no-such-version``): what is no id names nothing."""
    if _OBJECT.fullmatch(text) is None:
        raise NotFound(f"{text[:80]!r} is no version of a problem", code="no-such-version")
    return text


def parse_digest(text: str) -> str:
    """A SHA-256, 64 hex digits. Raises: `NotFound` (``no-such-blob``)."""
    if _DIGEST.fullmatch(text) is None:
        raise NotFound(f"{text[:80]!r} is no SHA-256", code="no-such-blob")
    return text


def parse_public_path(text: str) -> str:
    """A path inside the public tree. Raises: `NotFound` (``no-such-file``) for anything that can name no file there."""
    if fault_of_path(text) is not None:
        raise NotFound(f"{text[:80]!r} is no file of the problem", code="no-such-file")
    return text


def fault_of_path(path: str) -> tuple[str, str] | None:
    """Why a path may not stand in a package, as finding code and message; None when it may."""
    if path.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", path):
        return "unsafe-path", "paths must be relative"
    parts = path.split("/")
    if any(part in {".", ".."} for part in parts):
        return "unsafe-path", "paths must not contain . or .. as a name"
    if len(path) > MOST_PATH_CHARACTERS or len(parts) > MOST_LEVELS:
        return "path-too-long", f"at most {MOST_PATH_CHARACTERS} characters and {MOST_LEVELS} levels"
    for part in parts:
        if not part or _NAME.fullmatch(part) is None or part.lower() == ".git":
            return "path-not-allowed", f"the name {part!r} is not allowed: letters, digits and . _ - + ( ) , @ only, and no @ in front"
        if part.startswith(("-", " ")) or part.endswith((" ", ".")):
            return "path-not-allowed", f"the name {part!r} must not begin with - or end with a dot or space"
    return None


def is_usual(path: str) -> bool:
    """Whether the file's name keeps the rule of the ICPC package format, and those of its folders that of problemtools, where one letter will do."""
    *folders, name = path.split("/")
    is_name_usual = _USUAL_NAME.fullmatch(name) is not None or name in _PRESCRIBED
    return is_name_usual and all(_USUAL_FOLDER.fullmatch(folder) for folder in folders)


def is_junk(path: str) -> bool:
    """Whether the path is a left-over of an operating system, an editor or version control."""
    parts = path.split("/")
    return (
        any(part in _JUNK_FOLDERS for part in parts)
        or parts[-1] in _JUNK_FILES
        or parts[-1].startswith("._")
        or parts[-1].endswith(("~", ".swp", ".pyc"))
    )


_PRESCRIBED = frozenset({".timelimit", "__main__.py", "__init__.py"})
"""Names outside its rule that the format asks for itself (a Python program's entry point), or Python does of whoever writes a package."""
_JUNK_FOLDERS = frozenset({"__MACOSX", "__pycache__", ".git", ".svn", ".idea", ".vscode"})
_JUNK_FILES = frozenset({".DS_Store", "Thumbs.db", "desktop.ini", ".gitignore", ".gitattributes", ".gitkeep"})
