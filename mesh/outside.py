"""Owns the form of an address that people give us to call: a URL outside of the house. Never resolves or calls one.

A form says little of where it leads: whoever connects checks the address that he connects to.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import SplitResult, urlsplit

LONGEST_URL: Final = 1_000
_PLAIN = re.compile(r"[!-~]+")
_NAME = re.compile(r"(?=.{1,253}\.?$)[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62})(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62}))*\.?")
_WELL_KNOWN: Final = 1024
_USUAL: Final = frozenset({80, 443})
_OF_OTHERS: Final = frozenset({1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6679, 6697, 10080, *range(6665, 6670)})
"""Ports above 1023 where something listens that is no web server. Source: WHATWG Fetch, "bad port"."""


def fault_of_url(url: str) -> str:
    """What is wrong with the form of an address that is to be called over HTTP; empty when nothing is."""
    if len(url) > LONGEST_URL:
        return f"it is longer than {LONGEST_URL:,} characters"
    if not _PLAIN.fullmatch(url) or "\\" in url:
        return "it has spaces or characters beyond ASCII: write an international name in its ASCII form (xn--…)"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "it is no URL"
    if parts.scheme not in {"http", "https"}:
        return "it must begin with https:// or http://"
    if "@" in parts.netloc:
        return "it has a name or password in it: the signature says who calls"
    if parts.fragment or url.endswith("#"):
        return "it has a fragment (#…), which is never sent"
    if port is not None and ((port < _WELL_KNOWN and port not in _USUAL) or port in _OF_OTHERS):
        return f"port {port} is not one for web servers: use 443, 80 or one above 1023"
    return _fault_of_host(parts)


def host_of(url: str) -> tuple[str, int]:
    """The host (lower case, without brackets) and the port of a URL whose form is right."""
    parts = urlsplit(url)
    return (parts.hostname or "").rstrip("."), parts.port or (443 if parts.scheme == "https" else 80)


def _fault_of_host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    if not host:
        return "it names no host"
    if "[" in parts.netloc:
        return "" if "%" not in host and parts.netloc.startswith("[") else "its address is none that can be reached from here"
    return "" if _NAME.fullmatch(host) else "its host is no name"
