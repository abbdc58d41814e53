"""What stands in the certificates: every extension and its criticality, and what outside witnesses say of them."""

from __future__ import annotations

import ipaddress
import ssl
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from pki.authority import make_authority
from pki.errors import PkiError
from pki.identity import NAMES, NotAPeer, name_of_sans, peer_name, service_uri
from pki.leaf import due_at, issue_leaf, issued_at, name_of_certificate
import contextlib

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


def shape(certificate: x509.Certificate) -> dict[str, tuple[bool, object]]:
    return {each.oid._name: (each.critical, each.value) for each in certificate.extensions}


def test_an_authority_carries_these_extensions_and_no_other() -> None:
    authority = make_authority(NOW)
    certificate = authority.certificate
    identifier = x509.SubjectKeyIdentifier.from_public_key(authority.key.public_key())
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    assert shape(certificate) == {
        "basicConstraints": (True, x509.BasicConstraints(ca=True, path_length=0)),
        "keyUsage": (True, usage),
        "subjectKeyIdentifier": (False, identifier),
    }
    assert certificate.version is x509.Version.v3
    assert isinstance(certificate.public_key().curve, ec.SECP256R1)
    assert isinstance(certificate.signature_hash_algorithm, hashes.SHA256)
    assert certificate.issuer == certificate.subject
    assert certificate.not_valid_before_utc == NOW - timedelta(minutes=5)
    assert certificate.not_valid_after_utc == NOW + timedelta(days=3650)


def test_two_authorities_have_two_names() -> None:
    assert make_authority(NOW).certificate.subject != make_authority(NOW).certificate.subject


def test_a_leaf_carries_these_extensions_and_no_other() -> None:
    authority = make_authority(NOW)
    leaf = issue_leaf(authority, "grader", NOW)
    names = x509.SubjectAlternativeName(
        [x509.UniformResourceIdentifier("spiffe://palestra/service/grader"), x509.DNSName("grader")]
    )
    usage = x509.KeyUsage(True, False, False, False, False, False, False, False, False)
    both = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
    assert shape(leaf.certificate) == {
        "basicConstraints": (True, x509.BasicConstraints(ca=False, path_length=None)),
        "keyUsage": (True, usage),
        "extendedKeyUsage": (False, both),
        "subjectAltName": (False, names),
        "subjectKeyIdentifier": (False, x509.SubjectKeyIdentifier.from_public_key(leaf.key.public_key())),
        "authorityKeyIdentifier": (False, x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())),
    }
    assert isinstance(leaf.certificate.public_key().curve, ec.SECP256R1)
    assert leaf.certificate.serial_number.bit_length() > 100
    assert leaf.certificate.not_valid_before_utc == NOW - timedelta(minutes=5)
    assert leaf.certificate.not_valid_after_utc == NOW + timedelta(hours=24)
    assert leaf.name == "grader"


@pytest.mark.parametrize("name", NAMES)
def test_no_leaf_speaks_for_localhost_or_an_address(name: str) -> None:
    leaf = issue_leaf(make_authority(NOW), name, NOW)
    text = str(leaf.certificate.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME).value)
    assert "localhost" not in text
    assert "127.0.0.1" not in text


def test_a_leaf_never_outlives_its_authority() -> None:
    authority = make_authority(NOW, timedelta(hours=10))
    assert issue_leaf(authority, "grader", NOW).certificate.not_valid_after_utc == NOW + timedelta(hours=10)
    with pytest.raises(PkiError) as dead:
        issue_leaf(authority, "grader", NOW + timedelta(hours=11))
    assert dead.value.code == "bad-life"


@pytest.mark.parametrize("name", ["", "Grader", "grader/x", "1st", "gra der", "g" * 64, "grader\n", "é", "../x", "*"])
def test_what_cannot_name_a_peer_gets_no_leaf(name: str) -> None:
    with pytest.raises(PkiError) as bad:
        issue_leaf(make_authority(NOW), name, NOW)
    assert bad.value.code == "bad-name"


URI = "spiffe://palestra/service/grader"


