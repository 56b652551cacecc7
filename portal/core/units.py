"""
Numbers in words: money, counts, shares, durations and their changes, by currency and locale.

Undefined is "–", negative has a true minus sign. Money is a number of minor units (cents, yen,
fils); a share is 0…1; a duration is seconds.
"""

import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from babel.core import Locale
from babel.numbers import (
    format_compact_decimal,
    format_decimal,
    get_currency_precision,
    get_currency_symbol,
    get_decimal_symbol,
)
from babel.numbers import format_currency as babel_currency

Number = int | float | Decimal

UNDEFINED = "–"
MINUS = "−"
LOCALE = "en_US"
CODE = re.compile(r"([A-Za-z])(?=\d)")


class Unit(StrEnum):
    """What a number counts; decides how it is written and how a change of it is said."""

    COUNT = "count"
    MONEY = "money"
    SHARE = "share"
    SECONDS = "seconds"
    MULTIPLE = "multiple"
    SCORE = "score"


def money(
    minor: Number | None, currency: str, *, locale: str = LOCALE, digits: int | None = None
) -> str:
    """
    Write an amount of minor units in full: "$184,260", "$63.46", "¥1,200".

    Args:
        minor: the amount in the currency's smallest unit.
        currency: ISO 4217 code.
        locale: such as en_US or de_DE.
        digits: decimals to show; by default none from 1,000 major units up, else the currency's.
    """
    if minor is None:
        return UNDEFINED
    major = to_major(minor, currency)
    if digits is None:
        whole = abs(major) >= 1000 or major == major.to_integral_value()  # noqa: PLR2004
        digits = 0 if whole else get_currency_precision(currency)
    text = babel_currency(
        abs(_rounded(major, digits)),
        currency,
        format=_pattern(locale, digits),
        locale=locale,
        currency_digits=False,
    )
    return _signed(_apart(text), _rounded(major, digits))


def money_exact(minor: Number | None, currency: str, *, locale: str = LOCALE) -> str:
    """Write an amount with all the decimals of its currency, as rows and tables do."""
    return money(minor, currency, locale=locale, digits=get_currency_precision(currency))


def money_short(minor: Number | None, currency: str, *, locale: str = LOCALE) -> str:
    """Write an amount for an axis: "$8k", "$1.2M"."""
    if minor is None:
        return UNDEFINED
    major = to_major(minor, currency)
    symbol = get_currency_symbol(currency, locale)
    text = _compact(abs(major), locale)
    before = Locale.parse(locale).currency_formats["standard"].pattern.startswith("¤")
    return _signed(_apart(f"{symbol}{text}" if before else f"{text}\xa0{symbol}"), major)


def to_major(minor: Number, currency: str) -> Decimal:
    """Return an amount of minor units in whole units of its currency."""
    return _decimal(minor).scaleb(-get_currency_precision(currency))


def to_minor(major: Decimal, currency: str) -> int:
    """Return an amount of whole units as minor units, rounded half up."""
    return int(_rounded(major.scaleb(get_currency_precision(currency)), 0))


def count(value: Number | None, *, locale: str = LOCALE, digits: int = 0) -> str:
    """Write a count with its thousands separated: "1,846"."""
    if value is None:
        return UNDEFINED
    rounded = _rounded(_decimal(value), digits)
    return _signed(_plain(abs(rounded), digits, locale), rounded)


def count_short(value: Number | None, *, locale: str = LOCALE) -> str:
    """Write a count for an axis: "950", "8k", "1.2M"."""
    if value is None:
        return UNDEFINED
    number = _decimal(value)
    return _signed(_compact(abs(number), locale), number)


def share(value: Number | None, *, locale: str = LOCALE, digits: int | None = None) -> str:
    """Write 0…1 as a percentage: one decimal, none from 100 % up."""
    if value is None:
        return UNDEFINED
    percent = _decimal(value) * 100
    if digits is None:
        digits = 0 if abs(_rounded(percent, 1)) >= 100 else 1  # noqa: PLR2004
    rounded = _rounded(percent, digits)
    return _signed(f"{_plain(abs(rounded), digits, locale)}%", rounded)


def duration(seconds: Number | None) -> str:
    """Write a duration in its two largest parts: "9s", "2m 48s", "3h 05m", "6d 4h"."""
    if seconds is None:
        return UNDEFINED
    total = _decimal(seconds)
    left = int(_rounded(abs(total), 0))
    if 0 < abs(total) < 1:
        text = "under 1s"
    elif left < 60:  # noqa: PLR2004
        text = f"{left}s"
    elif left < 3600:  # noqa: PLR2004
        text = f"{left // 60}m {left % 60:02d}s"
    elif left < 86400:  # noqa: PLR2004
        text = f"{left // 3600}h {left % 3600 // 60:02d}m"
    else:
        text = f"{left // 86400}d {left % 86400 // 3600}h"
    return _signed(text, total)


