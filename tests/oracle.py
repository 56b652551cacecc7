"""
The second opinion: every metric again, in plain Python over facts and derived rows.

Written from the definitions, not from the catalog: it shares no expression with it. Slow on
purpose: it looks at every row for every figure.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from statistics import median
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from portal.core.calendar import Calendar
from portal.core.db import Base, db

TABLES = (
    "leads",
    "lead_spans",
    "campaigns",
    "campaign_spend",
    "payments",
    "jobs",
    "funnel_events",
    "messages",
    "steps",
    "replies",
    "calls",
    "usage_costs",
    "turns",
    "events",
    "actors",
    "product_sessions",
    "plan_fees",
)
Fact = Mapping[str, Any]


@dataclass(frozen=True)
class Item:
    """One thing that counts: when, by which dimensions, and the row itself."""

    at: datetime | None
    dims: Mapping[str, str]
    row: Fact
    on: date | None = None


class Facts:
    """All rows of one client, read once."""

    def __init__(self, client_id: UUID) -> None:
        self.tables: dict[str, list[Fact]] = {}
        for name in TABLES:
            table = Base.metadata.tables[name]
            found = db.session.execute(sa.select(table).where(table.c.client_id == client_id))
            self.tables[name] = [dict(row) for row in found.mappings()]
        self.leads = {row["id"]: row for row in self.living("leads")}
        self.campaigns = {row["id"]: row for row in self.living("campaigns")}
        self.replies = {row["message_id"]: row["replied_at"] for row in self.tables["replies"]}
        self._items: dict[str, list[Item]] = {}

    def living(self, table: str) -> list[Fact]:
        """List rows that were not withdrawn."""
        return [row for row in self.tables[table] if not row.get("withdrawn_at")]

    def items(self, kind: str) -> list[Item]:
        """List what counts as `kind`."""
        if kind not in self._items:
            self._items[kind] = list(getattr(self, f"_{kind}")())
        return self._items[kind]

    def campaign(self, row: Fact | None) -> str:
        """Say the campaign of one row, as its sender does."""
        if row is None:
            return ""
        linked = self.campaigns.get(row["campaign_key"])
        return str(linked["external_id"] if linked else row["campaign_ref"])

    def owner(self, lead: Fact | None, at: datetime) -> str:
        """Say who had the lead then; else who has it."""
        if lead is None:
            return ""
        for span in self.tables["lead_spans"]:
            if span["lead_id"] != lead["id"] or span["aspect"] != "owner":
                continue
            if span["from_at"] <= at and (span["to_at"] is None or span["to_at"] > at):
                return str(span["value"])
        return str(lead["owner"])

    def linked(self, row: Fact, at: datetime, lead_id: Any, *before: Fact) -> dict[str, str]:
        """Give the fact's own dimensions, then those of `before`, then the lead's."""
        lead = self.leads.get(lead_id)
        own = [row, *before]

        def first(name: str) -> str:
            said = [r[name] for r in own if r[name]]
            return str(said[0] if said else lead[name] if lead else "")

        campaigns = [self.campaign(r) for r in own if self.campaign(r)]
        owners = [r["owner"] for r in own if r["owner"]]
        return {
            "source": first("source"),
            "channel": first("channel"),
            "location": first("location"),
            "campaign": campaigns[0] if campaigns else self.campaign(lead),
            "owner": owners[0] if owners else self.owner(lead, at),
        }

    def _leads(self) -> Iterator[Item]:
        for row in self.living("leads"):
            names = ("source", "channel", "location")
            dims = {name: row[name] for name in names} | {
                "campaign": self.campaign(row),
                "owner": self.owner(row, row["occurred_at"]),
            }
            own = [s for s in self.tables["steps"] if s["lead_id"] == row["id"]]
            told = [s for s in own if s["kind"] == "first_response"]
            by_owner = [s for s in told if s["origin"] != "funnel_events"] or told
            first = min((s["occurred_at"] for s in by_owner), default=None)
            seconds = first and max((first - row["occurred_at"]).total_seconds(), 0)
            more = {"seconds": seconds, "kinds": {s["kind"] for s in own}}
            yield Item(row["occurred_at"], dims, {**row, **more})

    def _steps(self) -> Iterator[Item]:
        for row in self.tables["steps"]:
            table = row["origin"]
            owners = self.tables[table] if table in {"jobs", "payments", "funnel_events"} else []
            own = [r for r in owners if r["id"] == row["origin_id"]]
            lead = next((r for r in self.tables["leads"] if r["id"] == row["lead_id"]), None)
            kept, self.leads = self.leads, {r["id"]: r for r in self.tables["leads"]}
            blank = dict.fromkeys(("source", "channel", "location", "owner", "campaign_ref"), "")
            base = own[0] if own else blank | {"campaign_key": None}
            dims = self.linked(base, row["occurred_at"], row["lead_id"])
            self.leads = kept
            cycle = lead and max((row["occurred_at"] - lead["occurred_at"]).total_seconds(), 0)
            yield Item(
                row["occurred_at"], dims | {"product": row["product"]}, {**row, "cycle": cycle}
            )

    def _payments(self) -> Iterator[Item]:
        living = self.living("payments")
        for row in living:
            of = [p for p in living if row["refund_of_ref"] == p["external_id"]]
            back = of[:1] if row["refund_of_ref"] else []
            dims = self.linked(row, row["occurred_at"], row["lead_key"], *back)
            product = row["product"] or (back[0]["product"] if back else "")
            yield Item(row["occurred_at"], dims | {"product": product, "kind": row["kind"]}, row)

    def _messages(self) -> Iterator[Item]:
        for row in self.living("messages"):
            tried = row["failed_at"] or row["bounced_at"]
            at = row["sent_at"] if row["direction"] == "outbound" else row["occurred_at"]
            if at is None and not tried:
                continue
            replied = row["replied_at"] or self.replies.get(row["id"])
            good = [x for x in (row["delivered_at"], row["read_at"], replied) if x]
            bad = [x for x in (row["failed_at"], row["bounced_at"]) if x]
            arrived = bool(good) and (not bad or max(bad) < max(good))
            dims = self.linked(row, at or row["occurred_at"], row["lead_key"])
            dims |= {k: row[k] for k in ("medium", "sender", "direction", "account")}
            more = {"replied": replied, "arrived": arrived, "was_sent": at is not None}
            yield Item(at or row["occurred_at"], dims, {**row, **more})

    def _talk(self) -> Iterator[Item]:
        for row in self.living("messages"):
            if row["conversation"]:
                at = row["sent_at"] or row["occurred_at"]
                dims = self.linked(row, at, row["lead_key"])
                dims |= {k: row[k] for k in ("medium", "sender", "direction", "account")}
                yield Item(at, dims, row)

    def _calls(self) -> Iterator[Item]:
        for row in self.living("calls"):
            dims = self.linked(row, row["occurred_at"], row["lead_key"])
            dims |= {k: row[k] for k in ("direction", "outcome", "handled_by")}
            yield Item(row["occurred_at"], dims | {"account": row["line"]}, row)

    def _spend(self) -> Iterator[Item]:
        for row in self.living("campaign_spend"):
            of = self.campaigns.get(row["campaign_key"])
            dims = {
                "source": row["source"] or (of["source"] if of else ""),
                "channel": row["channel"] or (of["channel"] if of else ""),
                "campaign": self.campaign(row),
            }
            yield Item(None, dims, row, row["occurred_on"])

    def _fees(self) -> Iterator[Item]:
        for row in self.tables["plan_fees"]:
            yield Item(None, {"source": "", "channel": "", "campaign": ""}, row, row["day"])

    def _usage(self) -> Iterator[Item]:
        none = {"source": "", "channel": "", "campaign": ""}
        for row in self.living("usage_costs"):
            yield Item(row["occurred_at"], none | {"kind": row["service"]}, row)

    def _message_costs(self) -> Iterator[Item]:
        none = {"source": "", "channel": "", "campaign": ""}
        for row in self.living("messages"):
            if row["cost_micros"] is not None:
                yield Item(row["occurred_at"], none | {"kind": row["medium"]}, row)

    def _events(self) -> Iterator[Item]:
        for row in self.tables["events"]:
            actor = row["actor"]
            if not row["user_id"]:
                for known in self.tables["actors"]:
                    late = row["occurred_at"] + timedelta(days=30)
                    if known["anonymous_id"] == row["anonymous_id"] and known["known_at"] <= late:
                        actor = known["user_id"]
            dims = {"kind": row["type"], "name": row["name"]}
            yield Item(row["occurred_at"], dims, {**row, "person": actor})

    def _sessions(self) -> Iterator[Item]:
        for row in self.tables["product_sessions"]:
            yield Item(row["started_at"], {}, row)

    def _turns(self) -> Iterator[Item]:
        for row in self.tables["turns"]:
            blank = dict.fromkeys(("source", "channel", "location", "owner", "campaign_ref"), "")
            dims = self.linked(blank | {"campaign_key": None}, row["started_at"], row["lead_key"])
            dims |= {"medium": row["medium"], "account": row["account"]}
            yield Item(row["started_at"], dims, row)

    def _spans(self) -> Iterator[Item]:
        for row in self.tables["lead_spans"]:
            lead = self.leads.get(row["lead_id"])
            if lead is None or row["aspect"] != "stage":
                continue
            dims = {k: lead[k] for k in ("source", "channel", "location")}
            dims |= {"campaign": self.campaign(lead), "stage": row["value"]}
            yield Item(row["from_at"], dims, row)


@dataclass(frozen=True)
class Slice:
    """Part of a client's facts: a stretch of time, dimension values, a currency, now."""

    facts: Facts
    calendar: Calendar
    start: datetime
    end: datetime
    first: date
    after: date
    """The first day that is dated by a day alone and not counted."""
    now: datetime
    currency: str = "EUR"
    dims: Mapping[str, str] = field(default_factory=dict)

    def items(self, kind: str) -> list[Item]:
        """List what counts in this slice."""
        return [item for item in self.facts.items(kind) if self._has(item)]

    def _has(self, item: Item) -> bool:
        if item.at is None:
            assert item.on is not None
            inside = self.first <= item.on < self.after
        else:
            inside = self.start <= item.at < self.end
        return inside and all(item.dims.get(k) == v for k, v in self.dims.items())

    def count(self, kind: str, where: Callable[[Fact], Any] = lambda _r: True) -> Decimal:
        """Count."""
        return Decimal(sum(bool(where(item.row)) for item in self.items(kind)))

    def total(
        self, kind: str, name: str, where: Callable[[Fact], Any] = lambda _r: True
    ) -> Decimal:
        """Add up a column."""
        rows = [item.row for item in self.items(kind) if where(item.row)]
        return sum((Decimal(str(row[name])) for row in rows if row[name] is not None), Decimal(0))

    def money(
        self, kind: str, name: str, where: Callable[[Fact], Any] = lambda _r: True
    ) -> Decimal:
        """Add up an amount in the slice's currency."""
        return self.total(kind, name, lambda r: r["currency"] == self.currency and where(r))


