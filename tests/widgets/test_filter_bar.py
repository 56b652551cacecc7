"""Every choice of the bar is an address that keeps the others."""

from datetime import date

from portal.core.calendar import Period
from portal.widgets.filter_bar import Asked, days_in_words, filter_bar, without

ASKED = Asked(
    "30d",
    Period(date(2026, 10, 21), date(2026, 11, 20)),
    "Asia/Kathmandu",
    against={"previous": Period(date(2026, 9, 16), date(2026, 10, 16))},
)
ARGS = [("period", "30d"), ("f", "source:is:web"), ("f", "score:gte:40"), ("page", "3")]


def test_a_preset_keeps_filters_and_drops_the_page() -> None:
    bar = filter_bar("/c/acme/overview", ARGS, ASKED)

    week = bar.presets[0][2]
    assert week.href == (
        "/c/acme/overview?f=source%3Ais%3Aweb&f=score%3Agte%3A40&period=7d"
    )  # fmt: skip
    assert [choice.key for group in bar.presets for choice in group if choice.current] == ["30d"]


def test_the_form_carries_what_it_does_not_ask() -> None:
    bar = filter_bar("/c/acme/overview", ARGS, ASKED)

    assert bar.kept == [("f", "source:is:web"), ("f", "score:gte:40")]
    assert (bar.from_on, bar.to_on) == ("2026-10-21", "2026-11-19")


def test_the_comparison_shows_its_days_and_switches_off() -> None:
    bar = filter_bar("/c/acme/overview", [], ASKED)

    assert [c.dates for c in bar.compares if c.current] == ["Sep 16 – Oct 15"]
    assert bar.toggle_compare == "/c/acme/overview?compare=none"


def test_a_cross_takes_away_its_filter_alone() -> None:
    assert without("/x", ARGS, "f", "score:gte:40") == "/x?period=30d&f=source%3Ais%3Aweb"


def test_days_are_written_as_a_person_would() -> None:
    assert days_in_words(Period(date(2026, 11, 19), date(2026, 11, 20))) == "Nov 19"
    assert days_in_words(ASKED.days) == "Oct 21 – Nov 19"
    last_year = Period(date(2025, 10, 22), date(2025, 11, 21))
    assert days_in_words(last_year, this_year=2026) == "Oct 22 – Nov 20, 2025"
    new_year = Period(date(2025, 12, 3), date(2026, 1, 3))
    assert days_in_words(new_year) == "Dec 3, 2025 – Jan 2, 2026"
