"""One spec, three ways to show it: the script's JSON, our SVG and a table."""

import re
from xml.etree import ElementTree as ET

import pytest

from portal.core.units import Unit
from portal.widgets import svg
from portal.widgets.chart import Axis, ChartSpec, Mark, Series

TWO_PANELS = ChartSpec(
    label="Revenue & leads < by day",
    labels=("Nov 1", "Nov 2", "Nov 3"),
    titles=("Sun, Nov 1", "Mon, Nov 2", "Tue, Nov 3"),
    axes={"y": Axis(Unit.MONEY, weight=2), "leads": Axis()},
    series=(
        Series("Revenue", (490_000, None, 704_250), "area"),
        Series("Previous period", (300_000, 310_000, 320_000), "dash", "viz-prev"),
        Series("New leads", (4, 0, 7), "bar", "viz-3", axis="leads"),
    ),
    marks=(
        Mark("zone", start=2, end=2, label="so far"),
        Mark("goal", at=1_200_000, label="Goal $12k"),
        Mark("event", start=1, tag="A"),
    ),
)


def drawn(spec: ChartSpec, **more: str) -> ET.Element:
    text = svg.draw(spec, palette=Hexes() if more else None)
    return ET.fromstring(text.replace("<svg ", '<svg data-x="" ', 1))  # noqa: S314 - our own


class Hexes(dict[str, str]):
    """Any token is this green."""

    def __missing__(self, key: str) -> str:
        return "#0A8475"


def test_the_script_is_given_words_for_every_number() -> None:
    spec = TWO_PANELS.to_json()

    assert spec["series"][0]["texts"] == ["$4,900", "–", "$7,043"]
    assert spec["series"][0]["data"] == [490_000.0, None, 704_250.0]
    assert [axis["name"] for axis in spec["axes"]] == ["y", "leads"]
    assert spec["axes"][0]["tick_texts"][-1] == "$12.5k"


def test_the_table_holds_the_same_numbers() -> None:
    table = TWO_PANELS.table()

    assert table.head == ("Day", "Revenue", "Previous period", "New leads")
    assert table.rows[1] == ("Mon, Nov 2", "–", "$3,100", "0")


def test_a_gap_is_a_gap_and_zero_is_no_bar() -> None:
    root = drawn(TWO_PANELS)

    lone = root.findall("circle")
    assert len(lone) == 2  # each of the two revenue days stands alone
    bars = [r for r in root.findall("rect") if r.get("fill") == "var(--viz-3)"]
    assert len(bars) == 2


def test_words_are_escaped() -> None:
    text = svg.draw(TWO_PANELS)

    assert 'aria-label="Revenue &amp; leads &lt; by day"' in text
    assert "style=" not in text


def test_a_file_gets_flat_colours() -> None:
    text = svg.draw(TWO_PANELS, palette=Hexes())

    assert "var(" not in text
    assert 'xmlns="http://www.w3.org/2000/svg"' in text


def test_everything_lies_inside_the_picture() -> None:
    root = drawn(TWO_PANELS)
    width, height = svg.SIZES[""]

    for path in root.findall("path"):
        numbers = [float(n) for n in re.findall(r"-?\d+\.?\d*", path.get("d") or "")]
        assert all(-1 <= n <= width for n in numbers)
    for text in root.findall("text"):
        assert 0 <= float(text.get("y") or 0) <= height


def test_a_stack_is_as_high_as_its_sum() -> None:
    spec = ChartSpec(
        label="Gained and lost",
        labels=("Jan",),
        axes={"y": Axis(stacked=True)},
        series=(
            Series("New", (6,), "bar", stack="m"),
            Series("More", (3,), "bar", stack="m"),
            Series("Lost", (-2,), "bar", stack="m"),
        ),
    )

    span = spec.span("y")
    assert (span.low, span.high) == (-5, 10)
    new, more, lost = drawn(spec).findall("rect")
    assert float(more.get("y") or 0) + float(more.get("height") or 0) == pytest.approx(
        float(new.get("y") or 0), abs=0.2
    )
    assert float(lost.get("y") or 0) == pytest.approx(
        float(new.get("y") or 0) + float(new.get("height") or 0), abs=0.2
    )


def test_no_data_still_has_an_axis() -> None:
    spec = ChartSpec(label="Nothing", labels=(), series=(Series("Leads", ()),))

    assert spec.ticks("y") == ["0", "1", "2", "3", "4", "5"]
    assert "<svg" in svg.draw(spec)


def test_series_and_axes_must_fit() -> None:
    with pytest.raises(ValueError, match="has 2 values, the chart 1"):
        ChartSpec(label="", labels=("a",), series=(Series("x", (1, 2)),))
    with pytest.raises(ValueError, match="which is no axis"):
        ChartSpec(label="", labels=("a",), series=(Series("x", (1,), axis="z"),))
    with pytest.raises(ValueError, match="unknown kind"):
        Series("x", (1,), kind="pie")
