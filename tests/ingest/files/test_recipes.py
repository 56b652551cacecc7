"""A row becomes facts as the map says, each cell read by what its field holds."""

from datetime import date
from typing import Any

import msgspec
import pytest

from portal.core.calendar import Calendar, CalendarSpan
from portal.core.registry import discover
from portal.ingest import kinds
from portal.ingest.files import fields, maps
from portal.ingest.files.layout import Column, Layout
from portal.ingest.files.maps import FactMap, Map, Source
from portal.ingest.files.recipes import Made, Recipe, Setting
from portal.ingest.files.values import BadFile
from portal.ingest.kinds.kind import KINDS

NEW_YORK = Calendar([CalendarSpan(date(1970, 1, 1), "America/New_York", 0, "USD")])


def make(
    row: dict[str, Any], sources: dict[str, Source], kind: str = "leads", **more: Any
) -> list[Made]:
    """Make the facts of a row by a map of one fact; id and instant come from elsewhere."""
    known = {"external_id": Source(row=True), "occurred_at": Source(constant="2026-01-01T00:00Z")}
    fact = FactMap(kind, known | sources, **{"properties": "none"} | more)
    columns = tuple(Column(name) for name in row)
    setting = Setting(Map((fact,)), Layout(columns=columns), NEW_YORK)
    return list(Recipe(setting).make(row, "row-1"))


def value(field: str, source: Source, cell: Any, kind: str = "payments", **row: Any) -> Any:
    """What a field becomes, or the reason why it does not."""
    (made,) = make({"c": cell, **row}, {"amount_minor": Source(constant="1"), field: source}, kind)
    assert (made.field == field) == bool(made.reason)
    return made.reason or made.item.get(field)


C = Source(column="c")
discover(kinds)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-03-08", "2026-03-08T05:00:00Z"),
        ("2026-03-09", "2026-03-09T04:00:00Z"),
        ("2026-03-08 02:30", "2026-03-08T07:30:00Z"),
        ("2026-11-01 01:30", "2026-11-01T05:30:00Z"),
        ("2026-07-01 12:00", "2026-07-01T16:00:00Z"),
        ("2026-07-01T12:00:00+02:00", "2026-07-01T10:00:00Z"),
        ("3/4/2026", "2026-03-04T05:00:00Z"),
    ],
    ids=["day", "after the jump", "in the gap", "twice", "summer", "offset", "habit of the zone"],
)
def test_an_instant_is_the_clients_own_unless_it_says_otherwise(text: str, instant: str) -> None:
    assert value("occurred_at", C, text) == instant


def test_money_is_brought_to_minor_units_of_its_own_currency() -> None:
    assert value("amount_minor", C, "1,234.50") == 123450
    assert value("amount_minor", Source(column="c", decimal=","), "1.234,50 €") == 123450
    assert value("amount_minor", Source(column="c", unit="minor"), "1234") == 1234
    assert "more decimals" in value("amount_minor", C, "0.125")
    assert value("amount_minor", Source(column="c", rounded=True), "0.125") == 13
    both = {"amount_minor": C, "currency": Source(column="d")}
    (made,) = make({"c": "1200", "d": "jpy"}, both, "payments")
    assert (made.item["amount_minor"], made.item["currency"]) == (1200, "JPY")
    assert value("amount_minor", C, 12.5) == 1250


def test_words_are_translated_kept_dropped_or_refused() -> None:
    known = {"Closed Won": "won", "Junk": None}
    source = Source(column="c", values=known)
    assert value("stage", source, "closed won ", "leads") == "won"
    assert value("stage", source, "Junk", "leads") is None
    assert value("stage", source, "hot", "leads") == "hot"
    dropped = Source(column="c", values=known, others="drop")
    assert value("stage", dropped, "hot", "leads") is None
    refused = Source(column="c", values=known, others="refuse")
    assert "not among the words" in value("stage", refused, "hot", "leads")


def test_numbers_shares_and_yes_are_read_by_what_the_field_holds() -> None:
    assert value("score", C, "17", "leads") == 17
    assert value("probability", C, "45%", "leads") == 0.45
    assert value("is_successful", C, "Ja", "calls") is True
    assert "neither yes nor no" in value("is_successful", C, "maybe", "calls")
    assert value("duration_seconds", C, "12", "calls") == 12
    assert "no whole number" in value("duration_seconds", C, "12.5", "calls")


def test_cells_are_joined_defaulted_and_left_out_when_empty() -> None:
    joined = Source(columns=("c", "d"))
    assert value("name", joined, "Ann", "leads", d="Lee") == "Ann Lee"
    assert value("name", joined, "", "leads", d="Lee") == "Lee"
    assert value("name", joined, "", "leads", d="") is None
    assert value("name", Source(column="c", default="?"), "N/A", "leads") == "?"
    day_and_time = Source(columns=("c", "d"))
    assert value("occurred_at", day_and_time, "1/2/26", d="9:00 pm") == "2026-01-03T02:00:00Z"


def test_a_fact_is_made_only_where_its_conditions_hold() -> None:
    when = (
        maps.decode("""{"facts": [{"kind": "jobs", "fields": {},
        "when": [{"column": "c", "in": ["Won"]}, {"column": "d", "is_set": true},
                 {"column": "e", "not_in": ["x"]}]}]}""")
        .facts[0]
        .when
    )
    row = {"c": "won", "d": "1", "e": "y"}
    assert len(make(row, {}, "jobs", when=when)) == 1
    for change in ({"c": "Lost"}, {"d": " "}, {"e": "X"}):
        assert make(row | change, {}, "jobs", when=when) == []


def test_columns_that_no_field_reads_are_kept_as_properties() -> None:
    row = {"c": "Ann", "d": "kept", "e": ""}
    (made,) = make(row, {"name": C}, properties="rest")
    assert made.item["properties"] == {"d": "kept"}
    (made,) = make(row, {"name": C}, properties=("c",))
    assert made.item["properties"] == {"c": "Ann"}


def test_a_reference_may_name_its_system() -> None:
    sources = {"lead_id": C, "lead_id.system": Source(constant="crm")}
    (made,) = make({"c": "17"}, sources)
    assert made.item["lead_id"] == {"system": "crm", "id": "17"}


def test_a_zone_that_does_not_exist_is_refused() -> None:
    setting = Setting(Map((), zone="Mars/Base"), Layout(), NEW_YORK)
    with pytest.raises(BadFile, match="no time zone"):
        Recipe(setting)


@pytest.mark.parametrize("kind", fields.kinds())
def test_fields_are_those_of_the_api(kind: str) -> None:
    """The table of names and the kinds of facts say the same."""
    own = set(KINDS[kind].item.__struct_fields__) - {"properties"}
    named = {field.name.split(".")[0] for field in fields.fields(kind)}
    assert named == own
    item = KINDS[kind].item
    required = {f.name for f in msgspec.structs.fields(item) if f.required}
    assert required <= set(fields.needed_fields(kind))


def test_every_kind_of_fact_can_come_from_a_file() -> None:
    assert set(fields.kinds()) == set(KINDS)