@pytest.mark.parametrize(
    ("uris", "dns"),
    [
        ([], ["grader"]), ([URI, URI], ["grader"]), ([URI, service_uri("runner")], ["grader"]), ([URI], []), ([URI], ["runner"]),
        ([URI], ["grader", "localhost"]), (["spiffe://other/service/grader"], ["grader"]), (["https://palestra/service/grader"], ["grader"]),
        (["spiffe://palestra/service/"], [""]), ([URI + "/x"], ["grader"]), ([URI + "?a"], ["grader"]), (["SPIFFE://palestra/service/grader"], ["grader"]),
    ],
)  # fmt: skip
def test_only_one_uri_and_the_same_dns_name_make_a_peer(uris: list[str], dns: list[str]) -> None:
    with pytest.raises(NotAPeer):
        peer_name(uris, dns)


def test_names_are_read_from_what_a_handshake_gives() -> None:
    assert name_of_sans((("URI", URI), ("DNS", "grader"))) == "grader"
    with pytest.raises(NotAPeer):
        name_of_sans((("URI", URI), ("DNS", "grader"), ("IP Address", "127.0.0.1")))


def test_a_certificate_with_an_address_is_no_peer() -> None:
    authority = make_authority(NOW)
    names = [x509.UniformResourceIdentifier(URI), x509.DNSName("grader"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder().subject_name(authority.certificate.subject).issuer_name(authority.certificate.subject)
        .public_key(authority.key.public_key()).serial_number(1).not_valid_before(NOW).not_valid_after(NOW + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False).sign(authority.key, hashes.SHA256())
    )  # fmt: skip
    with pytest.raises(NotAPeer):
        name_of_certificate(certificate)


def test_a_leaf_is_due_at_two_thirds_of_its_life_each_at_a_moment_of_its_own() -> None:
    authority = make_authority(NOW)
    moments = {due_at(issue_leaf(authority, "grader", NOW).certificate) for _ in range(40)}
    assert len(moments) > 30
    assert NOW + timedelta(hours=24 * (2 / 3 - 0.1)) <= min(moments)
    assert max(moments) <= NOW + timedelta(hours=16)
    assert issued_at(issue_leaf(authority, "grader", NOW).certificate) == NOW


def openssl(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=False, timeout=20)


@pytest.mark.parametrize("purpose", ["sslserver", "sslclient"])
def test_openssl_verifies_every_leaf_strictly_for_both_sides(pki_folder: Path, purpose: str) -> None:
    for name in NAMES:
        found = openssl("verify", "-x509_strict", "-purpose", purpose, "-CAfile", f"{pki_folder}/ca.crt", f"{pki_folder}/{name}.crt")
        assert found.returncode == 0, f"{name}: {found.stderr}"
        assert openssl("verify", "-CAfile", f"{pki_folder}/ca.crt", "-verify_hostname", name, f"{pki_folder}/{name}.crt").returncode == 0


def test_openssl_does_not_take_a_leaf_for_another_name(pki_folder: Path) -> None:
    found = openssl("verify", "-CAfile", f"{pki_folder}/ca.crt", "-verify_hostname", "localhost", f"{pki_folder}/grader.crt")
    assert found.returncode != 0


def test_openssl_reads_the_revocation_list(pki_folder: Path) -> None:
    found = openssl("crl", "-in", f"{pki_folder}/revoked.crl", "-CAfile", f"{pki_folder}/ca.crt", "-noout", "-nextupdate")
    assert "verify OK" in found.stderr
    assert "nextUpdate" in found.stdout


def handshake(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> tuple[str, str]:
    """Both sides in memory; who each of them saw."""
    ends = [ssl.MemoryBIO() for _ in range(4)]
    far = server.wrap_bio(ends[0], ends[1], server_side=True)
    near = client.wrap_bio(ends[2], ends[3], server_hostname=name)
    for _ in range(6):
        for side in (near, far):
            with contextlib.suppress(ssl.SSLWantReadError):
                side.do_handshake()
            ends[0].write(ends[3].read())
            ends[2].write(ends[1].read())
    return name_of_sans(near.getpeercert()["subjectAltName"]), name_of_sans(far.getpeercert()["subjectAltName"])


def plain_context(folder: Path, protocol: int, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(protocol)
    context.load_cert_chain(folder / f"{name}.crt", folder / f"{name}.key")
    context.load_verify_locations(folder / "ca.crt")
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    return context


def test_any_two_leaves_shake_hands_with_plain_contexts(pki_folder: Path) -> None:
    server = plain_context(pki_folder, ssl.PROTOCOL_TLS_SERVER, "redis")
    client = plain_context(pki_folder, ssl.PROTOCOL_TLS_CLIENT, "frontend")
    assert handshake(server, client, "redis") == ("redis", "frontend")
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(server, client, "localhost")
