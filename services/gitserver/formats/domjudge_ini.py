"""Owns the reading of domjudge-problem.ini. Never decides what its values mean for judging.

Source: DOMjudge manual, "Problem format specification". What it says of a problem's place in a contest (short-name, color, points,
externalid, allow_submit, allow_judge) is said when the problem is put into one.
"""

from __future__ import annotations

import string
from typing import Final

from services.gitserver.findings import Report
from services.gitserver.formats.files import PackageFile, read_text

KNOWN: Final = frozenset({
    "name", "short-name", "probid", "timelimit", "special_run", "special_compare", "special_compare_args", "color", "points", "externalid",
    "allow_submit", "allow_judge", "memlimit", "outputlimit", "lazy_eval_results",
})  # fmt: skip
_LETTERS: Final = frozenset(string.ascii_letters + "_-")


def read_ini(file: PackageFile | None, report: Report) -> dict[str, str]:
    """The pairs of domjudge-problem.ini, values without their quotes; findings name the lines and keys that mean nothing."""
    text = read_text(file, report) if file is not None else None
    found: dict[str, str] = {}
    for number, line in enumerate((text or "").splitlines(), 1):
        if not line.strip() or line.lstrip().startswith(("#", ";", "[")):
            continue
        key, equals, value = (part.strip() for part in line.partition("="))
        if not equals or not key or not _LETTERS.issuperset(key):
            report.add("ini-invalid", "domjudge-problem.ini", f"line {number} is not of the form key = value")
            continue
        if len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"":
            value = value[1:-1]
        found[key.lower()] = value
    for key in found:
        if key not in KNOWN:
            report.add("ini-key-unknown", "domjudge-problem.ini", f"{key[:40]!r} is no key of DOMjudge's")
    return found


def check_specials(ini: dict[str, str], report: Report, *, is_custom: bool) -> None:
    """Says of executables that lie in a DOMjudge installation and not in the package that they are not here."""
    for key in ("special_run", "special_compare"):
        if ini.get(key) and not is_custom:
            report.add(
                "ini-special", "domjudge-problem.ini",
                f"{key} = {ini[key][:40]!r} is an executable of a DOMjudge installation: bring it in output_validators/, with `validation: custom`",
            )  # fmt: skip
