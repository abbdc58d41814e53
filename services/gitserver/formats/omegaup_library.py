"""Owns what validators find here in place of omegaUp's Python library: ``omegaup.validator.validatortest``, which runs unit tests and prints 1 or 0.

Source: omegaup/libomegaup (what it promises; the code is our own).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from services.gitserver.formats.files import made
from services.gitserver.formats.package import PackageProgram

STARTS: Final = "main.py"
"""What a validator is called where the library lies beside it: of several files that one is started."""

_NEEDS: Final = b"omegaup.validator"
_PACKAGE: Final = '"""What validators of omegaUp lean on."""\n'
_RUNNER: Final = '''"""Runs the unit tests of the program that was started, and prints 1 when they all hold, else 0."""

import logging
import sys
import unittest


class Runner(unittest.TextTestRunner):
    """A runner that says the score."""

    def run(self, test):
        """Runs the tests. What they say goes to the standard error."""
        found = super().run(test)
        print(1 if found.wasSuccessful() else 0)
        return found


def main(testRunnerVersion=1):
    """Runs every test of the program. There is one version of this here."""
    logging.basicConfig(level=logging.DEBUG)
    unittest.main(testRunner=Runner, argv=[sys.argv[0], "-v"], exit=False)
'''


def with_library(program: PackageProgram) -> PackageProgram:
    """The program with the library beside it, if it asks for that."""
    source = next((file for file in program.files.values() if file.path == program.path), None)
    if program.language != "python3" or source is None or _NEEDS not in (source.content or b""):
        return program
    beside = {path: file for path, file in program.files.items() if file is not source}
    texts = {"omegaup/__init__.py": _PACKAGE, "omegaup/validator/__init__.py": _PACKAGE, "omegaup/validator/validatortest.py": _RUNNER}
    library = {path: made(path, text.encode()) for path, text in texts.items()}
    return replace(program, files={STARTS: source} | beside | library)
