"""Owns the sealing of secrets that the record keeps: AES-256-GCM, under keys that lie outside of the database. Never touches a row.

What is sealed reads ``sealed:1:KEY:…``, where KEY names the key without telling it. Each is bound to its account: moved to
another's row it cannot be opened. What does not begin so is in the clear, as before there were keys, and is opened as it is.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mesh.errors import Refused

SEALED: Final = "sealed:"
_FORM: Final = f"{SEALED}1:"
_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_NAME_LENGTH: Final = 12
FILE: Final = "webhook.keys"
"""The file in the recorder's own folder, for a record that is a file too."""


class CannotOpen(Exception):
    """What is sealed cannot be opened here; the text says why, fit for the operator."""


class Seal:
    """Keys: the first seals, every one opens. Without any, secrets stay as they are."""

    def __init__(self, keys: Sequence[bytes] = ()) -> None:
        self._keys = {_name_of(key): AESGCM(key) for key in keys}
        self._first = next(iter(self._keys), "")

    @property
    def mark(self) -> str:
        """How everything begins that the first key has sealed; empty without keys."""
        return f"{_FORM}{self._first}:" if self._first else ""

    def seal(self, secret: str, account: str) -> str:
        """The secret as the record keeps it; every time another text."""
        if not self._first:
            return secret
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._keys[self._first].encrypt(nonce, secret.encode(), account.encode())
        return self.mark + base64.urlsafe_b64encode(nonce + sealed).decode()

    def open(self, kept: str, account: str) -> str:
        """The secret itself. Raises: `CannotOpen`."""
        if not kept.startswith(SEALED):
            return kept
        form, _, rest = kept.removeprefix(SEALED).partition(":")
        name, _, text = rest.partition(":")
        key = self._keys.get(name)
        if form != "1" or key is None:
            raise CannotOpen(f"it was sealed with the key {name[:_NAME_LENGTH]!r}, which is none of ours")
        try:
            sealed = base64.urlsafe_b64decode(text)
            return key.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], account.encode()).decode()
        except (InvalidTag, binascii.Error, ValueError) as wrong:
            raise CannotOpen("it was changed since it was sealed, or sealed for another account") from wrong


def open_seal(keys: str, folder: Path, *, makes_keys: bool) -> Seal:
    """The seal with these keys; without any, with those of `FILE` in the folder, which is made when it ``makes_keys``. Blocks.

    Raises: `Refused` (``bad-webhook-keys``), OSError.
    """
    if keys.strip():
        return Seal(_read(keys, "recorder.webhook_keys"))
    path = folder / FILE
    if makes_keys and not path.exists():
        _make(path)
    return Seal(_read(path.read_text(encoding="ascii", errors="replace"), str(path))) if path.exists() else Seal()


def _read(text: str, where: str) -> list[bytes]:
    """Keys apart by commas or white space; never shows one."""
    found: list[bytes] = []
    for number, word in enumerate(filter(None, re.split(r"[\s,]+", text)), 1):
        try:
            key = base64.b64decode(word.replace("-", "+").replace("_", "/"), validate=True)
        except binascii.Error:
            key = b""
        if len(key) != _KEY_BYTES:
            raise Refused(f"{where}: key {number} is not the base64 of {_KEY_BYTES} bytes; make one with: openssl rand -base64 32", code="bad-webhook-keys")
        found.append(key)
    if not found:
        raise Refused(f"{where} holds no key; make one with: openssl rand -base64 32", code="bad-webhook-keys")
    return found


def _make(path: Path) -> None:
    """A new key, whole and on disk before its name is there; whoever was first stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as handle:
            handle.write(base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode() + "\n")
            handle.flush()
            os.fsync(descriptor)
        try:
            path.hardlink_to(fresh)
        except FileExistsError:
            return
    finally:
        fresh.unlink()


def _name_of(key: bytes) -> str:
    return hashlib.sha256(b"palestra webhook key " + key).hexdigest()[:_NAME_LENGTH]