def duration_short(seconds: Number | None) -> str:
    """Write a duration for an axis: "45s", "5m", "2h", "3d"."""
    if seconds is None:
        return UNDEFINED
    total = _decimal(seconds)
    left = abs(total)
    for size, letter in ((86400, "d"), (3600, "h"), (60, "m")):
        if left >= size:
            return _signed(f"{_trimmed(left / size)}{letter}", total)
    return _signed(f"{_trimmed(left)}s", total)


def multiple(value: Number | None, *, locale: str = LOCALE) -> str:
    """Write a ratio as so many times: "9.3×"."""
    text = count(value, locale=locale, digits=1)
    return text if value is None else f"{text}×"


def signed_percent(change: Number | None, *, locale: str = LOCALE) -> str:
    """Write a relative change, 0.184 as "+18.4%"."""
    return _with_plus(share(change, locale=locale), change)


def signed_points(change: Number | None, *, locale: str = LOCALE) -> str:
    """Write a difference of two shares, 0.002 as "+0.2 pt"."""
    if change is None:
        return UNDEFINED
    text = count(_decimal(change) * 100, locale=locale, digits=1)
    return _with_plus(f"{text} pt", change)


def signed_count(change: Number | None, *, locale: str = LOCALE) -> str:
    """Write a difference of two counts: "+3", "−2"."""
    return _with_plus(count(change, locale=locale), change)


def figure(value: Number | None, unit: str, *, currency: str = "USD", locale: str = LOCALE) -> str:
    """Write `value` in full, as its unit asks."""
    if unit == Unit.MONEY:
        return money(value, currency, locale=locale)
    if unit == Unit.SCORE:
        return count(value, locale=locale, digits=1)
    writers: dict[str, Callable[[Number | None], str]] = {
        Unit.COUNT: lambda v: count(v, locale=locale, digits=_count_digits(v)),
        Unit.SHARE: lambda v: share(v, locale=locale),
        Unit.SECONDS: duration,
        Unit.MULTIPLE: lambda v: multiple(v, locale=locale),
    }
    return writers[unit](value)


def figure_short(
    value: Number | None, unit: str, *, currency: str = "USD", locale: str = LOCALE
) -> str:
    """Write `value` for an axis, as its unit asks."""
    if unit == Unit.MONEY:
        return money_short(value, currency, locale=locale)
    if unit == Unit.SHARE:
        whole = value is not None and (_decimal(value) * 100) % 1 == 0
        return share(value, locale=locale, digits=0 if whole else 1)
    if unit == Unit.SECONDS:
        return duration_short(value)
    text = count_short(value, locale=locale)
    return f"{text}×" if unit == Unit.MULTIPLE and value is not None else text


def _count_digits(value: Number | None) -> int:
    """A mean of counts keeps one decimal; a count has none."""
    return 0 if value is None or _decimal(value) == _decimal(value).to_integral_value() else 1


def _decimal(value: Number) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value))


def _rounded(value: Decimal, digits: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)


def _plain(value: Decimal, digits: int, locale: str) -> str:
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return str(format_decimal(value, format=pattern, locale=locale))


def _pattern(locale: str, digits: int) -> str:
    """The locale's own currency pattern with so many decimals."""
    pattern = Locale.parse(locale).currency_formats["standard"].pattern.split(";")[0]
    return str(pattern).replace("0.00", "0" + ("." + "0" * digits if digits else ""))


def _compact(value: Decimal, locale: str) -> str:
    if locale.startswith("en"):
        for size, letter in ((10**9, "B"), (10**6, "M"), (10**3, "k")):
            if value >= size:
                return f"{_trimmed(value / size)}{letter}"
        return _trimmed(value)
    return str(format_compact_decimal(value, locale=locale, fraction_digits=1)).replace(
        get_decimal_symbol(locale) + "0", ""
    )


def _trimmed(value: Decimal) -> str:
    text = f"{_rounded(value, 1):f}"
    return text.removesuffix(".0")


def _apart(text: str) -> str:
    """A currency that is written with letters stands apart from the digits (CLDR spacing)."""
    return CODE.sub("\\1\xa0", text)


def _signed(text: str, value: Decimal) -> str:
    return f"{MINUS}{text}" if value < 0 else text


def _with_plus(text: str, value: Number | None) -> str:
    says = any(digit in text for digit in "123456789")
    return f"+{text}" if says and value is not None and value > 0 else text