def ratio(part: Decimal, of: Decimal) -> Decimal | None:
    """Undefined over nothing."""
    return part / of if of else None


def quantile(values: Iterable[float | None], at: float) -> Decimal | None:
    """Interpolate; what is missing is infinite, and an infinite quantile is undefined."""
    found = sorted(float("inf") if v is None else float(v) for v in values)
    if not found:
        return None
    place = at * (len(found) - 1)
    low, rest = int(place), place - int(place)
    if found[low] == float("inf"):
        return None
    if rest == 0:
        return Decimal(str(found[low]))
    if found[low + 1] == float("inf"):
        return None
    return Decimal(str(found[low] + (found[low + 1] - found[low]) * rest))


def kind_is(*kinds: str) -> Callable[[Fact], bool]:
    """Say whether a row is of one of the kinds."""
    return lambda row: row["kind"] in kinds


def steps(kind: str) -> Callable[[Slice], Decimal]:
    """Count steps of one kind."""
    return lambda s: s.count("steps", kind_is(kind))


def won(s: Slice) -> Decimal:
    """Jobs won."""
    return s.count("steps", kind_is("job_won"))


def booked(s: Slice) -> Decimal:
    """Revenue booked."""
    return s.money("steps", "value_minor", kind_is("job_won", "job_cancelled"))


