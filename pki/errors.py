"""Owns the failures of the room. It leans on no other room, so its errors are its own: a kebab-case code and what to do.

Codes: ``no-authority`` ``authority-key-missing`` ``no-leaf`` ``bad-name`` ``bad-life`` ``unknown-serial`` ``roll-order`` ``bad-file``.
"""

from __future__ import annotations


class PkiError(Exception):
    """An expected failure: ``code`` is stable, ``message`` says to a person what happened and what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
