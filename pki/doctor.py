"""Owns the examination of a PKI folder: what is wrong, and what to do about it. Changes nothing.

Checks modes, keys, chains, names, extensions, ends, revocations, a roll-over that was left half way. Works on a machine
without the authority's key too.
"""

from __future__ import annotations

import enum
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from pki.authority import is_signed_by
from pki.errors import PkiError
from pki.identity import NotAPeer
from pki.leaf import Leaf, issued_at, name_of_certificate
from pki.registrar import utc_now
from pki.store import Rank, Store, read_revocation_lists

_AUTHORITY_WARNING: Final = timedelta(days=90)
_CLOCK_ALLOWANCE: Final = timedelta(minutes=5)
E = TypeVar("E", bound=x509.ExtensionType)


class Severity(enum.StrEnum):
    """ERROR: something does not work or is not safe. WARNING: it will be, soon."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: about which file or name, what, and what to do."""

    severity: Severity
    subject: str
    text: str
    remedy: str


def examine(store: Store, now: Callable[[], datetime] = utc_now) -> list[Finding]:
    """Everything that is wrong with the folder; nothing when all is well."""
    try:
        trust = store.read_trust()
    except (PkiError, OSError) as wrong:
        return [Finding(Severity.ERROR, str(store.trust_path), str(wrong), "run `make pki`")]
    findings = [*_modes(store), *_authorities(store, trust, now())]
    revoked: set[int] = set()
    try:
        for found in read_revocation_lists(store.revocations_path):
            revoked |= {entry.serial_number for entry in found}
            if not any(found.issuer == each.subject and _is_list_signed(found, each) for each in trust):
                findings.append(
                    Finding(Severity.ERROR, str(store.revocations_path), "a list is not signed by a trusted CA", "run `pki bootstrap`")
                )
        if not store.revocations_path.exists():
            findings.append(
                Finding(Severity.ERROR, str(store.revocations_path), "is missing: nothing can be revoked", "run `pki bootstrap`")
            )
    except (PkiError, OSError) as wrong:
        findings.append(Finding(Severity.ERROR, str(store.revocations_path), str(wrong), "run `pki bootstrap`"))
    for name in store.names():
        findings.extend(_leaf(store, name, trust, revoked, now()))
    return findings


def _modes(store: Store) -> Iterator[Finding]:
    secret = [*store.folder.glob("*.key"), *store.authority_folder.glob("*.pem"), *store.authority_folder.glob("*.jsonl")]
    for path in secret:
        if _mode(path) & 0o077:
            yield Finding(Severity.ERROR, str(path), f"others may read it (mode {_mode(path):o})", f"chmod 600 {path}")
    if store.authority_folder.exists() and _mode(store.authority_folder) & 0o077:
        yield Finding(
            Severity.ERROR, str(store.authority_folder), "others may look into it", f"chmod 700 {store.authority_folder}"
        )


def _authorities(store: Store, trust: list[x509.Certificate], now: datetime) -> Iterator[Finding]:
    for each in trust:
        name, left = each.subject.rfc4514_string(), each.not_valid_after_utc - now
        if left <= timedelta(0):
            yield Finding(Severity.ERROR, name, f"the CA ended at {each.not_valid_after_utc}", "remove it, run `make pki`, restart all")
        elif left < _AUTHORITY_WARNING:
            yield Finding(Severity.WARNING, name, f"the CA ends in {left.days} days", "run `pki roll`, three times, as it says")
        constraints = _extension(each, x509.BasicConstraints)
        if constraints is None or not constraints.critical or not constraints.value.ca or constraints.value.path_length != 0:
            yield Finding(Severity.ERROR, name, "not a CA of path length 0", "remove it from ca.crt: it is not ours")
    if not store.authority_folder.exists():
        return
    try:
        current = store.read_authority(Rank.CURRENT)
    except PkiError:
        return  # another user's key: we are on the reading side
    if current is not None and current.certificate not in trust:
        yield Finding(Severity.ERROR, str(store.trust_path), "does not hold the CA that signs", "run `pki bootstrap`")
    for rank, text in ((Rank.NEXT, "a new CA is trusted and not used yet"), (Rank.OLD, "an old CA is still trusted")):
        if store.authority_path(rank).exists():
            yield Finding(Severity.WARNING, "roll-over", text, "run `pki roll` when it is time for the next step")


def _leaf(store: Store, name: str, trust: list[x509.Certificate], revoked: set[int], now: datetime) -> Iterator[Finding]:
    again = f"run `pki issue {name}`"
    try:
        leaf = store.read_leaf(name)
    except (PkiError, OSError) as wrong:
        yield Finding(Severity.ERROR, name, str(wrong), again)
        return
    if leaf is None:
        yield Finding(Severity.ERROR, name, "has a certificate and no key", again)
        return
    yield from _shape(name, leaf, again)
    certificate = leaf.certificate
    if not any(is_signed_by(certificate, each) for each in trust):
        yield Finding(Severity.ERROR, name, "no trusted CA signed it", again)
    if certificate.serial_number in revoked:
        yield Finding(Severity.ERROR, name, "is revoked", again)
    ends, life = certificate.not_valid_after_utc, certificate.not_valid_after_utc - issued_at(certificate)
    if ends <= now:
        yield Finding(Severity.ERROR, name, f"ended at {ends}", f"run `pki renew {name}`")
    elif ends - now < life / 4:
        yield Finding(Severity.WARNING, name, f"ends at {ends} and was not renewed in time", f"run `pki renew {name}`")
    if certificate.not_valid_before_utc > now + _CLOCK_ALLOWANCE:
        yield Finding(Severity.ERROR, name, f"is valid from {certificate.not_valid_before_utc}, in the future", "set the clock")


def _shape(name: str, leaf: Leaf, again: str) -> Iterator[Finding]:
    try:
        proven = name_of_certificate(leaf.certificate)
        if proven != name:
            yield Finding(Severity.ERROR, name, f"proves to be {proven}", again)
    except NotAPeer as wrong:
        yield Finding(Severity.ERROR, name, str(wrong), again)
    constraints = _extension(leaf.certificate, x509.BasicConstraints)
    if constraints is None or not constraints.critical or constraints.value.ca:
        yield Finding(Severity.ERROR, name, "could act as a CA", again)
    usage = _extension(leaf.certificate, x509.KeyUsage)
    if usage is None or not usage.critical or not usage.value.digital_signature or usage.value.key_cert_sign:
        yield Finding(Severity.ERROR, name, "its key usage is not digital signature alone, critical", again)
    extended = _extension(leaf.certificate, x509.ExtendedKeyUsage)
    if extended is None or set(extended.value) != {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH}:
        yield Finding(Severity.ERROR, name, "is not for both sides of TLS", again)


def _extension(certificate: x509.Certificate, kind: type[E]) -> x509.Extension[E] | None:
    try:
        return certificate.extensions.get_extension_for_class(kind)
    except x509.ExtensionNotFound:
        return None


def _is_list_signed(found: x509.CertificateRevocationList, authority: x509.Certificate) -> bool:
    key = authority.public_key()
    return isinstance(key, ec.EllipticCurvePublicKey) and found.is_signature_valid(key)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)
