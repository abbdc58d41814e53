"""Owns signed words about somebody: the frontend asserts who acts, and what a browser may hear. Never decides what follows.

A token is a JSON Web Signature in compact form, ES256 with the service's leaf key, the leaf itself inside (``x5c``), so that
whoever trusts the authority can check it without asking. Source: RFC 7515 §4.1.6, RFC 7519 §4.1.

Raises throughout: `Unauthenticated` with ``assertion-malformed``, ``assertion-not-trusted``, ``assertion-wrong-issuer``,
``assertion-expired``.
"""

from __future__ import annotations

import base64
import binascii
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.serialization import Encoding

from mesh.errors import Unauthenticated
from mesh.tls import Credentials
from mesh.tls.trust import name_of, serial_text

CLOCK_ALLOWANCE: Final = timedelta(seconds=30)
"""How far the clocks of two machines may differ."""

LONGEST_AGO: Final = timedelta(days=30)
"""How far back a token is checked: a command may have waited in a queue; revoked leaves are remembered three times as long."""

_LEAVES_KEPT: Final = 64
_LONGEST_TOKEN: Final = 64 * 1024
_HALF: Final = 32
K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Assertion:
    """What an issuer said: of whom (``subject``), about what, with which claims, from when to when (aware UTC)."""

    subject: str
    about: str
    claims: dict[str, Any]
    issued_at: datetime
    expires_at: datetime


class Asserter:
    """Signs in the name of one service, always with the leaf that is in use now."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials
        self._generation = -1
        self._header = b""

    def sign(self, subject: str, about: str, at: datetime, life_s: float, claims: dict[str, Any] | None = None) -> str:
        """A token that is valid from ``at`` for ``life_s`` seconds; about 1 kB. ``claims`` are made of JSON types."""
        snapshot = self._credentials.now
        if snapshot.generation != self._generation:
            leaf = base64.b64encode(snapshot.certificate.public_bytes(Encoding.DER)).decode()
            self._header = _packed(msgspec.json.encode({"alg": "ES256", "typ": "JWT", "x5c": [leaf]}))
            self._generation = snapshot.generation
        moment = at.timestamp()
        body = _Body(self._credentials.service, subject, about, moment, moment + life_s, claims or {})
        signed = self._header + b"." + _packed(msgspec.json.encode(body))
        r, s = utils.decode_dss_signature(snapshot.key.sign(signed, ec.ECDSA(hashes.SHA256())))
        return (signed + b"." + _packed(r.to_bytes(_HALF, "big") + s.to_bytes(_HALF, "big"))).decode("ascii")


class Verifier:
    """Checks tokens of other services against the authorities and revocations that are in use now."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials
        self._generation = -1
        self._leaves: OrderedDict[str, _Leaf] = OrderedDict()

    def verify(self, token: str, *, issuer: str = "frontend", at: datetime, about: str = "") -> Assertion:
        """What the token says, if it stood at that moment: now for a ticket, the command's time for a command.

        ``about``, when given, must be what the token is about. Raises: `Unauthenticated`, see the module.
        """
        parts = token.split(".") if len(token) <= _LONGEST_TOKEN else []
        if len(parts) != 3:
            raise _malformed("it has not three parts")
        header, body = _decoded(_Header, parts[0]), _decoded(_Body, parts[1])
        if header.alg != "ES256" or len(header.x5c) != 1:
            raise _malformed("it is not signed as we sign")
        leaf = self._leaf(header.x5c[0])
        _check_signature(leaf.key, f"{parts[0]}.{parts[1]}".encode("ascii"), _unpacked(parts[2]))
        if leaf.name != issuer or body.iss != issuer:
            raise Unauthenticated(f"{leaf.name} may not say this; only {issuer} may", code="assertion-wrong-issuer")
        if about and body.aud != about:
            raise Unauthenticated(f"it is about {body.aud!r}, not {about!r}", code="assertion-not-trusted")
        issued_at, expires_at = _moment(body.iat), _moment(body.exp)
        _check_times(at, issued_at, expires_at, leaf)
        return Assertion(body.sub, body.aud, body.claims, issued_at, expires_at)

    def _leaf(self, text: str) -> _Leaf:
        if self._generation != self._credentials.generation:  # other authorities, other revocations: look again
            self._leaves.clear()
            self._generation = self._credentials.generation
        leaf = self._leaves.get(text)
        if leaf is None:
            leaf = self._examined(text)
            self._leaves[text] = leaf
            if len(self._leaves) > _LEAVES_KEPT:
                self._leaves.popitem(last=False)
        return leaf

    def _examined(self, text: str) -> _Leaf:
        trust = self._credentials.now.trust
        try:
            certificate = x509.load_der_x509_certificate(base64.b64decode(text, validate=True))
            name, key = name_of(certificate), certificate.public_key()
        except (ValueError, UnsupportedAlgorithm) as wrong:
            raise Unauthenticated(f"the certificate in it is not that of a service: {wrong}", code="assertion-not-trusted") from wrong
        if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
            raise Unauthenticated("the key in it is not of P-256", code="assertion-not-trusted")
        if not trust.has_signed(certificate):
            raise Unauthenticated("no authority that we trust signed the certificate in it", code="assertion-not-trusted")
        if serial_text(certificate.serial_number) in trust.revoked:
            raise Unauthenticated("the certificate in it was revoked", code="assertion-not-trusted")
        return _Leaf(name, key, certificate.not_valid_before_utc, certificate.not_valid_after_utc)


