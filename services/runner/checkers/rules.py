"""Owns how a package's words about its checker become rules. Never compares."""

from __future__ import annotations

import dataclasses
from decimal import Decimal, InvalidOperation

from mesh.errors import Invalid
from services.runner.checkers.tokens import TokenRules
from wire.judging import Checker


class BadCheckerFlag(Invalid):
    """A flag that the default validator does not know, or a tolerance that is no number: the setter's fault."""

    default_code = "bad-checker-flag"


def token_rules(checker: Checker, case_arguments: tuple[str, ...]) -> TokenRules:
    """The rules for one case: the checker's own, then the case's flags. Raises: `BadCheckerFlag`."""
    rules = TokenRules(
        case_sensitive=checker.case_sensitive,
        space_change_sensitive=checker.space_change_sensitive,
        float_absolute=_tolerance(checker.float_absolute_tolerance),
        float_relative=_tolerance(checker.float_relative_tolerance),
        numbers_only=checker.numbers_only,
    )
    words = list(case_arguments)
    while words:
        word = words.pop(0)
        if word == "case_sensitive":
            rules = dataclasses.replace(rules, case_sensitive=True)
        elif word == "space_change_sensitive":
            rules = dataclasses.replace(rules, space_change_sensitive=True)
        elif word in {"float_tolerance", "float_absolute_tolerance", "float_relative_tolerance"}:
            value = _tolerance(words.pop(0) if words else "")
            if word != "float_relative_tolerance":
                rules = dataclasses.replace(rules, float_absolute=value)
            if word != "float_absolute_tolerance":
                rules = dataclasses.replace(rules, float_relative=value)
        else:
            raise BadCheckerFlag(f"the default validator knows no flag {word[:60]!r}")
    return rules


def _tolerance(text: str | None) -> Decimal | None:
    if text is None:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation as wrong:
        raise BadCheckerFlag(f"{text[:60]!r} is no tolerance: it must be a number") from wrong
    if not value.is_finite() or value < 0:
        raise BadCheckerFlag(f"{text[:60]!r} is no tolerance: it must be a number that is not negative")
    return value
