"""Owns the leaves: what stands in the certificate of a service, and when it is due for renewal. Never touches a file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from pki.authority import BACKDATE, Authority, key_usage
from pki.errors import PkiError
from pki.identity import NotAPeer, peer_name, service_uri

LEAF_LIFE: Final = timedelta(hours=24)
_RENEWED_AFTER: Final = 2 / 3
_JITTER: Final = 0.1


@dataclass(frozen=True, slots=True)
class Leaf:
    """The certificate of one service and its private key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def name(self) -> str:
        """The name that the certificate proves. Raises: `NotAPeer`."""
        return name_of_certificate(self.certificate)


def issue_leaf(authority: Authority, name: str, now: datetime, life: timedelta = LEAF_LIFE) -> Leaf:
    """A fresh key and its certificate, for both sides of mutual TLS; it never outlives its authority.

    Raises: `PkiError` (``bad-name``, ``bad-life``).
    """
    try:
        uri = service_uri(name)
    except NotAPeer as wrong:
        raise PkiError("bad-name", str(wrong)) from wrong
    ends = min(now + life, authority.certificate.not_valid_after_utc)
    if ends <= now or life <= timedelta(0):
        raise PkiError("bad-life", f"a leaf that ends at {ends} would be dead at once: check its life, and `pki doctor` for the CA")
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Palestra"), x509.NameAttribute(NameOID.COMMON_NAME, name)]
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(authority.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATE)
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .add_extension(
            x509.SubjectAlternativeName([x509.UniformResourceIdentifier(uri), x509.DNSName(name)]), critical=False
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()), critical=False)
        .sign(authority.key, hashes.SHA256())
    )
    return Leaf(certificate, key)


def name_of_certificate(certificate: x509.Certificate) -> str:
    """The one name that a certificate proves. Raises: `NotAPeer`."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound as missing:
        raise NotAPeer("the certificate has no subject alternative name") from missing
    if any(not isinstance(name, x509.UniformResourceIdentifier | x509.DNSName) for name in names):
        raise NotAPeer("a peer has URI and DNS names only")
    return peer_name(
        names.get_values_for_type(x509.UniformResourceIdentifier),
        names.get_values_for_type(x509.DNSName),
    )


def issued_at(certificate: x509.Certificate) -> datetime:
    """When the certificate was made: the start of its validity without the allowance for clocks."""
    return certificate.not_valid_before_utc + BACKDATE


def due_at(certificate: x509.Certificate) -> datetime:
    """When to renew: at two thirds of its life, up to a tenth of it earlier, each certificate at a moment of its own."""
    life = certificate.not_valid_after_utc - issued_at(certificate)
    share = (certificate.serial_number % 1000) / 1000
    return issued_at(certificate) + life * (_RENEWED_AFTER - _JITTER * share)
