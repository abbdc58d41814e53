"""Owns the acts of the authority: bootstrap, issue, renew, revoke, roll over. Each leaves the folder consistent.

Every act takes the store's lock, so that a renewing service and an operator do not meet. Time comes from the caller.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from pki.authority import AUTHORITY_LIFE, Authority, is_signed_by, make_authority, revocation_list
from pki.errors import PkiError
from pki.identity import NAMES
from pki.leaf import LEAF_LIFE, Leaf, due_at, issue_leaf
from pki.ledger import Entry, Ledger
from pki.store import Rank, Store

_MAKE_PKI: Final = "run `make pki`"


class RollStep(enum.StrEnum):
    """How far a roll-over of the authority is: the value says what was done and what comes next."""

    TRUSTED = "the new CA is trusted beside the old one; roll again when every service has read ca.crt (they look every few seconds)"
    RENEWED = "every leaf comes from the new CA; roll again when no service, queued command or machine uses the old leaves any more"
    FINISHED = "the old CA is no longer trusted"


def utc_now() -> datetime:
    """The machine's clock."""
    return datetime.now(UTC)


class Registrar:
    """The acts on one folder. ``leaf_life`` bounds how long a stolen key is of use; services renew at two thirds of it."""

    def __init__(
        self,
        store: Store,
        *,
        now: Callable[[], datetime] = utc_now,
        leaf_life: timedelta = LEAF_LIFE,
        authority_life: timedelta = AUTHORITY_LIFE,
    ) -> None:
        self.store = store
        self.now = now
        self._leaf_life = leaf_life
        self._authority_life = authority_life

    def can_sign(self) -> bool:
        """Whether the authority's key can be read here."""
        try:
            return self.store.read_authority(Rank.CURRENT) is not None
        except PkiError:
            return False

    def bootstrap(self, names: Iterable[str] = NAMES) -> list[str]:
        """Makes what is missing, replaces what is broken or due, leaves the rest; returns the names that got a new leaf.

        Raises: `PkiError` (``authority-key-missing``) where there is a ca.crt and no key to sign with.
        """
        self.store.prepare()
        with self.store.locked():
            self._mend_roll()
            if self.store.read_authority(Rank.CURRENT) is None:
                if self.store.trust_path.exists():
                    raise PkiError(
                        "authority-key-missing",
                        f"{self.store.trust_path} is here and {self.store.authority_path(Rank.CURRENT)} is not: issue leaves where "
                        "the CA lives, or remove the folder to start anew",
                    )
                self.store.write_authority(Rank.CURRENT, make_authority(self.now(), self._authority_life))
            if not self._is_published():
                self._publish(Ledger(self.store.ledger_path))
            return self._issue([name for name in names if self._is_due(name)])

    def issue(self, name: str) -> Leaf:
        """Gives a name a fresh leaf, whatever it had. Raises: `PkiError`."""
        with self.store.locked():
            self._issue([name])
            leaf = self.store.read_leaf(name)
            if leaf is None:
                raise PkiError("no-leaf", f"the leaf of {name} vanished while it was issued: issue it again")
            return leaf

    def renew(self, names: Iterable[str] | None = None, *, is_forced: bool = False) -> list[str]:
        """Renews the leaves that are due, broken, revoked or of another authority (or all); returns whose. No names: all here."""
        with self.store.locked():
            candidates = list(self.store.names() if names is None else names)
            return self._issue([name for name in candidates if is_forced or self._is_due(name)])

    def revoke(self, name: str) -> list[Entry]:
        """Takes back every living leaf of a name; who holds one is cut off within seconds. Raises: `PkiError` (``no-leaf``)."""
        with self.store.locked():
            ledger = Ledger(self.store.ledger_path)
            serials = {entry.serial for entry in ledger.alive(name, self.now())}
            if not serials:
                raise PkiError("no-leaf", f"{name} has no living leaf: `pki show` lists them")
            return self._revoke(ledger, serials)

    def revoke_serial(self, serial: int) -> list[Entry]:
        """Takes back one leaf. Raises: `PkiError` (``unknown-serial``)."""
        with self.store.locked():
            ledger = Ledger(self.store.ledger_path)
            if all(entry.serial != serial for entry in ledger.entries):
                raise PkiError("unknown-serial", f"no leaf has the serial {serial:x}: `pki show` lists them")
            return self._revoke(ledger, {serial})

    def roll(self) -> RollStep:
        """Goes one step further in replacing the authority: trust both, renew all, drop the old one.

        Raises: `PkiError` (``roll-order``) when a leaf of the old authority is still here at the last step.
        """
        with self.store.locked():
            self._mend_roll()
            ledger = Ledger(self.store.ledger_path)
            if self.store.authority_path(Rank.OLD).exists():
                return self._finish_roll(ledger)
            if self.store.authority_path(Rank.NEXT).exists():
                self.store.authority_path(Rank.CURRENT).rename(self.store.authority_path(Rank.OLD))
                self._mend_roll()
                self._publish(ledger)
                self._issue(self.store.names())
                return RollStep.RENEWED
            self._authority()
            self.store.write_authority(Rank.NEXT, make_authority(self.now(), self._authority_life))
            self._publish(ledger)
            return RollStep.TRUSTED

    def _finish_roll(self, ledger: Ledger) -> RollStep:
        current = self._authority().certificate
        stale = [
            name
            for name in self.store.names()
            if (leaf := self.store.read_leaf(name)) is not None and not is_signed_by(leaf.certificate, current)
        ]
        if stale:
            raise PkiError("roll-order", f"{', '.join(stale)} still have leaves of the old CA: run `pki renew` first")
        self.store.authority_path(Rank.OLD).unlink()
        self._publish(ledger)
        return RollStep.FINISHED

    def _mend_roll(self) -> None:
        """A roll-over that was killed between its two renames is taken up where it stopped."""
        current, coming = self.store.authority_path(Rank.CURRENT), self.store.authority_path(Rank.NEXT)
        if not current.exists() and coming.exists():
            coming.rename(current)

    def _authority(self) -> Authority:
        authority = self.store.read_authority(Rank.CURRENT)
        if authority is None:
            raise PkiError("no-authority", f"{self.store.authority_path(Rank.CURRENT)} is missing: {_MAKE_PKI}")
        return authority

    def _is_due(self, name: str) -> bool:
        try:
            leaf = self.store.read_leaf(name)
        except PkiError:
            return True
        if leaf is None or self.now() >= due_at(leaf.certificate):
            return True
        revoked = {entry.serial for entry in Ledger(self.store.ledger_path).entries if entry.revoked_at}
        return leaf.certificate.serial_number in revoked or not is_signed_by(leaf.certificate, self._authority().certificate)

    def _issue(self, names: list[str]) -> list[str]:
        if not names:
            return names
        authority, ledger, now = self._authority(), Ledger(self.store.ledger_path), self.now()
        leaves = {name: issue_leaf(authority, name, now, self._leaf_life) for name in names}
        for name, leaf in leaves.items():
            ledger.add(name, leaf.certificate)
        ledger.write(now)
        for name, leaf in leaves.items():
            self.store.write_leaf(name, leaf)
        return names

    def _revoke(self, ledger: Ledger, serials: set[int]) -> list[Entry]:
        marked = ledger.revoke(serials, self.now())
        ledger.write(self.now())
        self._publish(ledger)
        return marked

    def _authorities(self) -> list[Authority]:
        return [found for rank in Rank if (found := self.store.read_authority(rank)) is not None]

    def _is_published(self) -> bool:
        if not self.store.trust_path.exists() or not self.store.revocations_path.exists():
            return False
        return self.store.read_trust() == [each.certificate for each in self._authorities()]

    def _publish(self, ledger: Ledger) -> None:
        """Writes what services read, from what the authority knows: whom to trust, what was taken back."""
        authorities = self._authorities()
        self.store.write_revocations(
            [
                revocation_list(each, ledger.revoked_by(each.certificate.subject.rfc4514_string()), self.now())
                for each in authorities
            ]
        )
        self.store.write_trust(authorities)
