"""Numbers as people write them, the evidence for which mark is the decimal one, and money."""

import re
from collections import Counter
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from babel.numbers import get_currency_precision

from portal.ingest.files.layout import DecimalMark
from portal.ingest.files.values import BadValue

MICROS = 6
_SHAPE = {
    ".": re.compile(r"(\d{1,3}(?:,\d{2,3})*,\d{3}|\d+)?(\.\d+)?", re.ASCII),
    ",": re.compile(r"(\d{1,3}(?:\.\d{2,3})*\.\d{3}|\d+)?(,\d+)?", re.ASCII),
}
_GAPS = re.compile(r"(?<=\d)[ \u00a0\u202f'’](?=\d{3})")
_AROUND = re.compile(r"^(?:[A-Z]{3}\b|[$€£¥₹₽₩₪₺฿₫]|kr|CHF)\s*|\s*(?:[A-Z]{3}|[$€£¥₹₽₩₪₺฿₫]|kr)$")
_POINT = re.compile(r"\.(\d{1,2}|\d{4,})$|,\d{3}\.\d", re.ASCII)
_COMMA = re.compile(r",(\d{1,2}|\d{4,})$|\.\d{3},\d", re.ASCII)


def parse(text: str, mark: DecimalMark) -> Decimal:
    """
    Read a number written with decimal `mark` ('' means a point), thousands separated or not.

    Raises:
        BadValue: it is none, or written with the other mark.
    """
    plain, is_negative = _bare(text)
    found = _SHAPE[mark or "."].fullmatch(plain)
    if not found or not plain:
        raise BadValue(f"{text.strip()[:40]!r} is no number with decimal {mark or '.'!r}")
    whole = re.sub(r"[.,]", "", found[1] or "0")
    number = Decimal(whole + (found[2] or "").replace(",", "."))
    return -number if is_negative else number


def is_number(text: str) -> bool:
    """Whether `text` is a number by either decimal mark."""
    plain, _ = _bare(text)
    return bool(plain) and any(shape.fullmatch(plain) for shape in _SHAPE.values())


def guess(texts: Iterable[str]) -> DecimalMark:
    """Find the decimal mark by evidence: '' where no number shows one."""
    votes: Counter[DecimalMark] = Counter()
    for text in texts:
        plain, _ = _bare(text)
        if _POINT.search(plain):
            votes["."] += 1
        elif _COMMA.search(plain):
            votes[","] += 1
    return votes.most_common(1)[0][0] if votes else ""


def minor(amount: Decimal, currency: str, *, rounded: bool = False) -> int:
    """
    Turn major units into minor ones.

    Raises:
        BadValue: there are more decimals than the currency has, and rounding was not asked for.
    """
    return _scaled(amount, get_currency_precision(currency), currency, rounded=rounded)


def micros(amount: Decimal, *, rounded: bool = False) -> int:
    """Turn units into millionths."""
    return _scaled(amount, MICROS, "a millionth", rounded=rounded)


def _scaled(amount: Decimal, digits: int, name: str, *, rounded: bool) -> int:
    scaled = amount.scaleb(digits)
    whole = scaled.to_integral_value(ROUND_HALF_UP)
    if whole != scaled and not rounded:
        raise BadValue(f"{amount} has more decimals than {name} ({digits})")
    return int(whole)


def _bare(text: str) -> tuple[str, bool]:
    """Take sign, currency and gaps away; tell whether it was negative."""
    plain = text.strip().replace("−", "-")
    is_negative = plain.startswith("(") and plain.endswith(")")
    if is_negative:
        plain = plain[1:-1].strip()
    for _ in range(2):
        if plain[:1] in {"-", "+"}:
            is_negative ^= plain[0] == "-"
            plain = plain[1:].strip()
        elif plain.endswith("-"):
            is_negative, plain = True, plain[:-1].strip()
        plain = _AROUND.sub("", plain)
    return _GAPS.sub("", plain), is_negative
