"""Makes facts of a row, as a map says: each cell read by what its field holds."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from portal.core.calendar import Calendar, is_zone
from portal.ingest.files import amounts, dates, fields
from portal.ingest.files.columns import is_filled
from portal.ingest.files.layout import DecimalMark, Layout, Order
from portal.ingest.files.maps import Condition, FactMap, Map, Source
from portal.ingest.files.records import Row
from portal.ingest.files.values import BadFile, BadValue

Item = dict[str, Any]
Read = Callable[[Any, str], Any]
"""Reads a cell; the second argument is the currency of the item."""

YES = frozenset({"true", "yes", "y", "1", "t", "ja", "oui", "si", "sí", "x"})
NO = frozenset({"false", "no", "n", "0", "f", "nein", "non"})
CURRENCY_LETTERS = 3


@dataclass(frozen=True, slots=True)
class Made:
    """One fact of a row, or why there is none."""

    kind: str
    item: Item
    field: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Setting:
    """What reading a cell depends on besides the cell."""

    map: Map
    layout: Layout
    calendar: Calendar

    def order(self, source: Source) -> Order:
        """The order of day and month: as the field says, else the map, else by evidence."""
        if source.dates or self.map.dates:
            return source.dates or self.map.dates
        column = self.layout.column(source.column or next(iter(source.columns), ""))
        return column.dates or assumed_order(self.calendar.zone)

    def mark(self, source: Source) -> DecimalMark:
        """The decimal mark: as the field says, else the map, else by evidence."""
        if source.decimal or self.map.decimal:
            return source.decimal or self.map.decimal
        return self.layout.column(source.column).decimal


def assumed_order(zone: str) -> Order:
    """Where nothing tells day from month: the habit of the client's part of the world."""
    return "mdy" if zone.startswith(("America/", "US/")) else "dmy"


class Recipe:
    """
    All facts that a map makes of a row.

    Raises:
        BadFile: the map names a zone that does not exist.
    """

    def __init__(self, setting: Setting) -> None:
        if setting.map.zone and not is_zone(setting.map.zone):
            raise BadFile(f"“{setting.map.zone}” is no time zone, such as Europe/Berlin")
        self._facts = [_Fact(fact, setting) for fact in setting.map.facts]

    def make(self, row: Row, row_id: str) -> Iterator[Made]:
        """Make the facts of a row; `row_id` is used where no column is an id."""
        for fact in self._facts:
            if made := fact.make(row, row_id):
                yield made


class _Fact:
    def __init__(self, fact: FactMap, setting: Setting) -> None:
        self.kind = fact.kind
        self._when = fact.when
        self._needed = fields.needed_fields(fact.kind)
        self._sources = fact.fields
        self._currency = setting.calendar.currency
        self._reads = {name: _reader(name, source, setting) for name, source in _ordered(fact)}
        self._properties = fact.properties
        self._mapped = fact.read

    def make(self, row: Row, row_id: str) -> Made | None:
        if not all(_holds(condition, row) for condition in self._when):
            return None
        try:
            item = self._item(row, row_id)
        except BadValue as error:
            return Made(self.kind, {}, error.field, error.reason)
        if properties := self._kept(row):
            item["properties"] = properties
        return Made(self.kind, item)

    def _item(self, row: Row, row_id: str) -> Item:
        item: Item = {}
        currency = self._currency
        for name, read in self._reads.items():
            source = self._sources[name]
            try:
                value = row_id if source.row else _value(source, row)
                read_value = None if value is None else read(value, currency)
            except BadValue as error:
                raise BadValue(error.reason, name) from None
            if read_value is None:
                if name in self._needed:
                    raise BadValue(_missing(source), name)
                continue
            if name == "currency":
                currency = read_value
            _put(item, name, read_value)
        return item

    def _kept(self, row: Row) -> Item:
        if self._properties == "none":
            return {}
        if self._properties == "rest":
            return {k: v for k, v in row.items() if k not in self._mapped and is_filled(v)}
        return {k: row[k] for k in self._properties if is_filled(row.get(k))}


def _ordered(fact: FactMap) -> list[tuple[str, Source]]:
    """The currency first, because amounts are read by it."""
    return sorted(fact.fields.items(), key=lambda pair: pair[0] != "currency")


def _put(item: Item, name: str, value: Any) -> None:
    head, dot, tail = name.partition(".")
    if not dot:
        item[name] = value
        return
    inner = item.get(head, {})
    if isinstance(inner, str):
        inner = {"id": inner}
    item[head] = {**inner, tail: value}


