"""One owner for each happening."""

from datetime import date

from portal.core.db import db
from portal.core.tenancy import acting_as
from portal.ingest.withdrawals import withdraw
from portal.models.clients import Client, StageMeaning
from portal.rollups.marks import mark_meanings
from tests.line import at, post, swept, total

STEP = ("kind", "origin", "value_minor", "is_doubtful")


def lead(**more: object) -> dict[str, object]:
    return {"external_id": "L1", "occurred_at": at(0), **more}


def posted(kind: str, **more: object) -> dict[str, object]:
    return {
        "external_id": f"E-{kind}",
        "occurred_at": at(30),
        "lead_id": "L1",
        "kind": kind,
        **more,
    }


def job(status: str, **more: object) -> dict[str, object]:
    return {
        "external_id": "J1",
        "occurred_at": at(5),
        "lead_id": "L1",
        "status": status,
        "value_minor": 9000,
        **more,
    }


CREATED = ("lead_created", "leads", None, False)


def test_an_event_with_ref_is_told_by_the_fact_that_it_speaks_of(acme: Client) -> None:
    post(acme.id, "leads", lead())
    post(acme.id, "funnel_events", posted("job_won", ref={"kind": "jobs", "id": "J1"}))
    assert ("job_won", "funnel_events", None, False) in swept(acme.id, "steps", *STEP)
    post(acme.id, "jobs", job("won", won_at=at(40)))
    assert swept(acme.id, "steps", *STEP) == {CREATED, ("job_won", "jobs", 9000, False)}


def test_an_event_without_ref_counts_on_its_own_and_is_doubtful_within_a_day(acme: Client) -> None:
    post(acme.id, "leads", lead())
    post(acme.id, "jobs", job("won", won_at=at(40)))
    post(acme.id, "funnel_events", posted("job_won", value_minor=9000))
    assert swept(acme.id, "steps", *STEP) == {
        CREATED,
        ("job_won", "jobs", 9000, False),
        ("job_won", "funnel_events", 9000, True),
    }


def test_a_completed_job_counts_once_on_won_at(acme: Client) -> None:
    post(acme.id, "leads", lead())
    done = job("completed", won_at=at(24), completed_at=at(24 * 9))
    post(acme.id, "jobs", done)
    swept(acme.id, "steps")
    assert total(acme.id, "jobs_won") == 1
    assert total(acme.id, "jobs_won", date(2026, 3, 3)) == 1


def test_a_job_cancelled_after_won_keeps_the_win_and_takes_its_value_back(acme: Client) -> None:
    post(acme.id, "leads", lead(source="referral"))
    post(acme.id, "jobs", job("cancelled", won_at=at(24), cancelled_at=at(72)))
    assert swept(acme.id, "steps", *STEP) == {
        CREATED,
        ("job_won", "jobs", 9000, False),
        ("job_cancelled", "jobs", -9000, False),
    }
    assert total(acme.id, "revenue_booked", date(2026, 3, 3), source="referral") == 9000
    assert total(acme.id, "revenue_booked", date(2026, 3, 5), source="referral") == -9000
    assert total(acme.id, "jobs_won") == 1


def test_a_job_cancelled_before_it_was_won_tells_nothing(acme: Client) -> None:
    post(acme.id, "leads", lead())
    post(acme.id, "jobs", job("cancelled", cancelled_at=at(72)))
    assert swept(acme.id, "steps", *STEP) == {CREATED}


def test_a_stage_means_a_step_only_where_nobody_else_tells_it(acme: Client) -> None:
    post(acme.id, "leads", lead(stage="won", value_minor=700, updated_at=at(10)))
    assert ("job_won", "stages", 700, False) in swept(acme.id, "steps", *STEP)
    post(acme.id, "jobs", job("won"))
    assert swept(acme.id, "steps", *STEP) == {CREATED, ("job_won", "jobs", 9000, False)}
    withdraw(acme.id, "jobs", "crm", "J1")
    assert ("job_won", "stages", 700, False) in swept(acme.id, "steps", *STEP)


def test_what_a_stage_means_is_a_dated_setting(acme: Client) -> None:
    post(acme.id, "leads", lead(stage="hot", updated_at=at(10)))
    assert ("qualified", "stages", None, False) in swept(acme.id, "steps", *STEP)
    with acting_as(acme.id):
        own = {"client_id": acme.id, "stage": "hot"}
        db.session.add(StageMeaning(**own, from_on=date(2026, 3, 1), step="appointment_booked"))
        db.session.add(StageMeaning(**own, from_on=date(2026, 4, 1), step=""))
        db.session.flush()
        mark_meanings(db.session.connection(), acme.id)
    kinds = {kind for kind, *_ in swept(acme.id, "steps", *STEP)}
    assert kinds == {"lead_created", "appointment_booked"}


def test_the_first_response_is_the_first_answer_after_the_lead(acme: Client) -> None:
    post(acme.id, "leads", lead())
    said = {"lead_id": "L1", "direction": "outbound"}
    post(
        acme.id,
        "messages",
        {"external_id": "M0", "occurred_at": at(-1), "sender": "person", **said},
        {"external_id": "M1", "occurred_at": at(0.1), "sender": "system", **said},
        {"external_id": "M2", "occurred_at": at(0.2), "sender": "ai", "failed_at": at(0.2), **said},
        {"external_id": "M3", "occurred_at": at(3), "sender": "person", **said},
    )
    assert ("first_response", "messages", None, False) in swept(acme.id, "steps", *STEP)
    post(
        acme.id,
        "calls",
        {"external_id": "A1", "occurred_at": at(1), "outcome": "voicemail", **said},
        {"external_id": "A2", "occurred_at": at(2), "outcome": "answered", **said},
    )
    assert swept(acme.id, "steps", *STEP) == {CREATED, ("first_response", "calls", None, False)}


def test_a_lead_created_event_makes_a_placeholder_that_a_posted_lead_replaces(acme: Client) -> None:
    post(acme.id, "funnel_events", posted("lead_created", source="web_form"))
    assert swept(acme.id, "leads", "is_placeholder", "source") == {(True, "web_form")}
    assert total(acme.id, "leads", date(2026, 3, 3), source="web_form") == 1
    post(acme.id, "leads", lead(source="referral"))
    assert swept(acme.id, "leads", "is_placeholder", "source") == {(False, "referral")}
    assert total(acme.id, "leads") == 1
    assert total(acme.id, "leads", date(2026, 3, 2), source="referral") == 1


def test_a_placeholder_gives_way_to_a_lead_of_another_system(acme: Client) -> None:
    post(acme.id, "funnel_events", posted("lead_created"), system="site")
    swept(acme.id, "steps")
    post(acme.id, "leads", lead(), system="crm")
    swept(acme.id, "steps")
    assert total(acme.id, "leads") == 1


def test_a_step_of_an_unlinked_fact_counts_without_a_lead(acme: Client) -> None:
    post(acme.id, "jobs", job("won", lead_id="later"))
    assert swept(acme.id, "steps", "kind", "lead_id") == {("job_won", None)}
    assert total(acme.id, "jobs_won", source="") == 1
    post(acme.id, "leads", {**lead(source="referral"), "external_id": "later"})
    swept(acme.id, "steps")
    assert total(acme.id, "jobs_won", source="referral") == 1
    assert total(acme.id, "jobs_won") == 1
