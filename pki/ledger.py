"""Owns the list of every leaf that was issued and whether it was taken back. Never signs; the registrar does.

One JSON object a line. Entries are kept for 90 days after they ran out: a signed command may have waited in a queue, and a
key that was taken back must not be able to sign for the past.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509

from pki.errors import PkiError
from pki.leaf import issued_at
from pki.store import write_whole

KEPT_AFTER_END: Final = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Entry:
    """One leaf that was issued; ``issuer`` is the authority's distinguished name (RFC 4514), times are aware UTC."""

    serial: int
    name: str
    issuer: str
    issued_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None


class Ledger:
    """The list, read whole and written whole. The caller holds the store's lock."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.entries: list[Entry] = []
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            lines = []
        try:
            self.entries = [_from_line(line) for line in lines]
        except (ValueError, KeyError, TypeError) as wrong:
            raise PkiError("bad-file", f"{path} is damaged ({wrong}): restore it from the backup of the CA") from wrong

    def add(self, name: str, certificate: x509.Certificate) -> None:
        """Notes a leaf that was just issued."""
        self.entries.append(
            Entry(
                serial=certificate.serial_number,
                name=name,
                issuer=certificate.issuer.rfc4514_string(),
                issued_at=issued_at(certificate),
                expires_at=certificate.not_valid_after_utc,
            )
        )

    def revoke(self, serials: set[int], now: datetime) -> list[Entry]:
        """Marks these as taken back; returns those that were not yet."""
        marked = []
        for place, entry in enumerate(self.entries):
            if entry.serial in serials and entry.revoked_at is None:
                self.entries[place] = dataclasses.replace(entry, revoked_at=now)
                marked.append(self.entries[place])
        return marked

    def alive(self, name: str, now: datetime) -> list[Entry]:
        """The leaves of a name that still are valid."""
        return [entry for entry in self.entries if entry.name == name and entry.expires_at > now and entry.revoked_at is None]

    def revoked_by(self, issuer: str) -> list[tuple[int, datetime]]:
        """(serial, when) of what an authority took back."""
        return [(entry.serial, entry.revoked_at) for entry in self.entries if entry.issuer == issuer and entry.revoked_at]

    def write(self, now: datetime) -> None:
        """Keeps the list, without what ran out long ago."""
        self.entries = [entry for entry in self.entries if entry.expires_at + KEPT_AFTER_END > now]
        lines = [json.dumps(_as_object(entry)) for entry in self.entries]
        write_whole(self._path, "".join(line + "\n" for line in lines).encode(), 0o600)


def _as_object(entry: Entry) -> dict[str, str | None]:
    return {
        "serial": f"{entry.serial:x}",
        "name": entry.name,
        "issuer": entry.issuer,
        "issued_at": entry.issued_at.isoformat(),
        "expires_at": entry.expires_at.isoformat(),
        "revoked_at": entry.revoked_at.isoformat() if entry.revoked_at else None,
    }


def _from_line(line: str) -> Entry:
    found = json.loads(line)
    return Entry(
        serial=int(found["serial"], 16),
        name=found["name"],
        issuer=found["issuer"],
        issued_at=datetime.fromisoformat(found["issued_at"]),
        expires_at=datetime.fromisoformat(found["expires_at"]),
        revoked_at=datetime.fromisoformat(found["revoked_at"]) if found["revoked_at"] else None,
    )
