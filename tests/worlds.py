"""Random clients: facts and derived rows of every kind, around a given day, from a seed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from portal.catalog import passes
from portal.catalog.calendars import calendar_of
from portal.catalog.subjects import FAMILIES
from portal.core.calendar import Calendar
from portal.core.db import Base, db, platform_connection
from portal.core.ids import new_id
from portal.core.tenancy import acting_as
from portal.models.clients import Client
from portal.models.rollups import DIMENSIONS
from portal.rollups import build
from tests import factories

SOURCES = ("missed_call", "web_form", "referral", "google_ads", "")
CHANNELS = ("email", "phone", "")
OWNERS = ("ann", "ben", "")
PLACES = ("north", "south", "")
CURRENCIES = ("EUR", "EUR", "EUR", "USD", "JPY")
STAGES = ("new", "qualifying", "nurturing", "hot", "booked", "won", "lost")
STEPS = (
    "qualified",
    "appointment_booked",
    "quote_requested",
    "quote_sent",
    "quote_accepted",
    "job_lost",
    "review_requested",
    "review_received",
)
DAYS = 24


@dataclass
class World:
    """One client with random facts between `first` and `first` + 24 days."""

    client: Client
    calendar: Calendar
    first: date
    random: Random

    @property
    def client_id(self) -> UUID:
        """Whose world it is."""
        return self.client.id

    def instant(self) -> datetime:
        """Pick an instant; often exactly at, or a microsecond before, a day's start."""
        day = self.first + timedelta(days=self.random.randrange(DAYS))
        start = self.calendar.start_of(day)
        edge = self.random.random()
        if edge < 0.05:
            return start
        if edge < 0.1:
            return start - timedelta(microseconds=1)
        length = (self.calendar.start_of(day + timedelta(days=1)) - start).total_seconds()
        return start + timedelta(seconds=self.random.random() * length)

    def pick(self, values: Sequence[str]) -> str:
        """Pick one."""
        return self.random.choice(values)

    def maybe(self, value: Any, chance: float = 0.5) -> Any:
        """Keep `value`, or None."""
        return value if self.random.random() < chance else None

    def after(self, at: datetime, hours: float) -> datetime:
        """Pick an instant within `hours` after `at`."""
        return at + timedelta(seconds=self.random.random() * hours * 3600)


def make(seed: int, *, zone: str, first: date, now: datetime, size: int = 24) -> World:
    """Make a client and its rows; commit; roll its days up as of `now`."""
    client = factories.client("world", zone=zone, currency="EUR")
    with acting_as(client.id):
        world = World(client, calendar_of(client.id), first, Random(seed))  # noqa: S311 - a seed
        fill(world, size)
    roll_up(world, now)
    return world


def roll_up(world: World, now: datetime) -> None:
    """Roll up every day that may hold a row, as a sweep at `now` would have."""
    pairs = [(world.client_id, world.first + timedelta(days=n)) for n in range(-3, DAYS + 3)]
    known = {world.client_id: world.calendar}
    columns = ", ".join(("measure", "currency", *DIMENSIONS, "value"))
    with platform_connection(read_only=False) as connection:
        for family in FAMILIES.values():
            if passes.stored(family):
                into = f"INSERT INTO rollups (client_id, day, {columns})"
                binds = {**build.intervals(pairs, known), "now": now}
                connection.execute(sa.text(f"{into} {passes.select(family)}"), binds)
            if family.hourly:
                into = f"INSERT INTO rollup_hours (client_id, day, hour_at, {columns})"
                binds = {**build.hourly(pairs, known), "now": now}
                connection.execute(sa.text(f"{into} {passes.select(family, hourly=True)}"), binds)


