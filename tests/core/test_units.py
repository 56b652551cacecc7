"""Numbers in words."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core import units
from portal.core.units import Unit


@pytest.mark.parametrize(
    ("minor", "currency", "words"),
    [
        (18_426_000, "USD", "$184,260"),
        (6_346, "USD", "$63.46"),
        (99_999, "USD", "$999.99"),
        (100_049, "USD", "$1,000"),
        (900, "USD", "$9"),
        (0, "USD", "$0"),
        (-6_346, "USD", "−$63.46"),
        (1_200, "JPY", "¥1,200"),
        (1_500_250, "KWD", "KWD\xa01,500"),
        (12_345, "KWD", "KWD\xa012.345"),
        (None, "USD", "–"),
    ],
)
def test_money_is_written_in_its_own_currency(minor: int | None, currency: str, words: str) -> None:
    assert units.money(minor, currency) == words


def test_money_follows_the_locale() -> None:
    assert units.money(18_426_000, "EUR", locale="de_DE") == "184.260\xa0€"
    assert units.money(-6_346, "EUR", locale="de_DE") == "−63,46\xa0€"


def test_exact_money_has_every_decimal_of_its_currency() -> None:
    assert units.money_exact(100_000_000, "USD") == "$1,000,000.00"
    assert units.money_exact(1_200, "JPY") == "¥1,200"


@pytest.mark.parametrize(
    ("minor", "words"),
    [
        (0, "$0"),
        (95_000, "$950"),
        (800_000, "$8k"),
        (850_000, "$8.5k"),
        (120_000_000, "$1.2M"),
        (-250_000, "−$2.5k"),
        (250, "$2.5"),
    ],
)
def test_money_on_an_axis_is_short(minor: int, words: str) -> None:
    assert units.money_short(minor, "USD") == words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.131, "13.1%"),
        (0, "0.0%"),
        (1, "100%"),
        (0.9999, "100%"),
        (0.9994, "99.9%"),
        (3.21, "321%"),
        (-0.05, "−5.0%"),
        (None, "–"),
    ],
)
def test_a_share_has_one_decimal_below_a_hundred(value: float | None, words: str) -> None:
    assert units.share(value) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0s"),
        (0.4, "under 1s"),
        (9, "9s"),
        (59.6, "1m 00s"),
        (168, "2m 48s"),
        (3_600, "1h 00m"),
        (11_100, "3h 05m"),
        (532_800, "6d 4h"),
        (-168, "−2m 48s"),
        (None, "–"),
    ],
)
def test_a_duration_is_its_two_largest_parts(seconds: float | None, words: str) -> None:
    assert units.duration(seconds) == words


def test_changes_say_their_sign() -> None:
    assert units.signed_percent(0.184) == "+18.4%"
    assert units.signed_percent(-0.031) == "−3.1%"
    assert units.signed_points(0.002) == "+0.2 pt"
    assert units.signed_points(-0.03) == "−3.0 pt"
    assert units.signed_count(3) == "+3"
    assert units.signed_count(0) == "0"


def test_what_rounds_to_nothing_has_no_sign() -> None:
    assert units.share(-0.0001) == "0.0%"
    assert units.count(-0.2) == "0"
    assert units.signed_points(0.00001) == "0.0 pt"


@pytest.mark.parametrize("unit", list(Unit))
def test_undefined_is_a_dash_in_every_unit(unit: Unit) -> None:
    assert units.figure(None, unit) == "–"
    assert units.figure_short(None, unit) == "–"


def test_each_unit_has_its_form() -> None:
    assert units.figure(1_846, Unit.COUNT) == "1,846"
    assert units.figure(Decimal("2.5"), Unit.COUNT) == "2.5"
    assert units.figure(Decimal("9.27"), Unit.MULTIPLE) == "9.3×"
    assert units.figure(4.8, Unit.SCORE) == "4.8"
    assert units.figure_short(8_000, Unit.COUNT) == "8k"
    assert units.figure_short(0.25, Unit.SHARE) == "25%"
    assert units.figure_short(0.025, Unit.SHARE) == "2.5%"
    assert units.figure_short(7_200, Unit.SECONDS) == "2h"


@given(st.decimals(-(10**15), 10**15, allow_nan=False, places=2))
def test_negative_is_positive_with_a_minus(value: Decimal) -> None:
    for unit in Unit:
        positive, negative = units.figure(abs(value), unit), units.figure(-abs(value), unit)
        assert negative in {positive, f"−{positive}"}
        assert "-" not in negative
