"""Owns the files of the PKI folder: where each lies, its mode, and that it is replaced whole. Never decides what to sign.

    FOLDER/ca.crt            the authorities that are trusted now: one, or two during a roll-over      0644
    FOLDER/NAME.crt .key     the leaf of a service                                                     0644, 0600
    FOLDER/revoked.crl       the signed lists of what was taken back, one per authority                0644
    FOLDER/authority/        what only the signing side may read                                       0700
        ca.pem next.pem old.pem   authorities with their keys: in use, coming, going                   0600
        ledger.jsonl              every leaf that was issued                                           0600

Only FOLDER/authority must be kept secret and backed up; a machine that runs services needs ca.crt, revoked.crl and its leaves.
"""

from __future__ import annotations

import contextlib
import enum
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from pki.authority import Authority
from pki.errors import PkiError
from pki.leaf import Leaf

_LOCK_WAIT_S: Final = 10.0
_PEM = serialization.Encoding.PEM


class Rank(enum.StrEnum):
    """Which authority: the one that signs, the one that is only trusted yet, the one that is still trusted."""

    CURRENT = "ca"
    NEXT = "next"
    OLD = "old"


class Store:
    """One PKI folder. Every write replaces a whole file; readers never see half of one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.authority_folder = folder / "authority"
        self.trust_path = folder / "ca.crt"
        self.revocations_path = folder / "revoked.crl"
        self.ledger_path = self.authority_folder / "ledger.jsonl"

    def prepare(self) -> None:
        """Makes the folders, the authority's for its owner alone."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.authority_folder.mkdir(mode=0o700, exist_ok=True)
        if self.authority_folder.stat().st_mode & 0o077:
            self.authority_folder.chmod(0o700)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keeps other processes from signing meanwhile. Raises: `PkiError` (``busy``) after 10 s, (``no-authority``)."""
        try:
            descriptor = os.open(self.authority_folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as missing:
            raise PkiError(
                "no-authority", f"{self.authority_folder} cannot be opened ({missing.strerror}): run `make pki` where the CA lives"
            ) from missing
        try:
            ends = time.monotonic() + _LOCK_WAIT_S
            while True:
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError as held:
                    if time.monotonic() > ends:
                        raise PkiError("busy", "another process has been signing for 10 s: look for a hanging `pki`") from held
                    time.sleep(0.02)
            yield
        finally:
            os.close(descriptor)

    def authority_path(self, rank: Rank) -> Path:
        """Where an authority and its key lie."""
        return self.authority_folder / f"{rank.value}.pem"

    def read_authority(self, rank: Rank) -> Authority | None:
        """The authority of that rank, None when there is none. Raises: `PkiError` (``authority-key-missing``, ``bad-file``)."""
        path = self.authority_path(rank)
        try:
            pem = path.read_bytes()
        except FileNotFoundError:
            return None
        except PermissionError as denied:
            raise PkiError("authority-key-missing", f"{path} is not readable for this user: sign as its owner") from denied
        return Authority(_certificate(path, pem), _key(path, pem))

    def write_authority(self, rank: Rank, authority: Authority) -> None:
        """Keeps an authority; it is on disk when this returns, since it cannot be made again."""
        pem = authority.certificate.public_bytes(_PEM) + _key_bytes(authority.key)
        write_whole(self.authority_path(rank), pem, 0o600, is_synced=True)

    def certificate_path(self, name: str) -> Path:
        """Where the certificate of a name lies."""
        return self.folder / f"{name}.crt"

    def key_path(self, name: str) -> Path:
        """Where its private key lies."""
        return self.folder / f"{name}.key"

    def names(self) -> list[str]:
        """Everyone who has a leaf here, in alphabetical order."""
        return sorted(path.stem for path in self.folder.glob("*.crt") if path != self.trust_path)

    def read_leaf(self, name: str) -> Leaf | None:
        """The leaf of a name, None when a file is missing. Raises: `PkiError` (``bad-file``), also for a key of another leaf."""
        certificate_path, key_path = self.certificate_path(name), self.key_path(name)
        try:
            certificate = _certificate(certificate_path, certificate_path.read_bytes())
            key = _key(key_path, key_path.read_bytes())
        except FileNotFoundError:
            return None
        if certificate.public_key() != key.public_key():
            raise PkiError("bad-file", f"{key_path} is not the key of {certificate_path}: run `pki issue {name}`")
        return Leaf(certificate, key)

    def write_leaf(self, name: str, leaf: Leaf) -> None:
        """Keeps a leaf: key first; who reads in between sees a pair that does not match and reads again."""
        write_whole(self.key_path(name), _key_bytes(leaf.key), 0o600)
        write_whole(self.certificate_path(name), leaf.certificate.public_bytes(_PEM), 0o644)

    def read_trust(self) -> list[x509.Certificate]:
        """The authorities that are trusted now. Raises: `PkiError` (``no-authority``, ``bad-file``)."""
        try:
            return x509.load_pem_x509_certificates(self.trust_path.read_bytes())
        except FileNotFoundError as missing:
            raise PkiError("no-authority", f"{self.trust_path} is missing: run `make pki`") from missing
        except ValueError as wrong:
            raise PkiError("bad-file", f"{self.trust_path} holds no certificate: {wrong}") from wrong

    def write_trust(self, authorities: list[Authority]) -> None:
        """Says whom to trust from now on."""
        write_whole(self.trust_path, b"".join(each.certificate.public_bytes(_PEM) for each in authorities), 0o644)

    def write_revocations(self, lists: list[x509.CertificateRevocationList]) -> None:
        """Says what was taken back."""
        write_whole(self.revocations_path, b"".join(each.public_bytes(_PEM) for each in lists), 0o644)


def write_whole(path: Path, content: bytes, mode: int, *, is_synced: bool = False, owner: tuple[int, int] | None = None) -> None:
    """Replaces a file in one step, with exactly this mode and owner (user, group) from its first byte on."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)
            if owner is not None:
                os.fchown(file.fileno(), *owner)
            file.write(content)
            if is_synced:
                file.flush()
                os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def read_revocation_lists(path: Path) -> list[x509.CertificateRevocationList]:
    """The lists in a file, none when it is missing. Raises: `PkiError` (``bad-file``)."""
    end = b"-----END X509 CRL-----"
    try:
        blocks = path.read_bytes().split(end)[:-1]
        return [x509.load_pem_x509_crl(block + end) for block in blocks]
    except FileNotFoundError:
        return []
    except ValueError as wrong:
        raise PkiError("bad-file", f"{path} is not a revocation list: {wrong}") from wrong


def _certificate(path: Path, pem: bytes) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(pem)
    except ValueError as wrong:
        raise PkiError("bad-file", f"{path} holds no certificate: {wrong}") from wrong


def _key(path: Path, pem: bytes) -> ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key(pem[pem.find(b"-----BEGIN PRIVATE KEY") :], password=None)
    except (ValueError, TypeError) as wrong:
        raise PkiError("bad-file", f"{path} holds no private key: {wrong}") from wrong
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise PkiError("bad-file", f"{path} holds a key that is not of an elliptic curve")
    return key


def _key_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
