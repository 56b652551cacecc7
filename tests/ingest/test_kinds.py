"""Each kind of fact: what it takes, what it refuses, what becomes a column."""

from typing import Any

import pytest
import sqlalchemy as sa

from portal.core.db import Base, db
from portal.core.tenancy import acting_as
from portal.ingest import facts
from portal.ingest.kinds.kind import KINDS
from portal.ingest.verdicts import Verdict
from portal.models.clients import Client
from tests.ingest.items import AT, FULLEST, SMALLEST, fullest, smallest


def one(client: Client, kind: str, item: Any) -> Verdict:
    """Store one item."""
    return facts.store(client.id, kind, "api", [item]).results[0]


def row(client: Client, kind: str, external_id: str) -> Any:
    """Read one fact's row."""
    table = Base.metadata.tables[kind]
    with acting_as(client.id):
        return db.session.execute(
            sa.select(table).where(
                table.c.client_id == client.id, table.c.external_id == external_id
            )
        ).one()


def test_each_kind_of_the_foundation_is_there() -> None:
    """api.md 3 names them."""
    assert set(KINDS) == set(SMALLEST) == set(FULLEST)


@pytest.mark.parametrize("kind", SMALLEST)
def test_smallest_and_fullest_are_stored(acme: Client, kind: str) -> None:
    """The required fields suffice, all fields pass; sent again they are duplicates."""
    for item in (smallest(kind), fullest(kind)):
        assert one(acme, kind, item).status == "stored"
        assert one(acme, kind, item).status == "duplicate"


@pytest.mark.parametrize("kind", SMALLEST)
def test_each_required_field_is_named(acme: Client, kind: str) -> None:
    """An item without one of its required fields is refused by that name."""
    for name in ("external_id", *SMALLEST[kind]):
        item = smallest(kind)
        del item[name]
        said = one(acme, kind, item)
        assert (said.status, said.field) == ("refused", name)
        assert "required" in (said.reason or "")


@pytest.mark.parametrize("kind", SMALLEST)
def test_unknown_fields_are_refused(acme: Client, kind: str) -> None:
    """Nothing is dropped in silence; another client's id is no field."""
    for name in ("colour", "client_id", "received_at"):
        said = one(acme, kind, smallest(kind, **{name: "x"}))
        assert (said.status, said.field) == ("refused", name)


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        ("payments", "amount_minor", "100"),
        ("payments", "amount_minor", 1.0),
        ("payments", "amount_minor", True),
        ("payments", "amount_minor", None),
        ("payments", "amount_minor", 9_000_000_000_000_001),
        ("payments", "amount_minor", 2**63),
        ("payments", "amount_minor", 2**64),
        ("payments", "currency", "EURO"),
        ("payments", "currency", "usd"),
        ("payments", "currency", "QQQ"),
        ("jobs", "value_minor", -1),
        ("jobs", "status", "done"),
        ("leads", "score", 100.1),
        ("leads", "probability", -0.1),
        ("leads", "score", True),
        ("leads", "stage", "Hot"),
        ("leads", "name", "x" * 256),
        ("leads", "name", 5),
        ("leads", "version", -1),
        ("leads", "version", 1.0),
        ("leads", "version", "1"),
        ("leads", "contact_id", ""),
        ("leads", "contact_id", 5),
        ("leads", "contact_id", {"system": "crm"}),
        ("leads", "contact_id", {"system": "crm", "id": "1", "x": 1}),
        ("leads", "external_id", ""),
        ("leads", "external_id", "x" * 256),
        ("leads", "external_id", 5),
        ("leads", "external_id", None),
        ("leads", "external_id", "a\0b"),
        ("leads", "email", "a\0b"),
        ("leads", "properties", []),
        ("leads", "properties", "x"),
        ("leads", "properties", {"x": {"": 1}}),
        ("leads", "properties", {"x" * 256: 1}),
        ("leads", "properties", {"x": "a\0b"}),
        ("leads", "properties", {f"p{n}": 1 for n in range(256)}),
        ("calls", "duration_seconds", -1),
        ("calls", "is_successful", 1),
        ("calls", "outcome", None),
        ("messages", "sender", "robot"),
        ("campaign_spend", "occurred_on", "2026-02-30"),
        ("campaign_spend", "occurred_on", AT),
        ("campaign_spend", "occurred_at", AT),
        ("campaign_spend", "clicks", 1.5),
    ],
)
def test_values_against_the_rules_name_their_field(
    acme: Client, kind: str, field: str, value: Any
) -> None:
    """Strict types and limits; the refusal names the field."""
    said = one(acme, kind, smallest(kind, **{field: value}))
    assert said.status == "refused"
    assert (said.field or "").split(".")[0] == field
    assert said.reason


