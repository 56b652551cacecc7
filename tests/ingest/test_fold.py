"""A fact is the fold of its versions, whatever the order in which they come."""

import random
from typing import Any

import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.core.db import db
from portal.core.tenancy import acting_as
from portal.ingest import facts, withdrawals
from portal.ingest.fold import History
from portal.ingest.kinds.kind import KINDS
from portal.ingest.versions import read
from portal.models.clients import Client
from tests import factories
from tests.ingest.items import smallest
from tests.ingest.test_kinds import one, row

HOUR = "2026-03-02T{:02}:00:00Z"


def at(hour: int) -> str:
    """An instant of the same day."""
    return HOUR.format(hour)


def statuses(client: Client, kind: str, *items: dict[str, Any]) -> list[str]:
    """Send items one by one."""
    return [str(one(client, kind, item).status) for item in items]


def test_newest_value_of_each_field_holds(acme: Client) -> None:
    """A delivery report that comes after the read receipt loses nothing and clears nothing."""
    message = smallest("messages", direction="outbound", sender="ai")
    sent = {**message, "updated_at": at(9)}
    delivered = {**message, "updated_at": at(10), "delivered_at": at(10)}
    seen = {**message, "updated_at": at(11), "read_at": at(11), "phone": None}
    assert statuses(acme, "messages", sent, seen, delivered, delivered) == [
        "stored",
        "updated",
        "updated",
        "duplicate",
    ]
    found = row(acme, "messages", "X1")
    assert found.delivered_at is not None
    assert found.read_at is not None
    assert found.has_history


def test_old_version_that_adds_nothing_is_a_duplicate(acme: Client) -> None:
    """An older version counts where it tells something, and is kept all the same."""
    lead = smallest("leads")
    new = {**lead, "version": 5, "name": "New", "stage": "hot", "stage_at": at(12)}
    old = {**lead, "version": 3, "name": "Old"}
    adds = {**lead, "version": 2, "email": "a@example.com"}
    early = {**lead, "version": 1, "stage": "new", "stage_at": at(9)}
    assert statuses(acme, "leads", new, old, adds, early, old) == [
        "stored",
        "duplicate",
        "updated",
        "updated",
        "duplicate",
    ]
    assert one(acme, "leads", {**old, "name": "Other"}).status == "conflict"
    found = row(acme, "leads", "X1")
    assert (found.name, found.email, found.stage, found.version) == (
        "New",
        "a@example.com",
        "hot",
        5,
    )


def test_null_clears_and_absence_says_nothing(acme: Client) -> None:
    """UNSET and null are two things."""
    lead = smallest("leads", version=1, name="Ann", email="a@example.com", contact_id="P")
    one(acme, "leads", lead)
    one(acme, "leads", smallest("leads", version=2, name=None, contact_id=None))
    found = row(acme, "leads", "X1")
    assert (found.name, found.email, found.contact_ref) == ("", "a@example.com", "")


def test_without_a_version_another_body_is_a_conflict(acme: Client) -> None:
    """The stored one stays, and the item is remembered among the refusals."""
    assert statuses(
        acme,
        "leads",
        smallest("leads", name="A"),
        smallest("leads", name="B"),
        smallest("leads", name="A"),
        smallest("leads", name="C", version=1),
        smallest("leads", name="B"),
        smallest("leads", name="A"),
    ) == ["stored", "conflict", "duplicate", "updated", "conflict", "duplicate"]
    assert row(acme, "leads", "X1").name == "C"


def test_repeats_in_one_list_are_folded_first(acme: Client) -> None:
    """One list with an id four times gives a verdict for each and one row."""
    lead = smallest("leads", version=1, name="A")
    said = facts.store(
        acme.id,
        "leads",
        "api",
        [lead, lead, {**lead, "name": "B"}, {**lead, "version": 2, "name": "C"}],
    )
    assert [one.status for one in said.results] == ["stored", "duplicate", "conflict", "updated"]
    assert row(acme, "leads", "X1").name == "C"


def test_stage_is_dated_by_the_version_that_began_it(acme: Client) -> None:
    """A later version with the same stage does not move it; without dates receipt is told."""
    lead = smallest("leads", occurred_at=at(8))
    one(acme, "leads", {**lead, "updated_at": at(9), "stage": "new"})
    one(acme, "leads", {**lead, "updated_at": at(11), "stage": "hot"})
    one(acme, "leads", {**lead, "updated_at": at(12), "stage": "hot", "name": "A"})
    assert row(acme, "leads", "X1").stage_at.hour == 11
    one(acme, "leads", {**lead, "updated_at": at(10), "stage": "hot"})
    assert row(acme, "leads", "X1").stage_at.hour == 10
    one(acme, "leads", {**lead, "external_id": "bare", "stage": "new"})
    assert row(acme, "leads", "bare").stage_at.hour == 8