def collected(s: Slice) -> Decimal:
    """Payments, and posted ones that no payment tells."""
    posted = kind_is("payment_received")
    return s.money("payments", "amount_minor") + s.money(
        "steps", "value_minor", lambda r: posted(r) and r["origin"] == "funnel_events"
    )


def usage(s: Slice) -> Decimal:
    """Bills; message costs of a medium and local month without one."""
    exponent = {"JPY": 0}.get(s.currency, 2)
    billed = {(item.dims["kind"], month_of(s, item)) for item in s.facts.items("usage")}
    micros = s.total("usage", "amount_micros", lambda r: r["currency"] == s.currency)
    for item in s.items("message_costs"):
        is_billed = (item.dims["kind"], month_of(s, item)) in billed
        if item.row["currency"] == s.currency and not is_billed:
            micros += item.row["cost_micros"]
    return micros.scaleb(exponent - 6)


def month_of(s: Slice, item: Item) -> tuple[int, int]:
    """The local month of a fact."""
    assert item.at is not None
    day = s.calendar.day_of(item.at)
    return day.year, day.month


def fee(s: Slice) -> Decimal:
    """What the client pays us."""
    return s.money("fees", "amount_minor")


def spend(s: Slice) -> Decimal:
    """What campaigns cost."""
    return s.money("spend", "amount_minor")


