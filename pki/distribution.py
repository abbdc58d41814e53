"""Owns the handing out of leaves from the machine with the authority's key: a folder for each name, with what that name may see.

``TO/grader`` holds ``ca.crt``, ``revoked.crl``, ``grader.crt`` and ``grader.key``, and no other key: mounted into the grader's
container as its PKI folder, it is all that the grader can give away. Never signs anything itself: the registrar does.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from pki.errors import PkiError
from pki.registrar import Registrar
from pki.store import write_whole

_LOOK_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whose leaf it is, and which user and group on disk own it; None: whoever hands it out."""

    name: str
    owner: tuple[int, int] | None = None

    @classmethod
    def of(cls, text: str) -> Self:
        """Reads ``NAME`` or ``NAME=UID:GID``. Raises: `PkiError` (``bad-name``)."""
        name, mark, owner = text.partition("=")
        user, _, group = owner.partition(":")
        if mark and not (user.isdecimal() and group.isdecimal()):
            raise PkiError("bad-name", f"{text!r} is not NAME or NAME=UID:GID")
        return cls(name, (int(user), int(group)) if mark else None)


def distribute(registrar: Registrar, target: Path, recipients: Sequence[Recipient]) -> list[str]:
    """Makes what is missing or due, and hands out what has changed; returns whose folder is fresh. Idempotent.

    Raises: `PkiError`, OSError.
    """
    registrar.bootstrap([each.name for each in recipients])
    return [each.name for each in recipients if _hand_out(registrar, target / each.name, each)]


def keep_distributing(
    registrar: Registrar, target: Path, recipients: Sequence[Recipient], said: Callable[[str], None], look_s: float = _LOOK_S
) -> None:
    """The same for ever; ``said`` hears what was done and what went wrong. End it with a signal."""
    while True:
        try:
            fresh = distribute(registrar, target, recipients)
        except (PkiError, OSError) as wrong:
            said(f"not handed out: {wrong}")
        else:
            if fresh:
                said(f"handed out {', '.join(fresh)}")
        time.sleep(look_s)


def _hand_out(registrar: Registrar, folder: Path, recipient: Recipient) -> bool:
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    if recipient.owner is not None:
        os.chown(folder, *recipient.owner)
    store, name = registrar.store, recipient.name
    # trust first, then the key, then the certificate that goes with it: whoever watches sees the pair when it is whole
    sources = {
        "ca.crt": store.trust_path, "revoked.crl": store.revocations_path,
        f"{name}.key": store.key_path(name), f"{name}.crt": store.certificate_path(name),
    }  # fmt: skip
    changed = False
    for file, source in sources.items():
        if source.exists() and (content := source.read_bytes()) != _read(folder / file):
            write_whole(folder / file, content, 0o600 if file.endswith(".key") else 0o644, owner=recipient.owner)
            changed = True
    return changed


def _read(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""