@pytest.mark.parametrize(
    "instant",
    [
        "2026-03-02",
        "2026-03-02T09:00:00",
        "2026-03-02T24:00:00Z",
        "2026-03-02T09:00:60Z",
        "0001-01-01T00:00:00Z",
        "1899-12-31T23:59:59Z",
        "9999-12-31T23:59:59-12:00",
        "infinity",
        "yesterday",
        "",
        1772438400,
        1772438400.5,
        -1,
        None,
    ],
)
def test_instants_need_an_offset_and_a_possible_year(acme: Client, instant: Any) -> None:
    """No date alone, no epoch, nothing out of range."""
    said = one(acme, "leads", smallest("leads", occurred_at=instant))
    assert (said.status, said.field) == ("refused", "occurred_at")


def test_only_plans_may_lie_ahead(acme: Client) -> None:
    """What has happened is at most a day ahead; a campaign may start in 2199, not in 2200."""
    assert one(acme, "leads", smallest("leads", occurred_at="2100-01-01T00:00:00Z")).field
    ahead = smallest("campaigns", "C", starts_at="2199-12-31T00:00:00Z")
    assert one(acme, "campaigns", ahead).status == "stored"
    beyond = smallest("campaigns", "D", starts_at="2200-01-02T00:00:00Z")
    assert one(acme, "campaigns", beyond).field == "starts_at"


def test_deep_properties(acme: Client) -> None:
    """Twenty levels are kept, a hundred are not."""
    for levels, status in ((20, "stored"), (21, "refused"), (100, "refused")):
        deep: Any = {}
        for _ in range(levels - 1):
            deep = {"x": deep}
        item = smallest("leads", f"D{levels}", properties=deep)
        assert one(acme, "leads", item).status == status


def test_a_job_is_somebodys(acme: Client) -> None:
    """lead_id or contact_id, and customer_id is another word for the second."""
    job = {"external_id": "J", "occurred_at": AT, "status": "open"}
    assert one(acme, "jobs", job).field == "lead_id"
    assert one(acme, "jobs", {**job, "customer_id": "P1"}).status == "stored"
    assert row(acme, "jobs", "J").contact_ref == "P1"
    both = {**job, "external_id": "K", "customer_id": "P1", "contact_id": "P1"}
    assert one(acme, "jobs", both).field == "customer_id"


def test_references_are_kept_as_sent(acme: Client) -> None:
    """A reference is text, or system and id; no row of that id is needed."""
    one(acme, "leads", fullest("leads"))
    lead = row(acme, "leads", "X2")
    assert (lead.lead_system, lead.lead_ref, lead.lead_key) == ("", "L1", None)
    assert (lead.campaign_system, lead.campaign_ref) == ("ads", "C1")
    one(acme, "payments", fullest("payments"))
    payment = row(acme, "payments", "X2")
    assert (payment.refund_of_system, payment.refund_of_ref) == ("stripe", "P0")
    assert (payment.job_ref, payment.invoice_ref, payment.subscription_ref) == ("J1", "I1", "S1")


def test_money_without_currency_is_the_clients(acme: Client, globex: Client) -> None:
    """The client's own currency, and none where there is no amount."""
    one(acme, "payments", smallest("payments"))
    one(globex, "payments", smallest("payments"))
    assert row(acme, "payments", "X1").currency == "EUR"
    assert row(globex, "payments", "X1").currency == "USD"
    one(acme, "leads", smallest("leads"))
    assert row(acme, "leads", "X1").currency == ""


def test_a_message_was_sent_when_it_occurred_unless_it_failed(acme: Client) -> None:
    """data-model.md 9."""
    base = smallest("messages", direction="outbound", sender="ai", lead_id="L9")
    for name, more, is_sent in (
        ("plain", {}, True),
        ("failed", {"failed_at": AT}, False),
        ("inbound", {"direction": "inbound"}, False),
    ):
        one(acme, "messages", {**base, "external_id": name, **more})
        assert (row(acme, "messages", name).sent_at is not None) == is_sent, name
    assert row(acme, "messages", "plain").conversation == "lead:L9"
    one(acme, "messages", {**base, "external_id": "c", "contact_id": "P1"})
    assert row(acme, "messages", "c").conversation == "contact:P1"
    one(acme, "messages", {**base, "external_id": "d", "conversation_id": "V1"})
    assert row(acme, "messages", "d").conversation == "V1"


def test_spend_starts_with_its_local_day(globex: Client) -> None:
    """`occurred_at` of a day's spend is the start of that day in the client's zone."""
    one(globex, "campaign_spend", smallest("campaign_spend"))
    spend = row(globex, "campaign_spend", "X1")
    assert spend.occurred_at.isoformat() == "2026-03-02T08:00:00+00:00"
    assert str(spend.occurred_on) == "2026-03-02"


def test_systems_do_not_share_ids(acme: Client, globex: Client) -> None:
    """The same id of two systems, or of two clients, is two facts."""
    for client, system in ((acme, "crm"), (acme, "shop"), (globex, "crm")):
        said = facts.store(client.id, "leads", system, [smallest("leads")])
        assert said.stored == 1
