"""Who did what before they were known, and in how many sessions."""

from datetime import datetime, timedelta
from random import Random

import pytest

from portal.ingest import events
from portal.models.clients import Client
from tests import factories
from tests.line import START, at, swept

DAY = 24.0


def event(id_: str, hours: float, type_: str = "track", **ids: str) -> dict[str, object]:
    named = {"event": "Opened"} if type_ == "track" else {}
    return {"messageId": id_, "type": type_, "timestamp": at(hours), **named, **ids}


def hours(number: float) -> datetime:
    return START + timedelta(hours=number)


STORY = [
    event("1", -31 * DAY, anonymousId="anon"),
    event("2", -30 * DAY, anonymousId="anon"),
    event("3", -0.2, anonymousId="anon"),
    event("4", 0, "identify", anonymousId="anon", userId="ann"),
    event("5", 0.2, userId="ann"),
    event("6", 3, anonymousId="anon"),
    event("7", 4, "identify", anonymousId="anon", userId="ben"),
    event("8", 5, "alias", previousId="visitor", userId="ben"),
    event("9", 6, anonymousId="visitor"),
    event("10", 7, anonymousId="stranger"),
]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_an_anonymous_event_belongs_to_the_first_user_met_within_thirty_days(
    session: object, seed: int
) -> None:
    client = factories.client("actors")
    story = [*STORY]
    if seed:
        Random(seed).shuffle(story)  # noqa: S311 - a seed
    for part in (story[:4], story[4:], story[:2]):
        events.store(client.id, "web", part)
        swept(client.id, "actors")
    found = swept(client.id, "events", "message_id", "actor")
    assert found == {
        ("1", "anon"),
        ("2", "ann"),
        ("3", "ann"),
        ("4", "ann"),
        ("5", "ann"),
        ("6", "ann"),
        ("7", "ben"),
        ("8", "ben"),
        ("9", "ben"),
        ("10", "stranger"),
    }
    assert swept(client.id, "product_sessions", "actor", "started_at", "ended_at", "events") == {
        ("anon", hours(-31 * DAY), hours(-31 * DAY), 1),
        ("ann", hours(-30 * DAY), hours(-30 * DAY), 1),
        ("ann", hours(-0.2), hours(0.2), 3),
        ("ann", hours(3), hours(3), 1),
        ("ben", hours(4), hours(4), 1),
        ("ben", hours(5), hours(5), 1),
        ("ben", hours(6), hours(6), 1),
        ("stranger", hours(7), hours(7), 1),
    }


def test_a_gap_of_thirty_minutes_ends_a_session(acme: Client) -> None:
    times = (0, 0.49, 0.98, 1.48, 5)
    sent = [event(str(n), at_, userId="ann") for n, at_ in enumerate(times)]
    events.store(acme.id, "web", sent)
    assert swept(acme.id, "product_sessions", "started_at", "events") == {
        (hours(0), 3),
        (hours(1.48), 1),
        (hours(5), 1),
    }
