"""Which encoding a file has, by its marks, its validity as UTF-8, and else by its letters."""

import codecs

from charset_normalizer import from_bytes

MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
READABLE = (
    "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257",
    "iso8859_2", "iso8859_5", "iso8859_7", "iso8859_15", "koi8_r", "mac_roman", "cp437", "cp850",
    "cp932", "euc_jp", "cp949", "big5", "gb18030",
)  # fmt: skip
"""What is proposed besides UTF-8: each leaves line ends, commas and quotes where ASCII has them."""
CHOICES = ("utf-8", *READABLE)
WESTERN = frozenset("äöüßéèêëàâáãåçñóõôíîïúûœæøÄÖÜÉÈÊËÀÂÁÃÅÇÑÓÕÔÍÎÚŒÆØ€£§°´«»„“”‘’–—…\u00a0")
"""What cp1252 texts hold; the letters of its neighbours read as other signs in it."""
APART = 0.8
"""Accents stand alone in Western words; in Cyrillic or Greek all letters touch."""
MOSTLY = 0.3


def guess(data: bytes) -> str:
    """Name the encoding of a sample of whole lines."""
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return encoding
    if wide := _wide(data):
        return wide
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        # A sample may end within a character.
        if error.start < len(data) - 3 or error.reason != "unexpected end of data":
            return _by_letters(data)
    return "utf-8"


def _wide(data: bytes) -> str:
    """UTF-16 without a mark has a NUL at every second place of its ASCII letters."""
    if not data or data.count(0) < len(data) * MOSTLY:
        return ""
    return "utf-16-le" if data[1::2].count(0) > data[0::2].count(0) else "utf-16-be"


def _by_letters(data: bytes) -> str:
    lines = [line for line in data.split(b"\n") if not line.isascii()][:500]
    if _is_western(b"\n".join(lines)):
        return "cp1252"
    matches = from_bytes(b"\n".join(lines), cp_isolation=list(READABLE), preemptive_behaviour=False)
    best = matches.best()
    return str(best.encoding) if best else "cp1252"


def _is_western(data: bytes) -> bool:
    text = data.decode("cp1252", errors="replace")
    marked = [n for n, letter in enumerate(text) if not letter.isascii()]
    if any(text[n] not in WESTERN for n in marked):
        return False
    apart = sum(1 for n in marked if text[n - 1 : n].isascii() and text[n + 1 : n + 2].isascii())
    return apart >= APART * len(marked)
