"""The decimal number of Bluetooth's health profiles."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapmonitor.codecs.sfloat import Special, decode, encode, observed
from tests.codecs.foreign import name_of, number, vectors


@pytest.mark.parametrize("vector", vectors("sfloat"), ids=name_of)
def test_foreign_words_are_read_to_the_last_decimal(vector: Any) -> None:
    assert decode(int.from_bytes(vector["data"], "little")) == number(vector["value"])


@pytest.mark.parametrize("vector", [v for v in vectors("sfloat") if v["canonical"]], ids=name_of)
def test_foreign_words_are_written_bit_for_bit(vector: Any) -> None:
    assert encode(number(vector["value"])).to_bytes(2, "little") == vector["data"]


def test_every_word_is_the_float_nearest_to_its_decimal_value_and_only_five_are_no_number() -> None:
    for word in range(0x10000):
        decoded = decode(word)
        if isinstance(decoded, Special):
            assert word in (0x07FE, 0x07FF, 0x0800, 0x0801, 0x0802)
            continue
        mantissa = ((word & 0xFFF) ^ 0x800) - 0x800
        exponent = ((word >> 12) ^ 8) - 8
        assert decoded == float(mantissa * Fraction(10) ** exponent)


def test_a_number_prints_as_a_person_would_write_it() -> None:
    assert str(decode(0xF16C)) == "36.4"
    assert str(decode(0xF0BD)) == "18.9"


@pytest.mark.parametrize("special", Special)
def test_what_is_no_number_is_a_reading_without_a_value(special: Special) -> None:
    reading = observed("spo2", special)
    assert reading.value is None
    assert reading.reason == "not_a_number"


def test_numbers_without_a_word_become_the_nearest_special() -> None:
    assert decode(encode(math.nan)) is Special.NAN
    assert decode(encode(math.inf)) is Special.POSITIVE_INFINITY
    assert decode(encode(-3e10)) is Special.NEGATIVE_INFINITY


@given(st.floats(-2e10, 2e10))
def test_an_encoded_number_keeps_three_digits(value: float) -> None:
    decoded = decode(encode(value))
    assert not isinstance(decoded, Special)
    assert math.isclose(decoded, value, rel_tol=0.005, abs_tol=0.5e-8)


@given(st.integers(0, 0xFFFF))
def test_what_was_decoded_is_encoded_to_the_same_number(word: int) -> None:
    assert decode(encode(decode(word))) == decode(word)
