"""Which lead a fact belongs to, and what follows when that changes."""

from datetime import date

from portal.core.tenancy import acting_as
from portal.ingest.withdrawals import withdraw
from portal.models.clients import Client
from portal.rollups.sweep import sweep
from tests.derived import rows_of
from tests.line import at, post, total


def paid(id_: str, hours: float, **more: object) -> dict[str, object]:
    return {"external_id": id_, "occurred_at": at(hours), "amount_minor": 100, **more}


def leads_of(client: Client, table: str) -> dict[str, str | None]:
    """The lead of each fact of a table, by the senders' ids."""
    sweep()
    with acting_as(client.id):
        names = {
            row["id"]: f"{row['system']}/{row['external_id']}"
            for row in rows_of(client.id, "leads")
        }
        return {row["external_id"]: names.get(row["lead_key"]) for row in rows_of(client.id, table)}


def test_the_ways_to_the_lead(acme: Client) -> None:
    post(acme.id, "leads", {"external_id": "L1", "occurred_at": at(0), "contact_id": "C"})
    post(acme.id, "leads", {"external_id": "L2", "occurred_at": at(9), "contact_id": "C"})
    post(
        acme.id,
        "jobs",
        {"external_id": "J", "occurred_at": at(1), "status": "open", "lead_id": "L1"},
    )
    post(
        acme.id,
        "payments",
        paid("by lead", 1, lead_id="L2"),
        paid("by job", 20, job_id="J", contact_id="C"),
        paid("by contact", 8, contact_id="C"),
        paid("by contact later", 9, contact_id="C"),
        paid("too early", -1, contact_id="C"),
        paid("refund", 50, refund_of="by job") | {"amount_minor": -100},
        paid("refund of refund", 51, refund_of="refund"),
    )
    assert leads_of(acme, "payments") == {
        "by lead": "crm/L2",
        "by job": "crm/L1",
        "by contact": "crm/L1",
        "by contact later": "crm/L2",
        "too early": None,
        "refund": "crm/L1",
        "refund of refund": "crm/L1",
    }


def test_a_reference_resolves_in_its_own_system_else_in_the_only_one(acme: Client) -> None:
    post(acme.id, "leads", {"external_id": "L1", "occurred_at": at(0)}, system="crm")
    post(acme.id, "payments", paid("P", 1, lead_id="L1"), system="stripe")
    assert leads_of(acme, "payments") == {"P": "crm/L1"}
    post(acme.id, "leads", {"external_id": "L1", "occurred_at": at(0)}, system="site")
    assert leads_of(acme, "payments") == {"P": None}
    post(acme.id, "leads", {"external_id": "L1", "occurred_at": at(0)}, system="stripe")
    assert leads_of(acme, "payments") == {"P": "stripe/L1"}


def test_a_job_that_finds_its_lead_late_takes_its_payments_along(acme: Client) -> None:
    post(acme.id, "payments", paid("R", 60, refund_of="P") | {"amount_minor": -40})
    post(acme.id, "payments", paid("P", 30, job_id="J"))
    post(
        acme.id, "jobs", {"external_id": "J", "occurred_at": at(1), "status": "won", "lead_id": "L"}
    )
    sweep()
    assert total(acme.id, "payments_amount", source="") == 60
    post(acme.id, "leads", {"external_id": "L", "occurred_at": at(0), "source": "referral"})
    sweep()
    assert total(acme.id, "payments_amount", source="") == 0
    assert total(acme.id, "payments_amount", date(2026, 3, 3), source="referral") == 100
    assert total(acme.id, "payments_amount", date(2026, 3, 4), source="referral") == -40
    assert total(acme.id, "jobs_won", source="referral") == 1


def test_a_corrected_source_moves_every_figure_of_the_lead(acme: Client) -> None:
    first = {"external_id": "L", "occurred_at": at(0), "updated_at": at(0), "source": "referral"}
    post(acme.id, "leads", first)
    post(acme.id, "payments", paid("P", 30, lead_id="L"))
    post(
        acme.id,
        "jobs",
        {"external_id": "J", "occurred_at": at(50), "status": "won", "lead_id": "L"},
    )
    sweep()
    post(acme.id, "leads", {**first, "updated_at": at(1), "source": "web_form"})
    sweep()
    for measure in ("leads", "jobs_won", "payments_amount"):
        assert total(acme.id, measure, source="referral") == 0
        assert total(acme.id, measure, source="web_form") > 0


def test_a_withdrawn_lead_lets_its_facts_go(acme: Client) -> None:
    post(acme.id, "leads", {"external_id": "L", "occurred_at": at(0), "source": "referral"})
    post(acme.id, "payments", paid("P", 30, lead_id="L"))
    sweep()
    withdraw(acme.id, "leads", "crm", "L")
    sweep()
    assert total(acme.id, "leads") == 0
    assert total(acme.id, "payments_amount", source="referral") == 0
    assert total(acme.id, "payments_amount", source="") == 100


def test_a_withdrawn_fact_takes_its_number_along(acme: Client) -> None:
    post(acme.id, "payments", paid("P", 30), paid("Q", 30))
    sweep()
    assert total(acme.id, "payments_amount") == 200
    withdraw(acme.id, "payments", "crm", "P")
    sweep()
    assert total(acme.id, "payments_amount") == 100


def test_a_campaign_that_comes_late_gives_its_source_to_its_spend(acme: Client) -> None:
    spend = {
        "external_id": "S",
        "occurred_on": "2026-03-05",
        "campaign_id": "K",
        "amount_minor": 70,
    }
    post(acme.id, "campaign_spend", spend)
    sweep()
    assert total(acme.id, "ad_spend", source="") == 70
    named = {"external_id": "K", "name": "Spring", "source": "google", "updated_at": at(0)}
    post(acme.id, "campaigns", named)
    sweep()
    assert total(acme.id, "ad_spend", date(2026, 3, 5), source="google") == 70
    post(acme.id, "campaigns", {**named, "source": "meta", "updated_at": at(1)})
    sweep()
    assert total(acme.id, "ad_spend", source="meta") == 70
    post(acme.id, "campaign_spend", {**spend, "campaign_id": "other", "updated_at": at(1)})
    sweep()
    assert total(acme.id, "ad_spend", source="") == 70