def _missing(source: Source) -> str:
    names = " and ".join(f"“{name}”" for name in (source.column, *source.columns) if name)
    return f"{names} is empty" if names else "there is no value"


def _holds(condition: Condition, row: Row) -> bool:
    cell = row.get(condition.column)
    is_set = is_filled(cell)
    if condition.is_set is not None and condition.is_set != is_set:
        return False
    word = str(cell).strip().casefold() if is_set else ""
    if condition.among and word not in {other.strip().casefold() for other in condition.among}:
        return False
    return word not in {other.strip().casefold() for other in condition.not_among}


def _value(source: Source, row: Row) -> Any:
    """The cell, or what stands for it; None where there is nothing."""
    if not all(_holds(condition, row) for condition in source.when):
        return None
    if source.constant is not None:
        return source.constant
    cell = _cell(source, row)
    if cell is None:
        return source.default
    return _translated(source, cell) if source.values else cell


def _cell(source: Source, row: Row) -> Any:
    if not source.columns:
        cell = row.get(source.column)
        if isinstance(cell, str):
            cell = cell.strip()
        return cell if is_filled(cell) else None
    parts = [str(row[name]).strip() for name in source.columns if is_filled(row.get(name))]
    return source.join.join(parts) or None


def _translated(source: Source, cell: Any) -> Any:
    word = str(cell).casefold()
    for theirs, ours in source.values.items():
        if theirs.casefold() == word:
            return ours
    if source.others == "refuse":
        raise BadValue(f"{str(cell)[:40]!r} is not among the words of the map")
    return cell if source.others == "keep" else None


def _reader(name: str, source: Source, setting: Setting) -> Read:
    held = fields.holds(name)
    if held in {"instant", "day"}:
        order, zone = setting.order(source), setting.map.zone
        if held == "day":
            return lambda cell, _: dates.parse(str(cell), order).day.isoformat()
        return lambda cell, _: _instant(str(cell), order, zone, setting.calendar)
    if held in {"minor", "micros"}:
        return _money_reader(held, source, setting.mark(source))
    mark = setting.mark(source)
    readers: dict[str, Read] = {
        "text": lambda cell, _: str(cell),
        "currency": lambda cell, _: _currency(str(cell)),
        "boolean": lambda cell, _: _boolean(cell),
        "integer": lambda cell, _: _integer(_number(cell, mark)),
        "number": lambda cell, _: _plain(_number(cell, mark)),
        "share": lambda cell, _: _share(cell, mark),
    }
    return readers[held]


def _money_reader(held: str, source: Source, mark: DecimalMark) -> Read:
    if source.unit == "minor":
        return lambda cell, _: _integer(_number(cell, mark))
    if held == "micros":
        return lambda cell, _: amounts.micros(_number(cell, mark), rounded=source.rounded)
    return lambda cell, currency: amounts.minor(
        _number(cell, mark), currency, rounded=source.rounded
    )


def _instant(text: str, order: Order, zone: str, calendar: Calendar) -> str:
    told = dates.parse(text, order)
    if told.at is None and not zone:
        return _iso(calendar.start_of(told.day))
    if told.offset is not None:
        return _iso(datetime.combine(told.day, told.at or time(), told.offset))
    return _iso(_local(zone or calendar.at(told.day).zone, told))


def _local(zone: str, told: dates.Told) -> datetime:
    return datetime.combine(told.day, told.at or time(), _zone(zone))


@lru_cache(maxsize=512)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _iso(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _number(cell: Any, mark: DecimalMark) -> Decimal:
    if isinstance(cell, bool):
        raise BadValue("true and false are no numbers")
    if isinstance(cell, int | float):
        return Decimal(str(cell))
    return amounts.parse(str(cell), mark)


def _integer(number: Decimal) -> int:
    if number != number.to_integral_value():
        raise BadValue(f"{number} is no whole number")
    return int(number)


def _plain(number: Decimal) -> int | float:
    return int(number) if number == number.to_integral_value() else float(number)


def _share(cell: Any, mark: DecimalMark) -> int | float:
    text = str(cell)
    if text.endswith("%"):
        return _plain(_number(text[:-1], mark) / 100)
    return _plain(_number(cell, mark))


def _boolean(cell: Any) -> bool:
    word = str(cell).strip().casefold()
    if word not in YES | NO:
        raise BadValue(f"{str(cell)[:40]!r} is neither yes nor no")
    return word in YES


def _currency(text: str) -> str:
    code = text.strip().upper()
    if len(code) != CURRENCY_LETTERS or not code.isalpha() or not code.isascii():
        raise BadValue(f"{text[:40]!r} is no currency code, such as EUR")
    return code
