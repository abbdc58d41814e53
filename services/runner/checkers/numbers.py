"""Owns the comparison of two decimal numbers within a tolerance: fast where binary floats are sure, exact where they are not.

Pure. Borders belong to the tolerance: with an absolute tolerance of 0.1, 0.3 is right where 0.2 is wanted.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow, Underflow

_NUMBER = re.compile(rb"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_LONGEST_BYTES = 4096
_DIGITS = 12_000
_EXACT = Context(prec=_DIGITS, Emax=999_999, Emin=-999_999, traps=[Inexact, InvalidOperation, Overflow, Underflow])
_ULPS = 8 * math.ulp(1.0)
_TINY = 1e-290
_HUGE = 1e290


def is_number(token: bytes) -> bool:
    """Whether a token is a decimal number: ``-1``, ``.5``, ``2.``, ``1e-9``. Not nan, inf, hexadecimal or grouped digits."""
    return len(token) <= _LONGEST_BYTES and _NUMBER.fullmatch(token) is not None


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far a number may lie from the wanted one: within ``absolute``, or within ``relative`` times the wanted one's size."""

    absolute: Decimal | None
    relative: Decimal | None
    _absolute: float = field(init=False, default=0.0)
    _relative: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        for name, value in (("absolute", self.absolute), ("relative", self.relative)):
            if value is not None and (not value.is_finite() or value < 0):
                raise ValueError(f"the {name} tolerance must be a number that is not negative, not {value}")
            object.__setattr__(self, f"_{name}", 0.0 if value is None else float(value))

    def accepts(self, given: bytes, wanted: bytes) -> bool:
        """Whether the given number lies within the tolerance of the wanted one. Both must be numbers."""
        ours, theirs = float(given), float(wanted)
        off = abs(ours - theirs)
        most = max(self._absolute, self._relative * abs(theirs))
        unsure = (abs(ours) + abs(theirs) + most) * _ULPS
        if off < _HUGE and most > _TINY:
            if off + unsure < most:
                return True
            if off - unsure > most:
                return False
        return self._accepts_exactly(given, wanted, is_near=off <= most < math.inf)

    def _accepts_exactly(self, given: bytes, wanted: bytes, *, is_near: bool) -> bool:
        try:
            ours, theirs = _EXACT.create_decimal(given.decode()), _EXACT.create_decimal(wanted.decode())
            off = _EXACT.abs(_EXACT.subtract(ours, theirs))
            if self.absolute is not None and off <= self.absolute:
                return True
            return self.relative is not None and off <= _EXACT.multiply(self.relative, _EXACT.abs(theirs))
        except (Inexact, InvalidOperation, Overflow, Underflow):
            return is_near  # exponents of thousands: what binary floats say