def cost(s: Slice) -> Decimal:
    """All costs."""
    return fee(s) + spend(s) + usage(s)


def leads(s: Slice) -> Decimal:
    """New leads."""
    return s.count("leads")


def leads_of(*sources: str) -> Callable[[Slice], Decimal]:
    """New leads of some sources."""
    return lambda s: s.count("leads", lambda r: r["source"] in sources)


def cohort(kind: str) -> Callable[[Slice], Decimal | None]:
    """Share of the slice's leads that ever had a step."""
    return lambda s: ratio(s.count("leads", lambda r: kind in r["kinds"]), leads(s))


def speed_within(minutes: int) -> Callable[[Slice], Decimal | None]:
    """Share of leads answered in time, of those old enough."""

    def value(s: Slice) -> Decimal | None:
        due = [i.row for i in s.items("leads") if i.at + timedelta(minutes=minutes) <= s.now]  # type: ignore[operator]
        fast = [r for r in due if r["seconds"] is not None and r["seconds"] <= 60 * minutes]
        return ratio(Decimal(len(fast)), Decimal(len(due)))

    return value


def speed_average(s: Slice) -> Decimal | None:
    """Mean time to the first answer."""
    return mean("leads", "seconds")(s)


def out(where: Callable[[Fact], Any] = lambda _r: True) -> Callable[[Slice], Decimal]:
    """Count messages sent."""
    return lambda s: s.count(
        "messages", lambda r: r["direction"] == "outbound" and r["was_sent"] and where(r)
    )


def tried(where: Callable[[Fact], Any]) -> Callable[[Slice], Decimal]:
    """Count messages that were never sent."""
    return lambda s: s.count(
        "messages", lambda r: r["direction"] == "outbound" and not r["was_sent"] and where(r)
    )


def inbound(s: Slice) -> Decimal:
    """Messages received."""
    return s.count("messages", lambda r: r["direction"] == "inbound")


SENT = out()
AI = out(lambda r: r["sender"] == "ai")
PERSON = out(lambda r: r["sender"] == "person")
SYSTEM = out(lambda r: r["sender"] == "system")
DELIVERED = out(lambda r: r["arrived"])
READ = out(lambda r: r["arrived"] and (r["read_at"] or r["replied"]))
REPLIED = out(lambda r: r["replied"])
FAILED = out(lambda r: r["failed_at"] and not r["arrived"])
BOUNCED = out(lambda r: r["bounced_at"] and not r["arrived"])
UNSENT = tried(lambda r: r["failed_at"])
NEVER = tried(lambda r: r["bounced_at"])


