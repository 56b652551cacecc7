"""Turns, replies, and what the clock alone makes due."""

from datetime import UTC, datetime, timedelta

import pytest

from portal.core.calendar import FIRST_DAY, Calendar, CalendarSpan, now
from portal.models.clients import Client
from portal.rollups.hours import OpenHours
from portal.rollups.sweep import mark_due_instants, sweep
from tests import factories
from tests.line import START, at, post, swept, total

TURN = ("started_at", "ended_at", "answered_by", "is_unanswered")


def hours(number: float) -> datetime:
    return START + timedelta(hours=number)


def said(id_: str, sender: str, number: float, **more: object) -> dict[str, object]:
    """One message of conversation X."""
    return {
        "external_id": id_,
        "occurred_at": at(number),
        "sender": sender,
        "direction": "inbound" if sender == "contact" else "outbound",
        "conversation_id": "X",
        **more,
    }


def test_a_burst_of_questions_is_one_turn_and_a_system_message_does_not_end_it(
    acme: Client,
) -> None:
    post(
        acme.id,
        "messages",
        said("1", "contact", 0),
        said("2", "contact", 0.5),
        said("3", "system", 0.6),
        said("4", "ai", 0.7, failed_at=at(0.7)),
        said("5", "person", 1),
        said("6", "ai", 2),
        said("7", "contact", 3),
        said("8", "ai", 3),
        said("9", "ai", 4),
        said("10", "person", 5),
    )
    assert swept(acme.id, "turns", *TURN, "first_ai_at", "first_person_at") == {
        (hours(0), hours(1), "person", False, hours(2), hours(1)),
        (hours(3), hours(4), "ai", False, hours(4), hours(5)),
    }


def test_seven_days_without_an_answer_end_a_turn_and_the_next_question_begins_another(
    acme: Client,
) -> None:
    week = 24 * 7
    post(
        acme.id,
        "messages",
        said("1", "contact", 0),
        said("2", "contact", week - 1),
        said("3", "contact", week),
        said("4", "person", week + 1),
    )
    assert swept(acme.id, "turns", *TURN) == {
        (hours(0), hours(week), "", True),
        (hours(week), hours(week + 1), "person", False),
    }


def test_the_clock_closes_a_turn_that_nobody_answered(acme: Client) -> None:
    asked = now() - timedelta(days=7) + timedelta(seconds=2)
    post(acme.id, "messages", said("1", "contact", 0) | {"occurred_at": asked.isoformat()})
    assert swept(acme.id, "turns", "ended_at", "is_unanswered") == {(None, False)}
    while now() < asked + timedelta(days=7):
        pass
    assert mark_due_instants() > 0
    closed = (asked + timedelta(days=7), True)
    assert swept(acme.id, "turns", "ended_at", "is_unanswered") == {closed}


def test_the_clock_rolls_a_day_up_again_when_a_lead_grows_past_a_threshold(acme: Client) -> None:
    came = now() - timedelta(minutes=1) + timedelta(seconds=2)
    post(acme.id, "leads", {"external_id": "L", "occurred_at": came.isoformat()})
    sweep()
    assert total(acme.id, "speed_due_1m") == 0
    while now() < came + timedelta(minutes=1):
        pass
    sweep()
    assert total(acme.id, "speed_due_1m") == 1


def test_a_reply_is_credited_to_the_last_outbound_message_before_it(acme: Client) -> None:
    post(
        acme.id,
        "messages",
        said("1", "system", 0),
        said("2", "person", 1),
        said("3", "contact", 2),
        said("4", "contact", 3),
        said("5", "ai", 4),
        said("6", "contact", 4 + 24 * 7),
        said("7", "ai", 300, replied_at=at(301)),
        said("8", "contact", 302),
    )
    assert swept(acme.id, "replies", "replied_at") == {(hours(2),)}


@pytest.mark.parametrize(
    ("zone", "start", "end", "seconds"),
    [
        ("Europe/Berlin", "2026-03-27T16:00Z", "2026-03-30T07:00Z", 3600 + 3600),
        ("Asia/Kathmandu", "2026-03-02T02:00Z", "2026-03-02T04:00Z", 6300),
        ("Australia/Lord_Howe", "2026-04-03T05:30Z", "2026-04-05T22:00Z", 5400 + 1800),
    ],
)
def test_business_seconds_are_those_of_the_clients_own_clock(
    session: object, zone: str, start: str, end: str, seconds: int
) -> None:
    week = {str(day): [["08:00", "18:00"]] for day in range(5)}
    client = factories.client("hours", zone=zone, business_hours=week)
    post(
        client.id,
        "messages",
        said("1", "contact", 0) | {"occurred_at": start.replace("Z", ":00Z")},
        said("2", "person", 0) | {"occurred_at": end.replace("Z", ":00Z")},
    )
    assert swept(client.id, "turns", "business_seconds") == {(seconds,)}


def test_open_hours_merge_and_reach_over_midnight() -> None:
    berlin = Calendar([CalendarSpan(FIRST_DAY, "Europe/Berlin", 0, "EUR")])
    week = {
        "0": [["08:00", "12:00"], ["11:00", "14:00"], ["22:00", "02:00"]],
        "1": [["00:00", "24:00"]],
    }
    monday = datetime(2026, 3, 2, tzinfo=UTC)
    found = list(OpenHours(week, berlin).intervals(monday, monday + timedelta(days=1)))
    assert found == [
        (monday + timedelta(hours=7), monday + timedelta(hours=13)),
        (monday + timedelta(hours=21), monday + timedelta(hours=47)),
    ]
