"""Owns what the files of a package are called where its setter reads of them: by the package's own paths. Never opens one."""

from __future__ import annotations

from wire.judging import InputValidator, Program, TestCase

FOLDER = "input_validators"
_HEADERS = (".h", ".hpp", ".hh")


def input_of(case: TestCase) -> str:
    """Where the input of a case lies in its package."""
    return case.input_path or f"data/{case.name}.in"


def answer_of(case: TestCase) -> str:
    """Where its answer lies."""
    return case.answer_path or f"data/{case.name}.ans"


def validator_of(validator: InputValidator) -> str:
    """Where an input validator lies: its file or folder, else the first of its files that is no header."""
    return validator.path or f"{FOLDER}/{first_of(validator.program)}"


def first_of(program: Program) -> str:
    """The first of its files that is no header: by it a program without a name is called."""
    return min((file.path for file in program.files), key=lambda path: (path.endswith(_HEADERS), path), default="")


def name_of(validator: InputValidator) -> str:
    """What it is called in a sentence."""
    return f"the input validator {validator_of(validator).removeprefix(FOLDER + '/')}"