def over(
    part: Callable[[Slice], Decimal], of: Callable[[Slice], Decimal]
) -> Callable[[Slice], Decimal | None]:
    """A ratio of two figures."""
    return lambda s: ratio(part(s), of(s))


def plus(*parts: Callable[[Slice], Decimal]) -> Callable[[Slice], Decimal]:
    """A sum of figures."""
    return lambda s: sum((part(s) for part in parts), Decimal(0))


def calls(where: Callable[[Fact], Any] = lambda _r: True) -> Callable[[Slice], Decimal]:
    """Count calls."""
    return lambda s: s.count("calls", where)


def is_good(call: Fact) -> bool:
    """As marked, else answered."""
    marked = call["is_successful"]
    return bool(call["outcome"] == "answered" if marked is None else marked)


GOOD_CALLS = calls(is_good)
IN_CALLS = calls(lambda r: r["direction"] == "inbound")
MISSED = calls(lambda r: r["direction"] == "inbound" and r["outcome"] != "answered")
PICKED = calls(lambda r: r["direction"] == "inbound" and r["outcome"] == "answered")
AI_CALLS = calls(lambda r: r["handled_by"] == "ai")
PERSON_CALLS = calls(lambda r: r["handled_by"] == "person")


def mean(kind: str, name: str) -> Callable[[Slice], Decimal | None]:
    """The mean of a column, of the rows that have it."""
    return lambda s: ratio(s.total(kind, name), s.count(kind, lambda r: r[name] is not None))


def gap(turn: Fact, name: str) -> float | None:
    """Seconds from a turn's start to one of its instants."""
    if name == "ended_at" and turn["is_unanswered"]:
        return None
    at = turn[name]
    return None if at is None else (at - turn["started_at"]).total_seconds()


def turn_share(name: str, minutes: int) -> Callable[[Slice], Decimal | None]:
    """Share of turns answered in time, of those old enough."""

    def value(s: Slice) -> Decimal | None:
        limit = timedelta(minutes=minutes)
        due = [i.row for i in s.items("turns") if i.at + limit <= s.now]  # type: ignore[operator]
        found = [gap(row, name) for row in due]
        fast = [g for g in found if g is not None and g <= limit.total_seconds()]
        return ratio(Decimal(len(fast)), Decimal(len(due)))

    return value


def turn_mean(name: str) -> Callable[[Slice], Decimal | None]:
    """Mean time of the turns that have it."""

    def value(s: Slice) -> Decimal | None:
        found = [g for i in s.items("turns") if (g := gap(i.row, name)) is not None]
        return ratio(sum((Decimal(str(g)) for g in found), Decimal(0)), Decimal(len(found)))

    return value


def turn_quantile(name: str, at: float) -> Callable[[Slice], Decimal | None]:
    """A quantile over all turns, those without an answer last."""
    return lambda s: quantile((gap(i.row, name) for i in s.items("turns")), at)


def business(s: Slice) -> Decimal | None:
    """Mean seconds of business hours to the first answer."""
    answered = [i.row for i in s.items("turns") if gap(i.row, "ended_at") is not None]
    found = [r["business_seconds"] for r in answered if r["business_seconds"] is not None]
    return ratio(Decimal(sum(found)), Decimal(len(found)))


def people(days: int) -> Callable[[Slice], Decimal]:
    """Different people of the last local days."""

    def value(s: Slice) -> Decimal:
        last = min(s.calendar.day_of(s.end - timedelta(microseconds=1)), s.calendar.day_of(s.now))
        start = s.calendar.start_of(last - timedelta(days=days - 1))
        wide = replace(s, start=start, end=min(s.end, s.now))
        return active(wide)

    return value


def active(s: Slice) -> Decimal:
    """Different people."""
    return Decimal(len({i.row["person"] for i in s.items("events") if i.row["person"]}))


def inside(s: Slice) -> Decimal:
    """Leads that are in a stage at the end, or now."""
    end = s.end
    early = replace(s, start=datetime.min.replace(tzinfo=s.start.tzinfo))
    return Decimal(
        sum(
            i.at is not None and i.at < end and not (i.row["to_at"] and i.row["to_at"] < end)
            for i in early.items("spans")
        )
    )


