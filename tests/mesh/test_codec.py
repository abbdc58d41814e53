"""What comes in is read for what it says; a few bytes never cost minutes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from fractions import Fraction

import pytest

from mesh.codec import convert, decode, encode, encode_sorted, fraction_of
from mesh.errors import Refused


@dataclass(frozen=True)
class Prize:
    """What something is worth."""

    points: Fraction


@pytest.mark.parametrize(("text", "number"), [
    ("3", Fraction(3)), ("-3", Fraction(-3)), ("5/2", Fraction(5, 2)), ("0.5", Fraction(1, 2)), ("1e3", Fraction(1000)), ("25e-1", Fraction(5, 2)),
])  # fmt: skip
def test_exact_numbers_are_read(text: str, number: Fraction) -> None:
    assert fraction_of(text) == number
    assert decode(Prize, encode({"points": text})) == Prize(number)
    assert decode(Prize, encode(Prize(number))) == Prize(number)


def test_one_value_has_one_sorted_text_however_its_keys_were_put_in() -> None:
    value = {"b": (Prize(Fraction(1, 2)), Fraction(3)), "a": {"y": None, "x": "ä"}}
    turned = {"a": {"x": "ä", "y": None}, "b": [{"points": "1/2"}, "3"]}
    assert encode_sorted(value) == encode_sorted(turned) == '{"a":{"x":"ä","y":null},"b":[{"points":"1/2"},"3"]}'.encode()
    assert encode_sorted({"b": 1, "a": 2}) != encode({"b": 1, "a": 2})


@pytest.mark.parametrize("written", ["0.5", "1e3", "true", "[1]", "{}"])
def test_what_may_not_be_exact_is_refused_and_says_how_to_write_it(written: str) -> None:
    with pytest.raises(Refused, match="as a string, such as") as refused:
        decode(Prize, f'{{"points": {written}}}')
    assert refused.value.code == "bad-shape"
    with pytest.raises(Refused, match="as a string, such as"):
        convert(Prize, {"points": 0.5})


@pytest.mark.parametrize("text", [
    "1e9999999999", "1E+9999999999", "1e-9999999999", "0e9999999999", "1e0000000009999999999", "1e9_9_9_9_9_9_9_9_9_9",
    "\N{ARABIC-INDIC DIGIT ONE}e" + "\N{ARABIC-INDIC DIGIT NINE}" * 10,
])  # fmt: skip
def test_a_power_of_ten_without_bound_is_never_worked_out(text: str) -> None:
    began = time.process_time()
    with pytest.raises(Refused, match="not an exact fraction"):
        decode(Prize, encode({"points": text}))
    assert time.process_time() - began < 0.5


@pytest.mark.parametrize("text", ["", "x", "1/0", "inf", "nan", "1/2/3", "9" * 5000, "1/" + "9" * 5000, f"{'9' * 4000}.{'9' * 4000}"])
def test_what_is_no_number_is_refused_in_short(text: str) -> None:
    with pytest.raises(Refused) as refused:
        decode(Prize, encode({"points": text}))
    assert refused.value.code == "bad-shape"
    assert len(refused.value.message) < 200
