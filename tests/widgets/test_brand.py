"""Whatever colour a client chooses, its pages can be read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.errors import Refused
from portal.widgets.brand import brand, css, stamp
from portal.widgets.colors import contrast

COLORS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06X}")


@given(COLORS)
def test_text_and_buttons_can_be_read(color: str) -> None:
    found = brand(color)

    for ground in ("#FFFFFF", "#F6F7F9", found.soft[0]):
        assert contrast(found.text[0], ground) >= 4.5
    for ground in ("#161A21", "#1F242D", found.soft[1]):
        assert contrast(found.text[1], ground) >= 4.5
    for button in (*found.solid, *found.hover):
        assert contrast(button, found.on) >= 4.5


@given(COLORS)
def test_cells_can_be_read_and_their_order_is_lightness(color: str) -> None:
    ramp = brand(color).ramp

    for light, dark in ramp:
        assert contrast(*light) >= 4.5
        assert contrast(*dark) >= 4.5
    from_white = [contrast(light[0], "#FFFFFF") for light, _ in ramp]
    from_black = [contrast(dark[0], "#000000") for _, dark in ramp]
    assert from_white == sorted(from_white)
    assert from_black == sorted(from_black)


def test_a_readable_colour_is_kept() -> None:
    assert brand("#0F766E").text[0] == "#0F766E"
    assert brand("#FFD400").on == "#151A23"


def test_the_sheet_sets_tokens_only_and_its_address_follows_it() -> None:
    sheet = css("#0F766E")

    assert sheet.startswith("@layer tokens { :root {\n  --brand: light-dark(#0F766E, ")
    assert sheet.count("--seq-") == 14
    assert stamp("#0F766E") != stamp("#0F766F")


@pytest.mark.parametrize("text", ["0F766E", "#0F7", "red", "#0F766E; } body { display: none"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        brand(text)