def pipeline(s: Slice) -> Decimal:
    """Value of the leads that are still open."""
    return s.money("leads", "value_minor", lambda r: r["stage"] not in {"won", "lost"})


def priced(s: Slice) -> Decimal | None:
    """Mean value of the jobs won that have one."""
    jobs = [i.row for i in s.items("steps") if i.row["kind"] == "job_won"]
    values = [r["value_minor"] for r in jobs if r["currency"] == s.currency]
    known = [Decimal(value) for value in values if value is not None]
    return ratio(sum(known, Decimal(0)), Decimal(len(known)))


def cycle(s: Slice) -> list[float]:
    """Seconds from lead to job, of each job won."""
    found = [i.row for i in s.items("steps") if i.row["kind"] == "job_won"]
    return [row["cycle"] for row in found if row["cycle"] is not None]


def average_payment(s: Slice) -> Decimal | None:
    """Mean of the payments of zero or more."""
    own = [i.row for i in s.items("payments") if i.row["currency"] == s.currency]
    found = [Decimal(r["amount_minor"]) for r in own if r["amount_minor"] >= 0]
    return ratio(sum(found, Decimal(0)), Decimal(len(found)))


def kind_of_payment(kind: str) -> Callable[[Slice], Decimal]:
    """Money of one kind of payment."""
    return lambda s: s.money("payments", "amount_minor", kind_is(kind))


def session_seconds(s: Slice) -> Decimal | None:
    """Mean length of a session."""
    found = [(i.row["ended_at"] - i.row["started_at"]).total_seconds() for i in s.items("sessions")]
    return ratio(sum((Decimal(str(f)) for f in found), Decimal(0)), Decimal(len(found)))


