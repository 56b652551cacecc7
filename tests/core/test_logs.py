"""Logs: one JSON line a record, and nothing in it that must not be seen."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from portal.core import logs

CANARIES: dict[str, dict[str, Any]] = {
    "a password": {"password": "hunter2hunter2"},
    "a header": {"headers": {"Authorization": "Bearer hunter2hunter2"}},
    "a key by name": {"ingestKey": "hunter2hunter2"},
    "a person": {"email": "hunter2hunter2"},
    "an address in a sentence": {"reason": "no mail to hunter2hunter2@example.com today"},
    "a phone number": {"reason": "call +49 151 2345 6789 now"},
    "a card": {"reason": "4111 1111 1111 1111"},
    "a key of ours": {"reason": "pk_live_hunter2hunter2"},
    "the address of a server": {"reason": "postgresql://portal:hunter2hunter2@db/portal"},
    "a token": {"reason": "link /reset/" + "hunter2hunter2" * 3},
    "a row that PostgreSQL quotes": {"reason": "null value\nDETAIL:  Failing row (hunter2hunter2)"},
}
SEEN = ("hunter2hunter2", "2345", "1111")


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What the process writes."""
    root, level = logging.getLogger(), logging.getLogger().level
    raises, stream = logging.raiseExceptions, io.StringIO()
    logs.configure("info", stream)
    yield stream
    for handler in [known for known in root.handlers if known.get_name() == "portal"]:
        root.removeHandler(handler)
    root.setLevel(level)
    logging.raiseExceptions = raises
    logs.forget()


def lines(written: io.StringIO) -> list[dict[str, Any]]:
    """Read each line as the document that it is."""
    return [json.loads(line) for line in written.getvalue().splitlines()]


def test_a_record_is_one_line_of_json(written: io.StringIO) -> None:
    logs.note(request_id="r1")
    logging.getLogger("portal.tests").info("two\nlines", extra={"status": 200})

    (line,) = lines(written)
    assert (line["event"], line["status"], line["request_id"]) == ("two\nlines", 200, "r1")
    assert line["level"] == "info"
    assert line["at"].endswith("Z")


@pytest.mark.parametrize("what", CANARIES)
def test_it_hides(written: io.StringIO, what: str) -> None:
    logging.getLogger("portal.tests").info("it happened", extra=CANARIES[what])
    logging.getLogger("portal.tests").info(" ".join(map(str, CANARIES[what].values())))

    first, *_ = written.getvalue().splitlines()
    assert not [seen for seen in SEEN if seen in first]


def test_it_hides_in_stacks(written: io.StringIO) -> None:
    try:
        int("no mail to hunter2hunter2@example.com")
    except ValueError:
        logging.getLogger("portal.tests").exception("it failed")

    (line,) = lines(written)
    assert "hunter2" not in line["exception"]
    assert "Traceback" in line["exception"]


@pytest.mark.parametrize("text", ["x" * 1_000_000, "\x1b[2J" * 1000, "\n" * 5000])
def test_a_value_is_cut_and_escaped(written: io.StringIO, text: str) -> None:
    logging.getLogger("portal.tests").warning("it came", extra={"agent": text})

    assert len(written.getvalue().splitlines()) == 1
    assert len(lines(written)[0]["agent"]) <= logs.LONGEST_VALUE + 1
    assert "\x1b" not in written.getvalue()


@pytest.mark.parametrize(
    "value", ["2026-11-21 14:05:33", "0193b2a8-1111-7222-8333-444455556666", "acme-12", 10**12]
)
def test_what_may_be_seen_is_left(written: io.StringIO, value: object) -> None:
    logging.getLogger("portal.tests").info("it was", extra={"value": value})

    assert lines(written)[0]["value"] == value


def test_two_configurations_write_one_line(written: io.StringIO) -> None:
    logs.configure("warning", written)
    logging.getLogger("portal.tests").info("too quiet")
    logging.getLogger("portal.tests").warning("loud")

    assert [line["event"] for line in lines(written)] == ["loud"]
