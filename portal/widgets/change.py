"""How a figure changed against its comparison, and whether that is good."""

from dataclasses import dataclass

from portal.core.units import (
    LOCALE,
    Number,
    Unit,
    share,
    signed_count,
    signed_points,
)

SMALL_BASE = 5
NEW = "new"


@dataclass(frozen=True, slots=True)
class Change:
    """A change in words. `arrow`: up, down or flat; `tone`: good, bad or flat."""

    text: str
    arrow: str
    tone: str

    @property
    def words(self) -> str:
        """For a sentence: "up 18.4%"."""
        return self.text if self.arrow == "flat" else f"{self.arrow} {self.text}"


def change(
    value: Number | None,
    before: Number | None,
    *,
    unit: str = Unit.COUNT,
    better: str = "up",
    locale: str = LOCALE,
) -> Change | None:
    """
    Say how `value` differs from `before`; None when either is undefined.

    Shares differ in points. A base under five gives the difference itself, not a percentage of
    next to nothing. `better` is "up", "down" or "" (neither).
    """
    if value is None or before is None:
        return None
    difference = float(value) - float(before)
    text = _text(difference, float(before), unit, locale).lstrip("+−")
    if not difference or not (text == NEW or any(digit in text for digit in "123456789")):
        return Change("no change", "flat", "flat")
    arrow = "up" if difference > 0 else "down"
    tone = "flat" if not better else "good" if arrow == better else "bad"
    return Change(text, arrow, tone)


def _text(difference: float, before: float, unit: str, locale: str) -> str:
    if unit == Unit.SHARE:
        return signed_points(difference, locale=locale)
    if before == 0 or (unit == Unit.COUNT and abs(before) < SMALL_BASE):
        return signed_count(difference, locale=locale) if unit == Unit.COUNT else NEW
    return share(difference / abs(before), locale=locale)
