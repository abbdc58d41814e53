"""Owns the reading of forms that people fill in. Never decides what a field means; trusts no address to go to."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.web import FileField

from mesh.errors import MeshError, Refused

_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _GROUP_LETTERS = 3, 4


@dataclass(frozen=True, slots=True)
class Form:
    """What was filled in. A field that is missing reads as empty."""

    texts: Mapping[str, list[str]]
    files: Mapping[str, FileField]

    def text(self, name: str) -> str:
        """A field without the space around it."""
        return self.raw(name).strip()

    def raw(self, name: str) -> str:
        """A field as it is, with the line ends of this house."""
        return self.texts.get(name, [""])[0].replace("\r\n", "\n")

    def all(self, name: str) -> list[str]:
        """Every value of a field that may come more than once, in order."""
        return list(self.texts.get(name, []))

    def is_ticked(self, name: str) -> bool:
        """Whether a box is ticked."""
        return bool(self.text(name))


async def read_form(request: web.Request) -> Form:
    """The form of a request, whole in memory (`max_body_bytes` bounds it). Raises: `Refused` (``bad-form``)."""
    try:
        fields = await request.post()
    except (ValueError, UnicodeDecodeError) as wrong:
        raise Refused("this form cannot be read; load the page again and repeat", code="bad-form") from wrong
    texts: dict[str, list[str]] = {}
    files: dict[str, FileField] = {}
    for name, value in fields.items():
        if isinstance(value, str):
            texts.setdefault(name, []).append(value)
        elif isinstance(value, FileField) and value.filename:
            files.setdefault(name, value)
    return Form(texts, files)


def see_other(address: str) -> web.HTTPSeeOther:
    """What a handler raises to send the browser on after something was done, with a GET."""
    return web.HTTPSeeOther(address)


def inside(address: str, otherwise: str = "/") -> str:
    """An address of this site to go on to; ``otherwise`` when it leads elsewhere."""
    parts = urlsplit(address)
    is_ours = not parts.scheme and not parts.netloc and address.startswith("/") and not address.startswith(("//", "/\\"))
    return address if is_ours and address.isprintable() and "\\" not in address else otherwise


def fault_of(failure: MeshError, fields: Mapping[str, str]) -> dict[str, str]:
    """The failure under the field that its code is about; under ``form`` when it is about none."""
    return {fields.get(failure.code, "form"): sentence(failure.message)}


def sentence(text: str) -> str:
    """A message with a capital letter and a full stop."""
    text = text.strip()
    return (text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")) if text else ""


def made_password() -> str:
    """A password to hand out on paper: 12 letters and digits that cannot be mistaken for one another, about 59 bits."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(_GROUP_LETTERS)) for _ in range(_GROUPS))
