"""Any order and any duplication of arrival gives the same links, derived rows and rollups."""

from itertools import groupby
from operator import itemgetter
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.core.calendar import now
from portal.core.tenancy import acting_as
from portal.ingest import facts
from portal.ingest.withdrawals import withdraw
from portal.models.clients import Client
from portal.rollups.sweep import sweep
from portal.rollups.verify import verify
from tests import factories, line
from tests.derived import Opinion, rows_of

Sent = tuple[str, str, dict[str, Any]]
HOURS = 24 * 20
DERIVED = ("steps", "lead_spans", "turns", "replies", "rollups", "rollup_hours")


class Sender:
    """Draws what happened to a handful of leads in two source systems."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311 - a seed
        self.sent: list[Sent] = []
        for draw in (self.leads, self.campaigns, self.messages, self.calls, self.jobs):
            draw()
        self.payments()
        self.posted()

    def some(self, values: list[Any], chance: float = 0.6) -> Any:
        """One of them, or None."""
        return self.random.choice(values) if self.random.random() < chance else None

    def at(self) -> str:
        """An instant; often the same as another."""
        return line.at(self.random.randrange(0, HOURS * 2) / 2)

    def send(self, of: str, id_: str, /, **fields: Any) -> None:
        """Send one version of a fact."""
        item = {"external_id": id_, **{k: v for k, v in fields.items() if v is not None}}
        self.sent.append((of, "crm" if id_[-1] in "02468" else "erp", item))

    def versions(self, most: int) -> list[str]:
        """Distinct instants to be `updated_at`."""
        hours = self.random.sample(range(HOURS), self.random.randint(1, most))
        return [line.at(hour + 0.25) for hour in hours]

    def whose(self) -> dict[str, Any]:
        """References that a fact may have."""
        named = {"system": self.random.choice(["crm", "erp"]), "id": "L2"}
        return {
            "lead_id": self.some(["L1", "L2", "L3", "L4", named], 0.5),
            "contact_id": self.some(["C1", "C2"]),
            "campaign_id": self.some(["K0", "K1"], 0.3),
        }

    def leads(self) -> None:
        """Three leads, one in both systems, in up to three versions."""
        for id_ in ("L1", "L2", "L3"):
            for version in self.versions(3):
                self.send(
                    "leads",
                    id_,
                    occurred_at=self.at(),
                    updated_at=version,
                    stage=self.some(["new", "hot", "booked", "won", "lost"]),
                    owner=self.some(["ann", "ben"]),
                    source=self.some(["web_form", "referral"]),
                    contact_id=self.some(["C1", "C2"]),
                    campaign_id=self.some(["K0", "K1"], 0.4),
                    value_minor=self.some([1000, 2000]),
                )
        twin = {"external_id": "L1", "occurred_at": self.at(), "contact_id": "C1"}
        if self.random.random() < 0.5:
            self.sent.append(("leads", "crm", twin))

    def campaigns(self) -> None:
        """Two campaigns and what was spent on them."""
        for id_ in ("K0", "K1"):
            source = self.random.choice(["google", "meta"])
            self.send(
                "campaigns", id_, name=f"Campaign {id_}", source=source, occurred_at=self.at()
            )
            self.send(
                "campaign_spend",
                f"S{id_}",
                campaign_id=id_,
                occurred_on="2026-03-04",
                amount_minor=500,
            )

    def messages(self) -> None:
        """Talks in two conversations, and some without."""
        for number in range(10):
            outbound = self.random.random() < 0.5
            self.send(
                "messages",
                f"M{number}",
                occurred_at=self.at(),
                direction="outbound" if outbound else "inbound",
                sender=self.random.choice(["ai", "person", "system"]) if outbound else "contact",
                conversation_id=self.some(["X", "Y"], 0.7),
                failed_at=self.some([self.at()], 0.1) if outbound else None,
                **self.whose(),
            )

    def calls(self) -> None:
        """Calls, answered or not."""
        for number in range(3):
            self.send(
                "calls",
                f"A{number}",
                occurred_at=self.at(),
                direction=self.random.choice(["inbound", "outbound"]),
                outcome=self.random.choice(["answered", "missed"]),
                **self.whose(),
            )

    def jobs(self) -> None:
        """Jobs in up to three versions."""
        for number in range(3):
            for version in self.versions(3):
                self.send(
                    "jobs",
                    f"J{number}",
                    occurred_at=line.at(number),
                    updated_at=version,
                    status=self.random.choice(["open", "won", "lost", "completed", "cancelled"]),
                    value_minor=self.some([1000, 2000]),
                    **(self.whose() | {"contact_id": "C1"}),
                )

    def payments(self) -> None:
        """Payments and refunds."""
        for number in range(4):
            self.send(
                "payments",
                f"P{number}",
                occurred_at=self.at(),
                amount_minor=self.random.choice([0, 1000, 2000]),
                job_id=self.some(["J0", "J1", "J2"]),
                **self.whose(),
            )
            self.send(
                "payments",
                f"R{number}",
                occurred_at=self.at(),
                amount_minor=-500,
                refund_of=f"P{number}",
            )

    def posted(self) -> None:
        """Funnel events and stage changes."""
        kinds = ["lead_created", "first_response", "qualified", "job_won", "payment_received"]
        refs = [{"kind": "job", "id": "J0"}, {"kind": "payment", "id": "P1"}]
        for number in range(6):
            self.send(
                "funnel_events",
                f"E{number}",
                occurred_at=self.at(),
                kind=self.random.choice(kinds),
                lead_id=self.random.choice(["L1", "L2", "L4", "L5"]),
                value_minor=self.some([1000, 2000]),
                ref=self.some(refs, 0.4),
            )
        for number in range(3):
            self.send(
                "stage_changes",
                f"G{number}",
                occurred_at=self.at(),
                lead_id=self.random.choice(["L1", "L2", "L4"]),
                stage=self.random.choice(["new", "hot", "won"]),
            )


def deliver(client_id: UUID, sent: list[Sent], random: Random | None = None) -> None:
    """Deliver in the order given, neighbours of a kind as one list; with `random`, sweep twice."""
    stops = set(random.sample(range(len(sent)), 2)) if random else set()
    place = 0
    for (kind, system), run in groupby(sent, key=itemgetter(0, 1)):
        items = [item for _, _, item in run]
        facts.store(client_id, kind, system, items)
        place += len(items)
        if stops & set(range(place - len(items), place)):
            sweep()
    sweep()


def picture(client_id: UUID) -> dict[str, list[str]]:
    """Everything derived, with ids that do not depend on the order of arrival."""
    with acting_as(client_id):
        names = line.named(client_id)
        return {t: line.ids_replaced(rows_of(client_id, t), names) for t in DERIVED}


def check(client_id: UUID) -> None:
    """Compare what is derived with the second opinion."""
    with acting_as(client_id):
        opinion = Opinion(client_id, now())
        stored = {t: rows_of(client_id, t) for t in (*DERIVED, *opinion.all)}
    for (table, id_), expected in opinion.links().items():
        row = next(r for r in stored[table] if r["id"] == id_)
        assert (row["lead_key"], row["campaign_key"]) == expected, (table, dict(row))
    columns = [
        "origin",
        "origin_id",
        "kind",
        "lead_id",
        "occurred_at",
        "value_minor",
        "is_doubtful",
    ]
    assert {tuple(r[c] for c in columns) for r in stored["steps"]} == opinion.steps()
    columns = ["lead_id", "aspect", "from_at", "to_at", "value"]
    assert {tuple(r[c] for c in columns) for r in stored["lead_spans"]} == opinion.spans()
    columns = [
        "conversation",
        "started_at",
        "ended_at",
        "answered_by",
        "first_ai_at",
        "first_person_at",
        "is_unanswered",
        "lead_key",
    ]
    assert {tuple(r[c] for c in columns) for r in stored["turns"]} == opinion.turns()
    assert {(r["message_id"], r["replied_at"]) for r in stored["replies"]} == opinion.replies()


@pytest.mark.slow
@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(seed=st.integers(0, 10**6))
def test_any_order_and_any_duplication_give_the_same(session: object, seed: int) -> None:
    sent = Sender(seed).sent
    random = Random(seed + 1)  # noqa: S311 - a seed
    straight, shuffled = factories.client("straight"), factories.client("shuffled")
    deliver(straight.id, sent)
    again = [*sent, *random.sample(sent, len(sent) // 3)]
    random.shuffle(again)
    deliver(shuffled.id, again, random)
    check(straight.id)
    gone = random.sample(sent, 4)
    for client in (straight, shuffled):
        for kind, system, item in gone:
            withdraw(client.id, kind, system, item["external_id"])
        sweep()
    check(straight.id)
    check(shuffled.id)
    assert picture(straight.id) == picture(shuffled.id)


def test_verify_finds_nothing_to_say_about_a_swept_client(acme: Client) -> None:
    deliver(acme.id, Sender(7).sent)
    assert list(verify(acme.id)) == []
