"""Somebody with a browser without scripts: keeps its cookie, fills in forms, follows where it is sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import aiohttp

from tests.support.markup import Element, parsed


@dataclass(frozen=True)
class Page:
    """What came back, without following on."""

    status: int
    html: str
    headers: Any

    @property
    def tree(self) -> Element:
        return parsed(self.html)

    @property
    def text(self) -> str:
        return self.tree.text

    @property
    def location(self) -> str:
        return str(self.headers.get("Location", ""))

    @property
    def wrong(self) -> dict[str, str]:
        """What is said beside fields, by the field's id."""
        return {one.attributes["id"].removesuffix("-wrong"): one.text for one in self.tree.with_class("wrong") if one.attributes.get("id")}


class Visitor:
    """One browser."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url
        self.cookie = ""

    @property
    def address(self) -> str:
        """Where the site is."""
        return self._url

    async def ask(self, method: str, path: str, **more: Any) -> Page:
        headers = {"Cookie": self.cookie, "Accept": "text/html", "Accept-Encoding": "identity", **more.pop("headers", {})}
        async with self._session.request(method, f"{self._url}{path}", headers=headers, allow_redirects=False, **more) as answer:
            page = Page(answer.status, (await answer.read()).decode(errors="replace"), answer.headers)
        if "Set-Cookie" in page.headers:
            self.cookie = page.headers["Set-Cookie"].partition(";")[0]
        return page

    async def get(self, path: str) -> Page:
        return await self.ask("GET", path)

    async def sign_in(self, username: str, password: str, wanted: str = "/") -> Page:
        return await self.ask("POST", "/sign-in", data={"username": username, "password": password, "next": wanted})

    async def fill_in(self, path: str, action: str, files: dict[str, tuple[str, bytes]] | None = None, **fields: str | list[str]) -> Page:
        """Fills in the form of a page that posts to ``action``: its hidden fields and defaults, changed by ``fields``."""
        page = await self.get(path)
        assert page.status == 200, page.html[:500]
        [form] = [one for one in page.tree.all("form") if one.attributes.get("action", path.partition("?")[0]) == action and one.attributes.get("method") == "post"]
        filled = defaults_of(form)
        for name, value in fields.items():
            filled = [(known, old) for known, old in filled if known != name] + [(name, one) for one in ([value] if isinstance(value, str) else value)]
        origin = {"Origin": self._url}
        if form.attributes.get("enctype") == "multipart/form-data":
            body = aiohttp.FormData(quote_fields=False)
            for name, value in filled:
                body.add_field(name, value, content_type="text/plain")
            for name, (filename, content) in (files or {}).items():
                body.add_field(name, content, filename=filename, content_type="application/octet-stream")
            return await self.ask("POST", action, data=body, headers=origin)
        return await self.ask("POST", action, data=filled, headers=origin)


def defaults_of(form: Element) -> list[tuple[str, str]]:
    """What a form says when nobody touches it."""
    filled = []
    for one in form.all("input", "select", "textarea"):
        name, kind = one.attributes.get("name"), one.attributes.get("type", "text")
        if not name or kind == "file" or (kind in {"checkbox", "radio"} and "checked" not in one.attributes):
            continue
        if one.tag == "select":
            options = one.all("option")
            chosen = next((option for option in options if "selected" in option.attributes), options[0] if options else None)
            filled.append((name, (chosen.attributes.get("value", chosen.text) if chosen else "")))
        elif one.tag == "textarea":
            filled.append((name, "".join(one.texts).removeprefix("\n")))
        else:
            filled.append((name, one.attributes.get("value", "")))
    return filled
