"""Proposes a map for a kind of fact, by the names of a file's columns and what they hold."""

from collections.abc import Mapping

import msgspec

from portal.ingest.files import fields
from portal.ingest.files.fields import Field
from portal.ingest.files.layout import Column, Layout
from portal.ingest.files.maps import Condition, FactMap, Map, Source

FITS = {
    "instant": {"instant"},
    "day": {"instant"},
    "minor": {"number"},
    "micros": {"number"},
    "integer": {"number"},
    "number": {"number"},
    "share": {"number", "text"},
    "boolean": {"text", "number"},
    "currency": {"text"},
}
"""What a column must look like for a field; text is all but instants."""
OWN_IDS = {
    "leads": ("lead_id", "opportunity_id", "deal_id", "opportunity"),
    "jobs": ("job_id", "project_id", "opportunity_id", "deal_id", "order_id"),
    "payments": ("payment_id", "transaction_id", "charge_id", "invoice_no", "invoice_id"),
    "calls": ("call_id", "call_sid"),
    "messages": ("message_id", "message_sid"),
    "campaigns": ("campaign_id",),
}
UNGUESSED = frozenset({"version", "updated_at", "currency", "source", "ref.kind", "ref.id"})
"""Fields taken only where the column has exactly their name: a wrong guess would cost most here."""


def propose(kind: str, layout: Layout) -> Map:
    """Propose the map of a file of `kind`; fields for which nothing fits are left out."""
    free = {column.name: column for column in layout.columns if column.looks != "empty"}
    found: dict[str, Source] = {"external_id": _id(kind, free)}
    for field in fields.fields(kind):
        if field.name in found:
            continue
        if column := _best(field, kind, free):
            found[field.name] = _source(field, kind, column)
            free.pop(column.name, None)
    _default_date(kind, found, free)
    if kind == "jobs":
        _outcome_dates(found)
    return Map(facts=(FactMap(kind, found),), name=kind.replace("_", " ").capitalize())


def _id(kind: str, free: dict[str, Column]) -> Source:
    """The column of its own ids, if no two rows have the same; else an id made of the row."""
    names = (*OWN_IDS.get(kind, (f"{kind.removesuffix('s')}_id",)), *_words_of("external_id"))
    for name in names:
        for column in free.values():
            if column.is_unique and fields.words(column.name) == name:
                if kind != "jobs" or name not in {"opportunity_id", "deal_id"}:
                    free.pop(column.name)
                return Source(column=column.name)
    return Source(row=True)


def _best(field: Field, kind: str, free: Mapping[str, Column]) -> Column | None:
    names = (field.name,) if field.name in UNGUESSED else _words_of(field.name)
    for name in names:
        for column in free.values():
            if fields.words(column.name) == name and _fits(field, kind, column):
                return column
    return None


def _words_of(field: str) -> tuple[str, ...]:
    return tuple(fields.WORDS.get(field, field).split())


def _fits(field: Field, kind: str, column: Column) -> bool:
    if field.name in fields.MEANT and field.is_required:
        return any(fields.meaning(field.name, kind, value) for value in column.examples)
    if field.holds == "text":
        return column.looks != "instant"
    return column.looks in FITS[field.holds]


def _source(field: Field, kind: str, column: Column) -> Source:
    if field.name not in fields.MEANT:
        return Source(column=column.name, dates=column.dates, decimal=column.decimal)
    meant = {value: fields.meaning(field.name, kind, value) for value in column.examples}
    return Source(column=column.name, values={k: v for k, v in meant.items() if v and k != v})


def _default_date(kind: str, found: dict[str, Source], free: dict[str, Column]) -> None:
    """Without a date of a known name, the first column of dates is when it happened."""
    field = "occurred_on" if kind == "campaign_spend" else "occurred_at"
    if field in found or (kind in fields.UNDATED and field == "occurred_at"):
        return
    dated = [column for column in free.values() if column.looks == "instant"]
    if dated:
        found[field] = Source(column=dated[0].name, dates=dated[0].dates)


def _outcome_dates(found: dict[str, Source]) -> None:
    """One closing date serves for won and lost; the row's status tells which it is."""
    if "status" not in found or "won_at" not in found:
        return
    status, won = found["status"], found["won_at"]
    if found.get("lost_at", won).column != won.column:
        return
    for ours, field in (("won", "won_at"), ("lost", "lost_at")):
        theirs = tuple(word for word, meant in status.values.items() if meant == ours) or (ours,)
        condition = Condition(column=status.column, among=theirs)
        found[field] = msgspec.structs.replace(won, when=(condition,))
