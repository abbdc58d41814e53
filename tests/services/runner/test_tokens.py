"""The default validator by example: what the ICPC's own says of each pair, and where ours is exact and theirs is not."""

from __future__ import annotations

import io
from decimal import Decimal

import pytest

from services.runner.checkers.tokens import LONGEST_BYTES, TokenRules, difference

PLAIN = TokenRules()
CASE = TokenRules(case_sensitive=True)
SPACE = TokenRules(space_change_sensitive=True)


def tolerance(absolute: str | None = None, relative: str | None = None) -> TokenRules:
    return TokenRules(
        float_absolute=None if absolute is None else Decimal(absolute), float_relative=None if relative is None else Decimal(relative)
    )


NUMBERS = TokenRules(float_absolute=Decimal("0.1"), numbers_only=True)
ABS, REL, ZERO = tolerance(absolute="0.1"), tolerance(relative="1e-6"), tolerance(absolute="0")

RIGHT = [
    ("", "", PLAIN),
    ("  \n\t", "", PLAIN),
    ("", "\n\n", PLAIN),
    ("the answer is 3.05, I think", "3", NUMBERS),
    ("x=1;y=-2", "1\n-2\n", NUMBERS),
    ("nothing", "", NUMBERS),
    ("1", "uno 1", NUMBERS),
    ("1 2 3", "1 2 3\n", PLAIN),
    ("1\n2\n3\n\n\n", "1 2 3", PLAIN),
    ("1\r\n2\r\n", "1\n2\n", PLAIN),
    ("1\x0b2\x0c3", "1 2 3", PLAIN),
    ("yes", "YES", PLAIN),
    ("YeS nO", "yEs No", PLAIN),
    ("Case #1: 5", "case #1: 5", PLAIN),
    ("1.0", "1.0", PLAIN),
    ("\xc3\xa9", "\xc3\xa9", PLAIN),
    ("a\x00b", "a\x00b", PLAIN),
    ("Yes", "Yes", CASE),
    ("Yes   no", "Yes no", CASE),
    ("1 2\n", "1 2\n", SPACE),
    ("  a\n\nb\t", "  a\n\nb\t", SPACE),
    ("A b", "a B", SPACE),
    ("", "", SPACE),
    ("0.35", "0.3", ABS),
    ("0.4", "0.3", ABS),
    ("0.2", "0.3", ABS),
    (".3", "0.3", ABS),
    ("3.e-1", "0.3", ABS),
    ("+0.30", "0.3", ABS),
    ("-0", "0", ABS),
    ("1e0", "1", ABS),
    ("3000000e-7", "0.3", ABS),
    ("5", "5.05", ABS),
    ("word 0.31", "WORD 0.3", ABS),
    ("nan inf", "NaN INF", ABS),
    ("0x1F", "0x1f", ABS),
    ("1000001", "1000000", REL),
    ("999999", "1000000", REL),
    ("-1000001", "-1000000", REL),
    ("0", "0", REL),
    ("0.0", "-0", REL),
    ("1e-300", "1e-300", REL),
    ("1.0", "1", ZERO),
    ("10e-1", "1.000", ZERO),
    ("0.1", "0.1000000000000000000000000000000", ZERO),
    ("1e400", "1.0000001e400", REL),
    ("1e-400", "1.0000001e-400", REL),
    ("1e-999999999", "0", ABS),
    ("123456789012345678901234567890.1", "123456789012345678901234567890.2", ABS),
    ("1.5", "1", tolerance(absolute="0.1", relative="0.5")),
    ("1.05", "1", tolerance(absolute="0.1", relative="0")),
]

