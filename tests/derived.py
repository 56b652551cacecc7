"""
The second opinion on derived rows: links, spans, steps, turns and replies in plain Python.

Written from the rules (data-model 3, 4, 8, 9), one fact at a time; shares no expression with
`portal.rollups`. Reads fact rows, and trusts nothing that is derived but the ids of placeholders.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from portal.core.db import Base, db

Row = Mapping[str, Any]

TABLES = (
    "leads",
    "stage_changes",
    "messages",
    "calls",
    "funnel_events",
    "jobs",
    "payments",
    "usage_costs",
    "campaigns",
    "campaign_spend",
    "fact_versions",
)
WEEK = timedelta(days=7)
DAY = timedelta(days=1)
MEANINGS = {
    "hot": "qualified",
    "booked": "appointment_booked",
    "won": "job_won",
    "lost": "job_lost",
}


def rows_of(client_id: UUID, table: str) -> list[Row]:
    """All rows of one client's table."""
    found = Base.metadata.tables[table]
    chosen = sa.select(found).where(found.c.client_id == client_id)
    return [*db.session.execute(chosen).mappings()]


class Opinion:
    """What should be derived from a client's facts as of `now`."""

    def __init__(self, client_id: UUID, now: datetime) -> None:
        self.now = now
        self.all = {name: rows_of(client_id, name) for name in TABLES}
        self.live = {
            name: [row for row in rows if row.get("withdrawn_at") is None]
            for name, rows in self.all.items()
        }
        self.leads = {row["id"]: row for row in self.live["leads"]}

    def find(self, rows: Iterable[Row], system: str, ref: str, own: str) -> Row | None:
        """Resolve a reference: in its own system, else in the only one that has it."""
        named = [row for row in rows if row["external_id"] == ref and ref]
        real = [row for row in named if not row.get("is_placeholder")]
        for some in (real, [row for row in named if row not in real]):
            exact = [row for row in some if row["system"] == (system or own)]
            if exact:
                return exact[0]
            if some and not system and (len(some) == 1):
                return some[0]
            if real:
                break
        # No posted lead answers: an ambiguous one leaves room for its own placeholder.
        return next((r for r in named if r["system"] == (system or own)), None)

    def lead_of(self, fact: Row, table: str, depth: int = 6) -> UUID | None:
        """The way to the lead: lead_id, job, refunded payment, contact."""
        if table in ("leads", "campaigns") or not depth:
            return None
        own = fact["system"]
        found = self.find(self.live["leads"], fact["lead_system"], fact["lead_ref"], own)
        if found is not None:
            return _id(found)
        if table == "payments":
            job = self.find(self.live["jobs"], fact["job_system"], fact["job_ref"], own)
            if job is not None and (via := self.lead_of(job, "jobs")) is not None:
                return via
            others = [p for p in self.live["payments"] if p["id"] != fact["id"]]
            paid = self.find(others, fact["refund_of_system"], fact["refund_of_ref"], own)
            if paid is not None and (via := self.lead_of(paid, "payments", depth - 1)) is not None:
                return via
        return self._lead_of_contact(fact)

    def _lead_of_contact(self, fact: Row) -> UUID | None:
        ref, named = fact["contact_ref"], fact["contact_system"]
        known = [row for row in self.leads.values() if row["contact_ref"] == ref and ref]
        systems = {row["contact_system"] or row["system"] for row in known}
        system = named or fact["system"]
        if system not in systems:
            if named or len(systems) != 1:
                return None
            system = next(iter(systems))
        mine = [
            row
            for row in known
            if (row["contact_system"] or row["system"]) == system
            and row["occurred_at"] <= fact["occurred_at"]
        ]
        latest = max(
            mine, key=lambda r: (r["occurred_at"], r["system"], r["external_id"]), default=None
        )
        return _id(latest) if latest else None

    def links(self) -> dict[tuple[str, UUID], tuple[UUID | None, UUID | None]]:
        """Lead and campaign of every fact."""
        made = {}
        for table, rows in self.all.items():
            if table in ("fact_versions", "campaigns"):
                continue
            for row in rows:
                campaign = self.find(
                    self.live["campaigns"],
                    row["campaign_system"],
                    row["campaign_ref"],
                    row["system"],
                )
                key = campaign["id"] if campaign else None
                made[table, row["id"]] = (self.lead_of(row, table), key)
        return made

    def spans(self) -> set[tuple[Any, ...]]:
        """(lead, aspect, from, to, value)."""
        made = set()
        for lead in self.leads.values():
            for aspect in ("stage", "owner"):
                told = sorted(self._told(lead, aspect))
                at_once = {at: value for at, _number, value in told}
                runs: list[tuple[datetime, str]] = []
                for at, value in sorted(at_once.items()):
                    if not runs or runs[-1][1] != value:
                        runs.append((at, value))
                ends = [*(at for at, _ in runs), None][1:]
                for (at, value), end in zip(runs, ends, strict=True):
                    if value:
                        made.add((lead["id"], aspect, at, end, value))
        return made

    def _told(self, lead: Row, aspect: str) -> Iterator[tuple[datetime, int, str]]:
        kept = [v for v in self.all["fact_versions"] if v["fact_id"] == lead["id"]]
        versions = [v for v in kept if not v["is_withdrawal"]] if lead["has_history"] else [lead]
        for place, version in enumerate(sorted(versions, key=lambda v: v["version"])):
            body = version["body"]
            if aspect in body:
                sent = body.get("stage_at") if aspect == "stage" else None
                sent = (
                    sent or body.get("updated_at") or (body["occurred_at"] if place == 0 else None)
                )
                at = datetime.fromisoformat(sent) if sent else version["received_at"]
                yield at, version["version"], body[aspect] or ""
        if aspect == "stage":
            for change in self.live["stage_changes"]:
                if self.lead_of(change, "stage_changes") == lead["id"]:
                    yield change["occurred_at"], change["version"], change["stage"]

    def steps(self) -> set[tuple[Any, ...]]:
        """(origin, id, kind, lead, at, value, doubtful)."""
        owned = [*self._owned()]
        told = {(origin, id_, kind) for origin, id_, kind, *_ in owned}
        posted, free = [], set()
        for event in self.live["funnel_events"]:
            subject = self._subject(event)
            if event["kind"] == "lead_created" or (subject and (*subject, event["kind"]) in told):
                continue
            lead = self.lead_of(event, "funnel_events")
            row = ("funnel_events", event["id"], event["kind"], lead)
            posted.append((*row, event["occurred_at"], event["value_minor"]))
            if not event["ref_id"]:
                free.add(event["id"])
        every = owned + posted
        stages = self._by_stage({(row[3], row[2]) for row in every})
        return {
            (*row, row[1] in free and any(_rivals(row, other) for other in every))
            for row in [*every, *stages]
        }

    def _owned(self) -> Iterator[tuple[Any, ...]]:
        for lead in self.leads.values():
            yield "leads", lead["id"], "lead_created", lead["id"], lead["occurred_at"], None
            answers = sorted(self._answers(lead))
            if answers:
                at, origin, _tie, id_ = answers[0]
                yield origin, id_, "first_response", lead["id"], at, None
        for job in self.live["jobs"]:
            for kind, at, value in _job_steps(job):
                yield "jobs", job["id"], kind, self.lead_of(job, "jobs"), at, value
        for paid in self.live["payments"]:
            if paid["amount_minor"] >= 0:
                lead_id = self.lead_of(paid, "payments")
                row = ("payments", paid["id"], "payment_received", lead_id)
                yield (*row, paid["occurred_at"], paid["amount_minor"])

    def _answers(self, lead: Row) -> Iterator[tuple[Any, ...]]:
        for origin in ("messages", "calls"):
            for fact in self.live[origin]:
                at = fact["sent_at"] if origin == "messages" else fact["occurred_at"]
                good = (
                    fact.get("sender") in ("ai", "person")
                    if origin == "messages"
                    else fact["outcome"] == "answered"
                )
                good = good and fact["direction"] == "outbound" and at is not None
                good = good and at > lead["occurred_at"]
                if good and self.lead_of(fact, origin) == lead["id"]:
                    yield at, origin, f"{fact['system']} {fact['external_id']}", fact["id"]

    def _subject(self, event: Row) -> tuple[str, UUID] | None:
        for table in ("messages", "calls", "jobs", "payments"):
            if event["ref_kind"] in (table, table[:-1]):
                found = self.find(
                    self.live[table], event["ref_system"], event["ref_id"], event["system"]
                )
                return (table, found["id"]) if found else None
        return None

    def _by_stage(self, taken: set[tuple[Any, Any]]) -> list[tuple[Any, ...]]:
        first: dict[tuple[UUID, str], datetime] = {}
        for lead, aspect, at, _to, value in sorted(self.spans(), key=lambda s: s[2]):
            if aspect == "stage" and (kind := MEANINGS.get(value)):
                first.setdefault((lead, kind), at)
        made = []
        for (lead, kind), at in first.items():
            if (lead, kind) not in taken:
                value = self.leads[lead]["value_minor"] if kind == "job_won" else None
                made.append(("stages", lead, kind, lead, at, value))
        return made

    def turns(self) -> set[tuple[Any, ...]]:
        """(conversation, start, end, by, first ai, first person, unanswered, lead)."""
        made = set()
        for name, said in self._talks().items():
            questions = [m for m in said if m[1] == "question"]
            answers = [m for m in said if m[1] in ("ai", "person")]
            starts: list[tuple[datetime, datetime | None, Row]] = []
            for at, _what, _tie, row in questions:
                if starts and (starts[-1][1] is None or at < starts[-1][1]):
                    continue
                later = next((a[0] for a in answers if at < a[0] < at + WEEK), None)
                starts.append((at, later or at + WEEK, row))
            for place, (at, end, row) in enumerate(starts):
                limit = starts[place + 1][0] if place + 1 < len(starts) else None
                made.add(
                    (name, at, *self._ended(at, end, answers, limit), self.lead_of(row, "messages"))
                )
        return made

    def _ended(
        self, at: datetime, end: datetime | None, answers: list[Any], limit: datetime | None
    ) -> tuple[Any, ...]:
        within = [a for a in answers if at < a[0] < at + WEEK and (limit is None or a[0] <= limit)]
        first = {who: next((a[0] for a in within if a[1] == who), None) for who in ("ai", "person")}
        by = next((a[1] for a in answers if a[0] == end and at < a[0] < at + WEEK), "")
        ended = end if by or at + WEEK <= self.now else None
        return ended, by, first["ai"], first["person"], ended is not None and not by

    def _talks(self) -> dict[str, list[Any]]:
        talks: dict[str, list[Any]] = {}
        for row in self.live["messages"]:
            if not row["conversation"]:
                continue
            inbound = row["direction"] == "inbound"
            at = row["occurred_at"] if inbound else row["sent_at"]
            if at is not None:
                what = "question" if inbound else row["sender"]
                tie = f"{row['system']} {row['external_id']}"
                talks.setdefault(row["conversation"], []).append((at, what, tie, row))
        return {name: sorted(said, key=lambda m: (m[0], m[2])) for name, said in talks.items()}

    def replies(self) -> set[tuple[Any, ...]]:
        """(message, replied at)."""
        made: dict[UUID, datetime] = {}
        for said in self._talks().values():
            sent = [m for m in said if m[1] != "question"]
            for at, what, _tie, _row in said:
                before = [m for m in sent if m[0] < at]
                if what != "question" or not before:
                    continue
                last = before[-1]
                if last[3]["replied_at"] is None and at < last[0] + WEEK:
                    made.setdefault(last[3]["id"], at)
        return set(made.items())


def _id(row: Row) -> UUID:
    found: UUID = row["id"]
    return found


def _rivals(row: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    same = row[3] is not None and (row[2], row[3], row[5]) == (other[2], other[3], other[5])
    return same and row[1] != other[1] and abs(row[4] - other[4]) <= DAY


def _job_steps(job: Row) -> Iterator[tuple[str, datetime, int | None]]:
    if job["status"] in ("won", "completed"):
        yield (
            "job_won",
            job["won_at"] or job["completed_at"] or job["occurred_at"],
            job["value_minor"],
        )
    if job["status"] == "lost":
        yield "job_lost", job["lost_at"] or job["occurred_at"], None
    if job["status"] == "cancelled" and job["won_at"]:
        yield "job_won", job["won_at"], job["value_minor"]
        value = None if job["value_minor"] is None else -job["value_minor"]
        yield "job_cancelled", job["cancelled_at"] or job["won_at"], value