ORACLE: dict[str, Callable[[Slice], Decimal | None]] = {
    "leads": leads,
    "leads_from_missed_calls": leads_of("missed_call"),
    "leads_from_web_forms": leads_of("web_form"),
    "leads_from_referrals": leads_of("referral"),
    "leads_from_other": lambda s: leads(s) - leads_of("missed_call", "web_form", "referral")(s),
    "lead_to_qualified_rate_cohort": cohort("qualified"),
    "lead_to_appointment_rate_cohort": cohort("appointment_booked"),
    "lead_to_job_rate_cohort": cohort("job_won"),
    "average_lead_score": mean("leads", "score"),
    "pipeline_value": pipeline,
    "speed_to_lead_average": speed_average,
    "speed_to_lead_median": lambda s: quantile((i.row["seconds"] for i in s.items("leads")), 0.5),
    "speed_to_lead_p90": lambda s: quantile((i.row["seconds"] for i in s.items("leads")), 0.9),
    "jobs_won": won,
    "jobs_lost": steps("job_lost"),
    "jobs_cancelled": steps("job_cancelled"),
    "leads_qualified": steps("qualified"),
    "appointments_booked": steps("appointment_booked"),
    "first_responses": steps("first_response"),
    "quotes_requested": steps("quote_requested"),
    "quotes_sent": steps("quote_sent"),
    "quotes_accepted": steps("quote_accepted"),
    "reviews_requested": steps("review_requested"),
    "reviews_received": steps("review_received"),
    "revenue_booked": booked,
    "average_job_value": priced,
    "lead_to_qualified_rate": over(steps("qualified"), leads),
    "lead_to_appointment_rate": over(steps("appointment_booked"), leads),
    "appointment_to_job_rate": over(won, steps("appointment_booked")),
    "lead_to_job_rate": over(won, leads),
    "win_rate": over(won, plus(won, steps("job_lost"))),
    "sales_cycle_average": lambda s: ratio(
        sum((Decimal(str(c)) for c in cycle(s)), Decimal(0)), Decimal(len(cycle(s)))
    ),
    "sales_cycle_median": lambda s: Decimal(str(median(cycle(s)))) if cycle(s) else None,
    "payments_collected": collected,
    "payments": lambda s: s.count("payments", lambda r: r["amount_minor"] >= 0),
    "payments_refunded": lambda s: (
        -s.money("payments", "amount_minor", lambda r: r["amount_minor"] < 0)
    ),
    "average_payment": average_payment,
    "recurring_revenue": kind_of_payment("recurring"),
    "one_time_revenue": kind_of_payment("one_time"),
    "payment_fees": lambda s: s.money("payments", "fee_minor"),
    "ad_spend": spend,
    "platform_fee": fee,
    "usage_cost": usage,
    "platform_cost": plus(fee, usage),
    "total_cost": cost,
    "cost_per_lead": over(cost, leads),
    "ad_spend_per_lead": over(spend, leads),
    "cost_per_job": over(cost, won),
    "return_on_spend": over(booked, cost),
    "return_on_ad_spend": over(booked, spend),
    "roi": lambda s: ratio(booked(s) - cost(s), cost(s)),
    "collected_return_on_spend": over(collected, cost),
    "ad_clicks": lambda s: s.total("spend", "clicks"),
    "ad_impressions": lambda s: s.total("spend", "impressions"),
    "messages": plus(inbound, SENT),
    "inbound_messages": inbound,
    "outbound_messages": SENT,
    "ai_messages": AI,
    "person_messages": PERSON,
    "system_messages": SYSTEM,
    "messages_delivered": DELIVERED,
    "messages_read": READ,
    "messages_replied": REPLIED,
    "messages_failed": plus(FAILED, UNSENT),
    "messages_bounced": plus(BOUNCED, NEVER),
    "delivery_rate": over(DELIVERED, SENT),
    "read_rate": over(READ, DELIVERED),
    "reply_rate": over(REPLIED, DELIVERED),
    "reply_per_sent_rate": over(REPLIED, SENT),
    "failure_rate": over(plus(FAILED, UNSENT), plus(SENT, UNSENT)),
    "bounce_rate": over(plus(BOUNCED, NEVER), plus(SENT, NEVER)),
    "ai_handled_rate": over(AI, plus(AI, PERSON)),
    "conversations": lambda s: Decimal(len({i.row["conversation"] for i in s.items("talk")})),
    "calls": calls(),
    "calls_answered": calls(lambda r: r["outcome"] == "answered"),
    "calls_missed": MISSED,
    "calls_inbound": IN_CALLS,
    "calls_successful": GOOD_CALLS,
    "calls_ai": AI_CALLS,
    "calls_person": PERSON_CALLS,
    "call_success_rate": over(GOOD_CALLS, calls()),
    "call_answer_rate": over(PICKED, IN_CALLS),
    "call_seconds": lambda s: s.total("calls", "duration_seconds"),
    "call_minutes": lambda s: s.total("calls", "duration_seconds") / 60,
    "average_call_seconds": mean("calls", "duration_seconds"),
    "average_call_quality": mean("calls", "quality"),
    "call_automation_rate": over(AI_CALLS, plus(AI_CALLS, PERSON_CALLS)),
    "events": lambda s: s.count("events"),
    "daily_active": people(1),
    "weekly_active": people(7),
    "monthly_active": people(30),
    "active_actors": active,
    "sessions": lambda s: s.count("sessions"),
    "average_session_seconds": session_seconds,
    "events_per_session": mean("sessions", "events"),
    "turns": lambda s: s.count("turns"),
    "business_response_average": business,
    "stage_entries": lambda s: s.count("spans"),
    "leads_in_stage": inside,
}
for _minutes in (1, 5, 15, 60):
    ORACLE[f"speed_to_lead_within_{_minutes}m_rate"] = speed_within(_minutes)
for _key, _name in (
    ("response", "ended_at"),
    ("person_response", "first_person_at"),
    ("ai_response", "first_ai_at"),
):
    for _minutes in (1, 5, 15, 60):
        ORACLE[f"{_key}_within_{_minutes}m_rate"] = turn_share(_name, _minutes)
    ORACLE[f"{_key}_answered_rate"] = turn_share(_name, 7 * 24 * 60)
    ORACLE[f"{_key}_average"] = turn_mean(_name)
    ORACLE[f"{_key}_median"] = turn_quantile(_name, 0.5)
    ORACLE[f"{_key}_p90"] = turn_quantile(_name, 0.9)
