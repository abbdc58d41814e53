"""Owns the commands ``palestra backup`` and ``palestra restore``: their words and their answers. Never does the work itself."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from mesh.clock import SystemClock
from mesh.errors import MeshError
from mesh.log import set_up_logging
from services.archive.backup import back_up
from services.archive.house import Places, places_of
from services.archive.restore import Wishes, restore
from services.archive.waiting import told_waiting
from services.configuration import Configuration, read_configuration
from wire.services import GITSERVER, RECORDER


def main(arguments: Sequence[str]) -> int:
    """Carries out ``backup …`` or ``restore …``; the exit status: 0 done, 1 not done (and nothing changed), 2 wrong usage."""
    options = _parser().parse_args(arguments)
    configuration = read_configuration(options.config, (RECORDER, GITSERVER))
    set_up_logging("text", "error")
    os.umask(0o077)  # what it writes holds password hashes, as in a house of its own
    places = places_of(configuration)
    try:
        text = asyncio.run(_back_up(configuration, places, options) if options.what == "backup" else restore(places, options.file, _wishes(options)))
    except MeshError as wrong:
        print(f"palestra: {wrong.message} ({wrong.code})", file=sys.stderr)  # noqa: T201  an answer to whoever typed
        return 1
    except OSError as wrong:
        print(f"palestra: {wrong.filename or ''}: {wrong.strerror or wrong}", file=sys.stderr)  # noqa: T201  as above
        return 1
    print(text)  # noqa: T201  as above
    return 0


async def _back_up(configuration: Configuration, places: Places, options: argparse.Namespace) -> str:
    waiting = await told_waiting(configuration)
    path, words = await back_up(places, options.target, SystemClock(), with_problems=not options.no_problems, with_pki=options.pki)
    return f"{path}: {words}; {waiting}"


def _wishes(options: argparse.Namespace) -> Wishes:
    return Wishes(replace=options.replace, is_sure=options.yes, with_pki=options.pki)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="palestra", description="One file that holds a house.")
    kinds = parser.add_subparsers(dest="what", required=True, metavar="COMMAND")
    backup = kinds.add_parser("backup", help="writes a backup, also while the house runs", description="Writes a backup, also while the house runs.")
    backup.add_argument("target", type=Path, help="a folder in which a file is made, or a new file, FILE.tar.gz")
    backup.add_argument("--no-problems", action="store_true", help="the record alone")
    backup.add_argument("--pki", action="store_true", help="certificates and keys too: whoever has the file is the house")
    back = kinds.add_parser("restore", help="puts a backup in place", description="Puts a backup in place, of a house that is stopped.")
    back.add_argument("file", type=Path, help="what backup wrote")
    back.add_argument("--replace", action="store_true", help="also where there is something already")
    back.add_argument("--yes", action="store_true", help="with --replace: throw that away")
    back.add_argument("--pki", action="store_true", help="certificates and keys too")
    for one in (backup, back):
        one.add_argument("--config", type=Path, default=None, help="TOML file with a section per service")
    return parser
