"""A change says what is good, and nothing that it can't know."""

import pytest

from portal.core.units import Number, Unit
from portal.widgets.change import Change, change


@pytest.mark.parametrize(
    ("value", "before", "unit", "better", "expected"),
    [
        (312, 278, Unit.COUNT, "up", Change("12.2%", "up", "good")),
        (168, 244, Unit.SECONDS, "down", Change("31.1%", "down", "good")),
        (6_346, 6_662, Unit.MONEY, "down", Change("4.7%", "down", "good")),
        (0.131, 0.129, Unit.SHARE, "up", Change("0.2 pt", "up", "good")),
        (0.08, 0.1, Unit.SHARE, "up", Change("2.0 pt", "down", "bad")),
        (10, 8, Unit.COUNT, "", Change("25.0%", "up", "flat")),
        (5, 5, Unit.COUNT, "up", Change("no change", "flat", "flat")),
        (7, 4, Unit.COUNT, "up", Change("3", "up", "good")),
        (4, 0, Unit.COUNT, "up", Change("4", "up", "good")),
        (100, 0, Unit.MONEY, "up", Change("new", "up", "good")),
        (0, 100, Unit.MONEY, "up", Change("100%", "down", "bad")),
    ],
)
def test_a_change_in_words(
    value: Number, before: Number, unit: Unit, better: str, expected: Change
) -> None:
    assert change(value, before, unit=unit, better=better) == expected


def test_nothing_to_compare_with_is_no_change() -> None:
    assert change(None, 5) is None
    assert change(5, None) is None


def test_a_change_reads_in_a_sentence() -> None:
    up = change(12, 10)
    assert up is not None
    assert up.words == "up 20.0%"
