"""Owns whom a service believes: the authorities of ca.crt and what their signed lists took back. Blocks; never keeps a file open.

The lists are not given to OpenSSL: a list past its next update would refuse everybody, and open connections would go on. Their
serials are checked in every handshake and for every call instead.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec

from pki.identity import NotAPeer, peer_name

Names = tuple[tuple[tuple[str, str], ...], ...]
"""A distinguished name as `ssl` gives it."""

_END: Final = b"-----END X509 CRL-----"


@dataclass(frozen=True, slots=True)
class Trust:
    """Authorities (also as PEM text and as `ssl` names them) and the serials that they took back, as `ssl` writes serials."""

    authorities: tuple[x509.Certificate, ...]
    pem: str
    issuers: frozenset[Names]
    revoked: frozenset[str]

    def has_signed(self, certificate: x509.Certificate) -> bool:
        """Whether one of the authorities signed a certificate: names and signature, not times."""
        return any(_is_signed_by(certificate, authority) for authority in self.authorities)


def read_trust(authorities: Path, revocations: Path) -> Trust:
    """Reads both files; a missing list takes nothing back.

    Raises: OSError, ValueError for what is no certificate or list, and for a list that a trusted authority did not sign.
    """
    pem = authorities.read_text(encoding="ascii")
    certificates = tuple(x509.load_pem_x509_certificates(pem.encode()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=pem)
    issuers = frozenset(cast("Names", found["subject"]) for found in context.get_ca_certs())
    try:
        blocks = revocations.read_bytes().split(_END)[:-1]
    except FileNotFoundError:
        blocks = []
    revoked: set[str] = set()
    for block in blocks:
        revoked |= _serials(x509.load_pem_x509_crl(block + _END), certificates)
    return Trust(certificates, pem, issuers, frozenset(revoked))


def serial_text(serial: int) -> str:
    """A serial as `ssl` writes it: upper-case hexadecimal in whole bytes."""
    text = f"{serial:X}"
    return text if len(text) % 2 == 0 else f"0{text}"


def name_of(certificate: x509.Certificate) -> str:
    """The one name that a certificate proves. Raises: `NotAPeer`."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound as missing:
        raise NotAPeer("the certificate has no subject alternative name") from missing
    return peer_name(names.get_values_for_type(x509.UniformResourceIdentifier), names.get_values_for_type(x509.DNSName))


def _is_signed_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _serials(found: x509.CertificateRevocationList, authorities: tuple[x509.Certificate, ...]) -> set[str]:
    for authority in authorities:
        key = authority.public_key()
        if found.issuer == authority.subject:
            if isinstance(key, ec.EllipticCurvePublicKey) and found.is_signature_valid(key):
                return {serial_text(entry.serial_number) for entry in found}
            raise ValueError("revoked.crl was not signed by the CA that it names")
    return set()  # of an authority that is not trusted (yet): nothing of it is
