"""The demo's story has the patterns that a year of business has, and is the same each time."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from functools import cache
from statistics import mean

import pytest

from portal.demo.profiles import PROFILES
from portal.demo.story import Story

UNTIL = datetime(2026, 11, 21, 13, 30, tzinfo=UTC)
SUMMIT = PROFILES[0]


@cache
def counts(slug: str) -> Counter[str]:
    """Facts by kind of one client's whole story."""
    story = Story(next(p for p in PROFILES if p.slug == slug), UNTIL)
    total: Counter[str] = Counter(campaigns=len(story.campaigns()))
    for _, items in story.days():
        total.update({kind: len(made) for kind, made in items.items()})
    return total


@cache
def leads() -> list[datetime]:
    """When the leads of the largest client came, on its wall clock."""
    story = Story(SUMMIT, UNTIL)
    return [
        story.calendar.local(datetime.fromisoformat(lead["occurred_at"]))
        for _, items in story.days()
        for lead in items.get("leads", ())
    ]


@cache
def by_day() -> Counter[date]:
    """Leads of the largest client by local day."""
    return Counter(moment.date() for moment in leads())


def test_there_are_half_a_million_facts_and_one_client_leads() -> None:
    """At least 500,000 in all, the largest client at least 40 % of them."""
    sums = {profile.slug: counts(profile.slug).total() for profile in PROFILES}

    assert sum(sums.values()) >= 500_000
    assert sums[SUMMIT.slug] == max(sums.values()) >= 0.4 * sum(sums.values())


def test_the_smallest_client_that_is_not_new_has_three_hundred_leads() -> None:
    settled = [p.slug for p in PROFILES if p.starts_days_ago > 60]

    assert min(counts(slug)["leads"] for slug in settled) >= 300


def test_one_client_is_new_and_one_is_paused() -> None:
    assert counts("northwind-clinic").total() < 500
    assert [p.slug for p in PROFILES if p.status == "paused"] == ["howe-island-builders"]


def test_weekends_and_nights_are_quiet() -> None:
    weekdays = Counter(moment.weekday() for moment in leads())
    hours = Counter(moment.hour for moment in leads())

    assert weekdays[0] > 2 * weekdays[6]
    assert hours[10] > 5 * hours[3]


def test_the_season_peaks_in_autumn() -> None:
    """Growth is taken out by comparing spring with the mean of the autumns around it."""
    days = by_day()
    months: dict[str, list[int]] = {}
    for day, count in days.items():
        months.setdefault(f"{day:%Y-%m}", []).append(count)
    autumns = mean(mean(months[m]) for m in ("2025-11", "2026-10"))

    assert autumns > 1.25 * mean(months["2026-04"])


def test_the_client_grows() -> None:
    """The last thirty days against the same season a year before."""
    story = Story(SUMMIT, UNTIL)
    now = sum(by_day()[story.last - timedelta(days=n)] for n in range(1, 29))
    before = sum(by_day()[story.last - timedelta(days=364 + n)] for n in range(1, 29))

    assert now > 1.2 * before


def test_campaigns_bring_leads() -> None:
    story = Story(SUMMIT, UNTIL)
    brought = Counter(
        lead.get("campaign_id") for _, items in story.days() for lead in items.get("leads", ())
    )

    assert all(brought[push.external_id] > 100 for push in story.pushes)


def test_one_week_went_badly() -> None:
    story = Story(SUMMIT, UNTIL)
    bad = [day for day in by_day() if story.demand.is_bad_week(day)]
    around = [min(bad) - timedelta(days=7), max(bad) + timedelta(days=1)]
    weeks = [sum(by_day()[start + timedelta(days=n)] for n in range(7)) for start in around]

    assert len(bad) == 7
    assert sum(by_day()[day] for day in bad) < 0.5 * min(weeks)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_same_seed_gives_the_same_checksum(seed: int) -> None:
    new = PROFILES[-1]

    assert Story(new, UNTIL, seed).checksum() == Story(new, UNTIL, seed).checksum()
    assert Story(new, UNTIL, seed).checksum() != Story(new, UNTIL, seed + 5).checksum()
