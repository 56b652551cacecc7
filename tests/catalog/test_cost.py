"""What a question costs: few statements, each for its client, whatever it covers."""

from datetime import UTC, date, datetime

import pytest

from portal.catalog.answer import answers
from portal.catalog.asking import Asking, Statement
from portal.catalog.calendars import calendar_of
from portal.catalog.query import Compare, Query
from portal.core.calendar import Grain, Period
from portal.core.tenancy import acting_as
from portal.models.clients import Client

CARDS = (
    "revenue_booked",
    "leads",
    "jobs_won",
    "return_on_spend",
    "lead_to_job_rate",
    "speed_to_lead_median",
    "cost_per_lead",
    "ai_handled_rate",
)
NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
PERIOD = Period(date(2026, 2, 19), date(2026, 3, 21))


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that were sent."""
    seen: list[str] = []
    fetch = Asking.fetch

    def note(self: Asking, statement: Statement) -> list[tuple[object, ...]]:
        seen.append(statement.driver_sql())
        return fetch(self, statement)

    monkeypatch.setattr(Asking, "fetch", note)
    return seen


@pytest.mark.parametrize("compare", [Compare.NONE, Compare.PREVIOUS])
def test_a_page_of_figures_costs_a_handful_of_statements(
    acme: Client, sent: list[str], compare: Compare
) -> None:
    """Totals, series and a table of sources, of an unfinished period, with their comparison."""
    queries = [
        Query(CARDS, PERIOD, compare=compare),
        Query(CARDS[:4], PERIOD, grain=Grain.DAY, compare=compare),
        Query(("leads", "jobs_won"), PERIOD, dimensions=("source",), compare=compare),
        Query(("revenue_booked",), PERIOD, dimensions=("source",), compare=compare),
    ]
    with acting_as(acme.id):
        found = answers(queries, calendar_of(acme.id), acme.id, at=NOW)

    assert len(found) == len(queries)
    assert len(sent) <= 7
    assert all("client_id = %(client)s" in statement for statement in sent)


def test_a_question_asked_twice_is_the_same_statement(acme: Client, sent: list[str]) -> None:
    """So that the driver prepares it: nothing but binds changes with the day."""
    for at in (NOW, NOW.replace(hour=13)):
        with acting_as(acme.id):
            query = Query(CARDS, PERIOD, compare=Compare.PREVIOUS)
            answers([query], calendar_of(acme.id), acme.id, at=at)

    half = len(sent) // 2
    assert sent[:half] == sent[half:]
