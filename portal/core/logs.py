"""
Logs: one JSON line a record, on standard error, without secrets and without personal data.

Everybody uses `logging.getLogger(__name__)` with `extra={…}`. What all lines of a request share
(its id) is bound once, by `note`.
"""

import logging
import re
import sys
from collections.abc import Iterable
from typing import IO, Any

import structlog
from structlog.contextvars import bind_contextvars, clear_contextvars, merge_contextvars
from structlog.stdlib import ExtraAdder, ProcessorFormatter, add_log_level, add_logger_name
from structlog.typing import EventDict, WrappedLogger

LONGEST_VALUE = 512
LONGEST_STACK = 4096
HIDDEN = "[hidden]"
SECRET_WORDS = frozenset(
    re.findall(
        r"\w+",
        "password secret token tokens authorization cookie cookies email emails mail phone key keys"
        " address recipient to name url body arguments session totp code csrf",
    )
)
"""A field with one of these words in its name is not shown."""
_WORD = re.compile(r"[a-z]+")
# What must not be seen, wherever it stands: rows that PostgreSQL quotes, addresses, phone numbers,
# cards, our own keys, tokens, and passwords in the address of a server.
_PERSONAL = re.compile(
    r"""
    (?P<row>DETAIL:[^\n]*)
    | (?P<mail>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)
    | (?P<login>(?<=://)[^/\s:@]+:[^@\s]+(?=@))
    | (?P<number>(?<![\w.:-])\+?\d(?:[ ()/.-]?\d){9,18}(?![\w.:-]))
    | (?P<key>\b[ps]k_(?:live|test)_\w+)
    | (?P<bearer>(?<=[Bb]earer\s)\S+)
    | (?P<token>\b(?=[A-Za-z_-]*\d)(?=[\d_-]*[A-Za-z])[A-Za-z0-9_-]{40,}\b)
    """,
    re.VERBOSE,
)
_QUIET = ("granian", "fontTools", "PIL", "rq", "xhtml2pdf", "urllib3")


def configure(level: str, stream: IO[str] | None = None) -> None:
    """Let all that is logged in this process leave as JSON lines; the second call changes it."""
    own = logging.StreamHandler(stream or sys.stderr)
    own.set_name("portal")
    own.setFormatter(_formatter())
    root = logging.getLogger()
    for handler in [known for known in root.handlers if known.get_name() == "portal"]:
        root.removeHandler(handler)
    root.addHandler(own)
    root.setLevel(level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.raiseExceptions = False  # a full disk must not fail a request


def note(**values: Any) -> None:
    """Put `values` into each line that this request or run logs from now on."""
    bind_contextvars(**values)


def forget() -> None:
    """Begin anew: another request, another run."""
    clear_contextvars()


def _formatter() -> logging.Formatter:
    before: list[Any] = [
        merge_contextvars,
        add_log_level,
        add_logger_name,
        ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    ]
    return ProcessorFormatter(
        foreign_pre_chain=before,
        processors=[
            ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            _clean,
            structlog.processors.JSONRenderer(sort_keys=False),
        ],
    )


def _clean(_logger: WrappedLogger, _method: str, record: EventDict) -> EventDict:
    return {name: _cleaned(str(name), value) for name, value in record.items()}


def _cleaned(name: str, value: Any, depth: int = 0) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if name not in {"event", "logger", "exception"} and SECRET_WORDS & set(_words(name)):
        return HIDDEN
    if isinstance(value, dict) and depth < 2:  # noqa: PLR2004 - deeper is written as text
        return {str(k): _cleaned(str(k), v, depth + 1) for k, v in list(value.items())[:50]}
    return scrubbed(value, LONGEST_STACK if name == "exception" else LONGEST_VALUE)


def scrubbed(value: Any, length: int = LONGEST_VALUE) -> str:
    """Write `value` as text without what must not be seen, cut to `length`."""
    text = value if isinstance(value, str) else str(value)
    # Cut before as well: what is looked through must not be endless.
    text = _PERSONAL.sub(
        HIDDEN, text[-4 * length :] if length > LONGEST_VALUE else text[: 4 * length]
    )
    if len(text) <= length:
        return text
    # The end of a stack says what happened; of anything else it is the beginning.
    return "…" + text[-length:] if length > LONGEST_VALUE else text[:length] + "…"


def _words(name: str) -> Iterable[str]:
    return _WORD.findall(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower())
