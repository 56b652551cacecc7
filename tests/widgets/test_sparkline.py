"""Sparklines: inside their box, with gaps."""

import re

from hypothesis import given
from hypothesis import strategies as st

from portal.widgets.sparkline import sparkline

VALUES = st.lists(st.none() | st.integers(-(10**9), 10**9), max_size=40)


@given(VALUES, VALUES)
def test_every_point_lies_in_the_box(values: list[int | None], before: list[int | None]) -> None:
    line = sparkline(values, before, label="Leads")

    for path in (line.current, line.previous, line.area):
        for x, y in re.findall(r"(-?[\d.]+) (-?[\d.]+)", path):
            assert 0 <= float(x) <= 100
            assert 3 <= float(y) <= 40


def test_an_undefined_value_is_a_gap() -> None:
    assert sparkline([1, 2, None, 2, 1], label="").current.count("M") == 2


def test_a_flat_series_runs_through_the_middle() -> None:
    assert sparkline([5, 5], label="").current == "M0.00 20.00L100.00 20.00"
