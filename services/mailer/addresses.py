"""Owns the question whether an IP address is one of the public internet. Pure. Never resolves a name.

Source: the IANA registries of special-purpose IPv4 and IPv6 addresses (RFC 6890 and after it).
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, TypeAlias

from mesh.config import ConfigError

Network: TypeAlias = IPv4Network | IPv6Network

_NOT_PUBLIC_4: Final = tuple(IPv4Network(text) for text in (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
    "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24",
    "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    "168.63.129.16/32",  # public by its number, and yet the metadata and agent address of one cloud
))  # fmt: skip
_PUBLIC_6: Final = IPv6Network("2000::/3")
"""All of IPv6 that is handed out for the internet: whatever lies outside (loopback, link-local, unique local, multicast…) is not."""

_NOT_PUBLIC_6: Final = tuple(IPv6Network(text) for text in ("2001::/23", "2001:db8::/32", "2620:4f:8000::/48", "3fff::/20"))
_NAT64: Final = IPv6Network("64:ff9b::/96")


def read_networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Networks as a person writes them. Raises: `ConfigError` naming the one that is none."""
    found: list[Network] = []
    for text in texts:
        try:
            found.append(ip_network(text.strip()))
        except ValueError as wrong:
            raise ConfigError(f"[mailer] allowed_networks: {text!r} is no network: {wrong}") from wrong
    return tuple(found)


def may_be_called(address: str, allowed: Iterable[Network] = ()) -> bool:
    """Whether an address is public, or in one of the networks that are allowed although they are not. What is no address: no."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    inner = _inner(found)
    return any(one in network for one in {found, inner} for network in allowed if one.version == network.version) or _is_public(inner)


def _inner(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 address leads to by translation or tunnel: mapped, 6to4, NAT64. Itself when it is none of them."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_4)
    return address in _PUBLIC_6 and address.scope_id is None and not any(address in network for network in _NOT_PUBLIC_6)
