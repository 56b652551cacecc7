"""Axes hold their values, in few round steps."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from portal.core.units import Unit
from portal.widgets.axes import span_of

NUMBERS = st.lists(st.floats(-1e12, 1e12, allow_nan=False, allow_subnormal=False), max_size=20)


@example(values=[0.0, 2.220446049250313e-16], unit=Unit.MONEY, zero=False)
@given(values=NUMBERS, unit=st.sampled_from(list(Unit)), zero=st.booleans())
def test_an_axis_holds_every_value_in_few_steps(
    values: list[float],
    unit: Unit,
    zero: bool,  # noqa: FBT001 - given by hypothesis
) -> None:
    span = span_of(values, unit=unit, zero=zero)

    slack = 1e-6 * max(1, *(abs(v) for v in values), 1)
    assert all(span.low - slack <= value <= span.high + slack for value in values)
    assert 2 <= len(span.ticks) <= 8
    assert list(span.ticks) == sorted(set(span.ticks))


@pytest.mark.parametrize(
    ("values", "unit", "ticks"),
    [
        ([0, 4.2, 9.7], Unit.COUNT, (0, 2, 4, 6, 8, 10)),
        ([1], Unit.COUNT, (0, 1)),
        ([0.131, 0.2], Unit.SHARE, (0, 0.05, 0.1, 0.15, 0.2)),
        ([170, 290], Unit.SECONDS, (0, 60, 120, 180, 240, 300)),
        ([], Unit.SHARE, (0, 0.02, 0.04, 0.06, 0.08, 0.1)),
    ],
)
def test_steps_read_well(values: list[float], unit: Unit, ticks: tuple[float, ...]) -> None:
    assert span_of(values, unit=unit).ticks == ticks


def test_counts_have_no_half_ticks() -> None:
    assert all(tick == int(tick) for tick in span_of([3], wanted=5).ticks)