def fill(world: World, size: int) -> None:
    """Write facts and derived rows of every kind."""
    campaigns = [_campaign(world, n) for n in range(3)]
    _write(world, "campaigns", campaigns)
    _write(world, "campaign_spend", [_spend(world, campaigns) for _ in range(size)])
    leads = [_lead(world, campaigns) for _ in range(size)]
    _write(world, "leads", leads)
    _write(world, "lead_spans", [row for lead in leads for row in _spans(world, lead)])
    payments = [_payment(world, leads, campaigns) for _ in range(size)]
    payments += [_refund(world, leads, campaigns, p) for p in payments[: size // 4]]
    _write(world, "payments", payments)
    jobs = [_job(world, leads, campaigns) for _ in range(size // 2)]
    _write(world, "jobs", jobs)
    posted = [_posted(world, leads, campaigns) for _ in range(size // 2)]
    _write(world, "funnel_events", posted)
    messages = [_message(world, leads, campaigns) for _ in range(size * 5)]
    _write(world, "messages", messages)
    _write(world, "steps", _steps(world, leads, jobs, posted))
    _write(world, "replies", _replies(world, messages))
    _write(world, "calls", [_call(world, leads, campaigns) for _ in range(size * 2)])
    _write(world, "usage_costs", [_usage(world, campaigns) for _ in range(size // 2)])
    _write(world, "turns", [_turn(world, leads, n) for n in range(size * 2)])
    _product(world, size)
    _write(world, "plan_fees", _fees(world))


def _write(world: World, table: str, rows: list[dict[str, Any]]) -> None:
    """Insert rows that may lack different columns."""
    made = Base.metadata.tables[table]
    by_columns: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in rows:
        by_columns.setdefault(tuple(sorted(row)), []).append({"client_id": world.client_id} | row)
    for group in by_columns.values():
        db.session.execute(sa.insert(made), group)


def _fact(world: World, at: datetime | None = None, **columns: Any) -> dict[str, Any]:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    made = {
        "id": new_id(),
        "system": "test",
        "external_id": str(new_id()),
        "occurred_at": at or world.instant(),
        "version": -1,
        "body": {},
        "body_hash": b"",
        "received_at": now,
        "changed_at": now,
        "withdrawn_at": world.maybe(now, 0.06),
    }
    return made | columns


def _shared(
    world: World, leads: Sequence[Mapping[str, Any]], campaigns: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Give a fact's own dimensions, mostly absent, and its lead, mostly there."""
    lead = world.random.choice(leads)
    campaign = world.random.choice(campaigns)
    own = world.random.random() < 0.3
    return {
        "source": world.pick(SOURCES) if own else "",
        "channel": world.pick(CHANNELS) if own else "",
        "owner": world.pick(OWNERS) if own else "",
        "location": world.pick(PLACES) if own else "",
        "lead_key": world.maybe(lead["id"], 0.8),
        "campaign_key": campaign["id"] if own else None,
        "campaign_ref": campaign["external_id"] if own else "",
    }


def _campaign(world: World, number: int) -> dict[str, Any]:
    return _fact(
        world,
        external_id=f"c{number}",
        name=f"Campaign {number}",
        source=world.pick(SOURCES),
        channel=world.pick(CHANNELS),
        withdrawn_at=None,
    )


def _spend(world: World, campaigns: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    day = world.first + timedelta(days=world.random.randrange(DAYS))
    campaign = world.random.choice(campaigns)
    linked = world.random.random() < 0.9
    return _fact(
        world,
        world.calendar.start_of(day),
        occurred_on=day,
        amount_minor=world.random.randrange(1, 90_000),
        currency=world.pick(CURRENCIES),
        clicks=world.maybe(world.random.randrange(50)),
        impressions=world.maybe(world.random.randrange(5000)),
        channel=world.pick(("", "", "display")),
        campaign_key=campaign["id"] if linked else None,
        campaign_ref=campaign["external_id"] if linked else "unknown",
    )


def _lead(world: World, campaigns: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    campaign = world.maybe(world.random.choice(campaigns), 0.5)
    return _fact(
        world,
        source=world.pick(SOURCES),
        channel=world.pick(CHANNELS),
        owner=world.pick(OWNERS),
        location=world.pick(PLACES),
        stage=world.pick(STAGES),
        name=f"Lead {world.random.randrange(1000)}",
        score=world.maybe(world.random.randrange(0, 101)),
        value_minor=world.maybe(world.random.randrange(0, 900_000)),
        currency=world.pick(CURRENCIES),
        campaign_key=campaign["id"] if campaign else None,
        campaign_ref=campaign["external_id"] if campaign else world.pick(("", "", "gone")),
    )


def _spans(world: World, lead: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Some stages and owners, one after the other from the lead's start."""
    made: list[dict[str, Any]] = []
    for aspect, values in (("stage", STAGES), ("owner", OWNERS)):
        at = lead["occurred_at"]
        for _ in range(world.random.randrange(4)):
            until = world.maybe(world.after(at, 200) + timedelta(seconds=1), 0.8)
            made.append(
                {
                    "lead_id": lead["id"],
                    "aspect": aspect,
                    "from_at": at,
                    "to_at": until,
                    "value": world.pick(values),
                }
            )
            if until is None:
                break
            at = until
    return made


def _payment(world: World, leads: Any, campaigns: Any) -> dict[str, Any]:
    return _fact(
        world,
        **_shared(world, leads, campaigns),
        amount_minor=world.random.choice([0, 0, world.random.randrange(1, 500_000), 9 * 10**15]),
        currency=world.pick(CURRENCIES),
        kind=world.pick(("one_time", "recurring", "deposit")),
        fee_minor=world.maybe(world.random.randrange(500)),
        product=world.pick(("roof", "")),
    )


def _refund(world: World, leads: Any, campaigns: Any, of: Mapping[str, Any]) -> dict[str, Any]:
    return _payment(world, leads, campaigns) | {
        "amount_minor": -world.random.randrange(1, 90_000),
        "currency": of["currency"],
        "lead_key": of["lead_key"],
        "refund_of_ref": world.pick((of["external_id"], "unknown")),
        "source": "",
        "owner": "",
        "product": "",
        "campaign_key": None,
        "campaign_ref": "",
    }


def _job(world: World, leads: Any, campaigns: Any) -> dict[str, Any]:
    won = world.instant()
    status = world.pick(("won", "completed", "cancelled"))
    return _fact(
        world,
        **_shared(world, leads, campaigns),
        status=status,
        won_at=won,
        cancelled_at=world.after(won, 100) if status == "cancelled" else None,
        value_minor=world.maybe(world.random.randrange(1, 900_000), 0.9),
        currency=world.pick(CURRENCIES),
        product=world.pick(("roof", "")),
    )


def _posted(world: World, leads: Any, campaigns: Any) -> dict[str, Any]:
    shared = _shared(world, leads, campaigns)
    return _fact(
        world,
        **shared,
        kind=world.pick((*STEPS, "payment_received", "first_response")),
        value_minor=world.maybe(world.random.randrange(1, 90_000)),
        currency=world.pick(CURRENCIES),
    )


def _message(world: World, leads: Any, campaigns: Any) -> dict[str, Any]:
    at = world.instant()
    if world.random.random() < 0.4:
        state: dict[str, Any] = {"direction": "inbound", "sender": "contact"}
    else:
        sent = world.maybe(world.after(at, 30), 0.85)
        base = sent or at
        state = {
            "direction": "outbound",
            "sender": world.pick(("ai", "person", "system")),
            "sent_at": sent,
            "delivered_at": world.maybe(world.after(base, 2)),
            "read_at": world.maybe(world.after(base, 9), 0.3),
            "failed_at": world.maybe(world.after(base, 3), 0.2),
            "bounced_at": world.maybe(world.after(base, 3), 0.1),
            "replied_at": world.maybe(world.after(base, 40), 0.2),
        }
    return _fact(
        world,
        at,
        **_shared(world, leads, campaigns),
        **state,
        medium=world.pick(("sms", "whatsapp", "email", "")),
        conversation=world.pick(("", *(f"talk {n}" for n in range(20)))),
        account=world.pick(("main", "")),
        cost_micros=world.maybe(world.random.randrange(90_000)),
        currency=world.pick(CURRENCIES),
    )


def _replies(world: World, messages: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    out = [m for m in messages if m["direction"] == "outbound" and m["sent_at"]]
    return [
        {"message_id": m["id"], "replied_at": world.after(m["sent_at"], 90)}
        for m in out
        if world.random.random() < 0.2
    ]


def _steps(world: World, leads: Any, jobs: Any, posted: Any) -> list[dict[str, Any]]:
    made = [_step("leads", lead, "lead_created", lead["occurred_at"], lead["id"]) for lead in leads]
    for job in jobs:
        told = {k: job[k] for k in ("value_minor", "currency", "product")}
        made.append(_step("jobs", job, "job_won", job["won_at"], job["lead_key"], **told))
        if job["cancelled_at"]:
            told["value_minor"] = -job["value_minor"] if job["value_minor"] else None
            made.append(
                _step("jobs", job, "job_cancelled", job["cancelled_at"], job["lead_key"], **told)
            )
    for event in posted:
        told = {k: event[k] for k in ("value_minor", "currency")}
        at, lead = event["occurred_at"], event["lead_key"]
        made.append(_step("funnel_events", event, event["kind"], at, lead, **told))
    for lead in leads:
        if world.random.random() < 0.7:
            at = lead["occurred_at"] + timedelta(
                seconds=world.random.choice((1, 60, 61, 300, 301, 4000, 90_000))
            )
            made.append(_step("messages", {"id": new_id()}, "first_response", at, lead["id"]))
    return made


def _step(
    origin: str, of: Mapping[str, Any], kind: str, at: datetime, lead: UUID | None, **told: Any
) -> dict[str, Any]:
    return {
        "origin": origin,
        "origin_id": of["id"],
        "kind": kind,
        "lead_id": lead,
        "occurred_at": at,
    } | told


def _call(world: World, leads: Any, campaigns: Any) -> dict[str, Any]:
    return _fact(
        world,
        **_shared(world, leads, campaigns),
        direction=world.pick(("inbound", "outbound")),
        outcome=world.pick(("answered", "missed", "voicemail", "busy", "failed")),
        duration_seconds=world.maybe(world.random.randrange(900)),
        handled_by=world.pick(("ai", "person", "")),
        quality=world.maybe(world.random.randrange(101)),
        is_successful=world.maybe(world.random.random() < 0.5),
        line=world.pick(("line 1", "line 2", "")),
    )


def _usage(world: World, campaigns: Any) -> dict[str, Any]:
    return _fact(
        world,
        service=world.pick(("sms", "llm")),
        amount_micros=world.random.randrange(9_000_000),
        currency=world.pick(CURRENCIES),
    )


def _turn(world: World, leads: Any, number: int) -> dict[str, Any]:
    at = world.instant()
    end = world.random.choice((None, "answered", "answered", "answered", "unanswered"))
    until = at + timedelta(seconds=world.random.choice((5, 60, 61, 299, 300, 900, 3601, 99_999)))
    by = world.pick(("ai", "person"))
    made: dict[str, Any] = {
        "conversation": f"talk {number}",
        "started_at": at,
        "ended_at": None,
        "medium": world.pick(("sms", "email", "")),
        "account": world.pick(("main", "")),
        "lead_key": world.maybe(world.random.choice(leads)["id"], 0.8),
        "business_seconds": None,
    }
    if end == "answered":
        made |= {
            "ended_at": until,
            "answered_by": by,
            "business_seconds": world.random.randrange(500),
            "first_ai_at": until if by == "ai" else None,
            "first_person_at": until if by == "person" else world.maybe(world.after(until, 5)),
        }
    elif end == "unanswered":
        made |= {"ended_at": at + timedelta(days=7), "is_unanswered": True}
    return made


def _product(world: World, size: int) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    people = [f"user {n}" for n in range(6)] + [f"anonymous {n}" for n in range(6)]
    events = []
    for number in range(size * 4):
        actor = world.pick(people)
        known = actor.startswith("user")
        events.append(
            {
                "system": "test",
                "message_id": f"{number}",
                "type": world.pick(("track", "page")),
                "name": world.pick(("Opened", "Saved", "")),
                "occurred_at": world.instant(),
                "received_at": now,
                "user_id": actor if known else "",
                "anonymous_id": "" if known else actor,
                "actor": actor,
                "properties": {},
                "context": {},
                "body_hash": b"",
            }
        )
    _write(world, "events", events)
    actors = [
        {"anonymous_id": f"anonymous {n}", "user_id": f"user {n}", "known_at": world.instant()}
        for n in range(3)
    ]
    _write(world, "actors", actors)
    sessions = [
        {
            "actor": f"user {n}",
            "started_at": (at := world.instant()),
            "ended_at": world.after(at, 1),
            "events": world.random.randrange(1, 30),
        }
        for n in range(size)
    ]
    _write(world, "product_sessions", sessions)


def _fees(world: World) -> list[dict[str, Any]]:
    days = [world.first + timedelta(days=n) for n in range(DAYS)]
    return [{"day": day, "currency": "EUR", "amount_minor": 333} for day in days]
