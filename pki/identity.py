"""Owns the names of the mesh and their form in a certificate. Never reads a file or a key; needs the standard library only.

A peer is the one URI SAN of its certificate, ``spiffe://palestra/service/NAME``, and carries the DNS name ``NAME`` so that
ordinary TLS clients can pin it. It is never ``localhost``, an address, or a header.
Source: SPIFFE X.509-SVID §2 (exactly one URI SAN).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from typing import Final

TRUST_DOMAIN: Final = "palestra"
URI_PREFIX: Final = f"spiffe://{TRUST_DOMAIN}/service/"

SERVICES: Final = (
    "frontend", "recorder", "grader", "runner", "gitserver", "broadcaster", "certificates", "mailer", "analytics", "gateway",
    "operator",
)  # fmt: skip
"""The services of the house, in the order of `wire.services`; ``gateway`` is the door in front of them, ``operator`` whoever runs it."""

STORES: Final = ("rabbitmq", "redis", "database")
"""The servers of others that speak TLS with our certificates."""

ONLOOKERS: Final = ("monitor", "replicator")
"""Who calls no method of any service: ``monitor`` reads figures, ``replicator`` is a standby's line to the record that it copies."""

NAMES: Final = SERVICES + STORES + ONLOOKERS
"""Everyone who gets a leaf by default."""

_NAME = re.compile(r"[a-z][a-z0-9-]{0,62}")


class NotAPeer(ValueError):
    """The names in a certificate are not those of a peer of this mesh."""


def is_name(text: str) -> bool:
    """Whether the text can name a peer: lower-case letters, digits, hyphens, at most 63, a letter first."""
    return _NAME.fullmatch(text) is not None


def service_uri(name: str) -> str:
    """The URI SAN of a name. Raises: `NotAPeer` for text that cannot name a peer."""
    if not is_name(name):
        raise NotAPeer(f"{name!r} cannot name a peer: use lower-case letters, digits and hyphens, at most 63, a letter first")
    return URI_PREFIX + name


def name_of_uri(uri: str) -> str:
    """The name in a URI SAN. Raises: `NotAPeer` when it is not one of this mesh."""
    name = uri.removeprefix(URI_PREFIX)
    if not uri.startswith(URI_PREFIX) or not is_name(name):
        raise NotAPeer(f"{uri!r} is not {URI_PREFIX}NAME")
    return name


def peer_name(uris: Iterable[str], dns_names: Iterable[str]) -> str:
    """The name that a certificate with these SANs proves: exactly one URI, and one DNS name that says the same.

    Raises: `NotAPeer`.
    """
    all_uris, all_dns = tuple(uris), tuple(dns_names)
    if len(all_uris) != 1:
        raise NotAPeer(f"a peer has exactly one URI SAN, this certificate has {len(all_uris)}")
    name = name_of_uri(all_uris[0])
    if all_dns != (name,):
        raise NotAPeer(f"the DNS names {all_dns!r} are not ({name!r},)")
    return name


@functools.lru_cache(maxsize=1024)
def name_of_sans(sans: tuple[tuple[str, str], ...]) -> str:
    """The same for ``ssl.SSLSocket.getpeercert()["subjectAltName"]``; cached, since the same tuples come again and again.

    Raises: `NotAPeer`.
    """
    strangers = [kind for kind, _ in sans if kind not in {"URI", "DNS"}]
    if strangers:
        raise NotAPeer(f"a peer has URI and DNS names only, this certificate has {strangers}")
    return peer_name((value for kind, value in sans if kind == "URI"), (value for kind, value in sans if kind == "DNS"))
