"""The default validator by property: it agrees with the simplest thing that could be said, wherever chunks end."""

from __future__ import annotations

import io
from decimal import Decimal
from fractions import Fraction
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from services.runner.checkers import tokens
from services.runner.checkers.numbers import Tolerance, is_number
from services.runner.checkers.tokens import TokenRules, difference

SPACES = st.text(" \t\n\r\x0b\x0c", min_size=1, max_size=4)
WORDS = st.text("aAbB01.-é\x00", min_size=1, max_size=9)
TEXTS = st.lists(st.one_of(SPACES, WORDS), max_size=30).map("".join)
DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=9)


def judged(output: str, answer: str, rules: TokenRules) -> str:
    return difference(io.BytesIO(output.encode()), io.BytesIO(answer.encode()), rules)


@given(TEXTS, TEXTS, st.integers(1, 7), st.integers(1, 5))
def test_tokens_are_compared_as_lists_of_words(output: str, answer: str, chunk: int, longest: int) -> None:
    equal = [word.lower() for word in output.encode().split()] == [word.lower() for word in answer.encode().split()]
    with patch.multiple(tokens, CHUNK_BYTES=chunk, LONGEST_BYTES=longest):
        assert (judged(output, answer, TokenRules()) == "") == equal


@given(TEXTS, TEXTS, st.integers(1, 7), st.integers(1, 5))
def test_spaces_are_compared_byte_by_byte_when_asked(output: str, answer: str, chunk: int, longest: int) -> None:
    equal = output.encode().lower() == answer.encode().lower()
    with patch.multiple(tokens, CHUNK_BYTES=chunk, LONGEST_BYTES=longest):
        assert (judged(output, answer, TokenRules(space_change_sensitive=True)) == "") == equal


@given(TEXTS, SPACES, SPACES)
def test_output_is_right_whatever_surrounds_it(text: str, before: str, after: str) -> None:
    assert judged(before + text + after, text, TokenRules()) == ""


@given(DECIMALS, DECIMALS, st.sampled_from(["0", "1e-9", "0.000001", "0.5", "3"]), st.sampled_from(["0", "1e-12", "1e-6", "0.25"]))
def test_tolerance_is_exact(ours: Decimal, theirs: Decimal, absolute: str, relative: str) -> None:
    off = abs(Fraction(ours) - Fraction(theirs))
    within = off <= Fraction(absolute) or off <= Fraction(relative) * abs(Fraction(theirs))
    assert Tolerance(Decimal(absolute), Decimal(relative)).accepts(f"{ours:f}".encode(), f"{theirs:f}".encode()) == within


@given(DECIMALS, st.sampled_from(["1e-9", "0.000001", "0.5"]))
def test_borders_belong_to_the_tolerance(theirs: Decimal, absolute: str) -> None:
    limit = Tolerance(Decimal(absolute), None)
    assert limit.accepts(f"{theirs + Decimal(absolute):f}".encode(), f"{theirs:f}".encode())
    assert not limit.accepts(f"{theirs + Decimal(absolute) + Decimal('1e-12'):f}".encode(), f"{theirs:f}".encode())


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_way_of_printing_a_float_is_a_number(value: float) -> None:
    assert all(is_number(text.encode()) for text in (repr(value), f"{value:.3f}", f"{value:.9e}", f"{value:+.2f}") if len(text) < 4000)


@given(st.binary(max_size=200), st.binary(max_size=200), st.sampled_from([TokenRules(), TokenRules(float_absolute=Decimal("0.1"))]))
def test_no_bytes_can_break_it(output: bytes, answer: bytes, rules: TokenRules) -> None:
    assert isinstance(difference(io.BytesIO(output), io.BytesIO(answer), rules), str)
    assert difference(io.BytesIO(answer), io.BytesIO(answer), rules) == ""
