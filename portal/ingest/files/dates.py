"""Dates and times as people write them, and the evidence for which number is the day."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import lru_cache
from typing import NamedTuple

from portal.ingest.files.layout import Order
from portal.ingest.files.values import BadValue

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("jan", "january", "januar", "janvier"),
            ("feb", "february", "februar"),
            ("mar", "march", "mär", "märz", "mars"),
            ("apr", "april", "avril"),
            ("may", "mai"),
            ("jun", "june", "juni", "juin"),
            ("jul", "july", "juli", "juillet"),
            ("aug", "august", "août"),
            ("sep", "sept", "september", "septembre"),
            ("oct", "october", "okt", "oktober", "octobre"),
            ("nov", "november", "novembre"),
            ("dec", "december", "dez", "dezember", "décembre"),
        ),
        start=1,
    )
    for name in names
}
MIDDLE = 69
"""Two digits from here on are of the last century."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)", re.ASCII)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?=$|[T ])", re.ASCII)
_YEAR_LAST = re.compile(r"(\d{1,2})([-/. ])(\d{1,2})\2(\d{4}|\d{2})(?!\d)", re.ASCII)
_DAY_NAME = re.compile(r"(\d{1,2})[\s.-]*([^\W\d_]{3,9})[\s.,-]*(\d{4}|\d{2})(?!\d)")
_NAME_DAY = re.compile(r"([^\W\d_]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})(?!\d)")
_WEEKDAY = re.compile(r"^[^\W\d_]{2,9},\s+")
_TIME = re.compile(
    r"[T ,]*(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?"
    r"\s*([AaPp]\.?[Mm]\.?)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?",
    re.ASCII,
)
_EPOCH = re.compile(r"(\d{9,10})(\.\d+)?|(\d{12,13})", re.ASCII)


class Told(NamedTuple):
    """What a text says: a day, perhaps a time on it, perhaps from which zone."""

    day: date
    at: time | None = None
    offset: timezone | None = None


@lru_cache(maxsize=65536)
def parse(text: str, order: Order) -> Told:
    """
    Read a date or an instant; `order` says which number is the day where only digits stand.

    Raises:
        BadValue: it is none, or its order is not known.
    """
    text = text.strip()
    if order == "epoch":
        return _epoch(text)
    text = _WEEKDAY.sub("", text)
    day, rest = _day(text, order)
    if not rest.strip():
        return Told(day)
    found = _TIME.fullmatch(rest.rstrip())
    if not found:
        raise BadValue(f"{_short(text)} is no date that can be read")
    return Told(day, _time(found, text), _offset(found[6]))


def guess(texts: Iterable[str]) -> tuple[Order, bool]:
    """
    Find the order of day and month by evidence: a cell that only one order can read.

    Returns:
        The order ('' where no cell tells), and whether some cell could be read either way.
    """
    votes = {"dmy": 0, "mdy": 0}
    is_open = False
    for text in texts:
        read = _readings(text)
        if len(read) == 1:
            votes[next(iter(read))] += 1
        elif len(set(read.values())) > 1:
            is_open = True
    if not any(votes.values()):
        return "", is_open
    return ("dmy" if votes["dmy"] > votes["mdy"] else "mdy"), False


def is_date(text: str) -> bool:
    """Whether `text` is a date by any order."""
    return bool(_readings(text))


def _readings(text: str) -> dict[str, date]:
    read = {}
    orders: tuple[Order, ...] = ("dmy", "mdy")
    for order in orders:
        try:
            read[str(order)] = parse(text, order).day
        except BadValue:
            continue
    return read


def _day(text: str, order: Order) -> tuple[date, str]:
    if found := _YEAR_FIRST.match(text):
        day = _date(int(found[1]), int(found[3]), int(found[4]), text)
    elif found := _COMPACT.match(text):
        day = _date(int(found[1]), int(found[2]), int(found[3]), text)
    elif found := _YEAR_LAST.match(text):
        day = _by_order(found, order, text)
    else:
        return _named(text)
    return day, text[found.end() :]


def _by_order(found: re.Match[str], order: Order, text: str) -> date:
    first, second = int(found[1]), int(found[3])
    if order not in {"dmy", "mdy"} and first != second:
        raise BadValue(f"{_short(text)}: say whether the day or the month stands first")
    day, month = (second, first) if order == "mdy" else (first, second)
    return _date(_year(found[4]), month, day, text)


def _named(text: str) -> tuple[date, str]:
    if found := _DAY_NAME.match(text):
        day, name, year = found[1], found[2], found[3]
    elif found := _NAME_DAY.match(text):
        day, name, year = found[2], found[1], found[3]
    else:
        raise BadValue(f"{_short(text)} is no date that can be read")
    if (month := MONTHS.get(name.lower())) is None:
        raise BadValue(f"{_short(text)} is no date that can be read")
    return _date(_year(year), month, int(day), text), text[found.end() :]


def _date(year: int, month: int, day: int, text: str) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise BadValue(f"{_short(text)} is no day of the calendar") from None


def _year(digits: str) -> int:
    year = int(digits)
    if len(digits) == 4:  # noqa: PLR2004 - written in full
        return year
    return year + (1900 if year >= MIDDLE else 2000)


def _time(found: re.Match[str], text: str) -> time:
    hour, half = int(found[1]), (found[5] or "").lower()[:1]
    if half and not 1 <= hour <= 12:  # noqa: PLR2004 - hours of a half day
        raise BadValue(f"{_short(text)} has no such hour")
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    try:
        return time(hour, int(found[2]), int(found[3] or 0), int(((found[4] or "") + "000000")[:6]))
    except ValueError:
        raise BadValue(f"{_short(text)} has no such time") from None


def _offset(text: str | None) -> timezone | None:
    if not text:
        return None
    if text in {"Z", "UTC", "GMT"}:
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    ahead = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    if ahead >= timedelta(days=1):
        raise BadValue(f"{text} is no offset from UTC")
    return timezone(ahead if text[0] == "+" else -ahead)


def _epoch(text: str) -> Told:
    found = _EPOCH.fullmatch(text)
    if not found:
        raise BadValue(f"{_short(text)} is no number of seconds or milliseconds since 1970")
    seconds = float(text) if found[1] else int(found[3]) / 1000
    at = EPOCH + timedelta(seconds=seconds)
    return Told(at.date(), at.time(), UTC)


def _short(text: str) -> str:
    return repr(text[:40])
