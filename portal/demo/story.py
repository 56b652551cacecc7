"""One client's whole story: every fact of thirteen months, day by day, from one seed."""

import hashlib
import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from portal.core.calendar import Calendar, CalendarSpan, Period
from portal.demo.demand import Demand, Push, arrivals
from portal.demo.lives import Item, Life, live
from portal.demo.profiles import Profile

SEED = 20_261
HOUR = timedelta(hours=1)


class Story:
    """
    Everything that happened to one demo client up to `until`.

    Same seed, same profile and same `until`: the same items, byte for byte.
    """

    def __init__(self, profile: Profile, until: datetime, seed: int = SEED) -> None:
        self.profile = profile
        self.calendar = Calendar(
            [CalendarSpan(date(2000, 1, 1), profile.zone, profile.week_start, profile.currency)]
        )
        today = self.calendar.day_of(until)
        self.first = today - timedelta(days=profile.starts_days_ago)
        self.last = today - timedelta(days=profile.ends_days_ago)
        self.until = min(until, self.calendar.start_of(self.last + timedelta(days=1)))
        self.seed = f"{seed}:{profile.slug}"
        self.pushes = tuple(_pushes(profile, self.first, self.last, Random(self.seed)))  # noqa: S311
        self.demand = Demand(profile, self.first, self.last, self.pushes)

    def days(self) -> Iterator[tuple[date, dict[str, list[Item]]]]:
        """Yield each local day with the items of the leads that arrived on it, by fact kind."""
        number = 0
        for day in Period(self.first, self.last + timedelta(days=1)):
            random = Random(f"{self.seed}:{day}")  # noqa: S311 - a demo, not a secret
            items = self._costs(day, random)
            for started in arrivals(self.demand, day, self.calendar, random):
                number += 1
                push = self.demand.push_of(day, random)
                bad = self.demand.is_bad_week(day)
                life = Life(self.profile, random, number, started, self.until, push, bad)
                for kind, made in live(life, self.opens).items():
                    items.setdefault(kind, []).extend(made)
            yield day, items

    def campaigns(self) -> list[Item]:
        """List the campaigns, as the API takes them."""
        return [
            {
                "external_id": push.external_id,
                "name": push.name,
                "source": push.source,
                "channel": push.channel,
                "starts_at": self.calendar.start_of(push.start).isoformat(),
                "ends_at": self.calendar.start_of(push.end).isoformat(),
                "occurred_at": self.calendar.start_of(push.start).isoformat(),
                "status": "completed" if push.end <= self.last else "active",
            }
            for push in self.pushes
        ]

    def opens(self, moment: datetime) -> datetime:
        """Give `moment` itself in opening hours, else the start of the next ones."""
        opens, closes = self.profile.open_hours
        local = self.calendar.local(moment)
        if opens <= local.hour < closes:
            return moment
        day = local.date() + timedelta(days=1 if local.hour >= closes else 0)
        return self.calendar.start_of(day) + opens * HOUR

    def checksum(self) -> str:
        """SHA-256 over every item, in order."""
        digest = hashlib.sha256(_canonical(self.campaigns()))
        for day, items in self.days():
            digest.update(day.isoformat().encode() + _canonical(items))
        return digest.hexdigest()

    def _costs(self, day: date, random: Random) -> dict[str, list[Item]]:
        noon = self.calendar.start_of(day) + 12 * HOUR
        expected = self.demand.mean(day)
        usage = [
            {
                "external_id": f"U{day:%Y%m%d}-{service}",
                "occurred_at": noon.isoformat(),
                "service": service,
                "amount_micros": round(expected * micros * random.uniform(0.8, 1.2)),
                "quantity": round(expected * 9),
            }
            for service, micros in (("assistant", 60_000), ("messages", 90_000))
            if noon < self.until
        ]
        spend = [
            {
                "external_id": f"S{day:%Y%m%d}-{push.external_id}",
                "occurred_on": day.isoformat(),
                "campaign_id": push.external_id,
                "amount_minor": round(
                    expected
                    * push.boost
                    * self.profile.spend_per_lead_minor
                    * random.uniform(0.85, 1.2)
                ),
                "clicks": round(expected * push.boost * 14),
                "impressions": round(expected * push.boost * 420),
            }
            for push in self.pushes
            if push.runs(day)
        ]
        return {"usage_costs": usage, "campaign_spend": spend}


def _pushes(profile: Profile, first: date, last: date, random: Random) -> Iterator[Push]:
    """Plan the campaigns: one that always runs, and one each quarter."""
    paid = [s for s in profile.sources if s[0] not in {"missed_call", "referral", "other"}]
    source, channel, _ = paid[0]
    if (last - first).days < 60:  # noqa: PLR2004 - too new for campaigns
        return
    yield Push("K01", "Always on", source, channel, first, last + timedelta(days=1), 0.22)
    for number, (title, boost) in enumerate(
        (("Spring push", 0.3), ("Summer special", 0.25), ("Storm season", 0.45), ("Year end", 0.35))
    ):
        start = first + timedelta(days=20 + number * 92 + random.randrange(20))
        source, channel, _ = paid[(number + 1) % len(paid)]
        end = min(start + timedelta(days=28 + random.randrange(30)), last + timedelta(days=1))
        if start < end:
            yield Push(f"K{number + 2:02}", title, source, channel, start, end, boost)


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
