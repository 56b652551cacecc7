"""How many people get in touch on a day, and at what hour: weekday, season, growth, campaigns."""

import math
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from portal.core.calendar import Calendar
from portal.demo.profiles import Profile

BAD_WEEK_DAYS_AGO = 66
BAD_WEEK_FACTOR = 0.3
SEASON_SWING = 0.3
EVENING_WEIGHT, NIGHT_WEIGHT, LUNCH_WEIGHT = 0.35, 0.05, 0.7
LATE = 22


@dataclass(frozen=True)
class Push:
    """A campaign of the demo: who it brings, when, and how strongly."""

    external_id: str
    name: str
    source: str
    channel: str
    start: date
    end: date
    boost: float
    """Share by which it raises the day's demand."""

    def runs(self, day: date) -> bool:
        """Whether it brings people on `day`."""
        return self.start <= day < self.end


@dataclass(frozen=True)
class Demand:
    """The demand of one client over the demo's months."""

    profile: Profile
    first: date
    last: date
    pushes: tuple[Push, ...]

    def mean(self, day: date) -> float:
        """Expected leads of local day `day`."""
        profile = self.profile
        weekday = profile.weekdays[day.weekday()] / (sum(profile.weekdays) / 7)
        turn = 2 * math.pi * (day.month - profile.peak_month + day.day / 30) / 12
        season = 1 + SEASON_SWING * math.cos(turn)
        months = (day - self.first).days / max((self.last - self.first).days, 1)
        growth: float = profile.growth ** (months - 0.5)
        boost = 1 + sum(push.boost for push in self.pushes if push.runs(day))
        bad = BAD_WEEK_FACTOR if self.is_bad_week(day) else 1.0
        return profile.leads_a_day * weekday * season * growth * boost * bad

    def is_bad_week(self, day: date) -> bool:
        """Whether `day` lies in the week in which things went wrong."""
        start = self.last - timedelta(days=BAD_WEEK_DAYS_AGO)
        start -= timedelta(days=start.weekday())
        return start <= day < start + timedelta(days=7)

    def push_of(self, day: date, random: Random) -> Push | None:
        """The campaign that brought one lead of `day`, or none."""
        running = [push for push in self.pushes if push.runs(day)]
        total = 1 + sum(push.boost for push in running)
        point = random.random() * total
        for push in running:
            if (point := point - push.boost) < 0:
                return push
        return None


def arrivals(demand: Demand, day: date, calendar: Calendar, random: Random) -> list[datetime]:
    """Draw the instants at which the leads of `day` arrive, sorted."""
    hours = [_weight(demand.profile, hour) for hour in range(24)]
    start, end = calendar.start_of(day), calendar.start_of(day + timedelta(days=1))
    drawn = random.choices(range(24), hours, k=_poisson(demand.mean(day), random))
    moments = [start + timedelta(hours=hour, seconds=random.randrange(3600)) for hour in drawn]
    return sorted(moment for moment in moments if moment < end)


def _weight(profile: Profile, hour: int) -> float:
    opens, closes = profile.open_hours
    if opens <= hour < closes:
        return LUNCH_WEIGHT if hour == 12 else 1.0  # noqa: PLR2004 - noon
    return EVENING_WEIGHT if closes <= hour < LATE or hour == opens - 1 else NIGHT_WEIGHT


def _poisson(mean: float, random: Random) -> int:
    """Draw a Poisson number; the normal approximation above 30 is exact enough for a demo."""
    if mean > 30:  # noqa: PLR2004 - the usual rule of thumb
        return max(0, round(random.gauss(mean, math.sqrt(mean))))
    limit, count, product = math.exp(-mean), 0, random.random()
    while product > limit:
        count += 1
        product *= random.random()
    return count