def test_status_without_its_instant_is_dated_by_its_version(acme: Client) -> None:
    """A job completed without dates was won and completed when its versions say."""
    job = smallest("jobs", occurred_at=at(8))
    one(acme, "jobs", {**job, "updated_at": at(9)})
    one(acme, "jobs", {**job, "updated_at": at(10), "status": "won"})
    one(acme, "jobs", {**job, "updated_at": at(12), "status": "completed"})
    found = row(acme, "jobs", "X1")
    assert (found.won_at.hour, found.completed_at.hour) == (10, 12)
    one(acme, "jobs", {**job, "updated_at": at(13), "status": "open"})
    found = row(acme, "jobs", "X1")
    assert (found.won_at, found.completed_at) == (None, None)
    one(acme, "jobs", smallest("jobs", "done", status="completed", completed_at=at(9)))
    assert row(acme, "jobs", "done").won_at.hour == 9
    one(acme, "jobs", smallest("jobs", "lost", status="lost"))
    assert row(acme, "jobs", "lost").lost_at is not None


def test_a_placeholder_is_replaced(acme: Client) -> None:
    """A lead that a funnel event made up becomes the posted one, under the same key."""
    one(acme, "leads", smallest("leads", name="made up"))
    before = row(acme, "leads", "X1").id
    with acting_as(acme.id):
        db.session.execute(
            sa.text("UPDATE leads SET is_placeholder = true WHERE client_id = :client_id"),
            {"client_id": acme.id},
        )
    assert one(acme, "leads", smallest("leads", name="real")).status == "stored"
    found = row(acme, "leads", "X1")
    assert (found.name, found.is_placeholder, found.id) == ("real", False, before)


def test_withdrawal_holds_until_something_newer(acme: Client) -> None:
    """Old versions still add to what is withdrawn; only a newer one brings it back."""
    one(acme, "leads", smallest("leads", updated_at=at(9), name="A"))
    assert withdrawals.withdraw(acme.id, "leads", "api", "X1").status == "updated"
    assert one(acme, "leads", smallest("leads", updated_at=at(9), name="A")).status == "duplicate"
    assert row(acme, "leads", "X1").withdrawn_at is not None
    assert one(acme, "leads", smallest("leads", updated_at=at(8), phone="1")).status == "updated"
    assert row(acme, "leads", "X1").withdrawn_at is not None
    assert one(acme, "leads", smallest("leads", updated_at=at(10), email="e")).status == "updated"
    found = row(acme, "leads", "X1")
    assert (found.withdrawn_at, found.name, found.phone, found.email) == (None, "A", "1", "e")


VERSIONS = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "stage": st.sampled_from(["new", "hot", "won", None]),
            "owner": st.sampled_from(["Eva", "Tom", None]),
            "name": st.sampled_from(["A", "B", None]),
            "value_minor": st.integers(0, 3) | st.none(),
            "lead_id": st.sampled_from(["L1", {"system": "crm", "id": "L2"}]),
        },
    ),
    min_size=1,
    max_size=6,
)


def _items(versions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        smallest("leads", updated_at=at(8 + number), **fields)
        for number, fields in enumerate(versions)
    ]


@given(VERSIONS, st.randoms(use_true_random=False))
def test_any_order_and_duplication_folds_alike(
    versions: list[dict[str, Any]], shuffler: random.Random
) -> None:
    """The pure fold: same versions, same body, same history."""
    kind = KINDS["leads"]
    items = _items(versions)
    told = set()
    for _ in range(3):
        history = History(kind)
        order = items + shuffler.choices(items, k=3)
        shuffler.shuffle(order)
        for item in order:
            history.take(read(kind, item, factories.LONG_AGO.replace(year=2026, month=4)))
        told.add(repr((history.body, history.withdrawn_at, kind.history(history.told))))
    assert len(told) == 1


@settings(max_examples=12, deadline=None)
@given(versions=VERSIONS, shuffler=st.randoms(use_true_random=False))
def test_any_order_and_duplication_stores_alike(
    app: Any, versions: list[dict[str, Any]], shuffler: random.Random
) -> None:
    """In the database too: one by one, all at once, or in two lists that overlap."""
    items = _items(versions)
    told = set()
    with app.app_context():
        client = factories.client("fold")
        for number in range(3):
            order = items + shuffler.choices(items, k=2)
            shuffler.shuffle(order)
            system = f"s{number}"
            cut = shuffler.randrange(len(order) + 1)
            for part in (order[:cut], order[cut:], order[: cut // 2]):
                facts.store(client.id, "leads", system, part)
            with acting_as(client.id):
                told.add(_told(client, system))
        db.session.remove()
    assert len(told) == 1


def _told(client: Client, system: str) -> str:
    columns = (
        "occurred_at, version, body, stage, stage_at, owner, name, value_minor, currency,"
        " lead_system, lead_ref"
    )
    sql = f"SELECT {columns} FROM leads WHERE client_id = :client_id AND system = :system"
    found = db.session.execute(sa.text(sql), {"client_id": client.id, "system": system}).one()
    return repr(found)
