"""Owns the certificate authority: its key, its certificate, and the list of what it took back. Never touches a file.

ECDSA P-256 throughout: 0.2 ms a leaf, 1 ms a mutual handshake, understood by every TLS stack.
Source: RFC 5280 §4.2.1 (extensions and their criticality), §5 (revocation lists).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

AUTHORITY_LIFE: Final = timedelta(days=3650)
BACKDATE: Final = timedelta(minutes=5)
"""Certificates are valid from a little before they were made: clocks of machines differ."""


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate authority that can sign. Its path length is 0: it signs leaves and nothing that signs."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def make_authority(now: datetime, life: timedelta = AUTHORITY_LIFE) -> Authority:
    """A fresh authority. Its common name carries a part of its key's hash, so that two in a roll-over are told apart."""
    key = ec.generate_private_key(ec.SECP256R1())
    fingerprint = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Palestra"),
            x509.NameAttribute(NameOID.COMMON_NAME, f"Palestra mesh CA {fingerprint.digest.hex()[:8]}"),
        ]
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATE)
        .not_valid_after(now + life)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(key_usage(signs_certificates=True), critical=True)
        .add_extension(fingerprint, critical=False)
        .sign(key, hashes.SHA256())
    )
    return Authority(certificate, key)


def key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    """An authority signs certificates and revocation lists; a leaf signs handshakes. Nobody does both."""
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def is_signed_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    """Whether that authority signed this certificate: names and signature, not times."""
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def revocation_list(authority: Authority, revoked: Iterable[tuple[int, datetime]], now: datetime) -> x509.CertificateRevocationList:
    """The signed list of (serial, when) that this authority took back.

    Its next update is the end of the authority: a list that runs out must never stop the whole mesh.
    """
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.certificate.subject)
        .last_update(now - BACKDATE)
        .next_update(max(authority.certificate.not_valid_after_utc, now + timedelta(days=1)))
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()), critical=False)
        .add_extension(x509.CRLNumber(int(now.timestamp() * 1_000_000)), critical=False)
    )
    for serial, at in revoked:
        builder = builder.add_revoked_certificate(
            x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(at).build()
        )
    return builder.sign(authority.key, hashes.SHA256())
