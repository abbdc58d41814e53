"""Owns the command line of the PKI: ``python -m pki bootstrap|issue|renew|revoke|roll|show|doctor|distribute``. Decides nothing itself."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TextIO

from pki.distribution import Recipient, distribute, keep_distributing
from pki.doctor import Severity, examine
from pki.errors import PkiError
from pki.identity import NAMES
from pki.leaf import due_at
from pki.ledger import Ledger
from pki.registrar import Registrar
from pki.store import Store, read_revocation_lists


def main(arguments: Sequence[str] | None = None) -> int:
    """Carries one command out; 0 when all is well, 1 when something is wrong, 2 for a wrong command line."""
    options = _parser().parse_args(arguments)
    registrar = Registrar(
        Store(options.folder),
        leaf_life=timedelta(hours=options.leaf_life_hours),
        authority_life=timedelta(days=options.ca_life_days),
    )
    act: Callable[[Registrar, argparse.Namespace], int] = options.act
    try:
        return act(registrar, options)
    except PkiError as wrong:
        _say(f"pki: {wrong.message} ({wrong.code})", sys.stderr)
    except OSError as wrong:
        _say(f"pki: {wrong.filename}: {wrong.strerror}", sys.stderr)
    return 1


def _bootstrap(registrar: Registrar, options: argparse.Namespace) -> int:
    issued = registrar.bootstrap(options.names or NAMES)
    _say(f"{options.folder}: issued {', '.join(issued)}" if issued else f"{options.folder}: everything is there")
    return 0


def _issue(registrar: Registrar, options: argparse.Namespace) -> int:
    for name in options.names:
        leaf = registrar.issue(name)
        _say(f"{name}: {registrar.store.certificate_path(name)}, until {leaf.certificate.not_valid_after_utc:%Y-%m-%d %H:%M}Z")
    return 0


def _renew(registrar: Registrar, options: argparse.Namespace) -> int:
    renewed = registrar.renew(options.names or None, is_forced=options.force)
    _say(f"renewed {', '.join(renewed)}" if renewed else "nothing is due")
    return 0


def _revoke(registrar: Registrar, options: argparse.Namespace) -> int:
    if (options.name is None) == (options.serial is None):
        raise PkiError("bad-name", "revoke takes a name, or --serial with one of the serials that `pki show` lists")
    entries = registrar.revoke_serial(options.serial) if options.name is None else registrar.revoke(options.name)
    for entry in entries:
        _say(f"revoked {entry.name} {entry.serial:x}: `pki issue {entry.name}` gives it a new leaf")
    return 0


def _roll(registrar: Registrar, _options: argparse.Namespace) -> int:
    _say(registrar.roll().value)
    return 0


def _show(registrar: Registrar, options: argparse.Namespace) -> int:
    store, now = registrar.store, registrar.now()
    for each in store.read_trust():
        _say(f"CA  {each.subject.rfc4514_string()}  until {each.not_valid_after_utc:%Y-%m-%d}")
    revoked = {entry.serial_number for found in read_revocation_lists(store.revocations_path) for entry in found}
    for name in store.names():
        leaf = store.read_leaf(name)
        if leaf is None:
            _say(f"{name:14} has no key")
            continue
        certificate = leaf.certificate
        state = "revoked" if certificate.serial_number in revoked else "ended" if certificate.not_valid_after_utc <= now else "valid"
        _say(
            f"{name:14} {state:8} until {certificate.not_valid_after_utc:%Y-%m-%d %H:%M}Z  "
            f"due {due_at(certificate):%Y-%m-%d %H:%M}Z  {certificate.serial_number:x}"
        )
    if options.all and store.ledger_path.exists():
        for entry in Ledger(store.ledger_path).entries:
            end = f"revoked {entry.revoked_at:%Y-%m-%d %H:%M}Z" if entry.revoked_at else f"until {entry.expires_at:%Y-%m-%d %H:%M}Z"
            _say(f"issued {entry.issued_at:%Y-%m-%d %H:%M}Z  {end}  {entry.name:14} {entry.serial:x}")
    return 0


def _doctor(registrar: Registrar, _options: argparse.Namespace) -> int:
    findings = examine(registrar.store, registrar.now)
    for finding in findings:
        _say(f"{finding.severity.value}: {finding.subject}: {finding.text}\n  {finding.remedy}")
    if not findings:
        _say("all is well")
    return int(any(finding.severity is Severity.ERROR for finding in findings))


def _distribute(registrar: Registrar, options: argparse.Namespace) -> int:
    recipients = [Recipient.of(text) for text in options.names or NAMES]
    fresh = distribute(registrar, options.target, recipients)
    _say(f"{options.target}: handed out {', '.join(fresh)}" if fresh else f"{options.target}: everybody has what they need")
    if options.watch:
        keep_distributing(registrar, options.target, recipients, _say)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pki", description="The certificate authority of the mesh and its leaves.")
    parser.add_argument(
        "--folder", type=Path, default=Path(os.environ.get("PALESTRA_PKI", "var/pki")), help="the PKI folder (default: var/pki)"
    )
    parser.add_argument("--leaf-life-hours", type=float, default=24.0, help="how long a leaf lives (default: 24)")
    parser.add_argument("--ca-life-days", type=float, default=3650.0, help="how long a CA lives (default: 3650)")
    acts = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, act: Callable[[Registrar, argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        found = acts.add_parser(name, help=text, description=text)
        found.set_defaults(act=act)
        return found

    add("bootstrap", _bootstrap, "make what is missing: a CA and a leaf per service").add_argument("names", nargs="*")
    add("issue", _issue, "give names fresh leaves").add_argument("names", nargs="+")
    renew = add("renew", _renew, "renew the leaves that are due")
    renew.add_argument("names", nargs="*")
    renew.add_argument("--force", action="store_true", help="also those that are not due")
    revoke = add("revoke", _revoke, "take back every living leaf of a name, or one by its serial")
    revoke.add_argument("name", nargs="?")
    revoke.add_argument("--serial", type=lambda text: int(text, 16), help="hexadecimal, as `pki show --all` lists it")
    add("roll", _roll, "replace the CA, one step at a time: trust both, renew all, drop the old one")
    add("show", _show, "list the CAs and the leaves").add_argument("--all", action="store_true", help="every leaf ever issued")
    add("doctor", _doctor, "say what is wrong and what to do")
    given = add("distribute", _distribute, "hand leaves out: a folder TARGET/NAME for each name, with its own key only")
    given.add_argument("target", type=Path, metavar="TARGET")
    given.add_argument("names", nargs="*", metavar="NAME[=UID:GID]", help="whose, and who owns the files; none: everybody")
    given.add_argument("--watch", action="store_true", help="stay, renew what is due and hand it out")
    return parser


def _say(text: str, stream: TextIO | None = None) -> None:
    print(text, file=stream or sys.stdout, flush=True)


if __name__ == "__main__":
    sys.exit(main())