WRONG = [
    ("the answer is 3.2", "3", NUMBERS),
    ("nothing", "3", NUMBERS),
    ("1 2", "1", NUMBERS),
    ("the answer is 3", "3", ABS),
    ("", "1", PLAIN),
    ("1", "", PLAIN),
    ("1 2", "1 2 3", PLAIN),
    ("1 2 3", "1 2", PLAIN),
    ("12", "1 2", PLAIN),
    ("1 2", "12", PLAIN),
    ("1.0", "1", PLAIN),
    ("01", "1", PLAIN),
    ("a\x00b", "a\x00c", PLAIN),
    ("\xc3\xa9", "\xc3\x89", PLAIN),
    ("yes", "Yes", CASE),
    ("1  2\n", "1 2\n", SPACE),
    ("1 2", "1 2\n", SPACE),
    ("1 2\n", "1 2", SPACE),
    ("1\t2\n", "1 2\n", SPACE),
    ("1\r\n", "1\n", SPACE),
    (" 1", "1", SPACE),
    ("1\n2\n", "1 2\n", SPACE),
    ("0.41", "0.3", ABS),
    ("0.4000000000000000000000001", "0.3", ABS),
    ("0.1999999999999999999999999", "0.3", ABS),
    ("abc", "0.3", ABS),
    ("0.3x", "0.3", ABS),
    ("1e", "1", ABS),
    ("1_0", "10", ABS),
    ("\xd9\xa1", "1", ABS),
    ("nan", "1", ABS),
    ("inf", "1", ABS),
    ("1", "nan", ABS),
    ("-", "0", ABS),
    (".", "0", ABS),
    ("0x10", "16", ABS),
    ("1e999999999", "1", ABS),
    ("1", "1e9999999", REL),
    ("1000001.1", "1000000", REL),
    ("1e-300", "0", REL),
    ("1e400", "1.1e400", REL),
    ("1.0000000000000000000000000001", "1", ZERO),
    ("123456789012345678901234567890.1", "123456789012345678901234567891.2", ABS),
    ("0.3 0.3", "0.3", ABS),
]


def judged(output: str, answer: str, rules: TokenRules) -> str:
    return difference(io.BytesIO(output.encode("latin-1")), io.BytesIO(answer.encode("latin-1")), rules)


@pytest.mark.parametrize(("output", "answer", "rules"), RIGHT)
def test_right_output_has_no_difference(output: str, answer: str, rules: TokenRules) -> None:
    assert judged(output, answer, rules) == ""


@pytest.mark.parametrize(("output", "answer", "rules"), WRONG)
def test_wrong_output_has_one(output: str, answer: str, rules: TokenRules) -> None:
    assert judged(output, answer, rules) != ""


def test_difference_names_the_place_and_both_tokens() -> None:
    assert judged("a b\nc X\n", "a b c d", PLAIN) == "line 2, token 4: wanted 'd', got 'X'"
    assert judged("a b", "a b c", PLAIN) == "the output ends after 2 tokens, wanted 'c'"
    assert judged("a b\nc", "a b", PLAIN) == "line 2, token 3: 'c' is too much, the answer ends before it"


def test_long_tokens_are_shown_cut() -> None:
    said = judged("x" * 1000, "y" * 1000, PLAIN)
    assert len(said) < 200
    assert "…" in said


@pytest.mark.parametrize("length", [LONGEST_BYTES - 1, LONGEST_BYTES, LONGEST_BYTES + 1, 2 * LONGEST_BYTES, 3 * LONGEST_BYTES + 7])
@pytest.mark.parametrize("rules", [PLAIN, SPACE, ABS])
def test_token_longer_than_a_chunk_is_compared_whole(length: int, rules: TokenRules) -> None:
    token = "a" * length
    assert judged(f"1 {token} 2", f"1 {token.upper()} 2", rules) == ""
    assert judged(f"1 {token}b 2", f"1 {token}c 2", rules) != ""
    assert judged(f"1 {token} b", f"1 {token}b", rules) != ""
    assert judged(f"{token}", f"{token}a", rules) != ""


def test_identical_megabytes_are_compared_without_looking_at_tokens() -> None:
    text = "1 2 3\n" * 1_000_000
    assert judged(text, text, PLAIN) == ""
