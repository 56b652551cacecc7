"""The form of a map: what it shows, and the map that an answered form means."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import msgspec

from portal.core.errors import Refused
from portal.ingest.files import fields, guess, maps
from portal.ingest.files.encodings import CHOICES
from portal.ingest.files.layout import DecimalMark, Layout, Order
from portal.ingest.files.maps import Condition, FactMap, Map, Source
from portal.ingest.files.values import BadFile

ROW, CONSTANT, COLUMN = "row", "constant", "column:"
LEAVE = "–"
DELIMITERS = {",": "Comma", ";": "Semicolon", "\t": "Tab", "|": "Bar", " ": "Runs of blanks"}
ORDERS = {"": "As guessed", "ymd": "Year first", "dmy": "Day first", "mdy": "Month first"}
MARKS = {"": "As guessed", ".": "Point", ",": "Comma"}
LABELS = {
    "external_id": "Id",
    "occurred_at": "When it happened",
    "occurred_on": "Day",
    "updated_at": "Last changed",
    "stage_at": "In this stage since",
    "lead_id": "Lead",
    "contact_id": "Person",
    "campaign_id": "Campaign",
    "is_successful": "Successful",
    "ref.kind": "About which kind of fact",
    "ref.id": "About which fact",
}

Form = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class FieldForm:
    """One field and where its value comes from."""

    key: str
    """Beginning of the names of its inputs."""
    label: str
    is_required: bool
    choice: str
    text: str
    """A constant, or the column that is joined."""
    words: list[tuple[str, str]]
    """Their words and ours, where the field has words of its own."""
    ours: list[str]
    note: str


@dataclass(frozen=True, slots=True)
class FactForm:
    """One fact of a row."""

    number: int
    kind: str
    used: list[FieldForm]
    others: list[FieldForm]
    when_column: str
    when_words: str


def fact_forms(map_: Map, layout: Layout) -> list[FactForm]:
    """What the form shows for each fact."""
    return [_fact_form(number, fact, layout) for number, fact in enumerate(map_.facts)]


def label(field: str) -> str:
    """Name a field for people."""
    plain = field.removesuffix("_minor").removesuffix("_micros").removesuffix("_id")
    return LABELS.get(field, plain.replace("_", " ").removesuffix(" at").capitalize())


def layout_from(form: Form, layout: Layout) -> Layout:
    """
    Read how the file is written.

    Raises:
        Refused: a choice that was not offered.
    """
    delimiter = form.get("delimiter", "")
    encoding = form.get("encoding", layout.encoding)
    if layout.format == "ndjson" or "delimiter" not in form:
        return layout
    if delimiter not in DELIMITERS or encoding not in {*CHOICES, layout.encoding}:
        raise Refused("Choose one of the separators and encodings.", field="delimiter")
    return msgspec.structs.replace(
        layout,
        format="blanks" if delimiter == " " else "csv",
        delimiter=delimiter,
        encoding=encoding,
        has_header="has_header" in form,
    )


def map_from(form: Form, map_: Map, layout: Layout) -> Map:
    """
    Read the map that the form says; what it does not show stays.

    Raises:
        Refused: a choice that was not offered.
    """
    if form.get("json"):
        try:
            return maps.decode(form["json"])
        except BadFile as error:
            raise Refused(str(error), field="json") from error
    facts = [_fact_from(form, number, fact, layout) for number, fact in enumerate(map_.facts)]
    kept = [fact for number, fact in enumerate(facts) if form.get("remove") != str(number)]
    if (kind := form.get("add", "")) in fields.kinds():
        kept.extend(guess.propose(kind, layout).facts)
    dates, decimal = form.get("dates", ""), form.get("decimal", "")
    if dates not in ORDERS or decimal not in MARKS:
        raise Refused("Choose one of the forms of dates and numbers.", field="dates")
    return msgspec.structs.replace(
        map_,
        facts=tuple(kept),
        dates=cast(Order, dates),
        decimal=cast(DecimalMark, decimal),
        zone=form.get("zone", "").strip(),
    )


def _fact_form(number: int, fact: FactMap, layout: Layout) -> FactForm:
    forms = [
        _field_form(f"f{number}-{field.name}", field, fact, layout)
        for field in fields.fields(fact.kind)
    ]
    condition = fact.when[0] if fact.when else Condition("")
    return FactForm(
        number,
        fact.kind,
        [form for form in forms if form.choice or form.is_required],
        [form for form in forms if not form.choice and not form.is_required],
        condition.column,
        ", ".join(condition.among),
    )


def _field_form(key: str, field: fields.Field, fact: FactMap, layout: Layout) -> FieldForm:
    source = fact.fields.get(field.name, Source())
    choice, text = _choice(source)
    words = []
    if field.name in fields.MEANT and source.column:
        asked = layout.column(source.column).examples
        known = {theirs.casefold(): ours for theirs, ours in source.values.items()}
        words = [(theirs, str(known.get(theirs.casefold(), theirs))) for theirs in asked]
    return FieldForm(
        key,
        label(field.name),
        field.is_required,
        choice,
        text,
        words,
        list(fields.MEANT.get(field.name, {})),
        ", ".join(f"{c.column}: {', '.join(c.among)}" for c in source.when),
    )


def _choice(source: Source) -> tuple[str, str]:
    if source.row:
        return ROW, ""
    if source.constant is not None:
        return CONSTANT, str(source.constant)
    if source.columns:
        return COLUMN + source.columns[0], source.columns[1] if len(source.columns) > 1 else ""
    return (COLUMN + source.column if source.column else ""), ""


def _fact_from(form: Form, number: int, fact: FactMap, layout: Layout) -> FactMap:
    found = {}
    for field in fields.fields(fact.kind):
        key = f"f{number}-{field.name}"
        before = fact.fields.get(field.name, Source())
        source = _source_from(form, key, before, layout) if key in form else before
        if source != Source():
            found[field.name] = source
    return msgspec.structs.replace(fact, fields=found, when=_when_from(form, number, fact))


def _source_from(form: Form, key: str, before: Source, layout: Layout) -> Source:
    choice, text = form[key], form.get(f"{key}-text", "").strip()
    if choice == ROW:
        return Source(row=True)
    if choice == CONSTANT:
        return Source(constant=text) if text else Source()
    column = choice.removeprefix(COLUMN)
    if not choice:
        return Source()
    if column not in layout.names or (text and text not in layout.names):
        raise Refused(f"The file has no column “{text or column}”.", field=key)
    if text:
        return msgspec.structs.replace(before, column="", columns=(column, text), constant=None)
    if column != before.column:
        return Source(column=column)
    return msgspec.structs.replace(before, values=_words_from(form, key, before, layout))


def _words_from(
    form: Form, key: str, before: Source, layout: Layout
) -> dict[str, maps.Word | None]:
    found = dict(before.values)
    for number, theirs in enumerate(layout.column(before.column).examples):
        if (ours := form.get(f"{key}-w{number}")) is None:
            continue
        found.pop(theirs, None)
        if ours != theirs:
            found[theirs] = None if ours == LEAVE else ours
    return found


def _when_from(form: Form, number: int, fact: FactMap) -> tuple[Condition, ...]:
    """The form shows the first condition; others that the map has stay."""
    if f"f{number}-when" not in form:
        return fact.when
    column = form[f"f{number}-when"].removeprefix(COLUMN)
    among = tuple(w.strip() for w in form.get(f"f{number}-when-words", "").split(",") if w.strip())
    first = (Condition(column, among=among),) if column and among else ()
    if column and not among:
        first = (Condition(column, is_set=True),)
    return first + fact.when[1:]