@dataclass(frozen=True, slots=True)
class _Leaf:
    name: str
    key: ec.EllipticCurvePublicKey
    valid_from: datetime
    valid_until: datetime


class _Header(msgspec.Struct):
    alg: str
    x5c: list[str]


class _Body(msgspec.Struct):
    iss: str
    sub: str
    aud: str
    iat: float
    exp: float
    claims: dict[str, Any]


def _check_signature(key: ec.EllipticCurvePublicKey, signed: bytes, signature: bytes) -> None:
    if len(signature) != 2 * _HALF:
        raise _malformed("its signature has another length")
    der = utils.encode_dss_signature(int.from_bytes(signature[:_HALF], "big"), int.from_bytes(signature[_HALF:], "big"))
    try:
        key.verify(der, signed, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as wrong:
        raise Unauthenticated("its signature is not that of the certificate in it", code="assertion-not-trusted") from wrong


def _check_times(at: datetime, issued_at: datetime, expires_at: datetime, leaf: _Leaf) -> None:
    if not issued_at - CLOCK_ALLOWANCE <= at < expires_at:
        raise Unauthenticated(f"it stands from {issued_at} to {expires_at}, and not at {at}: ask for a new one", code="assertion-expired")
    if not leaf.valid_from <= at < leaf.valid_until:
        raise Unauthenticated(f"its certificate stands until {leaf.valid_until}, and not at {at}", code="assertion-expired")
    if at < datetime.now(UTC) - LONGEST_AGO:
        raise Unauthenticated(f"{at} is more than {LONGEST_AGO.days} days ago", code="assertion-expired")


def _decoded(kind: type[K], part: str) -> K:
    try:
        return msgspec.json.decode(_unpacked(part), type=kind)
    except msgspec.DecodeError as wrong:
        raise _malformed(str(wrong)) from wrong


def _moment(seconds: float) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError) as wrong:
        raise _malformed(f"{seconds} is no time") from wrong


def _packed(content: bytes) -> bytes:
    return base64.urlsafe_b64encode(content).rstrip(b"=")


def _unpacked(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as wrong:
        raise _malformed(str(wrong)) from wrong


def _malformed(why: str) -> Unauthenticated:
    return Unauthenticated(f"this is no token of ours: {why}", code="assertion-malformed")
